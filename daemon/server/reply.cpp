// The one place that writes verdicts to the wire. A verdict that is not accepted carries its code and nothing else: that rule is kept here once more, so that
// no mistake upstream can hand out what a token says before its signature is known.
#include "server/reply.h"

#include "schema/codes.h"
#include "server/reply_builder.h"

namespace assay::server {
namespace {

// The wire's codes are schema's, by name and value. A verdict is sent by value, so neither can drift.
#define ASSAY_SAME_CODE(name, value, outcome, status, error, text)                                                                       \
  static_assert(static_cast<std::uint8_t>(wire::Code::name) == static_cast<std::uint8_t>(schema::Code::name) && (value) == static_cast<std::uint8_t>(wire::Code::name));
ASSAY_CODES(ASSAY_SAME_CODE)
#undef ASSAY_SAME_CODE

#define ASSAY_SAME_ERROR(name, value, text) static_assert(static_cast<std::uint8_t>(wire::ErrorCode::name) == (value) && (value) < kErrorCodeCount);
ASSAY_ERROR_CODES(ASSAY_SAME_ERROR)
#undef ASSAY_SAME_ERROR
static_assert(kErrorCodeCount == static_cast<std::size_t>(wire::ErrorCode::MAX) + 1);

}  // namespace

ReplyEncoder::ReplyEncoder(std::size_t frame_bytes_max) : state_(std::make_unique<State>(frame_bytes_max)) {}
ReplyEncoder::~ReplyEncoder() = default;

namespace {

template <class State>
flatbuffers::Offset<wire::Verdict> accepted(State& state, const verdict::VerdictView& verdict) {
  state.claim_offsets.clear();
  for (const verdict::ClaimAnswerView& claim : verdict.claims) {
    const auto pointer = state.string(claim.pointer);
    state.claim_offsets.push_back(wire::CreateClaim(state.builder, pointer, state.string(claim.json)));
  }
  const auto claims = verdict.claims.empty() ? flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Claim>>>() : state.builder.CreateVector(state.claim_offsets);
  const auto scopes = verdict.scopes.empty() ? StringsOffset() : state.strings(verdict.scopes);
  const auto optional = [&state](std::optional<std::string_view> text) { return text ? state.string(*text) : StringOffset(); };
  const auto oauth_server = verdict.oauth_server != nullptr ? state.string(verdict.oauth_server->name) : StringOffset();
  const auto kid = optional(verdict.kid);
  const auto subject = optional(verdict.subject);
  const auto client_id = optional(verdict.client_id);
  return wire::CreateVerdict(state.builder, wire::Code::accepted, verdict.signature_verified, oauth_server, kid, verdict.valid_until_s, verdict.expires_at_s, subject,
                             client_id, scopes, claims);
}

template <class State>
flatbuffers::Offset<wire::Verdict> write_verdict(State& state, const verdict::VerdictView& verdict) {
  if (verdict.code != schema::Code::accepted) return wire::CreateVerdict(state.builder, static_cast<wire::Code>(verdict.code), verdict.signature_verified);
  // No token is accepted without its signature; should a mistake upstream say so, what leaves is unset, which is a refusal.
  if (!verdict.signature_verified) return wire::CreateVerdict(state.builder, wire::Code::unset);
  return accepted(state, verdict);
}

}  // namespace

base::Bytes ReplyEncoder::verdicts(std::uint64_t id, std::uint64_t instance, std::uint64_t generation, std::span<const verdict::VerdictView> verdicts, bool* too_large) {
  State& state = *state_;
  state.builder.Clear();
  state.verdict_offsets.clear();
  if (too_large != nullptr) *too_large = false;
  for (const verdict::VerdictView& verdict : verdicts) {
    state.verdict_offsets.push_back(write_verdict(state, verdict));
    // Checked after each, so that the builder outgrows the frame by one verdict at most. What follows is fixed but for 4 bytes a verdict.
    constexpr std::size_t kRestBytes = 192;
    if (state.builder.GetSize() + 4 * verdicts.size() + kRestBytes > state.frame_bytes_max) {
      if (too_large != nullptr) *too_large = true;
      return error(id, ErrorCode::response_too_large);
    }
  }
  const auto all = state.builder.CreateVector(state.verdict_offsets);
  return state.finish(id, wire::Body::Verdicts, wire::CreateVerdicts(state.builder, generation, all, instance));
}

base::Bytes ReplyEncoder::error(std::uint64_t id, ErrorCode code, std::string_view text, std::span<const snapshot::Fault> faults, std::uint64_t in_force) {
  State& state = *state_;
  state.builder.Clear();
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Fault>>> fault_list;
  if (!faults.empty()) {
    std::vector<flatbuffers::Offset<wire::Fault>> offsets;
    for (const snapshot::Fault& fault : faults) {
      const auto pointer = state.string(fault.pointer);
      const auto found = state.string(fault.found);
      offsets.push_back(wire::CreateFault(state.builder, pointer, found, state.string(fault.allowed)));
    }
    fault_list = state.builder.CreateVector(offsets);
  }
  const auto message = state.string(text.empty() ? text_of(code) : text);
  return state.finish(id, wire::Body::Error, wire::CreateError(state.builder, static_cast<wire::ErrorCode>(code), message, fault_list, in_force));
}

base::Bytes ReplyEncoder::pong(std::uint64_t id, std::string_view version, std::uint64_t instance, std::uint64_t generation) {
  state_->builder.Clear();
  const auto text = state_->string(version);
  return state_->finish(id, wire::Body::Pong, wire::CreatePong(state_->builder, text, generation, instance));
}

}  // namespace assay::server
