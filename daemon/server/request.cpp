// Nothing of a frame is read before the verifier has walked it (depth 8, 256 tables: a request needs 2 and 2), and nothing is passed on that is out of range:
// what stands behind this function sees counts, scopes and pointers that are valid, and an id that can be answered.
#include "server/request.h"

#include <algorithm>
#include <optional>

#include "schema/protocol_generated.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::string_view view(const flatbuffers::String* text) noexcept { return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size()); }

std::size_t count(const Strings* strings) noexcept { return strings == nullptr ? 0 : strings->size(); }

std::unexpected<RequestFault> refuse(std::uint64_t id, std::string_view text) { return std::unexpected(RequestFault{id, ErrorCode::bad_request, text}); }

std::span<std::string_view> views(const Strings* strings, base::Arena& arena) {
  const auto out = arena.allocate<std::string_view>(count(strings));
  for (std::size_t i = 0; i < out.size(); ++i) std::construct_at(&out[i], view(strings->Get(static_cast<flatbuffers::uoffset_t>(i))));
  return out;
}

base::Result<RequestView, RequestFault> decode_validate(std::uint64_t id, const wire::Validate& body, std::size_t tokens_max, base::Arena& arena) {
  if (body.api_service() == nullptr) return refuse(id, "api_service is missing");
  if (count(body.tokens()) == 0) return refuse(id, "tokens are missing");
  if (count(body.tokens()) > tokens_max) return refuse(id, "too many tokens in one request");
  if (count(body.required_scopes()) > limits::kScopesPerRequestMax) return refuse(id, "too many required_scopes");
  if (count(body.claims()) > limits::kClaimsPerRequestMax) return refuse(id, "too many claims");

  RequestView request{.id = id, .kind = RequestKind::validate, .api_service = view(body.api_service()), .deadline_ms = body.deadline_ms()};
  request.tokens = views(body.tokens(), arena);
  request.required_scopes = views(body.required_scopes(), arena);
  if (!std::ranges::all_of(request.required_scopes, is_scope_token)) return refuse(id, "a required scope is not a scope-token of RFC 6749");
  const auto claims = arena.allocate<jose::PointerView>(count(body.claims()));
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const auto pointer = jose::PointerView::parse(view(body.claims()->Get(static_cast<flatbuffers::uoffset_t>(i))));
    if (!pointer) return refuse(id, "a claim is not a JSON pointer of RFC 6901, or too long");
    std::construct_at(&claims[i], *pointer);
  }
  request.claims = claims;
  return request;
}

std::optional<std::uint64_t> number(const flatbuffers::Optional<std::uint64_t>& from) { return from ? std::optional<std::uint64_t>(*from) : std::nullopt; }

base::Result<RequestView, RequestFault> decode_deploy(std::uint64_t id, const wire::Deploy& body, base::Arena& arena) {
  if (body.configuration() == nullptr) return refuse(id, "configuration is missing");
  if (body.configuration()->size() > limits::kConfigBytesMax) return refuse(id, "configuration is too large");
  if (count(body.api_services()) > limits::kApiServicesLimitMax) return refuse(id, "too many api_services");
  RequestView request{.id = id, .kind = RequestKind::deploy, .configuration = view(body.configuration())};
  request.api_services = views(body.api_services(), arena);
  request.expected_deployment = number(body.expected_deployment());
  request.dry_run = body.dry_run();
  request.allow_volatile = body.allow_volatile();
  return request;
}

RequestView decode_rollback(std::uint64_t id, const wire::Rollback& body) {
  RequestView request{.id = id, .kind = RequestKind::rollback};
  request.deployment = body.deployment();
  request.expected_deployment = number(body.expected_deployment());
  request.dry_run = body.dry_run();
  request.allow_volatile = body.allow_volatile();
  return request;
}

base::Result<RequestView, RequestFault> decode_push_keys(std::uint64_t id, const wire::PushKeys& body) {
  if (body.oauth_server() == nullptr) return refuse(id, "oauth_server is missing");
  if (body.jwks() == nullptr) return refuse(id, "jwks is missing");
  return RequestView{.id = id, .kind = RequestKind::push_keys, .oauth_server = view(body.oauth_server()), .url = view(body.url()), .jwks = view(body.jwks())};
}

base::Result<RequestView, RequestFault> decode_refresh(std::uint64_t id, const wire::Refresh& body) {
  if (body.oauth_server() == nullptr) return refuse(id, "oauth_server is missing");
  return RequestView{.id = id, .kind = RequestKind::refresh, .oauth_server = view(body.oauth_server()), .url = view(body.url())};
}

// verified(frame): the envelope, once the verifier has walked all of the frame; null if it refuses.
const wire::Envelope* verified(base::Bytes frame) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  flatbuffers::Verifier verifier(bytes, frame.size(), limits::kFrameDepthMax, limits::kFrameTablesMax);
  return wire::VerifySizePrefixedEnvelopeBuffer(verifier) ? wire::GetSizePrefixedEnvelope(bytes) : nullptr;
}

}  // namespace

bool is_scope_token(std::string_view text) noexcept {
  const auto allowed = [](char c) noexcept { return c == 0x21 || (c >= 0x23 && c <= 0x5B) || (c >= 0x5D && c <= 0x7E); };
  return !text.empty() && text.size() <= limits::kScopeBytesMax && std::ranges::all_of(text, allowed);
}

base::Result<RequestView, RequestFault> decode_request(base::Bytes frame, std::size_t tokens_max, base::Arena& arena) {
  const wire::Envelope* envelope = verified(frame);
  if (envelope == nullptr) return std::unexpected(RequestFault{0, ErrorCode::bad_frame, text_of(ErrorCode::bad_frame)});
  const std::uint64_t id = envelope->id();
  if (id == 0) return refuse(id, "id is missing or 0");
  if (envelope->body() == nullptr) return refuse(id, "body is missing");
  if (const auto* body = envelope->body_as_Validate()) return decode_validate(id, *body, tokens_max, arena);
  if (const auto* body = envelope->body_as_Deploy()) return decode_deploy(id, *body, arena);
  if (const auto* body = envelope->body_as_Rollback()) return decode_rollback(id, *body);
  if (const auto* body = envelope->body_as_PushKeys()) return decode_push_keys(id, *body);
  if (const auto* body = envelope->body_as_Refresh()) return decode_refresh(id, *body);
  if (envelope->body_as_Ping() != nullptr) return RequestView{.id = id, .kind = RequestKind::ping};
  if (envelope->body_as_Status() != nullptr) return RequestView{.id = id, .kind = RequestKind::status};
  if (envelope->body_as_Metrics() != nullptr) return RequestView{.id = id, .kind = RequestKind::metrics};
  return RequestView{.id = id, .kind = RequestKind::unknown};
}

}  // namespace assay::server
