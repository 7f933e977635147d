// Keys and times are fixed, so that what a fuzzer has found is found again. The keys are those of the RFCs, or have a private half that anybody can write down.
#include "verdict/cache_world.h"

#include <map>
#include <optional>
#include <tuple>

#include "mint/base64url.h"
#include "mint/json.h"
#include "mint/key.h"
#include "mint/token.h"

namespace assay::tests::world {
namespace {

using mint::JsonObject;
using mint::Key;
using mint::quote;

// RFC 7515 appendix A.2.
constexpr std::string_view kRsa =
    R"({"kty":"RSA","alg":"RS256","kid":"rsa","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP)"
    R"(1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg66)"
    R"(5xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","d":"Eq5xpGnNCivDflJs)"
    R"(RQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0)"
    R"(QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneuf)"
    R"(uBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"})";
// RFC 7515 appendix A.3.
constexpr std::string_view kP256 =
    R"({"kty":"EC","crv":"P-256","kid":"p256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";

constexpr std::size_t kRsaKey = 6;
constexpr std::size_t kStranger = 8;  // whom nobody trusts
constexpr std::string_view kSharedKid = "shared";

// keys(): e0 to e5, rsa, p256, and the stranger.
const std::vector<Key>& keys() {
  static const std::vector<Key> made = [] {
    std::vector<Key> all;
    const auto ed25519 = [](std::size_t i, const std::string& kid) {
      const std::string seed(32, static_cast<char>('a' + i));
      return Key::from_private_jwk(R"({"kty":"OKP","crv":"Ed25519","kid":)" + quote(kid) + R"(,"d":)" + quote(mint::base64url(seed)) + "}");
    };
    for (std::size_t i = 0; i < kRsaKey; ++i) all.push_back(ed25519(i, "e" + std::to_string(i)));
    all.push_back(Key::from_private_jwk(kRsa));
    all.push_back(Key::from_private_jwk(kP256));
    all.push_back(ed25519(kStranger, "stranger"));
    return all;
  }();
  return made;
}

std::string make_jwk(const Entry& entry) {
  const Key& key = keys().at(entry.key);
  const bool is_rsa = entry.key == kRsaKey;
  const Key used = key.as(is_rsa && entry.alg == 2 ? "PS256" : key.algorithm(), entry.kid == 1 ? std::string(kSharedKid) : key.kid());
  return used.public_jwk({.with_kid = entry.kid != 2, .with_alg = entry.alg == 0 || (is_rsa && entry.alg == 2)});
}

// jwk(entry): made once.
const std::string& jwk(const Entry& entry) {
  static std::map<std::tuple<int, int, int>, std::string> made;
  std::string& text = made[{entry.key, entry.kid, entry.alg}];
  if (text.empty()) text = make_jwk(entry);
  return text;
}

constexpr std::array<std::string_view, kServers.size()> kIssuers{"https://one.example", "https://one.example", "https://two.example", "https://three.example"};
constexpr std::array<std::string_view, kServerBounds[0]> kAlgorithms{R"(["EdDSA","RS256","ES256"])", R"(["EdDSA","RS256"])", R"(["EdDSA"])", R"(["RS256","PS256"])",
                                                                     R"(["ES256","Ed25519"])"};
constexpr std::array<int, kServerBounds[1]> kSkews_s{0, 30, 300};
constexpr std::array<std::string_view, kServerBounds[2]> kTypes{"jwt", "any", "at+jwt"};

constexpr std::array<std::string_view, kServiceBounds[0]> kServersOf{R"(["alpha","gamma"])", R"(["beta","gamma"])", R"(["alpha","gamma","delta"])", R"(["beta"])",
                                                                     R"(["gamma","beta","delta"])"};
