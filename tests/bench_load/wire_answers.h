// Answers as a daemon would send them.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "schema/protocol_generated.h"

namespace assay::load::tests {

inline std::string finish(flatbuffers::FlatBufferBuilder& builder, std::uint64_t id, wire::Body kind, flatbuffers::Offset<void> body) {
  builder.Align(8);
  wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, kind, body));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

inline std::string verdicts(std::uint64_t id, const std::vector<std::uint8_t>& codes, bool verified = true) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<wire::Verdict>> list;
  for (const std::uint8_t code : codes) list.push_back(wire::CreateVerdict(builder, static_cast<wire::Code>(code), verified));
  return finish(builder, id, wire::Body::Verdicts, wire::CreateVerdicts(builder, 1, builder.CreateVector(list), 1).Union());
}

inline std::string error(std::uint64_t id, wire::ErrorCode code, const char* text = "why") {
  flatbuffers::FlatBufferBuilder builder;
  return finish(builder, id, wire::Body::Error, wire::CreateError(builder, code, builder.CreateString(text)).Union());
}

inline std::string pong(std::uint64_t id, const char* version) {
  flatbuffers::FlatBufferBuilder builder;
  return finish(builder, id, wire::Body::Pong, wire::CreatePong(builder, builder.CreateString(version), 1, 1).Union());
}

// Aligned: bytes at a multiple of 8.
class Aligned {
 public:
  explicit Aligned(const std::string& bytes) : words_(bytes.size() / 8 + 1), bytes_(bytes.size()) { std::memcpy(words_.data(), bytes.data(), bytes.size()); }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words_)).first(bytes_); }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t bytes_;
};

}  // namespace assay::load::tests
