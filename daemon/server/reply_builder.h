// Private to reply.cpp and reply_status.cpp: the FlatBuffers side of ReplyEncoder.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "jose/jwk.h"
#include "schema/protocol_generated.h"
#include "server/limits.h"
#include "server/reply.h"

namespace assay::server {

using StringOffset = flatbuffers::Offset<flatbuffers::String>;
using StringsOffset = flatbuffers::Offset<flatbuffers::Vector<StringOffset>>;

struct ReplyEncoder::State {
  explicit State(std::size_t frame_bytes_max_in)
      : frame_bytes_max(frame_bytes_max_in), verdict_frame(std::make_unique_for_overwrite<std::byte[]>(frame_bytes_max_in)) {}

  StringOffset string(std::string_view text) { return builder.CreateString(text.data(), text.size()); }

  template <class Text>
  StringsOffset strings(std::span<const Text> texts) {
    string_offsets.clear();
    for (const Text& text : texts) string_offsets.push_back(string(text));
    return builder.CreateVector(string_offsets);
  }

  // finish(id, kind, body): the envelope around a body. The alignment is forced, since an id of 0 leaves no 8-byte field that would ask for it.
  template <class T>
  base::Bytes finish(std::uint64_t id, wire::Body kind, flatbuffers::Offset<T> body) {
    builder.TrackMinAlign(limits::kFrameAlignBytes);
    wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, kind, body.Union()));
    DCHECK(builder.GetSize() % limits::kFrameAlignBytes == 0);
    return std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  }

  // finish_within(encoder, ...): likewise; an Error response_too_large if the frame would be too large.
  template <class T>
  base::Bytes finish_within(ReplyEncoder& encoder, std::uint64_t id, wire::Body kind, flatbuffers::Offset<T> body) {
    const base::Bytes frame = finish(id, kind, body);
    return frame.size() > frame_bytes_max ? encoder.error(id, ErrorCode::response_too_large) : frame;
  }

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::SkippedKey>>> skipped_keys(std::span<const jose::SkippedKey> keys) {
    std::vector<flatbuffers::Offset<wire::SkippedKey>> offsets;
    for (const jose::SkippedKey& key : keys) {
      const auto kid = key.kid ? string(*key.kid) : StringOffset();
      offsets.push_back(wire::CreateSkippedKey(builder, static_cast<std::uint32_t>(key.index), kid, string(key.reason), key.alarm));
    }
    return builder.CreateVector(offsets);
  }

  std::size_t frame_bytes_max;
  std::unique_ptr<std::byte[]> verdict_frame;  // of frame_bytes_max; only touched pages cost memory
  flatbuffers::FlatBufferBuilder builder{64 * 1024};
  // Kept for their capacity.
  std::vector<StringOffset> string_offsets;
};

}  // namespace assay::server
