// Tokens: good ones by token(), any others by TokenBuilder, which writes whatever it is told to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mint/json.h"
#include "mint/key.h"

namespace assay::mint {

// claims(iss, aud, now_s, lifetime_s, extras): the claims of an ordinary access token (RFC 9068 section 2.2): iss, aud, sub, client_id, jti (a new one
// each time), iat, exp; extras are set last and may replace any.
JsonObject claims(std::string_view iss, std::string_view aud, std::int64_t now_s, std::int64_t lifetime_s, const JsonObject& extras = {});

// HeaderOptions: what a token's header says. By default the key's own algorithm and kid, and the type of RFC 9068.
struct HeaderOptions {
  std::optional<std::string> algorithm;
  std::optional<std::string> kid;
  bool with_kid = true;
  std::optional<std::string> type = "at+jwt";
  JsonObject extras;
};

// header(key, options): the JOSE header.
JsonObject header(const Key& key, const HeaderOptions& options = {});

// token(key, claims, options): a compact JWS (RFC 7515 section 7.1), signed by the key with the header's algorithm.
std::string token(const Key& key, std::string_view claims_json, const HeaderOptions& options = {});
inline std::string token(const Key& key, const JsonObject& claims, const HeaderOptions& options = {}) { return token(key, claims.text(), options); }

// TokenBuilder: a token part by part. Each part is given as octets, which are encoded, or as the text that stands in the token, right or wrong.
class TokenBuilder {
 public:
  TokenBuilder& header(std::string_view octets);
  TokenBuilder& header_part(std::string_view text);
  TokenBuilder& payload(std::string_view octets);
  TokenBuilder& payload_part(std::string_view text);
  TokenBuilder& signature(std::string_view octets);
  TokenBuilder& signature_part(std::string_view text);
  // sign(key, algorithm): the signature of what stands before it now. Without algorithm: the key's.
  TokenBuilder& sign(const Key& key, std::string_view algorithm);
  TokenBuilder& sign(const Key& key) { return sign(key, key.algorithm()); }

  // signing_input(): header '.' payload (RFC 7515 section 5.1, step 5).
  std::string signing_input() const { return header_ + '.' + payload_; }
  const std::string& signature_part() const { return signature_; }
  std::string text() const { return signing_input() + '.' + signature_; }

 private:
  std::string header_;
  std::string payload_;
  std::string signature_;
};

// Decoded: the three parts of a token as octets. Nothing is verified.
struct Decoded {
  std::string header;
  std::string payload;
  std::string signature;
  std::string signing_input;
};

// decode(token): nothing unless there are three parts of base64url.
std::optional<Decoded> decode(std::string_view token);

}  // namespace assay::mint
