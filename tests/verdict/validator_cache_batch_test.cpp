// Batches of tokens that are known, unknown, and something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/limits.h"
#include "verdict/validator_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;
using testing::ElementsAre;

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
