// Quantiles of the histogram against those of the values themselves.
#include "load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "load/random.h"

namespace assay::load {
namespace {

constexpr double kQuantiles[] = {0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};

std::int64_t exact_quantile(const std::vector<std::int64_t>& sorted, double q) {
  const auto rank = std::max<std::size_t>(static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size()))), 1);
  return sorted[rank - 1];
}

TEST(Histogram, QuantilesAreWithinOnePercentOfExactOnes) {
  Random random(1);
  for (const double decades : {1.0, 3.0, 6.0, 11.0}) {
    std::vector<std::int64_t> values;
    Histogram histogram;
    for (int i = 0; i < 100'000; ++i) {
      values.push_back(static_cast<std::int64_t>(std::pow(10, decades * random.unit())));
      histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double q : kQuantiles) {
      const auto exact = static_cast<double>(exact_quantile(values, q));
      EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), exact, exact * 0.01) << decades << " decades, quantile " << q;
    }
    EXPECT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.max(), values.back());
  }
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int value = 0; value < 256; ++value) histogram.record(value);
  for (int value = 1; value < 256; ++value) EXPECT_EQ(histogram.quantile((value + 1) / 256.0), value);
}

// Every power of two and its neighbours, where one group of buckets gives way to the next.
TEST(Histogram, EveryValueStandsForItselfWithinHalfAPercent) {
  for (int bits = 8; bits < 42; ++bits) {
    for (const std::int64_t value : {(std::int64_t{1} << bits) - 1, std::int64_t{1} << bits, (std::int64_t{1} << bits) + 1}) {
      Histogram histogram;
      histogram.record(value);
      histogram.record(std::int64_t{1} << 42);  // so that the maximum does not mend it
      EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), static_cast<double>(value), static_cast<double>(value) * 0.005);
    }
  }
}

TEST(Histogram, ExtremesCountAndNothingOverflows) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(INT64_MAX);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.quantile(0.5), 0);
  EXPECT_EQ(histogram.max(), INT64_MAX);
  EXPECT_EQ(Histogram().quantile(0.99), 0);
}

TEST(Histogram, MergingIsRecordingBoth) {
  Random random(2);
  Histogram one, two, both;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(random.next() >> 30U);
    (i % 3 == 0 ? one : two).record(value);
    both.record(value);
  }
  one.merge(two);
  for (const double q : kQuantiles) EXPECT_EQ(one.quantile(q), both.quantile(q));
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_DOUBLE_EQ(one.mean(), both.mean());
}

}  // namespace
}  // namespace assay::load
