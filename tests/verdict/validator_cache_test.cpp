// Tokens that come again: what is recalled and what is not, while keys, policies, clocks and eras change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verdict/validator_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;
using testing::ElementsAre;

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

}  // namespace
}  // namespace assay::verdict
