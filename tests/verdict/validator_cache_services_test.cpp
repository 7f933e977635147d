// The same token to several API services, in either order: none of them gets anything out of what another has presented.
#include <gtest/gtest.h>

#include "verdict/validator_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;

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

}  // namespace
}  // namespace assay::verdict
