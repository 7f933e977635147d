// Vectors of which only the ranges are known: AVX2's operations (ops_avx2.h) over intervals of exact integers, an interval a lane. The kernels' templates are run
// over these to prove their bounds.
//
// All doubles are integers. What is checked: their sums are exact; a chain of products stays in its binades, and has not left them when its bits are taken; a
// difference that is split is small enough to be rounded to a multiple of 2^49; a column is below 2^60 in absolute value, and not negative with its bias, when
// it is taken apart; a digit is below 2^52 when it becomes a mantissa, and then no larger than plans assume. Sums of integers may wrap, since only their value
// modulo 2^64 counts: they are kept as the representative that begins in [-2^63, 2^63), and a column is below 2^60 only if all start patterns are gone.
// What is given: the split of a product itself, that shuffles do what they say (RsaPower runs those), and how large a whole number's top digit is (tops).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "crypto/interval.h"
#include "crypto/rsa/columns_avx2.h"

namespace assay::crypto::rsa {
namespace {

constexpr Interval around_zero(Exact bound) { return {-bound, bound}; }

// checked(a, bounds, what): a, which should be within the bounds; cut to them if it is not.
Interval checked(const Interval& a, const Interval& bounds, const char* what) {
  const Interval cut{std::clamp(a.low, bounds.low, bounds.high), std::clamp(a.high, bounds.low, bounds.high)};
  require(within(a, bounds), what);
  return cut;
}

// Columns are below kColumnMax in absolute value before a carry pass, and so are those that are stored.
constexpr Exact kColumnMax = power_of_two(60);
constexpr Interval kColumnRange = around_zero(kColumnMax - 1);

// Fault: what is broken on purpose. Digits are twice what they are; numbers are a bit longer than they may be; differences are not carried; columns are not
// biased before they are taken apart.
enum class Fault : std::uint8_t { none, wide_digits, long_numbers, difference_not_carried, no_bias };

struct Intervals {
  using Double = Interval;
  using Integer = Interval;
  struct Doubles {
    Interval lane[kLanes];
  };
  struct Integers {
    Interval lane[kLanes];
  };
  struct Constants {
    std::uint32_t exponent = 0;
    const Interval* stages = nullptr;
    const Interval* factor = nullptr;
    const Interval* negative = nullptr;
  };
  static inline Fault fault = Fault::none;

  // lanes<V>(f): f(0), f(1), f(2), f(3).
  template <class V, class F>
  static V lanes(F f) {
    return {{f(0), f(1), f(2), f(3)}};
  }

  static Doubles doubles(double value) {
    const auto x = static_cast<Exact>(value);
    return lanes<Doubles>([&](int) { return Interval{x, x}; });
  }
  static Integers integers(std::int64_t value) {
    const Exact x = fault == Fault::no_bias && value == kColumnBias ? 0 : value;
    return lanes<Integers>([&](int) { return Interval{x, x}; });
  }
  static Doubles broadcast(const Interval* x) {
    return lanes<Doubles>([&](int) { return *x; });
  }

  // exact(a): a sum of doubles.
  static Interval exact(const Interval& a) { return checked(a, around_zero(power_of_two(53)), "a double above 2^53"); }
  static Doubles add(const Doubles& a, const Doubles& b) {
    return lanes<Doubles>([&](int l) { return exact({a.lane[l].low + b.lane[l].low, a.lane[l].high + b.lane[l].high}); });
  }
  static Doubles subtract(const Doubles& a, const Doubles& b) {
    return lanes<Doubles>([&](int l) { return exact({a.lane[l].low - b.lane[l].high, a.lane[l].high - b.lane[l].low}); });
  }
  // wrapped(a): a sum of integers.
  static Interval wrapped(const Interval& a) {
    const Exact width = checked({0, a.high - a.low}, {0, power_of_two(64) - 1}, "an integer of which nothing is known").high;
    const Exact begin = a.low - (((a.low + power_of_two(63)) >> 64) << 64);
    return {begin, begin + width};
  }
  static Integers add(const Integers& a, const Integers& b) {
    return lanes<Integers>([&](int l) { return wrapped({a.lane[l].low + b.lane[l].low, a.lane[l].high + b.lane[l].high}); });
  }
  static Integers subtract(const Integers& a, const Integers& b) {
    return lanes<Integers>([&](int l) { return wrapped({a.lane[l].low - b.lane[l].high, a.lane[l].high - b.lane[l].low}); });
  }

  // Only biased columns are masked and shifted.
  static Interval biased_column(const Interval& a) {
    return checked(a, {std::max(kColumnBias + kColumnRange.low, Exact{0}), kColumnBias + kColumnRange.high}, "a column above 2^60, or negative, where it is taken apart");
  }
  static Integers bit_and(const Integers& a, const Integers& mask) {
    return lanes<Integers>([&](int l) {
      const Interval column = biased_column(a.lane[l]);
      const Exact bits = mask.lane[l].low;
      return (column.low | bits) == (column.high | bits) ? Interval{column.low & bits, column.high & bits} : Interval{0, bits};
    });
  }
  template <std::size_t kBits>
  static Integers shift_right(const Integers& a) {
    return lanes<Integers>([&](int l) {
      const Interval column = biased_column(a.lane[l]);
      return Interval{column.low >> kBits, column.high >> kBits};
    });
  }

