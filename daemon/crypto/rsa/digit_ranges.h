// Private to crypto: how many products a chain of the vector kernels may sum, found at compile time for each shape that is used.
//
// A product of two digits is split exactly, in the default rounding mode, by two multiply-adds:
//
//   high' = high + x y       high in [2^101, 2^102), where doubles are 2^49 apart: high' - high is x y rounded to a multiple of 2^49
//   low' = low + (x y - (high' - high))       the rest, at most 2^48; low in [2^52, 2^53), where doubles are 1 apart
//
// Both begin in the middle of their range, so that a chain may move high by 2^100 and low by 2^51 either way: then the bit patterns, less those at the
// beginning, are the two sums as integers. Digits are balanced: |x| <= 2^48 + 2^12 after a carry pass, and a difference of two digits is carried into its
// neighbours, but in the top digit of a block, which keeps its excess.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {

// Range: what the kernels assume of digits; kRange is what holds. Tests show that larger digits would be caught.
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
  bool possible = true;   // false: a product by itself is too large
  double column_max = 0;  // of a column's sum in absolute value, with what the column below gives it

  constexpr Plan(const Digits& x, const Digits& y, const Range& range) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      double high = 0;
      double low = 0;
      double sum = 0;
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
        sum += kLowRest + product / 0x1p49 + 1;
      }
      if (sum > column_max) column_max = sum;
    }
  }
};

// keeps(plan, x, y, range): whether all chains of a plan stay in range when its operands have these bounds: a second walk, over the chains as the kernels
// will make them.
template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
constexpr bool keeps(const Plan<kRows, kLength, kKind>& plan, const Digits& x, const Digits& y, const Range& range) {
  for (std::size_t column = 0; column < plan.kColumns; ++column) {
    double high = 0;
    double low = 0;
    for (std::size_t row = 0; row < kRows; ++row) {
      if (!plan.used[column][row]) continue;
      if (plan.high_ends[column][row]) high = 0;
      if (plan.low_ends[column][row]) low = 0;
      const double factor = kKind == BlockKind::square && column != 2 * row ? 2 : 1;
      high += factor * x.bound(row, kRows) * range.digit * y.bound(column - row, kLength) * range.digit;
      low += kLowRest;
      if (high >= range.high_span || low > range.low_span) return false;
    }
  }
  return true;
}

// Digits that have been through a carry pass, and differences of such, whose top digit keeps its excess. Each level of Karatsuba subtracts a top digit with
// excess from one without; the top digit of a whole number is less than half of an ordinary one, since numbers are below 2^(49 * 4 K - 2), and a quotient's
// is an ordinary one, but has a level less below it.
inline constexpr Digits kCarried{};
inline constexpr Digits kDifference{.inner = 1, .top = 3.5};

constexpr double top_after(double top, std::size_t levels) noexcept { return levels == 0 ? top : top_after(1 + top, levels - 1); }
constexpr std::size_t levels_of(std::size_t blocks) noexcept { return blocks == 1 ? 0 : 1 + levels_of(blocks / 2); }
static_assert(top_after(0.5, 3) <= kDifference.top && top_after(1, 2) <= kDifference.top);

// Columns are below 2^60 before a carry pass.
inline constexpr double kColumnMax = 0x1p60;

}  // namespace assay::crypto::rsa
