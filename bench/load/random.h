// Random numbers that are the same on every host: the distributions of <random> are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace assay::load {

// Random: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). A value; equal seeds give equal sequences.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  // below(bound): from 0 to bound - 1. The bias is below bound / 2^32.
  std::uint32_t below(std::uint32_t bound) noexcept { return static_cast<std::uint32_t>((next() >> 32U) * bound >> 32U); }
  // unit(): from 0 to below 1.
  double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }

  // shuffle(items): every order is equally likely (Fisher and Yates). Up to 2^32 items.
  template <class Item>
  void shuffle(std::span<Item> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(static_cast<std::uint32_t>(i))]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace assay::load
