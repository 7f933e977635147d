// A ready pair of API services with the OAuth servers behind them, their keys and their configuration: what the demo and most tests start from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mint/json.h"
#include "mint/key.h"

namespace assay::mint {

// Service: one API service and the one OAuth server whose tokens it takes.
struct Service {
  std::string api_service;
  std::string oauth_server;
  std::string issuer;
  std::string audience;
  std::int64_t skew_s = 0;
  std::vector<std::string> algorithms;           // empty: all
  std::string token_type = "jwt";                // "any", "jwt" or "at+jwt"
  std::optional<std::string> required_scope;
  std::optional<std::int64_t> max_token_age_s;
  std::optional<std::string> rule_claim;         // a top-level claim that must be a string, one of rule_values
  std::vector<std::string> rule_values;
  std::vector<Key> keys;                         // of the OAuth server

  const Key& key(std::string_view algorithm) const { return find_key(keys, algorithm); }
  // good_claims(now_s, lifetime_s): claims that this API service accepts.
  JsonObject good_claims(std::int64_t now_s, std::int64_t lifetime_s = 3600) const;
  // good_token(algorithm, now_s, lifetime_s): a token that it accepts.
  std::string good_token(std::string_view algorithm, std::int64_t now_s, std::int64_t lifetime_s = 3600) const;
};

// Fixture: `orders` takes tokens of every algorithm, one key each, every JWK with alg and kid, and asks for a scope. `payments` takes the same issuer's
// tokens from another OAuth server with other keys (its ES256 key under the very kid of the other's), of ES256 and EdDSA and the type at+jwt alone, no
// older than an hour, with a claim rule. Its RS256 key stands in the JWKS although its algorithms exclude it. Nobody trusts the attacker's keys.
struct Fixture {
  Service orders;
  Service payments;
  std::vector<Key> attacker;  // RS256, ES256, EdDSA

  // generate(): with new keys. RSA keys of 2048 bits; RS256, RS384 and RS512 of `orders` share their numbers, as do PS256, PS384 and PS512: making
  // RSA keys is slow.
  static Fixture generate();
  // load(directory): with the keys that an earlier save left there. save: one PEM file per key.
  static Fixture load(const std::filesystem::path& directory);
  void save(const std::filesystem::path& directory) const;
  // load_or_generate(directory): loads; if there is nothing to load, generates and saves.
  static Fixture load_or_generate(const std::filesystem::path& directory);

  // configuration(): the document for assayd with both OAuth servers and both API services, keys inline.
  std::string configuration() const;
};

// configuration(services, token_cache_budget): a configuration document of these, indented; each OAuth server once. The budget: nothing: the daemon's default.
std::string configuration(const std::vector<Service>& services, std::optional<std::size_t> token_cache_budget = std::nullopt);

}  // namespace assay::mint
