// Frames as a daemon would send them, and the reading of what a client sent: written with the generated code alone, so that the client is not checked by itself.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "schema/codes.h"
#include "schema/protocol_generated.h"

namespace assay::test {

using Bytes = std::vector<std::byte>;
using Builder = flatbuffers::FlatBufferBuilder;

inline Bytes bytes_of(const Builder& builder) {
  const auto* data = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {data, data + builder.GetSize()};
}

// framed(id, kind, make): make(builder) returns the body.
template <class Make>
Bytes framed(std::uint64_t id, wire::Body kind, Make make) {
  Builder builder;
  builder.Align(8);
  const flatbuffers::Offset<void> body = make(builder);
  wire::FinishSizePrefixedEnvelopeBuffer(builder, wire::CreateEnvelope(builder, id, kind, body));
  return bytes_of(builder);
}

inline constexpr std::uint64_t kInstance = 0x0123456789ABCDEF;

inline Bytes pong_frame(std::uint64_t id, const char* version = "1.2.3", std::uint64_t generation = 7) {
  return framed(id, wire::Body::Pong, [&](Builder& b) { return wire::CreatePongDirect(b, version, generation, kInstance).Union(); });
}

inline Bytes error_frame(std::uint64_t id, wire::ErrorCode code, const char* text = "said by the test") {
  return framed(id, wire::Body::Error, [&](Builder& b) { return wire::CreateErrorDirect(b, code, text).Union(); });
}

inline flatbuffers::Offset<wire::Verdict> accepted_verdict(Builder& b) {
  const std::vector<flatbuffers::Offset<flatbuffers::String>> scopes{b.CreateString("orders.read"), b.CreateString("orders.write")};
  const std::vector<flatbuffers::Offset<wire::Claim>> claims{wire::CreateClaimDirect(b, "/tenant", "\"a\"")};
  return wire::CreateVerdictDirect(b, wire::Code::accepted, true, "corp", "key-1", 2'000'000'000, 2'000'000'030, "alice", "app", &scopes, &claims);
}

inline flatbuffers::Offset<wire::Verdict> plain_verdict(Builder& b, schema::Code code, bool signature_verified = false) {
  if (code == schema::Code::accepted && signature_verified) return accepted_verdict(b);
  const std::uint32_t retry_after_ms = code == schema::Code::key_refreshing ? 1'500 : 0;
  return wire::CreateVerdict(b, static_cast<wire::Code>(code), signature_verified, 0, 0, 0, 0, 0, 0, 0, 0, retry_after_ms);
}

inline Bytes verdicts_frame(std::uint64_t id, const std::vector<schema::Code>& codes, std::uint64_t generation = 7) {
  return framed(id, wire::Body::Verdicts, [&](Builder& b) {
    std::vector<flatbuffers::Offset<wire::Verdict>> verdicts;
    for (const schema::Code code : codes) verdicts.push_back(plain_verdict(b, code, code == schema::Code::accepted));
    return wire::CreateVerdictsDirect(b, generation, &verdicts, kInstance).Union();
  });
}

inline Bytes deployed_frame(std::uint64_t id, std::uint64_t deployment, std::uint64_t generation, bool kept = false) {
  return framed(id, wire::Body::Deployed, [&](Builder& b) { return wire::CreateDeployed(b, deployment, generation, kInstance, kept).Union(); });
}

inline void set_prefix(Bytes& frame, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) frame[i] = static_cast<std::byte>(value >> (8 * i));
}

// envelope_of(frame): a client's frame after the checks that a daemon makes; null if it does not pass them.
inline const wire::Envelope* envelope_of(const Bytes& frame) {
  if (frame.size() < 16 || frame.size() % 8 != 0) return nullptr;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size(), 8, 256);
  if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return nullptr;
  return wire::GetSizePrefixedEnvelope(frame.data());
}

}  // namespace assay::test
