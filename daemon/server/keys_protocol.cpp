// assay-fetch faces the network, so that its answers are read like those of anybody: nothing before the verifier has walked the frame, and nothing out of range is passed on.
#include "server/keys_protocol.h"

#include <string>

#include "schema/protocol_generated.h"
#include "server/limits.h"

namespace assay::server {
namespace {

std::string_view view(const flatbuffers::String* text) noexcept { return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size()); }

std::optional<std::uint64_t> number(const flatbuffers::Optional<std::uint64_t>& from) { return from ? std::optional<std::uint64_t>(*from) : std::nullopt; }

wire::SourceKind kind_of(snapshot::KeySource::Kind kind) {
  switch (kind) {
    case snapshot::KeySource::Kind::unset:
    case snapshot::KeySource::Kind::jwks: return wire::SourceKind::unset;
    case snapshot::KeySource::Kind::jwks_url: return wire::SourceKind::jwks_url;
    case snapshot::KeySource::Kind::discovery: return wire::SourceKind::discovery;
  }
  return wire::SourceKind::unset;
}

}  // namespace

base::Result<FetchAnswerView> decode_answer(base::Bytes frame) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  flatbuffers::Verifier verifier(bytes, frame.size(), limits::kFrameDepthMax, limits::kFrameTablesMax);
  if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return base::fail("not a frame of this protocol");
  const wire::Envelope& envelope = *wire::GetSizePrefixedEnvelope(bytes);
  FetchAnswerView answer{.number = envelope.id()};
  if (const auto* fetched = envelope.body_as_Fetched()) {
    answer.kind = FetchAnswerView::Kind::fetched;
    answer.jwks = view(fetched->jwks());
    answer.etag = view(fetched->etag());
    answer.max_age_s = number(fetched->max_age());
    if (answer.jwks.size() > limits::kJwksBytesMax) return base::fail("a key set that is too large");
  } else if (const auto* not_modified = envelope.body_as_NotModified()) {
    answer.kind = FetchAnswerView::Kind::not_modified;
    answer.max_age_s = number(not_modified->max_age());
  } else if (const auto* failed = envelope.body_as_FetchFailed()) {
    answer.kind = FetchAnswerView::Kind::failed;
    answer.reason = view(failed->reason());
    answer.retry_after_s = number(failed->retry_after());
  } else {
    return base::fail("a kind of frame that this socket does not take");
  }
  return answer;
}

struct OrderEncoder::State {
  flatbuffers::FlatBufferBuilder builder{4 * 1024};

  // text(text): nothing for an empty one.
  flatbuffers::Offset<flatbuffers::String> text(std::string_view text) { return text.empty() ? flatbuffers::Offset<flatbuffers::String>() : builder.CreateString(text.data(), text.size()); }
};

OrderEncoder::OrderEncoder() : state_(std::make_unique<State>()) {}
OrderEncoder::~OrderEncoder() = default;

base::Bytes OrderEncoder::fetch(const sources::Order& order) {
  State& state = *state_;
  state.builder.Clear();
  const snapshot::SourceAccess& access = order.source.access;
  const auto url = state.text(order.source.url);
  const auto etag = state.text(order.etag);
  const auto ca_file = state.text(access.ca_file);
  const auto certificate = state.text(access.client_certificate);
  const auto key = state.text(access.client_key);
  const auto proxy = state.text(access.proxy);
  const auto fetch = wire::CreateFetch(state.builder, kind_of(order.source.kind), url, etag, static_cast<std::uint32_t>(order.timeout_ms), ca_file, certificate, key, proxy, access.allow_http);
  state.builder.TrackMinAlign(limits::kFrameAlignBytes);
  wire::FinishSizePrefixedEnvelopeBuffer(state.builder, wire::CreateEnvelope(state.builder, order.number, wire::Body::Fetch, fetch.Union()));
  DCHECK(state.builder.GetSize() % limits::kFrameAlignBytes == 0);
  return std::as_bytes(std::span(state.builder.GetBufferPointer(), state.builder.GetSize()));
}

}  // namespace assay::server