  // Chains: high sums are multiples of 2^49 in [2^101, 2^102), low ones are in [2^52, 2^53]: the bits of 2^53 are those of 2^52 and 2^52 more, so that a chain may
  // end there.
  static constexpr Exact kUnit = power_of_two(kDigitBits);
  static constexpr Interval kHigh{power_of_two(101) + kUnit, power_of_two(102) - kUnit};  // at 2^101 itself, a negative product would leave
  static constexpr Interval kLow{power_of_two(52), power_of_two(53)};
  // rounded(a): to a multiple of 2^49, ties either way.
  static Interval rounded(const Interval& a) { return {-((kUnit / 2 - a.low) >> kDigitBits) * kUnit, ((a.high + kUnit / 2) >> kDigitBits) * kUnit}; }

  static Integers bits_of(const Doubles& v) {
    return lanes<Integers>([&](int l) {
      if (v.lane[l].low >= kHigh.low) {
        const Interval high = checked(v.lane[l], kHigh, "a high sum that left its binade");
        const auto start = static_cast<Exact>(kHighStart);
        return Interval{kHighBits + ((high.low - start) >> kDigitBits), kHighBits + ((high.high - start) >> kDigitBits)};
      }
      const Interval low = checked(v.lane[l], kLow, "a low sum, or a digit with its exponent, that left its binade");
      const auto start = static_cast<Exact>(kLowStart);
      return Interval{kLowBits + low.low - start, kLowBits + low.high - start};
    });
  }
  static void multiply_add(Doubles& high, Doubles& low, const Doubles& x, const Doubles& y) {
    for (std::size_t l = 0; l < kLanes; ++l) {
      const Interval &a = x.lane[l], &b = y.lane[l];
      const auto [least, most] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
      const Interval moved = rounded({least, most});
      high.lane[l] = checked({high.lane[l].low + moved.low, high.lane[l].high + moved.high}, kHigh, "a high chain that leaves its binade");
      low.lane[l] = checked({low.lane[l].low - kUnit / 2, low.lane[l].high + kUnit / 2}, kLow, "a low chain that leaves its binade");
    }
  }
  static constexpr std::size_t kRowColumns = 6;
  static void multiply_add_row(Doubles (&high)[kRowColumns], Doubles (&low)[kRowColumns], Doubles&, const Doubles& x, const Doubles* y) {
    for (std::size_t i = 0; i < kRowColumns; ++i) multiply_add(high[i], low[i], x, y[i]);
  }

  struct Split {
    Doubles digit;
    Doubles above;
  };
  static Split split(const Doubles& v) {
    if (fault == Fault::difference_not_carried) return {v, doubles(0)};
    Split parts;
    for (std::size_t l = 0; l < kLanes; ++l) {
      const Interval whole = checked(v.lane[l], around_zero(power_of_two(100) - 1), "a difference too large to be split");
      parts.above.lane[l] = rounded(whole);
      parts.digit.lane[l] = around_zero(kUnit / 2);
    }
    return parts;
  }
  static Doubles carried(const Doubles& above) {
    return lanes<Doubles>([&](int l) { return Interval{above.lane[l].low >> kDigitBits, above.lane[l].high >> kDigitBits}; });
  }
  static Doubles add_carried(const Doubles& digit, const Doubles& above) { return add(digit, carried(above)); }
  static Doubles to_doubles(const Integers& a, double offset) {
    return lanes<Doubles>([&](int l) {
      const Interval mantissa = checked(a.lane[l], {0, power_of_two(52) - 1}, "a digit above 52 bits");
      const auto less = static_cast<Exact>(offset);
      const Interval digit = checked({mantissa.low - less, mantissa.high - less}, around_zero(static_cast<Exact>(kRange.digit)), "a digit larger than plans assume");
      const Exact factor = fault == Fault::wide_digits ? 2 : 1;
      return Interval{factor * digit.low, factor * digit.high};
    });
  }
  // A whole number is below 2^(49 * 4 K - 2) in absolute value (Shape::bits_max, asserted in avx2_bounds_test.cpp), its digits but the top one come to less than 0.51 2^(49 (4 K - 1)): so the top
  // one is below 2^47 + 0.51, and no carry is above it.
  template <unsigned kMask>
  static void tops(Doubles& v) {
    const Exact bound = power_of_two(fault == Fault::long_numbers ? 48 : 47);
    for (std::size_t l = 0; l < kLanes; ++l) {
      if ((kMask >> l & 1) != 0) v.lane[l] = {std::max(v.lane[l].low, -bound), std::min(v.lane[l].high, bound)};
    }
  }

  template <int kA, int kB, int kC, int kD, class V>
  static V permute(const V& v) {
    return {{v.lane[kA], v.lane[kB], v.lane[kC], v.lane[kD]}};
  }
  static Integers pairs_swapped(const Integers& v) { return permute<1, 0, 3, 2>(v); }
  template <int kLowHalf, int kHighHalf, class V>
  static V halves(const V& a, const V& b) {
    const auto lane = [&](int half, int l) { return half == 8 ? Interval{0, 0} : half < 2 ? a.lane[2 * half + l] : b.lane[2 * (half - 2) + l]; };
    return {{lane(kLowHalf, 0), lane(kLowHalf, 1), lane(kHighHalf, 0), lane(kHighHalf, 1)}};
  }
  template <class V>
  static V evens(const V& a, const V& b) {
    return {{a.lane[0], b.lane[0], a.lane[2], b.lane[2]}};
  }
  template <class V>
  static V odds(const V& a, const V& b) {
    return {{a.lane[1], b.lane[1], a.lane[3], b.lane[3]}};
  }
  template <unsigned kMask>
  static Integers blend(const Integers& a, const Integers& b) {
    return lanes<Integers>([&](int l) { return ((kMask >> l & 1) != 0 ? b : a).lane[l]; });
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
