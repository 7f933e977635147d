// How a figure is distributed, for whoever wants to know afterwards: counted by one thread, read by any.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"

namespace assay::base {

// HistogramFigures: what histograms have counted, summed. A value.
struct HistogramFigures {
  // Bucket i has values from 2^(i-1) + 1 to 2^i, bucket 0 those up to 1, the last whatever is larger: in microseconds, a minute has a bucket of its own.
  static constexpr std::size_t kBuckets = 28;
  std::array<std::uint64_t, kBuckets> buckets{};
  std::uint64_t sum = 0;

  std::uint64_t count() const noexcept {
    std::uint64_t count = 0;
    for (const std::uint64_t bucket : buckets) count += bucket;
    return count;
  }
};

// Histogram: one writer, many readers, as Counter is. There is no counter of all values: it would have to agree with the buckets.
class Histogram {
 public:
  void add(std::uint64_t value) noexcept {
    buckets_[bucket_of(value)].add();
    sum_.add(value);
  }
  // add_to(figures): what it has now. Thread-safe.
  void add_to(HistogramFigures& figures) const noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) figures.buckets[i] += buckets_[i].value();
    figures.sum += sum_.value();
  }
  HistogramFigures figures() const noexcept {
    HistogramFigures figures;
    add_to(figures);
    return figures;
  }

 private:
  static std::size_t bucket_of(std::uint64_t value) noexcept {
    const auto width = static_cast<std::size_t>(std::bit_width(value - (value != 0 ? 1 : 0)));
    return width < HistogramFigures::kBuckets ? width : HistogramFigures::kBuckets - 1;
  }
  std::array<Counter, HistogramFigures::kBuckets> buckets_;
  Counter sum_;
};

}  // namespace assay::base
