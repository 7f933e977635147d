// Private to crypto: how many products a chain of the AVX2 kernels may sum, found at compile time for each shape that is used.
//
// A product of two digits is split exactly, in the default rounding mode, by two multiply-adds:
//
//   high' = high + x y       high in [2^101, 2^102), where doubles are 2^49 apart: high' - high is x y rounded to a multiple of 2^49
//   low' = low + (x y - (high' - high))       the rest, at most 2^48; low in [2^52, 2^53], where doubles are 1 apart
//
// Both begin in the middle of their range, so that a chain may move high by 2^100 and low by 2^51 either way: then the bit patterns, less those at the
// beginning, are the two sums as integers. Digits are balanced: |x| <= 2^48 + 2^12 after a carry pass, and a difference of two digits is carried into its
// neighbours, but in the top digit of a block, which keeps its excess.
//
// A plan says where chains end, no more. That all of this holds is proved by tests/crypto/rsa/avx2_bounds_test.cpp, which runs the kernels over intervals.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {

// Where chains begin, as doubles and as bit patterns; the latter are taken away again from the columns.
inline constexpr double kHighStart = 0x1.8p101;
inline constexpr double kLowStart = 0x1.8p52;
inline constexpr std::int64_t kHighBits = __builtin_bit_cast(std::int64_t, kHighStart);
inline constexpr std::int64_t kLowBits = __builtin_bit_cast(std::int64_t, kLowStart);

// Range: what plans assume of digits, and how long they make chains.
struct Range {
  double digit;      // bound of a digit after a carry pass
  double high_span;  // how far a chain may move high and low
  double low_span;
};
inline constexpr Range kRange{.digit = 0x1p48 + 0x1p12, .high_span = 0x1p100, .low_span = 0x1p51};
inline constexpr double kLowRest = 0x1p48;

// Digits: bounds of the operands of a block: all but the top digit of it, and the top digit, in multiples of Range::digit.
struct Digits {
  double inner = 1;
  double top = 1;
  constexpr double bound(std::size_t index, std::size_t count) const noexcept { return index + 1 == count ? top : inner; }
};

// Plan of a block: the products of each column in the order of rows, and where a chain ends because it could not take another.
//
// product: column c has x_r y_(c-r). square: column c has x_r z_r and 2 x_r z_s for r < s, where x = z, or both orders of them are summed elsewhere.
enum class BlockKind : std::uint8_t { product, square };

template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
struct Plan {
  static constexpr std::size_t kColumns = kRows + kLength - 1;
  bool used[kColumns][kRows] = {};
  bool high_ends[kColumns][kRows] = {};  // a new chain begins before this product
  bool low_ends[kColumns][kRows] = {};
  std::size_t high_chains[kColumns] = {};
  std::size_t low_chains[kColumns] = {};
  bool possible = true;  // false: a product by itself is too large

  constexpr Plan(const Digits& x, const Digits& y, const Range& range) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      double high = 0;
      double low = 0;
      high_chains[column] = low_chains[column] = 1;
      for (std::size_t row = 0; row < kRows; ++row) {
        if (row > column || column - row >= kLength) continue;
        const std::size_t other = column - row;
        if (kKind == BlockKind::square && row > other) continue;
        const double factor = kKind == BlockKind::square && row != other ? 2 : 1;
        const double product = factor * x.bound(row, kRows) * range.digit * y.bound(other, kLength) * range.digit;
        used[column][row] = true;
        high_ends[column][row] = high + product >= range.high_span;
        low_ends[column][row] = low + kLowRest > range.low_span;
        if (high_ends[column][row]) {
          high = 0;
          ++high_chains[column];
        }
        if (low_ends[column][row]) {
          low = 0;
          ++low_chains[column];
        }
        high += product;
        low += kLowRest;
        if (high >= range.high_span || low > range.low_span) possible = false;
      }
    }
  }
};

// Digits that have been through a carry pass, and differences of such, whose top digit keeps its excess. Each of three levels of Karatsuba
// subtracts an ordinary top digit from one with excess, and a whole number's is less than half of an ordinary one, since numbers are below 2^(49 * 4 K - 2):
// 1/2 + 1 + 1 + 1. A quotient's is an ordinary one, but has a level less below it.
inline constexpr Digits kCarried{};
inline constexpr Digits kDifference{.inner = 1, .top = 3.5};

}  // namespace assay::crypto::rsa
