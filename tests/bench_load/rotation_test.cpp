// The order in which tokens are sent.
#include "load/rotation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace assay::load {
namespace {

// Each rank's share is 1 / (k + 1)^s of their sum; a deviation of five standard deviations at a fixed seed is a mistake.
TEST(Zipf, DrawsRanksInProportion) {
  constexpr std::size_t kRanks = 100;
  constexpr int kDraws = 1'000'000;
  for (const double exponent : {0.5, 1.0, 1.5}) {
    const Zipf zipf(kRanks, exponent);
    Random random(7);
    std::vector<int> counts(kRanks);
    for (int i = 0; i < kDraws; ++i) ++counts[zipf.draw(random)];
    double all = 0;
    for (std::size_t k = 0; k < kRanks; ++k) all += std::pow(static_cast<double>(k + 1), -exponent);
    for (std::size_t k = 0; k < kRanks; ++k) {
      const double share = std::pow(static_cast<double>(k + 1), -exponent) / all;
      EXPECT_NEAR(counts[k], kDraws * share, 5 * std::sqrt(kDraws * share * (1 - share))) << "rank " << k << ", exponent " << exponent;
    }
  }
}

TEST(Zipf, OneRankIsAlwaysDrawn) {
  const Zipf zipf(1, 1);
  Random random(1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(zipf.draw(random), 0U);
}

TEST(Rotation, WithoutZipfEachTokenComesOnceBeforeAnyComesTwice) {
  Random random(3);
  std::vector<std::uint32_t> order = rotation(1000, 0, random);
  EXPECT_FALSE(std::ranges::is_sorted(order));
  std::ranges::sort(order);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

TEST(Rotation, TheSameSeedGivesTheSameOrder) {
  Random one(5), two(5), other(6);
  EXPECT_EQ(rotation(100, 1.1, one), rotation(100, 1.1, two));
  Random again(5);
  EXPECT_NE(rotation(100, 0, again), rotation(100, 0, other));
}

TEST(Random, BelowReachesEveryValueAndNoMore) {
  Random random(1);
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace assay::load
