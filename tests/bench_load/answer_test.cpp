// Answers, good and broken.
#include "load/answer.h"

#include <gtest/gtest.h>

#include "bench_load/wire_answers.h"
#include "load/random.h"

namespace assay::load {
namespace {

using tests::Aligned;

TEST(LoadAnswer, VerdictsGiveTheirCodes) {
  std::vector<std::uint8_t> codes(3);
  const Answer answer = read_answer(Aligned(tests::verdicts(7, {1, 61, 200})).bytes(), codes);
  EXPECT_EQ(answer.kind, Answer::Kind::verdicts);
  EXPECT_EQ(answer.id, 7U);
  EXPECT_EQ(answer.verdict_count, 3U);
  EXPECT_EQ(codes, (std::vector<std::uint8_t>{1, 61, 200}));
}

// docs/PROTOCOL.md: accepted counts only with a verified signature.
TEST(LoadAnswer, AcceptedWithoutSignatureIsNoAcceptance) {
  std::vector<std::uint8_t> codes(1, 99);
  read_answer(Aligned(tests::verdicts(1, {1}, false)).bytes(), codes);
  EXPECT_EQ(codes[0], 0);
}

TEST(LoadAnswer, MoreVerdictsThanRoomAreCountedAndNotWritten) {
  std::vector<std::uint8_t> codes(1);
  EXPECT_EQ(read_answer(Aligned(tests::verdicts(1, {1, 1, 1})).bytes(), codes).verdict_count, 3U);
}

TEST(LoadAnswer, ErrorsAndPongsSayWhatTheySay) {
  const Answer overloaded = read_answer(Aligned(tests::error(3, wire::ErrorCode::overloaded)).bytes(), {});
  EXPECT_TRUE(overloaded.kind == Answer::Kind::error && overloaded.overloaded && overloaded.id == 3);
  const Answer error = read_answer(Aligned(tests::error(4, wire::ErrorCode::unknown_api_service, "no\x1b[2J")).bytes(), {});
  EXPECT_EQ(error.text, "error 4 (no?[2J)");
  EXPECT_FALSE(error.overloaded);
  EXPECT_EQ(read_answer(Aligned(tests::pong(5, "1.2")).bytes(), {}).text, "1.2");
}

TEST(LoadAnswer, NoByteAndNoLengthMakesItCrash) {
  const std::string good = tests::verdicts(7, {1, 61});
  std::vector<std::uint8_t> codes(2);
  for (std::size_t bytes = 0; bytes <= good.size(); ++bytes) read_answer(Aligned(good.substr(0, bytes)).bytes(), codes);
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    bad[random.below(static_cast<std::uint32_t>(bad.size()))] = static_cast<char>(random.next());
    bad[random.below(static_cast<std::uint32_t>(bad.size()))] = static_cast<char>(random.next());
    read_answer(Aligned(bad).bytes(), codes);
  }
}

TEST(LoadFrameBytes, KnowsLengthsThatAreNone) {
  const auto of = [](std::uint32_t length) { return frame_bytes(std::as_bytes(std::span(&length, 1))); };
  EXPECT_EQ(of(12), 16U);
  EXPECT_EQ(of(4), SIZE_MAX);
  EXPECT_EQ(of(13), SIZE_MAX);
  EXPECT_EQ(of(1024 * 1024 - 4), 1024U * 1024U);
  EXPECT_EQ(of(1024 * 1024 + 4), SIZE_MAX);
  EXPECT_EQ(of(UINT32_MAX), SIZE_MAX);
  EXPECT_EQ(frame_bytes({}), 0U);
}

}  // namespace
}  // namespace assay::load
