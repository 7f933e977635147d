// Everything that ever broke a JWT library, through the validator: each token gets the one verdict that is right for it, alone and in a full batch.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "mint/attacks.h"
#include "support/policy.h"

namespace assay::verdict {
namespace {

using schema::Code;

constexpr std::int64_t kNow = 1'700'000'000;

const mint::Target& target() {
  static const mint::Target made{.fixture = mint::Fixture::generate(), .now_s = kNow};
  return made;
}

const std::vector<mint::Attack>& all() {
  static const std::vector<mint::Attack> made = mint::attacks(target());
  return made;
}

TEST(Attacks, EachGetsItsVerdict) {
  const auto snapshot = tests::snapshot_of(target().fixture.configuration());
  tests::Judge judge;
  ASSERT_GE(all().size(), 300U);
  for (const mint::Attack& attack : all()) {
    const VerdictView verdict = judge.verdict(*snapshot, attack.api_service, attack.token, kNow);
    EXPECT_EQ(verdict.code, attack.expected) << attack.name << " (" << attack.what << ", " << attack.rfc << "): " << tests::name(verdict.code) << ", not "
                                             << tests::name(attack.expected);
    // What comes before the signature never claims to have verified one.
    const bool before = static_cast<int>(attack.expected) > 1 && static_cast<int>(attack.expected) < 100;
    if (before) {
      EXPECT_FALSE(verdict.signature_verified) << attack.name;
    }
    if (attack.expected == Code::accepted) {
      EXPECT_TRUE(verdict.signature_verified) << attack.name;
    }
  }
}

TEST(Attacks, EachGetsTheSameVerdictAmongOthers) {
  const auto snapshot = tests::snapshot_of(target().fixture.configuration());
  tests::Judge judge;
  std::vector<const mint::Attack*> order;
  for (const mint::Attack& attack : all()) order.push_back(&attack);
  // Far neighbours meet in one batch.
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return std::hash<std::string>()(a->name) < std::hash<std::string>()(b->name); });
  for (std::size_t begin = 0; begin < order.size(); begin += base::limits::kBatchTokensMax) {
    const std::size_t count = std::min(base::limits::kBatchTokensMax, order.size() - begin);
    std::vector<TokenRequestView> requests;
    for (std::size_t i = 0; i < count; ++i) {
      requests.push_back({order[begin + i]->token, snapshot->api_service(order[begin + i]->api_service), {}, {}});
    }
    std::vector<VerdictView> verdicts(count);
    judge.validator().validate(*snapshot, requests, kNow, verdicts);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(verdicts[i].code, order[begin + i]->expected) << order[begin + i]->name;
  }
}

// A cache that has seen them all, and the good ones among them twice, changes nothing.
TEST(Attacks, EachGetsTheSameVerdictWithACache) {
  const auto snapshot = tests::snapshot_of(target().fixture.configuration());
  const auto cache = TokenCache::make(std::size_t{1} << 20, base::HashKey{3, 4}, 1);
  tests::Judge judge(cache.get());
  for (int round = 0; round < 3; ++round) {
    for (const mint::Attack& attack : all()) {
      EXPECT_EQ(judge.code(*snapshot, attack.api_service, attack.token, kNow), attack.expected) << attack.name << ", round " << round;
    }
  }
  EXPECT_GT(cache->figures().hits, 0U);
}

}  // namespace
}  // namespace assay::verdict
