// Written with the generated code alone, so that assay-fetch is not checked by itself.
#include "support/keys_peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "schema/protocol_generated.h"

namespace assay::tests {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

std::string finished(Builder& builder, std::uint64_t id, wire::Body kind, flatbuffers::Offset<void> body) {
  builder.FinishSizePrefixed(wire::CreateEnvelope(builder, id, kind, body), wire::EnvelopeIdentifier());
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

template <class Number>
std::optional<std::uint64_t> number(const Number& from) {
  return from ? std::optional<std::uint64_t>(*from) : std::nullopt;
}

std::string text(const flatbuffers::String* from) { return from == nullptr ? "" : from->str(); }

}  // namespace

std::string order_frame(std::uint64_t id, const OrderFields& order) {
  Builder builder;
  builder.TrackMinAlign(8);
  const auto string = [&builder](const std::string& from) { return from.empty() ? flatbuffers::Offset<flatbuffers::String>() : builder.CreateString(from); };
  const auto kind = order.discovery ? wire::SourceKind::discovery : wire::SourceKind::jwks_url;
  const auto url = string(order.url);
  const auto etag = string(order.etag);
  const auto ca_file = string(order.ca_file);
  const auto client_certificate = string(order.client_certificate);
  const auto client_key = string(order.client_key);
  const auto proxy = string(order.proxy);
  return finished(builder, id, wire::Body::Fetch,
                  wire::CreateFetch(builder, kind, url, etag, order.timeout_ms, ca_file, client_certificate, client_key, proxy, order.allow_http).Union());
}

std::string error_frame(std::uint64_t id, std::uint8_t code) {
  Builder builder;
  builder.TrackMinAlign(8);
  return finished(builder, id, wire::Body::Error, wire::CreateError(builder, static_cast<wire::ErrorCode>(code), builder.CreateString("no")).Union());
}

std::string ping_frame(std::uint64_t id) {
  Builder builder;
  builder.TrackMinAlign(8);
  return finished(builder, id, wire::Body::Ping, wire::CreatePing(builder).Union());
}

std::optional<FetchAnswer> read_answer(const std::string& frame) {
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size(), 8, 256);
  if (frame.size() % 8 != 0 || !wire::VerifySizePrefixedEnvelopeBuffer(verifier)) return std::nullopt;
  const wire::Envelope* envelope = wire::GetSizePrefixedEnvelope(frame.data());
  FetchAnswer answer{.number = envelope->id()};
  if (const auto* fetched = envelope->body_as_Fetched()) {
    answer.kind = FetchAnswer::Kind::fetched;
    answer.jwks = text(fetched->jwks());
    answer.etag = text(fetched->etag());
    answer.max_age = number(fetched->max_age());
  } else if (const auto* same = envelope->body_as_NotModified()) {
    answer.kind = FetchAnswer::Kind::not_modified;
    answer.max_age = number(same->max_age());
  } else if (const auto* failed = envelope->body_as_FetchFailed()) {
    answer.kind = FetchAnswer::Kind::failed;
    answer.reason = text(failed->reason());
    answer.retry_after = number(failed->retry_after());
  } else {
    return std::nullopt;
  }
  return answer;
}

KeysPeer::KeysPeer(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0) {
    throw std::runtime_error("cannot listen on " + path + ": " + std::strerror(errno));
  }
}

KeysPeer::~KeysPeer() { ::close(listener_); }

RawConnection KeysPeer::accept(std::chrono::milliseconds limit) const {
  pollfd wait{listener_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return RawConnection(-1);
  return RawConnection(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
}

std::optional<FetchAnswer> next_answer(RawConnection& connection, std::chrono::milliseconds limit) {
  const auto frame = connection.receive_frame(limit);
  return frame ? read_answer(*frame) : std::nullopt;
}

}  // namespace assay::tests
