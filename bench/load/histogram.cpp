// A value's bucket is made of its bits: the position of the highest one says which group of 128 buckets, the seven bits after it which one of the group. The
// first 256 values have a bucket each.
#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace assay::load {
namespace {

constexpr unsigned kBits = 7;
constexpr std::uint64_t kPerGroup = 1U << kBits;
constexpr std::uint64_t kValueMax = std::uint64_t{1} << 42U;

constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
  if (value < 2 * kPerGroup) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
  return shift * kPerGroup + (value >> shift);
}

// The middle of a bucket.
constexpr std::int64_t value_of(std::size_t bucket) noexcept {
  if (bucket < 2 * kPerGroup) return static_cast<std::int64_t>(bucket);
  const std::uint64_t shift = bucket / kPerGroup - 1;
  const std::uint64_t lowest = (bucket - shift * kPerGroup) << shift;
  return static_cast<std::int64_t>(lowest + ((std::uint64_t{1} << shift) - 1) / 2);
}

static_assert(bucket_of(255) == 255 && bucket_of(256) == 256 && bucket_of(257) == 256 && value_of(bucket_of(1000)) == 1001);

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kValueMax) + 1) {}

void Histogram::record(std::int64_t value) noexcept {
  // A clock that two processors do not quite agree on must not become the largest number there is.
  const std::uint64_t given = value < 0 ? 0 : static_cast<std::uint64_t>(value);
  ++buckets_[bucket_of(std::min(given, kValueMax))];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(given);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::int64_t Histogram::quantile(double q) const noexcept {
  if (count_ == 0) return 0;
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(value_of(i), max_);
  }
  return max_;
}

}  // namespace assay::load
