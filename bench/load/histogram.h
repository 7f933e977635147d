// Latencies by the million in a few kilobytes.
#pragma once

#include <cstdint>
#include <vector>

namespace assay::load {

// Histogram: counts of values (nanoseconds, as a rule) in buckets that are 1/128 of their power of two wide, as in HDR histograms: a quantile is off by less
// than 0.4 %, below 256 not at all. Values above 2^42 (73 minutes) count as that; the maximum is kept as it is. A value; no synchronisation.
class Histogram {
 public:
  Histogram();

  void record(std::int64_t value) noexcept;
  void merge(const Histogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t max() const noexcept { return max_; }
  double mean() const noexcept { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // quantile(q): the smallest value that at least q of all values (0 to 1) do not exceed, but for the width of its bucket; 0 of nothing.
  std::int64_t quantile(double q) const noexcept;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace assay::load
