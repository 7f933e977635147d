// Requests as they go out, read back with the schema's accessors.
#include "load/frames.h"

#include <flatbuffers/flatbuffers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "load/failure.h"
#include "schema/protocol_generated.h"

namespace assay::load {
namespace {

Workload workload(std::size_t count, std::size_t bytes = 20) {
  Workload out{.api_service = "orders", .tokens = {}, .configuration = {}};
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(i) + ".";
    text.resize(bytes, 'x');
    out.tokens.push_back({std::move(text), static_cast<std::uint8_t>(1 + i % 2 * 60)});
  }
  return out;
}

// What a frame says, after the verifier has passed it.
struct Read {
  std::uint64_t id = 0;
  std::vector<std::string> tokens;
  std::uint32_t deadline_ms = 0;
};

Read read(const FrameView& frame, std::uint64_t id) {
  std::vector<std::uint64_t> aligned((frame.bytes.size() + 7) / 8);
  frame.write(reinterpret_cast<std::byte*>(aligned.data()), id);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(aligned.data()), frame.bytes.size(), 8, 256);
  EXPECT_TRUE(wire::VerifySizePrefixedEnvelopeBuffer(verifier));
  const wire::Envelope* envelope = wire::GetSizePrefixedEnvelope(aligned.data());
  const wire::Validate* validate = envelope->body_as_Validate();
  EXPECT_EQ(validate->api_service()->str(), "orders");
  Read out{envelope->id(), {}, validate->deadline_ms()};
  for (const auto* token : *validate->tokens()) out.tokens.push_back(token->str());
  return out;
}

// docs/PROTOCOL.md, "Frames": sizes are multiples of 8.
TEST(LoadFrames, HaveTheTokenTheDeadlineAndWhateverId) {
  for (std::size_t bytes = 5; bytes < 30; ++bytes) {
    const Workload from = workload(10, bytes);
    const Frames frames(from, {.tokens_per_frame = 1, .deadline_ms = 250}, 1);
    ASSERT_EQ(frames.size(), 10U);
    std::set<std::string> seen;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      for (const std::uint64_t id : {std::uint64_t{1}, UINT64_MAX, std::uint64_t{0x0102030405060708}}) {
        const Read got = read(frames[i], id);
        EXPECT_EQ(got.id, id);
        ASSERT_EQ(got.tokens.size(), 1U);
        seen.insert(got.tokens[0]);
        const Token& token = from.tokens[std::stoul(got.tokens[0])];
        EXPECT_EQ(got.tokens[0], token.text);
        EXPECT_EQ(got.deadline_ms, 250U);
        ASSERT_EQ(frames[i].expected.size(), 1U);
        EXPECT_EQ(frames[i].expected[0], token.expected);
      }
      EXPECT_EQ(frames[i].bytes.size() % 8, 0U);
    }
    EXPECT_EQ(seen.size(), 10U);
  }
}

TEST(LoadFrames, ByZipfTheFirstTokenComesMostOften) {
  const Workload from = workload(10);
  const Frames frames(from, {.tokens_per_frame = 1, .zipf = 1.2}, 1);
  std::vector<int> counts(10);
  for (const std::uint32_t index : frames.order()) ++counts[std::stoul(read(frames[index], 1).tokens[0])];
  EXPECT_TRUE(std::ranges::is_sorted(counts, std::greater<>()));
  EXPECT_GT(counts[9], 0);
}

TEST(LoadFrames, SeveralTokensAreCutFromTheOrderAndExpectedInIt) {
  const Workload from = workload(10);
  const Frames frames(from, {.tokens_per_frame = 4}, 1);
  ASSERT_EQ(frames.size(), 3U);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 3; ++i) {
    const Read got = read(frames[i], 1);
    ASSERT_EQ(got.tokens.size(), 4U);
    for (std::size_t t = 0; t < 4; ++t) {
      seen.insert(got.tokens[t]);
      EXPECT_EQ(frames[i].expected[t], from.tokens[std::stoul(got.tokens[t])].expected);
    }
  }
  EXPECT_EQ(seen.size(), 10U);
}

TEST(LoadFrames, AFrameBeyondTheProtocolIsRefused) { EXPECT_THROW(Frames(workload(100, 16'000), {.tokens_per_frame = 100}, 1), Usage); }

}  // namespace
}  // namespace assay::load
