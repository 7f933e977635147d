// Building is kept apart from knowing what is right: token() knows, TokenBuilder does not.
#include "mint/token.h"

#include <atomic>
#include <cstddef>
#include <random>

#include "mint/base64url.h"

namespace assay::mint {
namespace {

// Unique within a process by the counter and between processes by the random start. jti is no secret.
std::string new_token_id() {
  static const std::string process = [] {
    std::random_device device;
    return std::to_string(device()) + '-' + std::to_string(device());
  }();
  static std::atomic<std::uint64_t> next = 0;
  return process + '-' + std::to_string(next++);
}

}  // namespace

JsonObject claims(std::string_view iss, std::string_view aud, std::int64_t now_s, std::int64_t lifetime_s, const JsonObject& extras) {
  JsonObject out{{"iss", quote(iss)},           {"aud", quote(aud)},
                 {"sub", quote("alice")},       {"client_id", quote("web-shop")},
                 {"jti", quote(new_token_id())}, {"iat", std::to_string(now_s)},
                 {"exp", std::to_string(now_s + lifetime_s)}};
  for (const auto& [name, json] : extras.members()) out.set(name, json);
  return out;
}

JsonObject header(const Key& key, const HeaderOptions& options) {
  JsonObject out{{"alg", quote(options.algorithm.value_or(key.algorithm()))}};
  if (options.with_kid) out.set("kid", quote(options.kid.value_or(key.kid())));
  if (options.type) out.set("typ", quote(*options.type));
  for (const auto& [name, json] : options.extras.members()) out.set(name, json);
  return out;
}

std::string token(const Key& key, std::string_view claims_json, const HeaderOptions& options) {
  const std::string algorithm = options.algorithm.value_or(key.algorithm());
  return TokenBuilder().header(header(key, options).text()).payload(claims_json).sign(key, algorithm).text();
}

TokenBuilder& TokenBuilder::header(std::string_view octets) { return header_part(base64url(octets)); }

TokenBuilder& TokenBuilder::header_part(std::string_view text) {
  header_ = text;
  return *this;
}

TokenBuilder& TokenBuilder::payload(std::string_view octets) { return payload_part(base64url(octets)); }

TokenBuilder& TokenBuilder::payload_part(std::string_view text) {
  payload_ = text;
  return *this;
}

TokenBuilder& TokenBuilder::signature(std::string_view octets) { return signature_part(base64url(octets)); }

TokenBuilder& TokenBuilder::signature_part(std::string_view text) {
  signature_ = text;
  return *this;
}

TokenBuilder& TokenBuilder::sign(const Key& key, std::string_view algorithm) { return signature(key.sign(signing_input(), algorithm)); }

std::optional<Decoded> decode(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto header = from_base64url(token.substr(0, first));
  auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !payload || !signature) return std::nullopt;
  return Decoded{std::move(*header), std::move(*payload), std::move(*signature), std::string(token.substr(0, second))};
}

}  // namespace assay::mint
