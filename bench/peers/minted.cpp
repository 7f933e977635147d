// One issuer with a key for each algorithm. Its good tokens differ in their jti alone; they have twenty claims, and some 960 bytes with RS256.
#include "peers/minted.h"

#include <cstdint>
#include <ctime>

#include "mint/forge.h"
#include "mint/json.h"
#include "mint/token.h"

namespace assay::peers {
namespace {

using mint::JsonObject;
using mint::quote;

// libjwt takes no other type.
constexpr const char* kType = "JWT";

// Longer than any run.
constexpr std::int64_t kLifetime_s = 24 * 3600;

mint::Service make_service() {
  mint::Service service;
  service.api_service = "orders";
  service.oauth_server = "corp";
  service.issuer = "https://id.example.com/am";
  service.audience = "https://orders.example.com";
  service.skew_s = 60;
  service.required_scope = "orders.read";
  for (const std::string_view algorithm : kAlgorithms) {
    service.algorithms.emplace_back(algorithm);
    service.keys.push_back(mint::Key::generate(algorithm));
  }
  return service;
}

// TokenMaker: tokens of one algorithm.
class TokenMaker {
 public:
  TokenMaker(const Minted& minted, std::string_view algorithm) : minted_(minted), key_(minted.service.key(algorithm)), now_(std::time(nullptr)) {}

  JsonObject claims() const {
    const Policy& policy = minted_.workload.policy;
    JsonObject out = mint::claims(policy.issuer, policy.audience, now_, kLifetime_s);
    out.set("sub", quote(policy.subject)).set("nbf", now_).set("scope", quote("orders.write " + policy.scope)).set("auth_time", now_ - 7);
    out.set("azp", quote("shop-web")).set("acr", quote("2")).set("amr", R"(["pwd"])").set("sid", quote("s-81f0c2d97e5b4a03")).set("tenant", quote("north"));
    out.set("locale", quote("de")).set("ver", 2).set("mfa", "true").set("dept", quote("42")).set("roles", R"(["buyer"])");
    return out;
  }
  std::string token(const JsonObject& claims) const { return mint::token(key_, claims, {.type = kType}); }
  std::string good() const { return token(claims()); }
  std::string expired() const { return token(claims().set("iat", now_ - 7200).set("nbf", now_ - 7200).set("exp", now_ - 3600)); }
  std::string wrong_audience() const { return token(claims().set("aud", quote("https://billing.example.com"))); }

  // check(expected): the set "check/...", with what must become of each.
  std::vector<std::string> check(std::vector<Expected>& expected) const {
    std::vector<std::string> tokens;
    expected.clear();
    const auto add = [&](std::string what, bool accepted, std::string token) {
      expected.push_back({std::move(what), accepted});
      tokens.push_back(std::move(token));
    };
    add("a good token", true, good());
    add("an expired token", false, expired());
    add("a token that is not valid yet", false, token(claims().set("nbf", now_ + 3600)));
    add("a token within the skew", true, token(claims().set("nbf", now_ + 30)));
    add("a token for another audience", false, wrong_audience());
    add("a token for several audiences", true, token(claims().set("aud", mint::array({"https://billing.example.com", minted_.service.audience}))));
    add("a token of another issuer", false, token(claims().set("iss", quote("https://id.example.com/other"))));
    add("a token without the scope", false, token(claims().set("scope", quote("orders.readonly"))));
    add("a token without exp", false, token(claims().remove("exp")));
    add("a token signed by a forger", false, mint::token(mint::Key::generate(key_.algorithm(), {.kid = key_.kid()}), claims(), {.type = kType}));
    add("a token with an unknown kid", false, mint::token(key_.as(key_.algorithm(), "nobody"), claims(), {.type = kType}));
    const auto under = [&](const char* algorithm) {
      return mint::TokenBuilder().header(mint::header(key_, {.algorithm = algorithm, .type = kType}).text()).payload(claims().text());
    };
    add("a token without a signature", false, under("none").text());
    mint::TokenBuilder confused = under("HS256");
    confused.signature(mint::hmac("256", key_.public_pem(), confused.signing_input()));
    add("a token with the public key as its HS256 secret", false, confused.text());
    add("another good token", true, good());
    return tokens;
  }

 private:
  const Minted& minted_;
  const mint::Key& key_;
  std::int64_t now_;
};

}  // namespace

Minted Minted::make(const Sizes& sizes) {
  Minted out;
  out.sizes = sizes;
  out.service = make_service();
  out.workload.policy = {out.service.issuer, out.service.audience, *out.service.required_scope, "7d0c1e52-93af-4b18-a6c4", out.service.skew_s};
  for (const mint::Key& key : out.service.keys) out.workload.keys.push_back({key.kid(), key.algorithm(), key.public_jwk(), key.public_pem()});
  for (const std::string_view algorithm : kAlgorithms) {
    const TokenMaker maker(out, algorithm);
    const auto set = [&](std::string_view name) -> std::vector<std::string>& { return out.workload.sets[std::string(name) + '/' + std::string(algorithm)]; };
    for (std::size_t i = 0; i < sizes.fresh; ++i) set("new").push_back(maker.good());
    for (std::size_t i = 0; i < sizes.cached; ++i) set("cached").push_back(maker.good());
    for (std::size_t i = 0; i < sizes.refused; ++i) set("refused").push_back(i % 2 == 0 ? maker.expired() : maker.wrong_audience());
    set("check") = maker.check(out.checks);
  }
  return out;
}

std::string Minted::json() const {
  const Policy& policy = workload.policy;
  const JsonObject policy_json{{"issuer", quote(policy.issuer)}, {"audience", quote(policy.audience)}, {"scope", quote(policy.scope)},
                               {"subject", quote(policy.subject)}, {"skew_s", std::to_string(policy.skew_s)}};
  std::string keys;
  for (const KeyText& key : workload.keys) {
    const JsonObject json{{"kid", quote(key.kid)}, {"algorithm", quote(key.algorithm)}, {"jwk", key.jwk}, {"pem", quote(key.pem)}};
    keys += (keys.empty() ? "" : ",") + json.text();
  }
  JsonObject sets;
  for (const auto& [name, tokens] : workload.sets) sets.append(name, mint::array(tokens));
  return JsonObject{{"policy", policy_json.text()}, {"keys", '[' + keys + ']'}, {"cache_room", std::to_string(sizes.cache_room)}, {"sets", sets.text()}}.text();
}

std::size_t Minted::token_bytes(std::string_view algorithm) const {
  const std::vector<std::string>& tokens = workload.sets.at("new/" + std::string(algorithm));
  std::size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  return bytes / tokens.size();
}

}  // namespace assay::peers
