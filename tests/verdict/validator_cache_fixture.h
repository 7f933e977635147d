// What the tests of a validator with a cache share: each verdict is compared with that of a validator without one, and it is known whether the signature was verified for it.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "mint/fixture.h"
#include "mint/token.h"
#include "support/policy.h"
#include "support/verdicts.h"

namespace assay::verdict::test {

using mint::JsonObject;
using mint::Key;
using schema::Code;

inline constexpr std::int64_t kNow = 1'700'000'000;

// --- Keys, configurations and tokens ---

// Two keys of one kid and one of another, for each algorithm that is quick to make; and one for RSA.
inline const Key& es256() {
  static const Key key = Key::generate("ES256", {.kid = "k"});
  return key;
}
inline const Key& other_es256() {
  static const Key key = Key::generate("ES256", {.kid = "k"});
  return key;
}
inline const Key& eddsa() {
  static const Key key = Key::generate("EdDSA", {.kid = "e"});
  return key;
}
inline const Key& rs256() {
  static const Key key = Key::generate("RS256", {.kid = "r"});
  return key;
}

// server(name, keys, more): an OAuth server of the one issuer that there is here. service(name, server, more, audience): an API service that takes its tokens. more: further
// members, each with a comma before it.
inline std::string server(std::string_view name, const std::vector<Key>& keys, std::string_view more = "", const mint::JwkOptions& options = {}) {
  return R"({"name":")" + std::string(name) + R"(","issuers":["https://i"],"jwks":)" + mint::jwks(keys, options) + std::string(more) + "}";
}
inline std::string service(std::string_view name, std::string_view server, std::string_view more = "", std::string_view audience = "x") {
  return R"({"name":")" + std::string(name) + R"(","audiences":[")" + std::string(audience) + R"("],"oauth_servers":[")" + std::string(server) + R"("])" + std::string(more) + "}";
}
inline std::shared_ptr<const snapshot::Snapshot> policy(const std::vector<std::string>& servers, const std::vector<std::string>& services) {
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
    return text;
  };
  return tests::snapshot_of(R"({"oauth_servers":[)" + joined(servers) + R"(],"api_services":[)" + joined(services) + "]}");
}
// simple(keys): one server "s" of these keys, one service "a".
inline std::shared_ptr<const snapshot::Snapshot> simple(const std::vector<Key>& keys, const mint::JwkOptions& options = {}) {
  return policy({server("s", keys, "", options)}, {service("a", "s")});
}

// good(key, extras, options): a token that `simple` takes.
inline std::string good(const Key& key, const JsonObject& extras = {}, const mint::HeaderOptions& options = {}) {
  return mint::token(key, mint::claims("https://i", "x", kNow, 600, extras), options);
}

// altered(token): the same header, end and length, and another payload: the very place in the cache.
inline std::string altered(const std::string& token) {
  const std::size_t middle = token.find('.') + 40;
  std::string out = token;
  out[middle] = out[middle] == 'A' ? 'B' : 'A';
  return out;
}

// --- Verdicts ---

// How a verdict was found: refused before any signature was asked for; by verifying a signature; by what the cache had.
enum class How : std::uint8_t { unset = 0, screened, verified, recalled };

struct Judged {
  Code code = Code::unset;
  How how = How::unset;
  friend bool operator==(const Judged&, const Judged&) = default;
};
inline void PrintTo(const Judged& judged, std::ostream* out) {
  constexpr std::array kNames{"?", "screened", "verified", "recalled"};
  *out << tests::name(judged.code) << ", " << kNames[static_cast<std::size_t>(judged.how)];
}

inline constexpr Judged kVerified{Code::accepted, How::verified};
inline constexpr Judged kRecalled{Code::accepted, How::recalled};

inline void expect_same(const VerdictView& found, const VerdictView& expected, std::string_view what) {
  EXPECT_TRUE(tests::same(found, expected)) << what << "\n  found    " << tests::text_of(found) << "\n  expected " << tests::text_of(expected);
}

class ValidatorCache : public ::testing::Test {
 protected:
  using SnapshotPointer = std::shared_ptr<const snapshot::Snapshot>;

  // judged(snapshot, api_service, token, now_s): with the cache. Whatever is in the verdict is compared with that of a validator without one.
  Judged judged(const SnapshotPointer& snapshot, std::string_view api_service, std::string_view token, std::int64_t now_s = kNow, std::span<const std::string_view> scopes = {},
                std::span<const jose::PointerView> claims = {}) {
    const TokenCacheFigures before = cache_->figures();
    const std::uint64_t checks_before = judge_.checks();
    const VerdictView verdict = judge_.verdict(*snapshot, api_service, token, now_s, scopes, claims);
    expect_same(verdict, plain_.verdict(*snapshot, api_service, token, now_s, scopes, claims), token);
    const TokenCacheFigures after = cache_->figures();
    const std::uint64_t hits = after.hits - before.hits;
    const std::uint64_t misses = after.misses - before.misses;
    const std::uint64_t checks = judge_.checks() - checks_before;
    How how = How::unset;
    if (hits == 1 && misses == 0 && checks == 0) how = How::recalled;
    if (hits == 0 && misses == 1) how = How::verified;
    if (hits == 0 && misses == 0 && checks == 0) how = How::screened;
    return {verdict.code, how};
  }
  std::uint64_t keys_gone() const { return cache_->figures().keys_gone; }

  std::unique_ptr<TokenCache> cache_ = TokenCache::make(std::size_t{1} << 20, base::HashKey{3, 4}, 1);
  tests::Judge judge_{cache_.get()};
  tests::Judge plain_;
};

}  // namespace assay::verdict::test
