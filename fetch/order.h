// Orders: what assayd wants fetched. Their checks are assayd's once more: whoever is behind the socket, nothing else is asked for in this program's name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace assay::fetch {

// Order: one set to be fetched. A value; every field is in its range and without control characters.
struct Order {
  enum class Kind : std::uint8_t { unset = 0, jwks_url, discovery };
  std::uint64_t number = 0;  // never 0
  Kind kind = Kind::unset;
  std::string url;   // jwks_url: of the set; discovery: the issuer
  std::string etag;  // of the set in hand; empty: none
  std::uint32_t timeout_ms = 0;
  std::string ca_file;             // absolute paths, as are the next two; empty: none
  std::string client_certificate;
  std::string client_key;          // there if and only if client_certificate is
  std::string proxy;               // empty: none
  bool allow_http = false;
};

// BadOrder: one that cannot be executed, and why; it is to be answered.
struct BadOrder {
  std::uint64_t number = 0;  // never 0
  std::string_view reason;   // static
};

// AssaydError: assayd's own word for a connection that it will not serve, such as too_many_connections.
struct AssaydError {
  std::string_view code;  // static
};

using Message = std::variant<Order, BadOrder, AssaydError>;

// decode_message(frame): of one whole frame, prefix included, aligned to 8 bytes. Fails for what is none of the keys socket: the connection has no sense any more.
base::Result<Message> decode_message(base::Bytes frame);

// is_etag(text): whether an entity tag can be passed on: visible ASCII and at most kEtagBytesMax. Whether it is one by RFC 9110 section 8.8.3, and is asked with, is assayd's to judge.
bool is_etag(std::string_view text) noexcept;

}  // namespace assay::fetch
