// Intervals of exact integers, for the proofs that lanes never overflow.
#pragma once

#include <algorithm>
#include <string>

namespace assay::crypto {

__extension__ using Exact = __int128;

constexpr Exact power_of_two(int exponent) { return Exact{1} << exponent; }

// Of what nothing was written to, anything may be in memory.
struct Interval {
  Exact low = -power_of_two(62);
  Exact high = power_of_two(62);
};
inline Exact magnitude(const Interval& a) { return std::max(a.high, -a.low); }
inline bool within(const Interval& a, const Interval& b) { return a.low >= b.low && a.high <= b.high; }
inline Interval hull(const Interval& a, const Interval& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

// The first violation since it was cleared.
inline std::string violation;
inline void require(bool held, const char* what) {
  if (!held && violation.empty()) violation = what;
}

}  // namespace assay::crypto