constexpr std::array<std::string_view, kServiceBounds[1]> kAudiences{R"(["https://orders"])", R"(["https://payments"])", R"(["https://payments","https://orders"])",
                                                                     R"(["https://reports"])"};
constexpr std::array<std::string_view, kServiceBounds[2]> kScopes{"", R"(,"required_scopes":["read"])", R"(,"required_scopes":["read","write"])"};
constexpr std::array<std::string_view, kServiceBounds[3]> kRules{"", R"(,"claim_rules":[{"claim":"/tenant","any_of":["a"]}])",
                                                                 R"(,"claim_rules":[{"claim":"/tenant","any_of":["b",7]},{"claim":"/sub","any_of":["alice"]}])"};
constexpr std::array<std::string_view, kServiceBounds[4]> kAges{"", R"(,"max_token_age":600)", R"(,"max_token_age":3600)"};

// Minting: the tokens, one after the other.
class Minting {
 public:
  std::vector<std::string> all() {
    good();
    by_other_keys();
    by_other_times();
    by_other_claims();
    by_other_headers();
    damaged();
    return std::move(tokens_);
  }

 private:
  struct More {
    JsonObject claims;
    std::vector<std::string> without;
    mint::HeaderOptions header;
  };
  static constexpr std::string_view kEveryAudience = R"(["https://orders","https://payments","https://reports"])";

  const std::string& add(std::size_t key, const More& more = {}) {
    const std::string issuer = quote(kIssuers[1 + tokens_.size() % 3]);
    JsonObject claims{{"iss", issuer}, {"aud", std::string(kEveryAudience)}, {"sub", quote("alice")}, {"client_id", quote("shop")}, {"tenant", quote("a")}};
    claims.set("jti", quote("t" + std::to_string(tokens_.size())));
    claims.set("iat", kEpoch_s).set("exp", kEpoch_s + 3600).set("scope", quote("read write"));
    for (const auto& [name, json] : more.claims.members()) claims.set(name, json);
    for (const std::string& name : more.without) claims.remove(name);
    return tokens_.emplace_back(mint::token(keys().at(key), claims, more.header));
  }

  void good() {
    for (const std::string_view audience : {std::string_view(R"("https://orders")"), std::string_view(R"(["https://payments"])"), kEveryAudience}) {
      for (const std::size_t key : {std::size_t{0}, kRsaKey}) {
        for (std::size_t issuer = 1; issuer < kIssuers.size(); ++issuer) {
          add(key, {.claims = {{"aud", std::string(audience)}, {"iss", quote(kIssuers[issuer])}}, .without = {}, .header = {}});
        }
      }
    }
  }

  // Each key with its own kid, the shared one and none; kids that are nobody's, or another's.
  void by_other_keys() {
    for (std::size_t key = 0; key <= kStranger; ++key) {
      add(key, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = "shared", .extras = {}}});
      add(key, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = {}, .with_kid = false, .extras = {}}});
    }
    for (std::size_t key = 1; key < kKeys; ++key) add(key);
    for (const char* kid : {"nobody", "", "e1", "rsa"}) add(0, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = kid, .extras = {}}});
    add(kStranger, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = "e0", .extras = {}}});
  }

  void by_other_times() {
    for (const int lifetime_s : {1, 20, 60, 300, 600}) {
      for (const std::size_t key : {std::size_t{0}, std::size_t{4}, kRsaKey}) {
        add(key, {.claims = JsonObject().set("exp", kEpoch_s + lifetime_s), .without = {}, .header = {}});
      }
    }
    add(0, {.claims = {{"exp", std::to_string(kEpoch_s + 60) + ".5"}}, .without = {}, .header = {}});
    add(0, {.claims = {{"iat", std::to_string(kEpoch_s) + ".25"}, {"nbf", std::to_string(kEpoch_s) + ".75"}}, .without = {}, .header = {}});
    for (const int second : {10, 20, 30, 40}) {
      const std::string half = std::to_string(kEpoch_s + second) + ".5";
      add(0, {.claims = second % 20 == 0 ? JsonObject{{"iat", half}} : JsonObject{{"nbf", half}}, .without = {}, .header = {}});
    }
    add(1, {.claims = JsonObject().set("nbf", kEpoch_s + 30), .without = {}, .header = {}});
    add(kRsaKey, {.claims = JsonObject().set("nbf", kEpoch_s + 500), .without = {}, .header = {}});
    add(0, {.claims = JsonObject().set("iat", kEpoch_s - 3000), .without = {}, .header = {}});
    add(0, {.claims = JsonObject().set("exp", kEpoch_s - 1), .without = {}, .header = {}});
    add(0, {.claims = JsonObject().set("exp", kEpoch_s + 86'400), .without = {}, .header = {}});
    add(0, {.claims = {}, .without = {"iat"}, .header = {}});
    add(0, {.claims = {}, .without = {"exp"}, .header = {}});
  }

  void by_other_claims() {
    add(0, {.claims = {{"aud", quote("https://elsewhere")}}, .without = {}, .header = {}});
    add(0, {.claims = {}, .without = {"aud"}, .header = {}});
    add(0, {.claims = {{"iss", quote("https://nobody.example")}}, .without = {}, .header = {}});
    add(0, {.claims = {}, .without = {"iss"}, .header = {}});
    add(0, {.claims = {}, .without = {"scope"}, .header = {}});
    add(0, {.claims = {{"scp", R"(["read",""])"}}, .without = {"scope"}, .header = {}});
    add(kRsaKey, {.claims = {{"scope", quote("write")}, {"scp", quote("read  more")}}, .without = {}, .header = {}});
    for (const char* tenant : {R"("b")", "7", "7.0", R"(["x","a"])", "null"}) add(0, {.claims = {{"tenant", tenant}}, .without = {}, .header = {}});
    add(1, {.claims = {{"nested", R"({"list":[1,{"x":"y"}]})"}}, .without = {"tenant"}, .header = {}});
    add(0, {.claims = {{"cnf", R"({"jkt":"x"})"}}, .without = {}, .header = {}});
    add(0, {.claims = {{"sub", quote("")}}, .without = {"client_id", "jti"}, .header = {}});
    add(kRsaKey, {.claims = {{"client_id", quote("\xC3\xA9\"")}}, .without = {"sub"}, .header = {}});
    // Says more than an entry of the cache holds; and less, but not much.
    add(0, {.claims = {{"sub", quote(std::string(500, 's'))}}, .without = {}, .header = {}});
    add(0, {.claims = {{"sub", quote(std::string(200, 's'))}}, .without = {}, .header = {}});
    add(0, {.claims = {{"exp", "\"soon\""}}, .without = {}, .header = {}});
  }

  void by_other_headers() {
    for (const char* type : {"JWT", "application/at+jwt", "dpop+jwt"}) {
      add(0, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = {}, .type = type, .extras = {}}});
    }
    add(kRsaKey, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = {}, .type = {}, .extras = {}}});
    add(kRsaKey, {.claims = {}, .without = {}, .header = {.algorithm = "PS256", .kid = {}, .extras = {}}});
    add(kRsaKey, {.claims = {}, .without = {}, .header = {.algorithm = "PS256", .kid = {}, .with_kid = false, .extras = {}}});
    add(0, {.claims = {}, .without = {}, .header = {.algorithm = {}, .kid = {}, .extras = {{"crit", R"(["x"])"}}}});
  }

  // What the cache could take for a token that it knows.
  void damaged() {
    const std::vector<std::string> whole(tokens_.begin(), tokens_.begin() + kGoodTokens);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const std::string& token = whole[i];
      const std::size_t first_dot = token.find('.');
      const std::size_t last_dot = token.rfind('.');
      const std::string& other = whole[(i + 3) % whole.size()];  // of the same issuer
      const auto altered = [&token](std::size_t at) {
        std::string text = token;
        text[at] = text[at] == 'A' ? 'B' : 'A';
        return text;
      };
      switch (i % 6) {
        case 0: tokens_.push_back(altered(last_dot + 10)); break;
        case 1: tokens_.push_back(altered(token.size() - 20)); break;
        case 2: tokens_.push_back(token.substr(0, token.size() - 1)); break;
        case 3: tokens_.push_back(token + 'A'); break;
        case 4: tokens_.push_back(token.substr(0, last_dot) + other.substr(other.rfind('.'))); break;
        default: tokens_.push_back(token.substr(0, first_dot) + '.' + token.substr(0, first_dot) + token.substr(last_dot)); break;
      }
      // Another payload under the same signature, as long as before: only the digest tells them apart.
      auto parts = mint::decode(token);
      const std::size_t digit = parts->payload.find(std::to_string(kEpoch_s + 3600)) + 9;
      parts->payload[digit] = '9';
      tokens_.push_back(token.substr(0, first_dot + 1) + mint::base64url(parts->payload) + token.substr(last_dot));
    }
    for (const char* text : {"", ".", "..", "a.b.c", "e30.e30.AA"}) tokens_.emplace_back(text);
  }

  std::vector<std::string> tokens_;
};

}  // namespace

