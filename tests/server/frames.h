// Requests as clients send them and answers as they read them, written with the generated code alone, so that the server is not checked by itself.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/protocol_generated.h"

namespace assay::test {

using Builder = flatbuffers::FlatBufferBuilder;

// Frame: octets for the wire, usually one frame; a type of its own, so that + finds them.
struct Frame : std::vector<std::byte> {
  using std::vector<std::byte>::vector;
};

// framed(id, kind, make): make(builder) returns the body's offset.
template <class Make>
Frame framed(std::uint64_t id, wire::Body kind, Make make, const char* identifier = wire::EnvelopeIdentifier()) {
  Builder builder;
  builder.TrackMinAlign(8);
  const flatbuffers::Offset<void> body = make(builder);
  builder.FinishSizePrefixed(wire::CreateEnvelope(builder, id, kind, body), identifier);
  const auto* data = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {data, data + builder.GetSize()};
}

inline Frame ping_frame(std::uint64_t id) {
  return framed(id, wire::Body::Ping, [](Builder& b) { return wire::CreatePing(b).Union(); });
}

inline Frame status_frame(std::uint64_t id) {
  return framed(id, wire::Body::Status, [](Builder& b) { return wire::CreateStatus(b).Union(); });
}

inline Frame metrics_frame(std::uint64_t id) {
  return framed(id, wire::Body::Metrics, [](Builder& b) { return wire::CreateMetrics(b).Union(); });
}

inline Frame deploy_frame(std::uint64_t id, std::string_view configuration, bool dry_run = false) {
  return framed(id, wire::Body::Deploy, [&](Builder& b) { return wire::CreateDeploy(b, b.CreateString(configuration.data(), configuration.size()), dry_run).Union(); });
}

inline Frame push_frame(std::uint64_t id, std::string_view oauth_server, std::string_view jwks) {
  return framed(id, wire::Body::PushKeys, [&](Builder& b) {
    const auto name = b.CreateString(oauth_server.data(), oauth_server.size());
    return wire::CreatePushKeys(b, name, 0, b.CreateString(jwks.data(), jwks.size())).Union();
  });
}

// ValidateFields: what a Validate says. Equal texts share their bytes in the frame.
struct ValidateFields {
  std::optional<std::string> api_service = "orders";
  std::vector<std::string> tokens;
  std::vector<std::string> required_scopes;
  std::vector<std::string> claims;
  std::uint32_t deadline_ms = 0;
};

inline Frame validate_frame(std::uint64_t id, const ValidateFields& fields) {
  return framed(id, wire::Body::Validate, [&](Builder& b) {
    const auto strings = [&b](const std::vector<std::string>& texts) {
      std::vector<flatbuffers::Offset<flatbuffers::String>> offsets;
      for (const std::string& text : texts) offsets.push_back(b.CreateSharedString(text));
      return b.CreateVector(offsets);
    };
    const auto api_service = fields.api_service ? b.CreateString(*fields.api_service) : flatbuffers::Offset<flatbuffers::String>();
    const auto tokens = strings(fields.tokens);
    const auto scopes = strings(fields.required_scopes);
    const auto claims = strings(fields.claims);
    return wire::CreateValidate(b, api_service, tokens, scopes, claims, fields.deadline_ms).Union();
  });
}

// strange_frame(id, kind): a union value of the future, with some table as its body.
inline Frame strange_frame(std::uint64_t id, std::uint8_t kind) {
  return framed(id, static_cast<wire::Body>(kind), [](Builder& b) { return wire::CreatePing(b).Union(); });
}

// Answer: a frame that has passed the checks a client makes. Owns its bytes.
class Answer {
 public:
  explicit Answer(Frame frame) : frame_(std::move(frame)) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame_.data()), frame_.size());
    good_ = frame_.size() % 8 == 0 && wire::VerifySizePrefixedEnvelopeBuffer(verifier);
    EXPECT_TRUE(good_) << "no frame of this protocol";
  }
  const wire::Envelope* envelope() const { return good_ ? wire::GetSizePrefixedEnvelope(frame_.data()) : nullptr; }
  std::uint64_t id() const { return good_ ? envelope()->id() : 0; }
  wire::Body kind() const { return good_ ? envelope()->body_type() : wire::Body::NONE; }
  // error(): of an Error; unset for any other answer.
  wire::ErrorCode error() const {
    const wire::Error* body = good_ ? envelope()->body_as_Error() : nullptr;
    return body == nullptr ? wire::ErrorCode::unset : body->code();
  }
  std::string error_text() const {
    const wire::Error* body = good_ ? envelope()->body_as_Error() : nullptr;
    return body == nullptr || body->text() == nullptr ? "" : body->text()->str();
  }
  const wire::Verdicts* verdicts() const { return good_ ? envelope()->body_as_Verdicts() : nullptr; }
  // codes(): of its verdicts; empty for any other answer.
  std::vector<wire::Code> codes() const {
    std::vector<wire::Code> codes;
    if (verdicts() == nullptr || verdicts()->verdicts() == nullptr) return codes;
    for (const wire::Verdict* verdict : *verdicts()->verdicts()) codes.push_back(verdict->code());
    return codes;
  }

 private:
  Frame frame_;
  bool good_ = false;
};

inline Frame operator+(Frame left, const Frame& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace assay::test
