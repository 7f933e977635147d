// Private to the AVX2 kernels: blocks of products, and the carry pass. Everything is inlined, see unrolled.h.
//
// The operations O are a template parameter: AVX2's (avx2.h), or intervals. O::Doubles are four digits, O::Integers four columns: sums of products, signed.
// In memory they are four of O::Double and of O::Integer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/digit_ranges.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

template <class O>
using DoubleOf = typename O::Double;
template <class O>
using DoublesOf = typename O::Doubles;
template <class O>
using IntegersOf = typename O::Integers;

// Rows: how the digits x_r of a block are found. Vectors: one number a lane. Broadcast: one number over the lanes, every fourth double of memory a digit.
enum class Rows : std::uint8_t { vectors, broadcast };
// Into: whether a block is added to its columns, or stored over them.
enum class Into : std::uint8_t { columns, nothing };

template <class O, Rows kFrom>
ASSAY_INLINE DoublesOf<O> row_of(const DoubleOf<O>* x, std::size_t row) noexcept {
  if constexpr (kFrom == Rows::vectors) return reinterpret_cast<const DoublesOf<O>*>(x)[row];
  return O::broadcast(x + 4 * row);
}

constexpr std::size_t kTileMax = 6;  // columns whose accumulators stay in registers, with a digit and a product

// Tile<O, kTile, kPlan>: the accumulators of some columns of a block.
template <class O, std::size_t kTile, const auto& kPlan>
struct Tile {
  using Doubles = typename O::Doubles;
  using Integers = typename O::Integers;
  Doubles high[kTile];
  Doubles low[kTile];
  // What chains that have ended came to, as bit patterns; of use only where a column has several.
  Integers high_done[kTile];
  Integers low_done[kTile];

  ASSAY_INLINE void begin(std::size_t i) noexcept {
    high[i] = O::doubles(kHighStart);
    low[i] = O::doubles(kLowStart);
    high_done[i] = low_done[i] = O::integers(0);
  }
  // take<kColumn, kRow>(i, x, y): the product of that row into the accumulators i, which sum that column.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take(std::size_t i, Doubles x, const Doubles& y) noexcept {
    end_chains<kColumn, kRow>(i);
    O::multiply_add(high[i], low[i], x, y);
  }
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void end_chains(std::size_t i) noexcept {
    if constexpr (kPlan.high_ends[kColumn][kRow]) {
      high_done[i] = O::add(high_done[i], O::bits_of(high[i]));
      high[i] = O::doubles(kHighStart);
    }
    if constexpr (kPlan.low_ends[kColumn][kRow]) {
      low_done[i] = O::add(low_done[i], O::bits_of(low[i]));
      low[i] = O::doubles(kLowStart);
    }
  }
  // take_row<kColumn, kRow>(x, y): take(i, x, y[i]) of all, where every column is like that one.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take_row(Doubles& spare, Doubles x, const Doubles* y) noexcept {
    if constexpr (kTile == O::kRowColumns) {
      each<kTile>([&](auto i) ASSAY_INLINED { end_chains<kColumn, kRow>(i); });
      O::multiply_add_row(high, low, spare, x, y);
    } else {
      each<kTile>([&](auto i) ASSAY_INLINED { take<kColumn, kRow>(i, x, y[i]); });
    }
  }
  // high_sum, low_sum: of a column, with as many start patterns in them as the plan has chains.
  template <std::size_t kColumn>
  ASSAY_INLINE Integers high_sum(std::size_t i) const noexcept {
    return kPlan.high_chains[kColumn] == 1 ? O::bits_of(high[i]) : O::add(O::bits_of(high[i]), high_done[i]);
  }
  template <std::size_t kColumn>
  ASSAY_INLINE Integers low_sum(std::size_t i) const noexcept {
    return kPlan.low_chains[kColumn] == 1 ? O::bits_of(low[i]) : O::add(O::bits_of(low[i]), low_done[i]);
  }
};

// starts(high, low): what so many chains have too much in them, to be added.
constexpr std::int64_t starts(std::size_t high, std::size_t low) noexcept {
  return static_cast<std::int64_t>(0 - high * static_cast<std::uint64_t>(kHighBits) - low * static_cast<std::uint64_t>(kLowBits));
}

template <class O, Into kInto>
ASSAY_INLINE void put(IntegersOf<O>& column, IntegersOf<O> sum) noexcept {
  column = kInto == Into::columns ? O::add(column, sum) : sum;
}

