// The verifier walks the whole frame before a field is read. FlatBuffers strings may hold any octet, libcurl and open(2) take C strings: what has a NUL or a
// line break in it stops here.
#include "fetch/order.h"

#include <algorithm>

#include "fetch/limits.h"
#include "schema/protocol_generated.h"
#include "snapshot/key_url.h"

namespace assay::fetch {
namespace {

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : std::string(text->c_str(), text->size()); }

bool is_visible(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// An absolute path that open(2) takes whole; none is fine, too.
bool is_path(std::string_view text) noexcept {
  return text.empty() || (text.starts_with('/') && text.size() <= limits::kPathBytesMax && text.find('\0') == std::string_view::npos);
}

Order::Kind kind_of(wire::SourceKind kind) noexcept {
  switch (kind) {
    case wire::SourceKind::unset: return Order::Kind::unset;
    case wire::SourceKind::jwks_url: return Order::Kind::jwks_url;
    case wire::SourceKind::discovery: return Order::Kind::discovery;
  }
  return Order::Kind::unset;
}

// fault_of(order): why it cannot be executed; empty: it can.
std::string_view fault_of(const Order& order) noexcept {
  switch (order.kind) {
    case Order::Kind::unset: return "order: of no known kind";
    case Order::Kind::jwks_url:
      if (!snapshot::is_key_url(order.url, order.allow_http)) return "order: url is none that keys may be fetched from";
      break;
    case Order::Kind::discovery:
      if (!snapshot::is_discovery_issuer(order.url, order.allow_http)) return "order: url is no issuer that can be asked";
      break;
  }
  if (order.timeout_ms == 0 || order.timeout_ms > limits::kFetchTimeoutMsMax) return "order: timeout_ms is not within 1 to 60000";
  if (!order.etag.empty() && !is_etag(order.etag)) return "order: etag cannot be sent";
  if (!is_path(order.ca_file)) return "order: ca_file is no absolute path";
  if (!is_path(order.client_certificate)) return "order: client_certificate is no absolute path";
  if (!is_path(order.client_key)) return "order: client_key is no absolute path";
  if (order.client_certificate.empty() != order.client_key.empty()) return "order: one of client_certificate and client_key without the other";
  if (!order.proxy.empty() && !snapshot::is_proxy_url(order.proxy)) return "order: proxy is no URL of a proxy";
  return {};
}

}  // namespace

bool is_etag(std::string_view text) noexcept { return !text.empty() && text.size() <= limits::kEtagBytesMax && is_visible(text); }

base::Result<Message> decode_message(base::Bytes frame) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  flatbuffers::Verifier verifier(bytes, frame.size(), limits::kFrameDepthMax, limits::kFrameTablesMax);
  if (!wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return base::fail("a frame that is no FlatBuffer of this protocol");
  const wire::Envelope* envelope = wire::GetSizePrefixedEnvelope(bytes);
  if (envelope->body() == nullptr) return base::fail("a frame without a body");
  if (const wire::Error* error = envelope->body_as_Error()) return AssaydError{wire::EnumNameErrorCode(error->code())};  // about the connection: its id may be 0
  const wire::Fetch* fetch = envelope->body_as_Fetch();
  if (fetch == nullptr) return base::fail("a frame of a kind that does not belong on the keys socket");
  if (envelope->id() == 0) return base::fail("an order without a number");

  Order order{.number = envelope->id(),
              .kind = kind_of(fetch->kind()),
              .url = text_of(fetch->url()),
              .etag = text_of(fetch->etag()),
              .timeout_ms = fetch->timeout_ms(),
              .ca_file = text_of(fetch->ca_file()),
              .client_certificate = text_of(fetch->client_certificate()),
              .client_key = text_of(fetch->client_key()),
              .proxy = text_of(fetch->proxy()),
              .allow_http = fetch->allow_http()};
  if (const std::string_view fault = fault_of(order); !fault.empty()) return BadOrder{order.number, fault};
  return order;
}

}  // namespace assay::fetch