Entries all_keys() {
  Entries all;
  for (std::uint8_t key = 0; key < kKeys; ++key) all.push_back({.key = key});
  return all;
}

std::string jwks(const Entries& entries) {
  std::string text = R"({"keys":[)";
  for (const Entry& entry : entries) text += (&entry == entries.data() ? "" : ",") + jwk(entry);
  return text + "]}";
}

Settings usual() {
  Settings settings;
  settings.services[0] = {.servers = 0, .audiences = 0};
  settings.services[1] = {.servers = 1, .audiences = 1, .scopes = 1, .rules = 1, .age = 2};
  settings.services[2] = {.servers = 2, .audiences = 2};
  settings.services[3] = {.servers = 4, .audiences = 3, .scopes = 2};
  settings.inline_keys = all_keys();
  return settings;
}

std::string document(const Settings& settings) {
  std::string text = R"({"oauth_servers":[)";
  for (std::size_t i = 0; i < kServers.size(); ++i) {
    const ServerSettings& server = settings.servers[i];
    text += (i == 0 ? "" : ",") + JsonObject{{"name", quote(kServers[i])},
                                             {"issuers", mint::array({std::string(kIssuers[i])})},
                                             {i == 0 ? "jwks" : "jwks_url", i == 0 ? jwks(settings.inline_keys) : quote(kUrls[i == 1 ? 0 : 1])},
                                             {"algorithms", std::string(kAlgorithms.at(server.algorithms))},
                                             {"clock_skew_tolerance", std::to_string(kSkews_s.at(server.skew))},
                                             {"token_type", quote(kTypes.at(server.type))}}.text();
  }
  text += R"(],"api_services":[)";
  for (std::size_t i = 0; i < kServices.size(); ++i) {
    const ServiceSettings& service = settings.services[i];
    text += std::string(i == 0 ? "" : ",") + R"({"name":)" + quote(kServices[i]);
    text += R"(,"audiences":)" + std::string(kAudiences.at(service.audiences)) + R"(,"oauth_servers":)" + std::string(kServersOf.at(service.servers));
    text += std::string(kScopes.at(service.scopes)) + std::string(kRules.at(service.rules)) + std::string(kAges.at(service.age)) + '}';
  }
  return text + "]}";
}

const std::vector<std::string>& tokens() {
  static const std::vector<std::string> made = Minting().all();
  return made;
}

}  // namespace assay::tests::world
