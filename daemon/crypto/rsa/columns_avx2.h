// Private to the AVX2 kernels: blocks of products, and the carry pass. Everything is inlined, see unrolled.h.
//
// `Ops` is four lanes of AVX2 (ops_avx2.h) in the kernels, and four intervals in tests/crypto/rsa/avx2_bounds_test.cpp, which runs this very code over everything that
// digits can be and so proves that nothing overflows. Hence: no operation here but those of Ops. Ops::Doubles are digits, Ops::Integers columns: sums of
// products, signed. In memory they are four of Ops::Double and of Ops::Integer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/digit_ranges.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

template <class Ops>
using DoubleOf = typename Ops::Double;
template <class Ops>
using DoublesOf = typename Ops::Doubles;
template <class Ops>
using IntegersOf = typename Ops::Integers;

// Rows: how the digits x_r of a block are found. Vectors: one number a lane. Broadcast: one number over the lanes, every fourth double of memory a digit.
enum class Rows : std::uint8_t { vectors, broadcast };
// Into: whether a block is added to its columns, or stored over them.
enum class Into : std::uint8_t { columns, nothing };

template <class Ops, Rows kFrom>
ASSAY_INLINE DoublesOf<Ops> row_of(const DoubleOf<Ops>* x, std::size_t row) noexcept {
  if constexpr (kFrom == Rows::vectors) return reinterpret_cast<const DoublesOf<Ops>*>(x)[row];
  return Ops::broadcast(x + 4 * row);
}

constexpr std::size_t kTileMax = 6;  // columns whose accumulators stay in registers, with a digit and a product

// Tile<Ops, kTile, kPlan>: the accumulators of some columns of a block.
template <class Ops, std::size_t kTile, const auto& kPlan>
struct Tile {
  using Doubles = typename Ops::Doubles;
  using Integers = typename Ops::Integers;
  Doubles high[kTile];
  Doubles low[kTile];
  // What chains that have ended came to, as bit patterns; of use only where a column has several.
  Integers high_done[kTile];
  Integers low_done[kTile];

  ASSAY_INLINE void begin(std::size_t i) noexcept {
    high[i] = Ops::doubles(kHighStart);
    low[i] = Ops::doubles(kLowStart);
    high_done[i] = low_done[i] = Ops::integers(0);
  }
  // take<kColumn, kRow>(i, x, y): the product of that row into the accumulators i, which sum that column.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take(std::size_t i, Doubles x, const Doubles& y) noexcept {
    end_chains<kColumn, kRow>(i);
    Ops::multiply_add(high[i], low[i], x, y);
  }
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void end_chains(std::size_t i) noexcept {
    if constexpr (kPlan.high_ends[kColumn][kRow]) {
      high_done[i] = Ops::add(high_done[i], Ops::bits_of(high[i]));
      high[i] = Ops::doubles(kHighStart);
    }
    if constexpr (kPlan.low_ends[kColumn][kRow]) {
      low_done[i] = Ops::add(low_done[i], Ops::bits_of(low[i]));
      low[i] = Ops::doubles(kLowStart);
    }
  }
  // take_row<kColumn, kRow>(x, y): take(i, x, y[i]) of all, where every column is like that one.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take_row(Doubles& spare, Doubles x, const Doubles* y) noexcept {
    if constexpr (kTile == Ops::kRowColumns) {
      each<kTile>([&](auto i) ASSAY_INLINED { end_chains<kColumn, kRow>(i); });
      Ops::multiply_add_row(high, low, spare, x, y);
    } else {
      each<kTile>([&](auto i) ASSAY_INLINED { take<kColumn, kRow>(i, x, y[i]); });
    }
  }
  // high_sum, low_sum: of a column, with as many start patterns in them as the plan has chains.
  template <std::size_t kColumn>
  ASSAY_INLINE Integers high_sum(std::size_t i) const noexcept {
    return kPlan.high_chains[kColumn] == 1 ? Ops::bits_of(high[i]) : Ops::add(Ops::bits_of(high[i]), high_done[i]);
  }
  template <std::size_t kColumn>
  ASSAY_INLINE Integers low_sum(std::size_t i) const noexcept {
    return kPlan.low_chains[kColumn] == 1 ? Ops::bits_of(low[i]) : Ops::add(Ops::bits_of(low[i]), low_done[i]);
  }
};