// paired<...>(columns, x, y, y2, high_of): of a block, the columns c < kPairs and c + length, where there are such. Column c is complete after row c, and
// column c + length begins with row c + 1: the same accumulators take both, one after the other, so that in every row all accumulators of a tile have work.
// high_of[c]: high sums, for the columns above; the one below column 0 is none, the one below column `length` is not known here and is left out.
template <class O, std::size_t kPairs, std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void paired(IntegersOf<O>* columns, const DoubleOf<O>* x, const DoublesOf<O>* y, const DoublesOf<O>* y2, IntegersOf<O>* high_of) noexcept {
  constexpr std::size_t kTiles = (kPairs + kTileMax - 1) / kTileMax;
  constexpr std::size_t kTile = (kPairs + kTiles - 1) / kTiles;
  each<kTiles>([&](auto tile) ASSAY_INLINED {
    constexpr std::size_t kFirst = tile * kTile;
    Tile<O, kTile, kPlan> sums;
    const auto finish = [&](auto i, auto column) ASSAY_INLINED {
      high_of[column] = sums.template high_sum<column>(i);
      const IntegersOf<O> low = sums.template low_sum<column>(i);
      if constexpr (column == 0 || column == kLength) {
        put<O, kInto>(columns[column], O::add(low, O::integers(starts(0, kPlan.low_chains[column]))));
      } else {
        put<O, kInto>(columns[column], O::add(O::add(low, high_of[column - 1]), O::integers(starts(kPlan.high_chains[column - 1], kPlan.low_chains[column]))));
      }
    };
    each<kTile>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    each<kRows>([&](auto row) ASSAY_INLINED {
      const DoublesOf<O> digit = row_of<O, kFrom>(x, row);
      each<kTile>([&](auto i) ASSAY_INLINED {
        constexpr std::size_t kOwn = kFirst + i;
        if constexpr (kOwn < kPairs) {
          if constexpr (kOwn + 1 == row) {
            finish(i, std::integral_constant<std::size_t, kOwn>{});
            sums.begin(i);
          }
          constexpr std::size_t kColumn = kOwn >= row ? kOwn : kOwn + kLength;
          constexpr bool kDoubled = kKind == BlockKind::square && kColumn != 2 * row;
          if constexpr (kPlan.used[kColumn][row]) sums.template take<kColumn, row>(i, digit, kDoubled ? y2[kColumn - row] : y[kColumn - row]);
        }
      });
    });
    each<kTile>([&](auto i) ASSAY_INLINED {
      constexpr std::size_t kOwn = kFirst + i;
      if constexpr (kOwn < kPairs) finish(i, std::integral_constant<std::size_t, (kOwn + 1 < kRows ? kOwn + kLength : kOwn)>{});
    });
  });
}

// add_high(columns, high, ...): a high sum that came late, to the column above its own.
template <class O, std::size_t kColumn, Into kInto, const auto& kPlan>
ASSAY_INLINE void add_high(IntegersOf<O>* columns, IntegersOf<O> high) noexcept {
  put<O, kInto>(columns[kColumn + 1], O::add(high, O::integers(starts(kPlan.high_chains[kColumn], 0))));
}

// block<...>(columns, x, y, y2): columns[c] += (or =) sum of the products of column c, c = 0 .. rows + length - 1; high parts go to the column above. y2: 2
// y, for squares. rows <= length. Straight-line. Source: the exact product by two multiply-adds is Dekker's (1971); for the chains see digit_ranges.h.
// Checked by RsaPower and RsaAvx2Bounds (tests/crypto/rsa).
template <class O, std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void block(IntegersOf<O>* columns, const DoubleOf<O>* x, const DoublesOf<O>* y, const DoublesOf<O>* y2) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  IntegersOf<O> high_of[kColumns];
  paired<O, kLength, kRows, kLength, kKind, kPlan, kFrom, kInto>(columns, x, y, y2, high_of);
  add_high<O, kLength - 1, kRows == 1 ? kInto : Into::columns, kPlan>(columns, high_of[kLength - 1]);
  if constexpr (kRows > 1) add_high<O, kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
}

