// What a careful engineer writes around a library that only knows signatures: split the token, read its header, check its claims. For the peers openssl and
// mbedtls; cjose and libjwt borrow what their libraries lack.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "peers/peer.h"

namespace assay::peers {

// TokenView: the parts of a compact JWS, still encoded. Borrows the token.
struct TokenView {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;

  static std::optional<TokenView> of(std::string_view token);
};

// Octets: a buffer that is used again for each token, with the room behind its content that simdjson reads over.
class Octets {
 public:
  // decode(text): of base64url; false if it is none. assign(octets): a copy.
  bool decode(std::string_view text);
  void assign(std::string_view octets);

  std::string_view view() const { return {buffer_.data(), size_}; }
  const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(buffer_.data()); }
  std::size_t size() const { return size_; }
  simdjson::padded_string_view padded() const { return simdjson::padded_string_view(buffer_.data(), size_, buffer_.size()); }

 private:
  std::vector<char> buffer_;
  std::size_t size_ = 0;
};

// HeaderReader: finds the member kid and alg of a header.
class HeaderReader {
 public:
  // read(part): of a token's first part; false if it is malformed or lacks one of them. kid() and algorithm() hold until the next call.
  bool read(std::string_view part);
  std::string_view kid() const { return kid_; }
  std::string_view algorithm() const { return algorithm_; }

 private:
  Octets octets_;
  simdjson::ondemand::parser parser_;
  std::string_view kid_;
  std::string_view algorithm_;
};

// ClaimsChecker: everything that a policy asks of a payload, in one pass over it.
class ClaimsChecker {
 public:
  explicit ClaimsChecker(const Policy& policy) : policy_(policy) {}
  // check_part(part, now_s), check_json(json, now_s): the subject if all is well, otherwise empty. Holds until the next call.
  std::string_view check_part(std::string_view part, std::int64_t now_s);
  std::string_view check_json(std::string_view json, std::int64_t now_s);

 private:
  std::string_view check(std::int64_t now_s);

  Policy policy_;
  Octets octets_;
  simdjson::ondemand::parser parser_;
};

// has_scope(scopes, wanted): whether a list separated by blanks holds it.
bool has_scope(std::string_view scopes, std::string_view wanted);

}  // namespace assay::peers
