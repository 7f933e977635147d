// The order of the tokens is cut into frames, which lie in memory as they are sent, so that the processor fetches the next one while this one is copied. Only single tokens by
// Zipf's law have one frame each and an order apart: some come thousands of times. Frames of several tokens by that law are cut short at 256 MiB rather than filling the host.
#include "load/frames.h"

#include <flatbuffers/flatbuffers.h>
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "load/answer.h"
#include "load/failure.h"
#include "load/random.h"
#include "load/rotation.h"
#include "schema/protocol_generated.h"

namespace assay::load {
namespace {

constexpr std::size_t kFrameBytesMax = 1024 * 1024;  // docs/PROTOCOL.md, "Frames"
constexpr std::size_t kFrameAlignBytes = 8;
constexpr std::size_t kArenaBytesMax = 256 * 1024 * 1024;

class Builder {
 public:
  std::span<const std::byte> build(const Workload& workload, std::span<const std::uint32_t> tokens, std::uint32_t deadline_ms) {
    builder_.Clear();
    builder_.Align(kFrameAlignBytes);
    std::vector<flatbuffers::Offset<flatbuffers::String>> strings;
    for (const std::uint32_t index : tokens) strings.push_back(builder_.CreateString(workload.tokens[index].text));
    const auto list = builder_.CreateVector(strings);
    const auto body = wire::CreateValidate(builder_, builder_.CreateString(workload.api_service), list, 0, 0, deadline_ms);
    wire::FinishSizePrefixedEnvelopeBuffer(builder_, wire::CreateEnvelope(builder_, UINT64_MAX, wire::Body::Validate, body.Union()));
    return std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
  }

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace

Frames::Frames(const Workload& workload, const Shape& shape, std::uint64_t seed) : per_frame_(shape.tokens_per_frame) {
  Random random(seed);
  const std::vector<std::uint32_t> tokens = rotation(workload.tokens.size(), shape.zipf, random);
  Builder builder;
  const auto add = [&](std::span<const std::uint32_t> of) {
    const std::span<const std::byte> frame = builder.build(workload, of, shape.deadline_ms);
    if (frame.size() > kFrameBytesMax)
      throw Usage(fmt::format("--tokens-per-frame: a frame of {} such tokens has {} bytes, and the protocol takes {}", per_frame_, frame.size(), kFrameBytesMax));
    entries_.push_back({bytes_.size(), static_cast<std::uint32_t>(frame.size()), static_cast<std::uint32_t>(id_offset(frame))});
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    for (const std::uint32_t index : of) expected_.push_back(workload.tokens[index].expected);
  };
  if (per_frame_ == 1 && shape.zipf > 0) {
    for (std::uint32_t i = 0; i < workload.tokens.size(); ++i) add(std::span(&i, 1));
    order_ = tokens;
    return;
  }
  std::vector<std::uint32_t> cut(per_frame_);
  for (std::size_t begin = 0; begin < tokens.size() && (shape.zipf == 0 || bytes_.size() < kArenaBytesMax); begin += per_frame_) {
    for (std::size_t i = 0; i < per_frame_; ++i) cut[i] = tokens[(begin + i) % tokens.size()];
    add(cut);
  }
  order_.resize(entries_.size());
  std::iota(order_.begin(), order_.end(), 0U);
}

FrameView Frames::operator[](std::size_t index) const noexcept {
  const Entry& entry = entries_[index];
  return {std::span(bytes_).subspan(entry.begin, entry.bytes), entry.id_offset, std::span(expected_).subspan(index * per_frame_, per_frame_)};
}

}  // namespace assay::load
