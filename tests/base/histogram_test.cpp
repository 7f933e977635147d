#include "base/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace assay::base {
namespace {

std::size_t bucket_of(std::uint64_t value) {
  Histogram histogram;
  histogram.add(value);
  const HistogramFigures figures = histogram.figures();
  for (std::size_t i = 0; i < figures.buckets.size(); ++i) {
    if (figures.buckets[i] != 0) return i;
  }
  return figures.buckets.size();
}

// A bucket's upper bound belongs to it, as in Prometheus' `le`.
TEST(Histogram, PutsAPowerOfTwoIntoItsOwnBucketAndWhatIsLargerIntoTheNext) {
  EXPECT_EQ(bucket_of(0), 0U);
  EXPECT_EQ(bucket_of(1), 0U);
  EXPECT_EQ(bucket_of(2), 1U);
  for (std::size_t i = 2; i + 1 < HistogramFigures::kBuckets; ++i) {
    const std::uint64_t bound = std::uint64_t{1} << i;
    EXPECT_EQ(bucket_of(bound), i);
    EXPECT_EQ(bucket_of(bound - 1), i == 2 ? 2U : i);
    EXPECT_EQ(bucket_of(bound + 1), i + 1);
  }
}

// Nothing is lost above the last bound.
TEST(Histogram, KeepsTheLargestValuesInTheLastBucket) {
  EXPECT_EQ(bucket_of(std::numeric_limits<std::uint64_t>::max()), HistogramFigures::kBuckets - 1);
}

// Several threads' histograms are shown as one.
TEST(Histogram, AddsUp) {
  Histogram one, two;
  one.add(3);
  one.add(4);
  two.add(4);
  two.add(100);
  HistogramFigures figures = one.figures();
  two.add_to(figures);
  EXPECT_EQ(figures.count(), 4U);
  EXPECT_EQ(figures.sum, 111U);
  EXPECT_EQ(figures.buckets[2], 3U);
  EXPECT_EQ(figures.buckets[7], 1U);
}

}  // namespace
}  // namespace assay::base
