// Tokens that come again: each verdict is the one that a validator without a cache gives, and it is known whether the signature was verified for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/limits.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/policy.h"

namespace assay::verdict {
namespace {

using mint::JsonObject;
using mint::Key;
using schema::Code;
using testing::ElementsAre;

constexpr std::int64_t kNow = 1'700'000'000;

// --- Keys, configurations and tokens ---

// Two keys of one kid and one of another, for each algorithm that is quick to make; and one for RSA.
const Key& es256() {
  static const Key key = Key::generate("ES256", {.kid = "k"});
  return key;
}
const Key& other_es256() {
  static const Key key = Key::generate("ES256", {.kid = "k"});
  return key;
}
const Key& eddsa() {
  static const Key key = Key::generate("EdDSA", {.kid = "e"});
  return key;
}
const Key& rs256() {
  static const Key key = Key::generate("RS256", {.kid = "r"});
  return key;
}

// server(name, keys, more): an OAuth server of the one issuer that there is here. service(name, server, more, audience): an API service that takes its tokens. more: further
// members, each with a comma before it.
std::string server(std::string_view name, const std::vector<Key>& keys, std::string_view more = "", const mint::JwkOptions& options = {}) {
  return R"({"name":")" + std::string(name) + R"(","issuers":["https://i"],"jwks":)" + mint::jwks(keys, options) + std::string(more) + "}";
}
std::string service(std::string_view name, std::string_view server, std::string_view more = "", std::string_view audience = "x") {
  return R"({"name":")" + std::string(name) + R"(","audiences":[")" + std::string(audience) + R"("],"oauth_servers":[")" + std::string(server) + R"("])" + std::string(more) + "}";
}
std::shared_ptr<const snapshot::Snapshot> policy(const std::vector<std::string>& servers, const std::vector<std::string>& services) {
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
    return text;
  };
  return tests::snapshot_of(R"({"oauth_servers":[)" + joined(servers) + R"(],"api_services":[)" + joined(services) + "]}");
}
// simple(keys): one server "s" of these keys, one service "a".
std::shared_ptr<const snapshot::Snapshot> simple(const std::vector<Key>& keys, const mint::JwkOptions& options = {}) {
  return policy({server("s", keys, "", options)}, {service("a", "s")});
}

// good(key, extras, options): a token that `simple` takes.
std::string good(const Key& key, const JsonObject& extras = {}, const mint::HeaderOptions& options = {}) {
  return mint::token(key, mint::claims("https://i", "x", kNow, 600, extras), options);
}

// --- Verdicts ---

// How a verdict was found: refused before any signature was asked for; by verifying a signature; by what the cache had.
enum class How : std::uint8_t { unset = 0, screened, verified, recalled };

struct Judged {
  Code code = Code::unset;
  How how = How::unset;
  friend bool operator==(const Judged&, const Judged&) = default;
};
void PrintTo(const Judged& judged, std::ostream* out) {
  constexpr std::array kNames{"?", "screened", "verified", "recalled"};
  *out << tests::name(judged.code) << ", " << kNames[static_cast<std::size_t>(judged.how)];
}

constexpr Judged kVerified{Code::accepted, How::verified};
constexpr Judged kRecalled{Code::accepted, How::recalled};

void expect_same(const VerdictView& a, const VerdictView& b, std::string_view what) {
  EXPECT_EQ(a.code, b.code) << what << ' ' << tests::name(a.code) << ", not " << tests::name(b.code);
  EXPECT_EQ(a.signature_verified, b.signature_verified) << what;
  EXPECT_EQ(a.generation, b.generation) << what;
  EXPECT_EQ(a.oauth_server, b.oauth_server) << what;
  EXPECT_EQ(a.kid, b.kid) << what;
  EXPECT_EQ(a.valid_until_s, b.valid_until_s) << what;
  EXPECT_EQ(a.expires_at_s, b.expires_at_s) << what;
  EXPECT_EQ(a.subject, b.subject) << what;
  EXPECT_EQ(a.client_id, b.client_id) << what;
  EXPECT_TRUE(std::ranges::equal(a.scopes, b.scopes)) << what;
  EXPECT_TRUE(std::ranges::equal(a.claims, b.claims, [](const ClaimAnswerView& x, const ClaimAnswerView& y) { return x.pointer == y.pointer && x.json == y.json; })) << what;
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

// --- Hits ---

// RFC 7518 section 3.1, RFC 8037 section 3.1.
TEST_F(ValidatorCache, RecallsATokenOfEveryAlgorithm) {
  const mint::Fixture fixture = mint::Fixture::generate();
  const auto snapshot = tests::snapshot_of(fixture.configuration());
  std::vector<std::string> tokens;
  for (const std::string_view algorithm : mint::kAlgorithms) tokens.push_back(fixture.orders.good_token(algorithm, kNow));
  for (const std::string& token : tokens) EXPECT_EQ(judged(snapshot, "orders", token), kVerified) << token;
  for (const std::string& token : tokens) EXPECT_EQ(judged(snapshot, "orders", token), kRecalled) << token;
  EXPECT_EQ(cache_->figures().entries, tokens.size());
}

// What is compared with the plain validator's in every case, once in full.
TEST_F(ValidatorCache, SaysOfARecalledTokenWhatItSaid) {
  const auto snapshot = policy({server("s", {es256()}, R"(,"clock_skew_tolerance":7)")}, {service("a", "s", R"(,"max_token_age":500)")});
  const std::string token = good(es256(), JsonObject{{"sub", R"("alice")"}, {"client_id", R"("shop")"}, {"scope", R"("r  w")"}, {"tenant", R"({"id": [1, "zwei"]})"}});
  const std::vector<jose::PointerView> pointers{*jose::PointerView::parse("/tenant/id/1"), *jose::PointerView::parse("/nothing"), *jose::PointerView::parse("/tenant"),
                                                *jose::PointerView::parse("/iss")};
  EXPECT_EQ(judged(snapshot, "a", token, kNow, {}, pointers), kVerified);
  EXPECT_EQ(judged(snapshot, "a", token, kNow, {}, pointers), kRecalled);
  const VerdictView verdict = judge_.verdict(*snapshot, "a", token, kNow, {}, pointers);
  EXPECT_EQ(cache_->figures().hits, 2U);
  EXPECT_EQ(verdict.code, Code::accepted);
  EXPECT_TRUE(verdict.signature_verified);
  EXPECT_EQ(verdict.oauth_server, snapshot->oauth_servers()[0].get());
  EXPECT_EQ(verdict.kid, "k");
  EXPECT_EQ(verdict.expires_at_s, kNow + 600);
  EXPECT_EQ(verdict.valid_until_s, kNow + 500 + 7 + 1);
  EXPECT_EQ(verdict.subject, "alice");
  EXPECT_EQ(verdict.client_id, "shop");
  EXPECT_THAT(verdict.scopes, ElementsAre("r", "w"));
  ASSERT_EQ(verdict.claims.size(), 3U);
  EXPECT_EQ(verdict.claims[0].pointer, "/tenant/id/1");
  EXPECT_EQ(verdict.claims[0].json, R"("zwei")");
  EXPECT_EQ(verdict.claims[1].json, R"({"id": [1, "zwei"]})");
  EXPECT_EQ(verdict.claims[2].json, R"("https://i")");
}

// RFC 7515 section 4.1.4: a token without kid names no key, although one verified it.
TEST_F(ValidatorCache, RecallsATokenWithoutKid) {
  const auto snapshot = simple({es256()});
  const std::string token = good(es256(), {}, {.with_kid = false});
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  EXPECT_EQ(judged(snapshot, "a", token), kRecalled);
  EXPECT_EQ(judge_.verdict(*snapshot, "a", token, kNow).kid, std::nullopt);
}

TEST_F(ValidatorCache, CostsNothingWhenItRecalls) {
  const auto snapshot = simple({es256()});
  const std::string token = good(es256());
  const TokenRequestView request{token, snapshot->api_service("a"), {}, {}};
  Validator& validator = judge_.validator();
  validator.begin(*snapshot, kNow);
  EXPECT_GT(validator.add(request), 0U);
  validator.finish();
  validator.begin(*snapshot, kNow);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(validator.add(request), 0U);
  EXPECT_EQ(validator.added(), 10U);
  for (const VerdictView& verdict : validator.finish()) EXPECT_EQ(verdict.code, Code::accepted);
  EXPECT_EQ(cache_->figures().hits, 10U);
}

// Strangers that only look like known tokens are as dear as any; who cuts batches by cost must hear of it, though late.
TEST_F(ValidatorCache, CostsWhatItCostsWhenItDoesNotRecall) {
  const auto snapshot = simple({es256()});
  const std::string token = good(es256());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  cache_->end_era(crypto::Algorithm::es256);
  const TokenRequestView request{token, snapshot->api_service("a"), {}, {}};
  const std::uint64_t one = crypto::make_reference_engine()->cost_ns(crypto::Algorithm::es256, *snapshot->oauth_servers()[0]->keys->keys()[0].material);
  Validator& validator = judge_.validator();
  validator.begin(*snapshot, kNow);
  std::uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) sum += validator.add(request);
  EXPECT_EQ(sum, 8 * one);
  for (const VerdictView& verdict : validator.finish()) EXPECT_EQ(verdict.code, Code::accepted);
}

// How much a key is used is no less for being remembered: an operator who wonders whether it can be withdrawn must see it.
TEST_F(ValidatorCache, CountsTheUseOfAKeyWhenItRecalls) {
  const auto snapshot = simple({other_es256(), es256()});
  const std::string token = good(es256());
  const auto& uses = snapshot->oauth_servers()[0]->uses;
  ASSERT_EQ(uses.size(), 2U);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(judge_.code(*snapshot, "a", token, kNow + i), Code::accepted);
    EXPECT_EQ(uses[1]->count(), static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(uses[1]->last_used_s(), kNow + i);
  }
  EXPECT_EQ(cache_->figures().hits, 4U);
  EXPECT_EQ(uses[0]->count(), 0U);
}

// --- The same token to several API services, in either order ---

// Presented: to an API service, and what comes of it.
struct Presented {
  std::string_view api_service;
  Judged first;   // before the other has seen it
  Judged second;  // after
};

class ValidatorCacheServices : public ValidatorCache {
 protected:
  void both_orders(const SnapshotPointer& snapshot, const std::string& token, const Presented& a, const Presented& b, std::int64_t now_s = kNow) {
    for (const auto& [before, after] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      cache_ = TokenCache::make(std::size_t{1} << 20, base::HashKey{3, 4}, 1);
      tests::Judge judge(cache_.get());
      const auto presented = [&](const Presented& to) {
        const TokenCacheFigures figures = cache_->figures();
        const VerdictView verdict = judge.verdict(*snapshot, to.api_service, token, now_s);
        expect_same(verdict, plain_.verdict(*snapshot, to.api_service, token, now_s), to.api_service);
        const TokenCacheFigures now = cache_->figures();
        return Judged{verdict.code, now.hits != figures.hits ? How::recalled : now.misses != figures.misses ? How::verified : How::screened};
      };
      EXPECT_EQ(presented(*before), before->first) << before->api_service;
      EXPECT_EQ(presented(*after), after->second) << after->api_service;
      // And so it stays, whoever asks in between; what was accepted needs no signature any more.
      for (int i = 0; i < 3; ++i) {
        for (const auto& [to, code] : {std::pair{before, before->first.code}, std::pair{after, after->second.code}}) {
          const Judged again = presented(*to);
          EXPECT_EQ(again.code, code) << to->api_service;
          EXPECT_TRUE(code != Code::accepted || again.how == How::recalled) << to->api_service;
        }
      }
    }
  }
};

// RFC 7519 section 4.1.3.
TEST_F(ValidatorCacheServices, AsksEachForItsAudience) {
  const auto snapshot = policy({server("s", {es256()})}, {service("a", "s"), service("b", "s", "", "y")});
  both_orders(snapshot, good(es256()), {"a", kVerified, kVerified}, {"b", {Code::wrong_audience, How::screened}, {Code::wrong_audience, How::screened}});
  both_orders(snapshot, good(es256(), JsonObject{{"aud", R"(["y","x"])"}}), {"a", kVerified, kRecalled}, {"b", kVerified, kRecalled});
}

// RFC 6750 section 3.1.
TEST_F(ValidatorCacheServices, AsksEachForItsScopes) {
  const auto snapshot = policy({server("s", {es256()})}, {service("a", "s", R"(,"required_scopes":["r"])"), service("b", "s", R"(,"required_scopes":["r","w"])")});
  both_orders(snapshot, good(es256(), JsonObject{{"scope", R"("r")"}}), {"a", kVerified, kRecalled},
              {"b", {Code::insufficient_scope, How::verified}, {Code::insufficient_scope, How::recalled}});
}

TEST_F(ValidatorCacheServices, AsksEachForItsClaimRules) {
  const auto snapshot = policy({server("s", {es256()})}, {service("a", "s", R"(,"claim_rules":[{"claim":"/t","any_of":["n"]}])"),
                                                          service("b", "s", R"(,"claim_rules":[{"claim":"/t","any_of":["m"]}])")});
  both_orders(snapshot, good(es256(), JsonObject{{"t", R"("n")"}}), {"a", kVerified, kRecalled}, {"b", {Code::claim_rule, How::verified}, {Code::claim_rule, How::recalled}});
}

TEST_F(ValidatorCacheServices, AsksEachForItsMaximumAge) {
  const auto snapshot = policy({server("s", {es256()})}, {service("a", "s"), service("b", "s", R"(,"max_token_age":60)")});
  both_orders(snapshot, good(es256()), {"a", kVerified, kRecalled}, {"b", {Code::too_old, How::verified}, {Code::too_old, How::recalled}}, kNow + 61);
}

// RFC 8725 section 3.11, RFC 9068 section 4.
TEST_F(ValidatorCacheServices, AsksEachForItsTokenType) {
  const auto snapshot = policy({server("s", {es256()}), server("t", {es256()}, R"(,"token_type":"at+jwt")")}, {service("a", "s"), service("b", "t")});
  both_orders(snapshot, good(es256(), {}, {.type = "JWT"}), {"a", kVerified, kVerified}, {"b", {Code::type_not_allowed, How::screened}, {Code::type_not_allowed, How::screened}});
}

// RFC 8725 section 3.1.
TEST_F(ValidatorCacheServices, AsksEachForItsAlgorithms) {
  const auto snapshot = policy({server("s", {es256(), eddsa()}), server("t", {es256(), eddsa()}, R"(,"algorithms":["EdDSA"])")}, {service("a", "s"), service("b", "t")});
  both_orders(snapshot, good(es256()), {"a", kVerified, kVerified}, {"b", {Code::algorithm_not_allowed, How::screened}, {Code::algorithm_not_allowed, How::screened}});
  both_orders(snapshot, good(eddsa()), {"a", kVerified, kRecalled}, {"b", kVerified, kRecalled});
}

TEST_F(ValidatorCacheServices, GivesEachItsClockSkewTolerance) {
  const auto snapshot = policy({server("s", {es256()}, R"(,"clock_skew_tolerance":300)"), server("t", {es256()})}, {service("a", "s"), service("b", "t")});
  both_orders(snapshot, good(es256()), {"a", kVerified, kVerified}, {"b", {Code::expired, How::screened}, {Code::expired, How::screened}}, kNow + 600 + 299);
}

// Two OAuth servers share an issuer behind different API services: the API service picks the server, and with it the keys. A token that one server's key has verified is
// a stranger to the other.
TEST_F(ValidatorCacheServices, AsksEachForTheKeysOfItsOwnServer) {
  const auto another_key = policy({server("s", {es256()}), server("t", {other_es256()})}, {service("a", "s"), service("b", "t")});
  both_orders(another_key, good(es256()), {"a", kVerified, kVerified}, {"b", {Code::bad_signature, How::verified}, {Code::bad_signature, How::verified}});
  const auto another_kid = policy({server("s", {es256()}), server("t", {es256().as("ES256", "l")})}, {service("a", "s"), service("b", "t")});
  both_orders(another_kid, good(es256()), {"a", kVerified, kVerified}, {"b", {Code::unknown_key, How::screened}, {Code::unknown_key, How::screened}});
}

// The very same key, of either server.
TEST_F(ValidatorCacheServices, SharesWhatOneKeyHasVerified) {
  const auto snapshot = policy({server("s", {es256()}), server("t", {other_es256(), es256()})}, {service("a", "s"), service("b", "t")});
  both_orders(snapshot, good(es256()), {"a", kVerified, kRecalled}, {"b", kVerified, kRecalled});
}

// The same numbers under two kids are two keys. A token without kid fits both, and is remembered for both.
TEST_F(ValidatorCacheServices, RemembersATokenForEachKeyThatVerifiedIt) {
  const auto snapshot = policy({server("s", {es256()}), server("t", {es256().as("ES256", "l")})}, {service("a", "s"), service("b", "t")});
  const std::string token = good(es256(), {}, {.with_kid = false});
  both_orders(snapshot, token, {"a", kVerified, kVerified}, {"b", kVerified, kVerified});
  EXPECT_EQ(cache_->figures().entries, 2U);
  EXPECT_EQ(cache_->figures().misses, 2U);
  EXPECT_EQ(cache_->figures().hits, 6U);
}

// --- Keys that come and go ---

// A withdrawn key takes its tokens with it in the same instant; when it comes back, so do they.
TEST_F(ValidatorCache, GoesByTheKeysOfTheMoment) {
  const auto with = simple({es256(), eddsa()});
  const auto without = simple({eddsa()});
  for (const bool with_kid : {true, false}) {
    const std::string token = good(es256(), {}, {.with_kid = with_kid});
    EXPECT_EQ(judged(with, "a", token), kVerified);
    EXPECT_EQ(judged(with, "a", token), kRecalled);
    const std::uint64_t gone = keys_gone();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(judged(without, "a", token), (Judged{Code::unknown_key, How::screened}));
    EXPECT_EQ(keys_gone(), gone + 3);
    EXPECT_EQ(judged(with, "a", token), kRecalled);
    EXPECT_EQ(keys_gone(), gone + 3);
  }
}

// The same kid with other numbers.
TEST_F(ValidatorCache, DoesNotTakeAnotherKeyOfTheSameKid) {
  const auto first = simple({es256()});
  const auto second = simple({other_es256()});
  const std::string token = good(es256());
  EXPECT_EQ(judged(first, "a", token), kVerified);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(judged(second, "a", token), (Judged{Code::bad_signature, How::verified}));
  EXPECT_EQ(keys_gone(), 2U);
  EXPECT_EQ(judged(first, "a", token), kRecalled);
  EXPECT_EQ(cache_->figures().entries, 1U);
}

// RFC 7517 section 4.4: the same numbers and kid for another algorithm are another key, and so they are when their `alg` is taken away.
TEST_F(ValidatorCache, DoesNotTakeAKeyThatServesAnotherAlgorithmNow) {
  const auto rs = simple({rs256()});
  const auto ps = simple({rs256().as("PS256", "r")});
  const auto any = simple({rs256()}, {.with_alg = false});
  const std::string token = good(rs256());
  EXPECT_EQ(judged(rs, "a", token), kVerified);
  EXPECT_EQ(judged(rs, "a", token), kRecalled);
  EXPECT_EQ(judged(ps, "a", token), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judged(any, "a", token), kVerified);
  EXPECT_EQ(judged(any, "a", token), kRecalled);
  EXPECT_EQ(judged(ps, "a", token), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judged(rs, "a", token), kRecalled);
  EXPECT_EQ(cache_->figures().entries, 2U);
}

// The same numbers under another kid: a token that names the old one names no key.
TEST_F(ValidatorCache, DoesNotTakeAKeyOfAnotherKidNow) {
  const auto first = simple({es256()});
  const auto renamed = simple({es256().as("ES256", "l")});
  const std::string token = good(es256());
  EXPECT_EQ(judged(first, "a", token), kVerified);
  EXPECT_EQ(judged(renamed, "a", token), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judged(first, "a", token), kRecalled);
}

// At most four keys are tried for a token: one that has slipped behind them is not, though it is still there.
TEST_F(ValidatorCache, DoesNotTakeAKeyThatIsNoLongerTried) {
  std::vector<Key> keys{es256()};
  const auto alone = simple(keys);
  for (int i = 0; i < 4; ++i) keys.insert(keys.begin(), Key::generate("ES256", {.kid = "k" + std::to_string(i)}));
  const auto fifth = simple(keys);
  const std::string nameless = good(es256(), {}, {.with_kid = false});
  const std::string named = good(es256());
  for (const std::string& token : {nameless, named}) EXPECT_EQ(judged(alone, "a", token), kVerified);
  EXPECT_EQ(judged(fifth, "a", nameless), (Judged{Code::bad_signature, How::verified}));
  EXPECT_EQ(judged(fifth, "a", named), kRecalled);
  EXPECT_EQ(judged(alone, "a", nameless), kRecalled);
}

// Of several candidates it is the one that verified the token that counts, and whose use is counted.
TEST_F(ValidatorCache, RemembersWhichOfSeveralKeysItWas) {
  std::vector<Key> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(Key::generate("ES256", {.kid = "k" + std::to_string(i)}));
  const auto all = simple(keys);
  const auto two = simple({keys[2], keys[3]});
  const auto others = simple({keys[0], keys[1], keys[3]});
  const std::string token = good(keys[2], {}, {.with_kid = false});
  EXPECT_EQ(judged(all, "a", token), kVerified);
  EXPECT_EQ(judged(all, "a", token), kRecalled);
  EXPECT_EQ(judged(two, "a", token), kRecalled);
  EXPECT_EQ(judged(others, "a", token), (Judged{Code::bad_signature, How::verified}));
  EXPECT_EQ(two->oauth_servers()[0]->uses[0]->count(), 2U);  // the plain validator's and this one's
  EXPECT_EQ(two->oauth_servers()[0]->uses[1]->count(), 0U);
}

// A set from the network may be gone altogether: its tokens are unavailable then, never refused, remembered or not.
TEST_F(ValidatorCache, IsUnavailableWithoutKeys) {
  auto config = snapshot::parse_config(R"({"oauth_servers":[{"name":"s","issuers":["https://i"],"jwks_url":"https://i/jwks"}],"api_services":[)" + service("a", "s") + "]}");
  ASSERT_TRUE(config.has_value());
  const snapshot::Deployment deployment = snapshot::deploy(snapshot::make_document(*std::move(config), 1, 1000, 0, {}));
  const auto held = [](const std::vector<Key>& keys) {
    snapshot::HeldKeys set{.keys = std::make_shared<const snapshot::KeySet>(*jose::parse_jwks(mint::jwks(keys)))};
    return snapshot::KeySources{{{snapshot::KeySource::Kind::jwks_url, "https://i/jwks"}, std::make_shared<const snapshot::HeldKeys>(std::move(set))}};
  };
  const tests::NoIdentities nobody;
  snapshot::Compiler compiler(nobody, 1);
  const auto fetched = compiler.compile(deployment, held({es256()}), 1, 2);
  const auto pushed = compiler.compile(deployment, held({eddsa(), es256()}), 1, 3);
  const auto empty = compiler.compile(deployment, held({}), 1, 4);
  const auto lost = compiler.compile(deployment, {}, 1, 5);
  const std::string token = good(es256());
  EXPECT_EQ(judged(lost, "a", token), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_EQ(judged(fetched, "a", token), kVerified);
  EXPECT_EQ(judged(pushed, "a", token), kRecalled);
  EXPECT_EQ(judged(empty, "a", token), (Judged{Code::unknown_key, How::screened}));
  EXPECT_EQ(judged(lost, "a", token), (Judged{Code::keys_unavailable, How::screened}));
  EXPECT_EQ(judged(fetched, "a", token), kRecalled);
}

// The snapshot that judges is that of the moment, in all its parts.
TEST_F(ValidatorCache, GoesByThePolicyOfTheMoment) {
  const std::string token = good(es256(), JsonObject{{"scope", R"("r")"}});
  const auto before = simple({es256()});
  EXPECT_EQ(judged(before, "a", token), kVerified);
  const auto now = [&](std::string_view server_more, std::string_view service_more, std::string_view audience = "x") {
    return judged(policy({server("s", {es256(), eddsa()}, server_more)}, {service("a", "s", service_more, audience)}), "a", token);
  };
  EXPECT_EQ(now("", ""), kRecalled);
  EXPECT_EQ(now(R"(,"algorithms":["EdDSA"])", ""), (Judged{Code::algorithm_not_allowed, How::screened}));
  EXPECT_EQ(now(R"(,"algorithms":["ES256"],"token_type":"at+jwt")", ""), kRecalled);
  EXPECT_EQ(now("", "", "y"), (Judged{Code::wrong_audience, How::screened}));
  EXPECT_EQ(now("", R"(,"required_scopes":["w"])"), (Judged{Code::insufficient_scope, How::recalled}));
  EXPECT_EQ(now("", R"(,"claim_rules":[{"claim":"/nothing","any_of":[1]}])"), (Judged{Code::claim_rule, How::recalled}));
  EXPECT_EQ(now("", R"(,"claim_rules":[{"claim":"/scope","any_of":["r"]}])"), kRecalled);
  const std::string_view wanted = "w";
  EXPECT_EQ(judged(before, "a", token, kNow, std::span(&wanted, 1)), (Judged{Code::insufficient_scope, How::recalled}));
  EXPECT_EQ(judged(before, "a", token), kRecalled);
  // The issuer may be nobody's now.
  const auto moved = tests::snapshot_of(R"({"oauth_servers":[{"name":"s","issuers":["https://j"],"jwks":)" + mint::jwks({es256()}) + R"(}],"api_services":[)" + service("a", "s") + "]}");
  EXPECT_EQ(judged(moved, "a", token), (Judged{Code::unknown_issuer, How::screened}));
}

// --- Time ---

// RFC 7519 sections 4.1.4 and 4.1.5.
TEST_F(ValidatorCache, LetsNoTokenLiveLonger) {
  const auto snapshot = policy({server("s", {es256()}, R"(,"clock_skew_tolerance":30)")}, {service("a", "s"), service("b", "s", R"(,"max_token_age":100)")});
  const std::string token = good(es256(), JsonObject{{"nbf", std::to_string(kNow - 10)}, {"exp", std::to_string(kNow + 600) + ".75"}});
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  EXPECT_EQ(judged(snapshot, "a", token, kNow + 629), kRecalled);
  EXPECT_EQ(judged(snapshot, "a", token, kNow + 630), (Judged{Code::expired, How::screened}));
  EXPECT_EQ(judged(snapshot, "a", token, kNow + 1'000'000), (Judged{Code::expired, How::screened}));
  EXPECT_EQ(judged(snapshot, "b", token, kNow + 130), kRecalled);
  EXPECT_EQ(judged(snapshot, "b", token, kNow + 131), (Judged{Code::too_old, How::recalled}));
  // Clocks are set back.
  EXPECT_EQ(judged(snapshot, "a", token, kNow - 30), kRecalled);
  EXPECT_EQ(judged(snapshot, "a", token, kNow - 31), (Judged{Code::issued_in_future, How::screened}));
  EXPECT_EQ(judged(snapshot, "a", token, kNow - 41), (Judged{Code::not_yet_valid, How::screened}));
  EXPECT_EQ(judged(snapshot, "a", token, kNow), kRecalled);
}

// --- Tokens that look like one that is known ---

// altered(token): the same header, end and length, and another payload: the very place in the cache.
std::string altered(const std::string& token) {
  const std::size_t middle = token.find('.') + 40;
  std::string out = token;
  out[middle] = out[middle] == 'A' ? 'B' : 'A';
  return out;
}

TEST_F(ValidatorCache, RefusesAnotherPayloadUnderAKnownSignature) {
  const auto snapshot = simple({es256()});
  const std::string first = good(es256(), JsonObject{{"sub", R"("alice")"}, {"jti", R"("1")"}});
  const std::string second = good(es256(), JsonObject{{"sub", R"("mallo")"}, {"jti", R"("1")"}});
  ASSERT_EQ(first.size(), second.size());
  EXPECT_EQ(judged(snapshot, "a", first), kVerified);
  const std::string forged = second.substr(0, second.rfind('.')) + first.substr(first.rfind('.'));
  const TokenCache::Place place = cache_->place_of(first);
  ASSERT_EQ(cache_->place_of(forged).set, place.set);
  ASSERT_EQ(cache_->place_of(forged).tag, place.tag);
  EXPECT_NE(cache_->look(cache_->place_of(forged)), 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(judged(snapshot, "a", forged), (Judged{Code::bad_signature, How::verified}));
    EXPECT_EQ(judged(snapshot, "a", first), kRecalled);
  }
  EXPECT_EQ(cache_->figures().entries, 1U);
}

// Another header over the same payload and signature: what is remembered is the token, not its parts.
TEST_F(ValidatorCache, RefusesAnotherHeaderUnderAKnownSignature) {
  const auto snapshot = simple({es256(), eddsa()});
  const std::string token = good(es256());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  const mint::Decoded parts = *mint::decode(token);
  for (const JsonObject& header : {mint::header(es256(), {.type = "JWT"}), mint::header(es256(), {.with_kid = false}), mint::header(eddsa())}) {
    mint::TokenBuilder forged;
    forged.header(header.text()).payload(parts.payload).signature(parts.signature);
    EXPECT_EQ(judged(snapshot, "a", forged.text()), (Judged{Code::bad_signature, How::verified})) << header.text();
  }
  EXPECT_EQ(judged(snapshot, "a", token), kRecalled);
}

TEST_F(ValidatorCache, RefusesTruncatedAndExtendedTokens) {
  const auto snapshot = simple({eddsa()});
  const std::string token = good(eddsa());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  const auto refused = [&](std::string_view other) {
    const Judged answer = judged(snapshot, "a", other);
    EXPECT_NE(answer.code, Code::accepted) << other;
    EXPECT_NE(answer.how, How::recalled) << other;
  };
  for (std::size_t length = 0; length < token.size(); ++length) {
    refused(std::string_view(token).substr(0, length));
    refused(std::string_view(token).substr(token.size() - length));
  }
  for (const std::string_view more : {"A", "AA", "=", "==", ".", ".A", " ", "\n", "\r\n"}) {
    refused(token + std::string(more));
    refused(std::string(more) + token);
  }
  refused(token + std::string(1, '\0'));
  refused(token + token);
  refused(token + "." + token);
  refused(token + std::string(base::limits::kTokenBytesMax, 'A'));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    refused(other);
  }
  EXPECT_EQ(judged(snapshot, "a", token), kRecalled);
  EXPECT_EQ(cache_->figures().entries, 1U);
}

// In a cache of one set all tokens meet; those of one end also in their tags.
TEST_F(ValidatorCache, TellsTokensOfOneSetApart) {
  const auto small = TokenCache::make(8 * 1024, base::HashKey{5, 6}, 1);
  ASSERT_EQ(small->figures().capacity, TokenCache::kWays);
  tests::Judge judge(small.get());
  const auto snapshot = simple({eddsa()});
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(good(eddsa(), JsonObject{{"sub", mint::quote("user " + std::to_string(i))}}));
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      for (int again = 0; again < 2; ++again) {
        const VerdictView verdict = judge.verdict(*snapshot, "a", tokens[i], kNow);
        EXPECT_EQ(verdict.code, Code::accepted);
        EXPECT_EQ(verdict.subject, "user " + std::to_string(i));
        EXPECT_EQ(judge.code(*snapshot, "a", altered(tokens[i]), kNow), plain_.code(*snapshot, "a", altered(tokens[i]), kNow));
      }
    }
  }
  EXPECT_GE(small->figures().hits, 5 * tokens.size());
  EXPECT_GT(small->figures().evicted, 0U);
}

// Tokens that come once, however many, do not push out one that has come again.
TEST_F(ValidatorCache, KeepsWhatItRecalledAmongStrangers) {
  const auto small = TokenCache::make(8 * 1024, base::HashKey{5, 6}, 1);
  tests::Judge judge(small.get());
  const auto snapshot = simple({eddsa()});
  const std::string token = good(eddsa());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(judge.code(*snapshot, "a", token, kNow), Code::accepted);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(judge.code(*snapshot, "a", good(eddsa()), kNow), Code::accepted);
  EXPECT_EQ(small->figures().evicted, 50U - 7);
  EXPECT_EQ(small->figures().hits, 1U);
  EXPECT_EQ(judge.code(*snapshot, "a", token, kNow), Code::accepted);
  EXPECT_EQ(small->figures().hits, 2U);
}

// --- What is kept ---

// Only tokens whose signatures were valid: nobody else can take room.
TEST_F(ValidatorCache, KeepsNothingOfARefusedToken) {
  const auto snapshot = policy({server("s", {es256(), eddsa()}, R"(,"algorithms":["ES256"])")}, {service("a", "s")});
  const auto with = [](JsonObject extras) { return good(es256(), extras); };
  std::string forged = good(es256());
  forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
  const std::vector<std::pair<std::string, Judged>> cases{
      {forged, {Code::bad_signature, How::verified}},
      {good(other_es256()), {Code::bad_signature, How::verified}},
      {with({{"exp", std::to_string(kNow)}}), {Code::expired, How::screened}},
      {with({{"nbf", std::to_string(kNow + 1)}}), {Code::not_yet_valid, How::screened}},
      {with({{"aud", R"("y")"}}), {Code::wrong_audience, How::screened}},
      {with({{"iss", R"("https://j")"}}), {Code::unknown_issuer, How::screened}},
      {good(es256(), {}, {.kid = "l"}), {Code::unknown_key, How::screened}},
      {good(es256(), {}, {.type = "other"}), {Code::type_not_allowed, How::screened}},
      {good(eddsa()), {Code::algorithm_not_allowed, How::screened}},
      {"a.b.c", {Code::bad_base64url, How::screened}},
      {"nonsense", {Code::not_compact, How::screened}},
      {"", {Code::not_compact, How::screened}},
  };
  for (int i = 0; i < 3; ++i) {
    for (const auto& [token, expected] : cases) {
      EXPECT_EQ(judged(snapshot, "a", token), expected) << token;
      EXPECT_EQ(cache_->look(cache_->place_of(token)), 0) << token;
    }
  }
  EXPECT_EQ(cache_->figures().entries, 0U);
  EXPECT_EQ(cache_->figures().hits, 0U);
}

// What judge says of a verified token depends on who asks; it is judged again each time, by what is remembered.
TEST_F(ValidatorCache, JudgesAgainWhatItRefusedAfterTheSignature) {
  const auto snapshot = policy({server("s", {es256()})}, {service("a", "s", R"(,"max_token_age":60,"required_scopes":["r"],"claim_rules":[{"claim":"/t","any_of":[1]}])")});
  const JsonObject all{{"scope", R"("r")"}, {"t", "1"}};
  const auto without = [&](std::string_view name) {
    JsonObject extras = all;
    return good(es256(), extras.remove(name));
  };
  JsonObject bound = all;
  bound.set("cnf", R"({"jkt":"x"})");
  JsonObject old = all;
  old.set("iat", kNow - 61);
  const std::vector<std::pair<std::string, Code>> cases{{without("scope"), Code::insufficient_scope},
                                                        {without("t"), Code::claim_rule},
                                                        {good(es256(), bound), Code::confirmation_required},
                                                        {good(es256(), old), Code::too_old},
                                                        {good(es256(), all), Code::accepted}};
  for (const auto& [token, code] : cases) EXPECT_EQ(judged(snapshot, "a", token), (Judged{code, How::verified})) << token;
  for (const auto& [token, code] : cases) EXPECT_EQ(judged(snapshot, "a", token), (Judged{code, How::recalled})) << token;
  EXPECT_EQ(cache_->figures().entries, cases.size());
}

TEST_F(ValidatorCache, VerifiesEachTimeWhatIsTooLargeToKeep) {
  const auto snapshot = simple({es256()});
  const std::string token = good(es256(), JsonObject{{"sub", mint::quote(std::string(TokenCache::kFactsBytesMax, 's'))}});
  // What is asked for only by pointers takes no room.
  const std::string kept = good(es256(), JsonObject{{"profile", mint::quote(std::string(4'000, 'p'))}});
  const std::vector<jose::PointerView> profile{*jose::PointerView::parse("/profile")};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(judged(snapshot, "a", token), kVerified);
    EXPECT_EQ(cache_->figures().oversized, i);
    EXPECT_EQ(judged(snapshot, "a", kept, kNow, {}, profile), i == 1 ? kVerified : kRecalled);
  }
  EXPECT_EQ(cache_->figures().entries, 1U);
}

TEST_F(ValidatorCache, KeepsNothingThatAnEngineLeftUnanswered) {
  struct Silent : crypto::Engine {
    std::string_view name() const noexcept override { return "silent"; }
    std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }
    void answer(std::span<const crypto::SignatureCheckView>, std::span<crypto::SignatureResult>) noexcept override {}
  };
  Silent engine;
  Validator validator(engine, base::HashKey{1, 2}, 0, cache_.get());
  const auto snapshot = simple({es256()});
  const std::string token = good(es256());
  const TokenRequestView request{token, snapshot->api_service("a"), {}, {}};
  VerdictView verdict;
  for (int i = 0; i < 2; ++i) {
    validator.validate(*snapshot, std::span(&request, 1), kNow, std::span(&verdict, 1));
    EXPECT_EQ(verdict.code, Code::bad_signature);
  }
  EXPECT_EQ(cache_->figures().entries, 0U);
}

// --- Eras ---

// When an algorithm's verifications are no longer believed, nobody goes on living by them.
TEST_F(ValidatorCache, VerifiesAgainAfterTheEndOfAnEra) {
  const auto snapshot = simple({es256(), eddsa()});
  const std::string ec = good(es256());
  const std::string ed = good(eddsa());
  for (const std::string& token : {ec, ed}) EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  cache_->end_era(crypto::Algorithm::es256);
  EXPECT_EQ(judged(snapshot, "a", ed), kRecalled);
  EXPECT_EQ(judged(snapshot, "a", ec), kVerified);
  EXPECT_EQ(judged(snapshot, "a", ec), kRecalled);
}

// The end may come while a batch is being verified: by then nobody knows which code verified it.
TEST_F(ValidatorCache, DoesNotBelieveWhatWasVerifiedWhileAnEraEnded) {
  struct Ending : crypto::Engine {
    explicit Ending(TokenCache& cache_in) : cache(cache_in) {}
    std::string_view name() const noexcept override { return "ending"; }
    std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }
    void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override {
      crypto::verify_batch(*reference, checks, results);
      if (ends) cache.end_era(crypto::Algorithm::es256);
      ++batches;
    }
    TokenCache& cache;
    std::unique_ptr<crypto::Engine> reference = crypto::make_reference_engine();
    bool ends = true;
    int batches = 0;
  };
  Ending engine(*cache_);
  Validator validator(engine, base::HashKey{1, 2}, 0, cache_.get());
  const auto snapshot = simple({es256()});
  const std::string token = good(es256());
  const TokenRequestView request{token, snapshot->api_service("a"), {}, {}};
  const auto batches_for_one = [&] {
    const int before = engine.batches;
    VerdictView verdict;
    validator.validate(*snapshot, std::span(&request, 1), kNow, std::span(&verdict, 1));
    EXPECT_EQ(verdict.code, Code::accepted);
    return engine.batches - before;
  };
  EXPECT_EQ(batches_for_one(), 1);
  EXPECT_EQ(batches_for_one(), 1);
  engine.ends = false;
  EXPECT_EQ(batches_for_one(), 1);
  EXPECT_EQ(batches_for_one(), 0);
}

// --- Batches ---

// batch(...): the verdicts of a batch with the cache, each compared with that of a batch without.
class ValidatorCacheBatch : public ValidatorCache {
 protected:
  std::vector<VerdictView> batch(const SnapshotPointer& snapshot, const std::vector<TokenRequestView>& requests, std::int64_t now_s = kNow) {
    std::vector<VerdictView> verdicts(requests.size());
    std::vector<VerdictView> expected(requests.size());
    judge_.validator().validate(*snapshot, requests, now_s, verdicts);
    plain_.validator().validate(*snapshot, requests, now_s, expected);
    for (std::size_t i = 0; i < requests.size(); ++i) expect_same(verdicts[i], expected[i], std::to_string(i) + " of " + std::to_string(requests.size()) + ": " + std::string(requests[i].token));
    return verdicts;
  }
};

TEST_F(ValidatorCacheBatch, AnswersHitsMissesAndStrangersInOrder) {
  const auto snapshot = simple({eddsa()});
  const auto token_of = [](std::string_view subject) { return good(eddsa(), JsonObject{{"sub", mint::quote(subject)}}); };
  const std::string known = token_of("known");
  const std::string known_too = token_of("known too");
  const std::string fresh = token_of("new");
  const std::string expired = good(eddsa(), JsonObject{{"exp", std::to_string(kNow)}});
  const std::string forged = altered(known);
  const snapshot::ApiService* a = snapshot->api_service("a");
  batch(snapshot, {{known, a, {}, {}}, {known_too, a, {}, {}}});
  const TokenCacheFigures before = cache_->figures();
  const std::vector<std::string_view> tokens{fresh, known, "", known_too, forged, known, expired, known_too, known, forged, fresh, "x.y", known};
  std::vector<TokenRequestView> requests;
  for (const std::string_view token : tokens) requests.push_back({token, a, {}, {}});
  const std::vector<VerdictView> verdicts = batch(snapshot, requests);
  std::vector<std::string> said;
  for (const VerdictView& verdict : verdicts) said.push_back(verdict.code == Code::accepted ? std::string(*verdict.subject) : std::string(tests::name(verdict.code)));
  const std::string bad(tests::name(verdicts[4].code));
  EXPECT_NE(bad, "accepted");
  EXPECT_THAT(said, ElementsAre("new", "known", "not_compact", "known too", bad, "known", "expired", "known too", "known", bad, "new", "not_compact", "known"));
  EXPECT_EQ(cache_->figures().hits - before.hits, 6U);
  EXPECT_EQ(cache_->figures().entries, 3U);
}

// A token that comes twice in the batch that brings it is kept once.
TEST_F(ValidatorCacheBatch, KeepsATokenOnceThatComesTwice) {
  const auto snapshot = simple({eddsa()});
  const std::string token = good(eddsa());
  const std::vector<TokenRequestView> requests(50, TokenRequestView{token, snapshot->api_service("a"), {}, {}});
  batch(snapshot, requests);
  EXPECT_EQ(cache_->figures().entries, 1U);
  EXPECT_EQ(cache_->figures().misses, 50U);
  batch(snapshot, requests);
  EXPECT_EQ(cache_->figures().hits, 50U);
  EXPECT_EQ(cache_->figures().misses, 50U);
}

// Every length of a batch of hits: those that wait are looked up a few at a time, and what is left at the end.
TEST_F(ValidatorCacheBatch, RecallsBatchesOfEverySize) {
  const auto snapshot = simple({eddsa()});
  const snapshot::ApiService* a = snapshot->api_service("a");
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < base::limits::kBatchTokensMax; ++i) tokens.push_back(good(eddsa(), JsonObject{{"sub", mint::quote("user " + std::to_string(i))}}));
  const std::vector<jose::PointerView> pointers{*jose::PointerView::parse("/sub"), *jose::PointerView::parse("/jti")};
  std::vector<TokenRequestView> requests;
  for (const std::string& token : tokens) requests.push_back({token, a, {}, pointers});
  batch(snapshot, requests);
  ASSERT_EQ(cache_->figures().entries, tokens.size());
  ASSERT_EQ(cache_->figures().misses, tokens.size());
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4}, std::size_t{5}, std::size_t{7}, std::size_t{8}, std::size_t{9}, tokens.size() - 1, tokens.size()}) {
    const std::uint64_t hits = cache_->figures().hits;
    const std::uint64_t checks = judge_.checks();
    const std::vector<VerdictView> verdicts = batch(snapshot, std::vector(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(cache_->figures().hits - hits, size);
    EXPECT_EQ(judge_.checks(), checks);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(verdicts[i].subject, "user " + std::to_string(i));
  }
  EXPECT_EQ(cache_->figures().misses, tokens.size());
}

// Batches of anything, for several API services, while time goes on and keys come and go, with caches of ample and of scarce room.
TEST_F(ValidatorCacheBatch, NeverChangesAVerdict) {
  const Key third = Key::generate("EdDSA", {.kid = "e"});
  const std::vector<std::string> services{service("a", "s"), service("b", "t", R"(,"required_scopes":["r"])"), service("c", "s", R"(,"max_token_age":100)", "y"),
                                          service("d", "t", R"(,"claim_rules":[{"claim":"/n","any_of":[1,2,3]}])")};
  const std::vector<SnapshotPointer> snapshots{policy({server("s", {eddsa()}), server("t", {third, eddsa()}, R"(,"clock_skew_tolerance":60)")}, services),
                                               policy({server("s", {third}), server("t", {eddsa(), es256()}, R"(,"algorithms":["EdDSA"])")}, services),
                                               policy({server("s", {eddsa(), es256()}), server("t", {third})}, services)};
  std::vector<std::string> tokens{"", "nonsense"};
  for (int i = 0; i < 40; ++i) {
    JsonObject extras{{"n", std::to_string(i % 5)}, {"scope", i % 3 == 0 ? R"("r")" : R"("w")"}, {"aud", i % 4 == 0 ? R"(["x","y"])" : R"("x")"}};
    if (i % 7 == 0) extras.set("exp", kNow + 50);
    if (i % 11 == 0) extras.set("cnf", "{}");
    tokens.push_back(good(i % 2 == 0 ? eddsa() : third, extras, {.with_kid = i % 5 != 0}));
    if (i % 6 == 0) tokens.push_back(altered(tokens.back()));
  }
  std::mt19937 random(20260101);
  for (const std::size_t bytes : {std::size_t{8} << 10, std::size_t{1} << 20}) {
    SCOPED_TRACE(bytes);
    cache_ = TokenCache::make(bytes, base::HashKey{3, 4}, 1);
    tests::Judge judge(cache_.get());
    for (int round = 0; round < 60; ++round) {
      const SnapshotPointer& snapshot = snapshots[random() % snapshots.size()];
      const std::int64_t now_s = kNow + static_cast<std::int64_t>(random() % 160);
      std::vector<TokenRequestView> requests;
      for (std::size_t size = random() % (round % 10 == 0 ? 256 : 24) + 1; requests.size() < size;) {
        requests.push_back({tokens[random() % tokens.size()], snapshot->api_services()[random() % 4].get(), {}, {}});
      }
      std::vector<VerdictView> verdicts(requests.size());
      std::vector<VerdictView> expected(requests.size());
      judge.validator().validate(*snapshot, requests, now_s, verdicts);
      plain_.validator().validate(*snapshot, requests, now_s, expected);
      for (std::size_t i = 0; i < requests.size(); ++i) expect_same(verdicts[i], expected[i], requests[i].token);
    }
    EXPECT_GT(cache_->figures().hits, 100U);
    EXPECT_GT(cache_->figures().keys_gone, 10U);
    EXPECT_LT(judge.checks(), plain_.checks());
  }
}

}  // namespace
}  // namespace assay::verdict