// starts(high, low): what so many chains have too much in them, to be added.
constexpr std::int64_t starts(std::size_t high, std::size_t low) noexcept {
  return static_cast<std::int64_t>(0 - high * static_cast<std::uint64_t>(kHighBits) - low * static_cast<std::uint64_t>(kLowBits));
}

template <class Ops, Into kInto>
ASSAY_INLINE void put(IntegersOf<Ops>& column, IntegersOf<Ops> sum) noexcept {
  column = kInto == Into::columns ? Ops::add(column, sum) : sum;
}

// paired<...>(columns, x, y, y2, high_of): of a block, the columns c < kPairs and c + length, where there are such. Column c is complete after row c, and
// column c + length begins with row c + 1: the same accumulators take both, one after the other, so that in every row all accumulators of a tile have work.
// high_of[c]: high sums, for the columns above; the one below column 0 is none, the one below column `length` is not known here and is left out.
template <class Ops, std::size_t kPairs, std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void paired(IntegersOf<Ops>* columns, const DoubleOf<Ops>* x, const DoublesOf<Ops>* y, const DoublesOf<Ops>* y2, IntegersOf<Ops>* high_of) noexcept {
  constexpr std::size_t kTiles = (kPairs + kTileMax - 1) / kTileMax;
  constexpr std::size_t kTile = (kPairs + kTiles - 1) / kTiles;
  each<kTiles>([&](auto tile) ASSAY_INLINED {
    constexpr std::size_t kFirst = tile * kTile;
    Tile<Ops, kTile, kPlan> sums;
    const auto finish = [&](auto i, auto column) ASSAY_INLINED {
      high_of[column] = sums.template high_sum<column>(i);
      const IntegersOf<Ops> low = sums.template low_sum<column>(i);
      if constexpr (column == 0 || column == kLength) {
        put<Ops, kInto>(columns[column], Ops::add(low, Ops::integers(starts(0, kPlan.low_chains[column]))));
      } else {
        put<Ops, kInto>(columns[column], Ops::add(Ops::add(low, high_of[column - 1]), Ops::integers(starts(kPlan.high_chains[column - 1], kPlan.low_chains[column]))));
      }
    };
    each<kTile>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    each<kRows>([&](auto row) ASSAY_INLINED {
      const DoublesOf<Ops> digit = row_of<Ops, kFrom>(x, row);
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
template <class Ops, std::size_t kColumn, Into kInto, const auto& kPlan>
ASSAY_INLINE void add_high(IntegersOf<Ops>* columns, IntegersOf<Ops> high) noexcept {
  put<Ops, kInto>(columns[kColumn + 1], Ops::add(high, Ops::integers(starts(kPlan.high_chains[kColumn], 0))));
}

// block<...>(columns, x, y, y2): columns[c] += (or =) sum of the products of column c, c = 0 .. rows + length - 1; high parts go to the column above. y2: 2
// y, for squares. rows <= length. Straight-line. Source: the exact product by two multiply-adds is Dekker's (1971); for the chains see digit_ranges.h.
// Checked by RsaPower and RsaAvx2Bounds (tests/crypto/rsa).
template <class Ops, std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void block(IntegersOf<Ops>* columns, const DoubleOf<Ops>* x, const DoublesOf<Ops>* y, const DoublesOf<Ops>* y2) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  IntegersOf<Ops> high_of[kColumns];
  paired<Ops, kLength, kRows, kLength, kKind, kPlan, kFrom, kInto>(columns, x, y, y2, high_of);
  add_high<Ops, kLength - 1, kRows == 1 ? kInto : Into::columns, kPlan>(columns, high_of[kLength - 1]);
  if constexpr (kRows > 1) add_high<Ops, kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
}

// strip<...>(columns, x, y): the same for few rows and many columns, most of which have a product in each row: these are a loop. Products only.
template <class Ops, std::size_t kRows, std::size_t kLength, const Plan<kRows, kLength, BlockKind::product>& kPlan, Into kInto>
ASSAY_INLINE void strip(IntegersOf<Ops>* columns, const DoubleOf<Ops>* x, const DoublesOf<Ops>* y) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  constexpr std::size_t kFull = kRows - 1;  // all columns from here up to length - 1 have kRows products
  IntegersOf<Ops> high_of[kColumns];
  // High sums go from column to column with as many start patterns as a full column has.
  IntegersOf<Ops> high_below = Ops::integers(0 - starts(kPlan.high_chains[kFull], 0));
  if constexpr (kRows > 1) {
    paired<Ops, kFull, kRows, kLength, BlockKind::product, kPlan, Rows::vectors, kInto>(columns, x, y, y, high_of);
    high_below = Ops::add(high_of[kFull - 1], Ops::integers(starts(kPlan.high_chains[kFull - 1], 0) - starts(kPlan.high_chains[kFull], 0)));
  }
  std::size_t column = kFull;
  const auto tile = [&](auto width) ASSAY_INLINED {
    Tile<Ops, width, kPlan> sums;
    const DoublesOf<Ops>* of_row_0 = y + column;
    each<width>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    DoublesOf<Ops> spare = Ops::doubles(0);
    each<kRows>([&](auto row) ASSAY_INLINED {
      sums.template take_row<kFull, row>(spare, row_of<Ops, Rows::vectors>(x, row), of_row_0 - static_cast<std::ptrdiff_t>(row));
    });
    each<width>([&](auto i) ASSAY_INLINED {
      const IntegersOf<Ops> sum = Ops::add(sums.template low_sum<kFull>(i), high_below);
      put<Ops, kInto>(columns[column + i], Ops::add(sum, Ops::integers(starts(kPlan.high_chains[kFull], kPlan.low_chains[kFull]))));
      high_below = sums.template high_sum<kFull>(i);
    });
    column += width;
  };
  constexpr std::size_t kRest = (kLength - kFull) % kTileMax;
  while (column < kLength - kRest) tile(std::integral_constant<std::size_t, kTileMax>{});
  if constexpr (kRest != 0) tile(std::integral_constant<std::size_t, kRest>{});
  add_high<Ops, kLength - 1, Into::columns, kPlan>(columns, high_below);
  if constexpr (kRows > 1) add_high<Ops, kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
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
template <class Ops>
struct Biased {
  IntegersOf<Ops> digit;
  IntegersOf<Ops> carry;
};
template <class Ops>
ASSAY_INLINE Biased<Ops> carry_of(IntegersOf<Ops> column) noexcept {
  const IntegersOf<Ops> biased = Ops::add(column, Ops::integers(kColumnBias));
  return {Ops::bit_and(biased, Ops::integers(kDigitMask)), Ops::template shift_right<kDigitBits>(biased)};
}
// digit_of(digit + carry of the column below, both biased).
template <class Ops>
ASSAY_INLINE DoublesOf<Ops> digit_of(IntegersOf<Ops> biased) noexcept {
  return Ops::to_doubles(biased, static_cast<double>(kHalf + kCarryBias));
}

// carry_in_lanes(a, columns, count): the columns as digits, lane by lane; returns the carry above them.
template <class Ops>
ASSAY_KERNEL IntegersOf<Ops> carry_in_lanes(DoublesOf<Ops>* a, const IntegersOf<Ops>* columns, std::size_t count) noexcept {
  IntegersOf<Ops> from_below = Ops::integers(kCarryBias);
  for (std::size_t i = 0; i < count; ++i) {
    const Biased<Ops> parts = carry_of<Ops>(columns[i]);
    a[i] = digit_of<Ops>(Ops::add(parts.digit, from_below));
    from_below = parts.carry;
  }
  return Ops::subtract(from_below, Ops::integers(kCarryBias));
}

// column_of(digit): an integer as the mantissa of a double becomes a column.
template <class Ops>
ASSAY_INLINE IntegersOf<Ops> column_of(DoublesOf<Ops> digit) noexcept {
  return Ops::subtract(Ops::bits_of(Ops::add(digit, Ops::doubles(kLowStart))), Ops::integers(kLowBits));
}

// carry_difference<Ops, N>(d): d of differences of digits: carries -1, 0 or 1 out of each digit into the next; the top digit keeps its excess.
template <class Ops, std::size_t kCount>
ASSAY_INLINE void carry_difference(DoublesOf<Ops>* d) noexcept {
  DoublesOf<Ops> above = Ops::doubles(0);
  each<kCount>([&](auto i) ASSAY_INLINED {
    const DoublesOf<Ops> below = above;
    if constexpr (i + 1 < kCount) {
      const auto parts = Ops::split(d[i]);
      d[i] = parts.digit;
      above = parts.above;
    }
    if constexpr (i > 0) d[i] = Ops::add_carried(d[i], below);
  });
}

}  // namespace
}  // namespace assay::crypto::rsa