// strip<...>(columns, x, y): the same for few rows and many columns, most of which have a product in each row: these are a loop. Products only.
template <class O, std::size_t kRows, std::size_t kLength, const Plan<kRows, kLength, BlockKind::product>& kPlan, Into kInto>
ASSAY_INLINE void strip(IntegersOf<O>* columns, const DoubleOf<O>* x, const DoublesOf<O>* y) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  constexpr std::size_t kFull = kRows - 1;  // all columns from here up to length - 1 have kRows products
  IntegersOf<O> high_of[kColumns];
  // High sums go from column to column with as many start patterns as a full column has.
  IntegersOf<O> high_below = O::integers(0 - starts(kPlan.high_chains[kFull], 0));
  if constexpr (kRows > 1) {
    paired<O, kFull, kRows, kLength, BlockKind::product, kPlan, Rows::vectors, kInto>(columns, x, y, y, high_of);
    high_below = O::add(high_of[kFull - 1], O::integers(starts(kPlan.high_chains[kFull - 1], 0) - starts(kPlan.high_chains[kFull], 0)));
  }
  std::size_t column = kFull;
  const auto tile = [&](auto width) ASSAY_INLINED {
    Tile<O, width, kPlan> sums;
    const DoublesOf<O>* of_row_0 = y + column;
    each<width>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    DoublesOf<O> spare = O::doubles(0);
    each<kRows>([&](auto row) ASSAY_INLINED {
      sums.template take_row<kFull, row>(spare, row_of<O, Rows::vectors>(x, row), of_row_0 - static_cast<std::ptrdiff_t>(row));
    });
    each<width>([&](auto i) ASSAY_INLINED {
      const IntegersOf<O> sum = O::add(sums.template low_sum<kFull>(i), high_below);
      put<O, kInto>(columns[column + i], O::add(sum, O::integers(starts(kPlan.high_chains[kFull], kPlan.low_chains[kFull]))));
      high_below = sums.template high_sum<kFull>(i);
    });
    column += width;
  };
  constexpr std::size_t kRest = (kLength - kFull) % kTileMax;
  while (column < kLength - kRest) tile(std::integral_constant<std::size_t, kTileMax>{});
  if constexpr (kRest != 0) tile(std::integral_constant<std::size_t, kRest>{});
  add_high<O, kLength - 1, Into::columns, kPlan>(columns, high_below);
  if constexpr (kRows > 1) add_high<O, kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
}

// Plans of blocks of carried digits and of differences; the bounds test has others.
struct Plans {
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kPlain{kCarried, kCarried, kRange};
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kOfDifferences{kDifference, kDifference, kRange};
};

// --- The carry pass. A column v is split into a digit and a carry, v = digit + 2^49 carry, the digit balanced. All columns at once: a digit takes the carry
// of the column below it, which leaves it within 2^48 + 2^12, and nothing ripples. Columns are below 2^60, carries below 2^11.
constexpr std::int64_t kDigitMask = (std::int64_t{1} << kDigitBits) - 1;
constexpr std::int64_t kHalf = std::int64_t{1} << (kDigitBits - 1);
constexpr std::int64_t kCarryBias = std::int64_t{1} << 12;
constexpr std::int64_t kColumnBias = (kCarryBias << kDigitBits) + kHalf;  // makes columns positive, and digits be rounded to nearest

// Biased: a digit plus 2^48, a carry plus 2^12.
template <class O>
struct Biased {
  IntegersOf<O> digit;
  IntegersOf<O> carry;
};
template <class O>
ASSAY_INLINE Biased<O> carry_of(IntegersOf<O> column) noexcept {
  const IntegersOf<O> biased = O::add(column, O::integers(kColumnBias));
  return {O::bit_and(biased, O::integers(kDigitMask)), O::template shift_right<kDigitBits>(biased)};
}
// digit_of(digit + carry of the column below, both biased).
template <class O>
ASSAY_INLINE DoublesOf<O> digit_of(IntegersOf<O> biased) noexcept {
  return O::to_doubles(biased, static_cast<double>(kHalf + kCarryBias));
}

// carry_in_lanes(a, columns, count): the columns as digits, lane by lane; returns the carry above them.
template <class O>
ASSAY_KERNEL IntegersOf<O> carry_in_lanes(DoublesOf<O>* a, const IntegersOf<O>* columns, std::size_t count) noexcept {
  IntegersOf<O> from_below = O::integers(kCarryBias);
  for (std::size_t i = 0; i < count; ++i) {
    const Biased<O> parts = carry_of<O>(columns[i]);
    a[i] = digit_of<O>(O::add(parts.digit, from_below));
    from_below = parts.carry;
  }
  return O::subtract(from_below, O::integers(kCarryBias));
}

// column_of(digit): an integer as the mantissa of a double becomes a column.
template <class O>
ASSAY_INLINE IntegersOf<O> column_of(DoublesOf<O> digit) noexcept {
  return O::subtract(O::bits_of(O::add(digit, O::doubles(kLowStart))), O::integers(kLowBits));
}

// carry_difference<O, N>(d): d of differences of digits: carries -1, 0 or 1 out of each digit into the next; the top digit keeps its excess.
template <class O, std::size_t kCount>
ASSAY_INLINE void carry_difference(DoublesOf<O>* d) noexcept {
  DoublesOf<O> above = O::doubles(0);
  each<kCount>([&](auto i) ASSAY_INLINED {
    const DoublesOf<O> below = above;
    if constexpr (i + 1 < kCount) {
      const auto parts = O::split(d[i]);
      d[i] = parts.digit;
      above = parts.above;
    }
    if constexpr (i > 0) d[i] = O::add_carried(d[i], below);
  });
}

}  // namespace
}  // namespace assay::crypto::rsa
