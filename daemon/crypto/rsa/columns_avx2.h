// Private to the AVX2 kernels: blocks of products, and the carry pass. Everything is inlined, see unrolled.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/digit_ranges.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

using Doubles = __m256d;   // digits
using Integers = __m256i;  // columns: sums of products, signed

ASSAY_INLINE Doubles doubles(double value) noexcept { return _mm256_set1_pd(value); }
ASSAY_INLINE Integers integers(std::int64_t value) noexcept { return _mm256_set1_epi64x(value); }
ASSAY_INLINE Integers bits_of(Doubles v) noexcept { return _mm256_castpd_si256(v); }
ASSAY_INLINE Doubles doubles_of(Integers v) noexcept { return _mm256_castsi256_pd(v); }
ASSAY_INLINE Integers add(Integers a, Integers b) noexcept { return _mm256_add_epi64(a, b); }
ASSAY_INLINE Integers subtract(Integers a, Integers b) noexcept { return _mm256_sub_epi64(a, b); }

// Where chains begin, as doubles and as bit patterns; the latter are taken away again from the columns.
constexpr double kHighStart = 0x1.8p101;
constexpr double kLowStart = 0x1.8p52;
constexpr std::int64_t kHighBits = 0x4648000000000000;
constexpr std::int64_t kLowBits = 0x4338000000000000;
static_assert(__builtin_bit_cast(std::int64_t, kHighStart) == kHighBits && __builtin_bit_cast(std::int64_t, kLowStart) == kLowBits);

// multiply_add(high, low, x, y): see digit_ranges.h. y is read from memory twice, so that no copy of high is needed: written by intrinsics, g++ moves the
// accumulators of a tile through memory.
ASSAY_INLINE void multiply_add(Doubles& high, Doubles& low, Doubles x, const Doubles& y) noexcept {
  Doubles next;
  asm("vmovapd %[high], %[next]\n\t"
      "vfmadd231pd %[y], %[x], %[next]\n\t"
      "vsubpd %[next], %[high], %[high]\n\t"
      "vfmadd231pd %[y], %[x], %[high]\n\t"
      "vaddpd %[high], %[low], %[low]"
      : [high] "+&x"(high), [low] "+&x"(low), [next] "=&x"(next)
      : [x] "x"(x), [y] "m"(y));
  high = next;
}

// multiply_add_row(high, low, spare, x, y): multiply_add of six columns with y[0 .. 5]: the inner loop of the strips. In one piece, since clang moves what
// begins and ends a tile in between and then has no registers left. Each old high sum becomes the place of its neighbour's new one, so that nothing is moved
// back; spare's value is not meant.
constexpr std::size_t kRowColumns = 6;
ASSAY_INLINE void multiply_add_row(Doubles (&high)[kRowColumns], Doubles (&low)[kRowColumns], Doubles& spare, Doubles x, const Doubles* y) noexcept {
#define ASSAY_PRODUCT(old, next, low, offset)           \
  "vmovapd %[" old "], %[" next "]\n\t"                 \
  "vfmadd231pd " offset "(%[y]), %[x], %[" next "]\n\t" \
  "vsubpd %[" next "], %[" old "], %[" old "]\n\t"      \
  "vfmadd231pd " offset "(%[y]), %[x], %[" old "]\n\t"  \
  "vaddpd %[" old "], %[" low "], %[" low "]\n\t"
  asm(ASSAY_PRODUCT("h0", "s", "l0", "0") ASSAY_PRODUCT("h1", "h0", "l1", "32") ASSAY_PRODUCT("h2", "h1", "l2", "64")
      ASSAY_PRODUCT("h3", "h2", "l3", "96") ASSAY_PRODUCT("h4", "h3", "l4", "128") ASSAY_PRODUCT("h5", "h4", "l5", "160")
      : [h0] "+&x"(high[0]), [h1] "+&x"(high[1]), [h2] "+&x"(high[2]), [h3] "+&x"(high[3]), [h4] "+&x"(high[4]), [h5] "+&x"(high[5]), [s] "+&x"(spare),
        [l0] "+&x"(low[0]), [l1] "+&x"(low[1]), [l2] "+&x"(low[2]), [l3] "+&x"(low[3]), [l4] "+&x"(low[4]), [l5] "+&x"(low[5])
      : [x] "x"(x), [y] "r"(y), "m"(*reinterpret_cast<const Doubles(*)[kRowColumns]>(y)));
#undef ASSAY_PRODUCT
  const Doubles last = high[5];
  each<kRowColumns - 1>([&](auto i) ASSAY_INLINED { high[kRowColumns - 1 - i] = high[kRowColumns - 2 - i]; });
  high[0] = spare;
  spare = last;
}

// Rows: how the digits x_r of a block are found. Vectors: one number a lane. Broadcast: one number over the lanes, every fourth double of memory a digit.
enum class Rows : std::uint8_t { vectors, broadcast };
// Into: whether a block is added to its columns, or stored over them.
enum class Into : std::uint8_t { columns, nothing };

template <Rows kFrom>
ASSAY_INLINE Doubles row_of(const double* x, std::size_t row) noexcept {
  if constexpr (kFrom == Rows::vectors) return _mm256_load_pd(x + 4 * row);
  return _mm256_broadcast_sd(x + 4 * row);
}

constexpr std::size_t kTileMax = 6;  // columns whose accumulators stay in registers, with a digit and a product

// Tile<kTile, kPlan>: the accumulators of some columns of a block.
template <std::size_t kTile, const auto& kPlan>
struct Tile {
  Doubles high[kTile];
  Doubles low[kTile];
  // What chains that have ended came to, as bit patterns; of use only where a column has several.
  Integers high_done[kTile];
  Integers low_done[kTile];

  ASSAY_INLINE void begin(std::size_t i) noexcept {
    high[i] = doubles(kHighStart);
    low[i] = doubles(kLowStart);
    high_done[i] = low_done[i] = integers(0);
  }
  // take<kColumn, kRow>(i, x, y): the product of that row into the accumulators i, which sum that column.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take(std::size_t i, Doubles x, const Doubles& y) noexcept {
    end_chains<kColumn, kRow>(i);
    multiply_add(high[i], low[i], x, y);
  }
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void end_chains(std::size_t i) noexcept {
    if constexpr (kPlan.high_ends[kColumn][kRow]) {
      high_done[i] = add(high_done[i], bits_of(high[i]));
      high[i] = doubles(kHighStart);
    }
    if constexpr (kPlan.low_ends[kColumn][kRow]) {
      low_done[i] = add(low_done[i], bits_of(low[i]));
      low[i] = doubles(kLowStart);
    }
  }
  // take_row<kColumn, kRow>(x, y): take(i, x, y[i]) of all, where every column is like that one.
  template <std::size_t kColumn, std::size_t kRow>
  ASSAY_INLINE void take_row(Doubles& spare, Doubles x, const Doubles* y) noexcept {
    if constexpr (kTile == kRowColumns) {
      each<kTile>([&](auto i) ASSAY_INLINED { end_chains<kColumn, kRow>(i); });
      multiply_add_row(high, low, spare, x, y);
    } else {
      each<kTile>([&](auto i) ASSAY_INLINED { take<kColumn, kRow>(i, x, y[i]); });
    }
  }
  // high_sum, low_sum: of a column, with as many start patterns in them as the plan has chains.
  template <std::size_t kColumn>
  ASSAY_INLINE Integers high_sum(std::size_t i) const noexcept {
    return kPlan.high_chains[kColumn] == 1 ? bits_of(high[i]) : add(bits_of(high[i]), high_done[i]);
  }
  template <std::size_t kColumn>
  ASSAY_INLINE Integers low_sum(std::size_t i) const noexcept {
    return kPlan.low_chains[kColumn] == 1 ? bits_of(low[i]) : add(bits_of(low[i]), low_done[i]);
  }
};

// starts(high, low): what so many chains have too much in them, to be added.
constexpr std::int64_t starts(std::size_t high, std::size_t low) noexcept {
  return static_cast<std::int64_t>(0 - high * static_cast<std::uint64_t>(kHighBits) - low * static_cast<std::uint64_t>(kLowBits));
}

template <Into kInto>
ASSAY_INLINE void put(Integers& column, Integers sum) noexcept {
  column = kInto == Into::columns ? add(column, sum) : sum;
}

// paired<...>(columns, x, y, y2, high_of): of a block, the columns c < kPairs and c + length, where there are such. Column c is complete after row c, and
// column c + length begins with row c + 1: the same accumulators take both, one after the other, so that in every row all accumulators of a tile have work.
// high_of[c]: high sums, for the columns above; the one below column 0 is none, the one below column `length` is not known here and is left out.
template <std::size_t kPairs, std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void paired(Integers* columns, const double* x, const Doubles* y, const Doubles* y2, Integers* high_of) noexcept {
  constexpr std::size_t kTiles = (kPairs + kTileMax - 1) / kTileMax;
  constexpr std::size_t kTile = (kPairs + kTiles - 1) / kTiles;
  each<kTiles>([&](auto tile) ASSAY_INLINED {
    constexpr std::size_t kFirst = tile * kTile;
    Tile<kTile, kPlan> sums;
    const auto finish = [&](auto i, auto column) ASSAY_INLINED {
      high_of[column] = sums.template high_sum<column>(i);
      const Integers low = sums.template low_sum<column>(i);
      if constexpr (column == 0 || column == kLength) {
        put<kInto>(columns[column], add(low, integers(starts(0, kPlan.low_chains[column]))));
      } else {
        put<kInto>(columns[column], add(add(low, high_of[column - 1]), integers(starts(kPlan.high_chains[column - 1], kPlan.low_chains[column]))));
      }
    };
    each<kTile>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    each<kRows>([&](auto row) ASSAY_INLINED {
      const Doubles digit = row_of<kFrom>(x, row);
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
template <std::size_t kColumn, Into kInto, const auto& kPlan>
ASSAY_INLINE void add_high(Integers* columns, Integers high) noexcept {
  put<kInto>(columns[kColumn + 1], add(high, integers(starts(kPlan.high_chains[kColumn], 0))));
}

// block<...>(columns, x, y, y2): columns[c] += (or =) sum of the products of column c, c = 0 .. rows + length - 1; high parts go to the column above. y2: 2
// y, for squares. rows <= length. Straight-line. Source: the exact product by two multiply-adds is Dekker's (1971); for the chains see digit_ranges.h.
// Checked by RsaPower (tests/crypto/rsa).
template <std::size_t kRows, std::size_t kLength, BlockKind kKind, const Plan<kRows, kLength, kKind>& kPlan, Rows kFrom, Into kInto>
ASSAY_INLINE void block(Integers* columns, const double* x, const Doubles* y, const Doubles* y2) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  Integers high_of[kColumns];
  paired<kLength, kRows, kLength, kKind, kPlan, kFrom, kInto>(columns, x, y, y2, high_of);
  add_high<kLength - 1, kRows == 1 ? kInto : Into::columns, kPlan>(columns, high_of[kLength - 1]);
  if constexpr (kRows > 1) add_high<kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
}

// strip<...>(columns, x, y): the same for few rows and many columns, most of which have a product in each row: these are a loop. Products only.
template <std::size_t kRows, std::size_t kLength, const Plan<kRows, kLength, BlockKind::product>& kPlan, Into kInto>
ASSAY_INLINE void strip(Integers* columns, const double* x, const Doubles* y) noexcept {
  static_assert(kPlan.possible && kRows <= kLength);
  constexpr std::size_t kColumns = kRows + kLength - 1;
  constexpr std::size_t kFull = kRows - 1;  // all columns from here up to length - 1 have kRows products
  Integers high_of[kColumns];
  // High sums go from column to column with as many start patterns as a full column has.
  Integers high_below = integers(0 - starts(kPlan.high_chains[kFull], 0));
  if constexpr (kRows > 1) {
    paired<kFull, kRows, kLength, BlockKind::product, kPlan, Rows::vectors, kInto>(columns, x, y, y, high_of);
    high_below = add(high_of[kFull - 1], integers(starts(kPlan.high_chains[kFull - 1], 0) - starts(kPlan.high_chains[kFull], 0)));
  }
  std::size_t column = kFull;
  const auto tile = [&](auto width) ASSAY_INLINED {
    Tile<width, kPlan> sums;
    const Doubles* of_row_0 = y + column;
    each<width>([&](auto i) ASSAY_INLINED { sums.begin(i); });
    Doubles spare = doubles(0);
    each<kRows>([&](auto row) ASSAY_INLINED {
      sums.template take_row<kFull, row>(spare, row_of<Rows::vectors>(x, row), of_row_0 - static_cast<std::ptrdiff_t>(row));
    });
    each<width>([&](auto i) ASSAY_INLINED {
      const Integers sum = add(sums.template low_sum<kFull>(i), high_below);
      put<kInto>(columns[column + i], add(sum, integers(starts(kPlan.high_chains[kFull], kPlan.low_chains[kFull]))));
      high_below = sums.template high_sum<kFull>(i);
    });
    column += width;
  };
  constexpr std::size_t kRest = (kLength - kFull) % kTileMax;
  while (column < kLength - kRest) tile(std::integral_constant<std::size_t, kTileMax>{});
  if constexpr (kRest != 0) tile(std::integral_constant<std::size_t, kRest>{});
  add_high<kLength - 1, Into::columns, kPlan>(columns, high_below);
  if constexpr (kRows > 1) add_high<kColumns - 1, kInto, kPlan>(columns, high_of[kColumns - 1]);
}

// Plans of blocks of carried digits and of differences.
template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
constexpr Plan<kRows, kLength, kKind> kPlainPlan{kCarried, kCarried, kRange};
template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
constexpr Plan<kRows, kLength, kKind> kDifferencePlan{kDifference, kDifference, kRange};

// --- The carry pass. A column v is split into a digit and a carry, v = digit + 2^49 carry, the digit balanced. All columns at once: a digit takes the carry
// of the column below it, which leaves it within 2^48 + 2^12, and nothing ripples. Columns are below 2^60, carries below 2^11.
constexpr auto kColumnLimit = static_cast<std::int64_t>(kColumnMax);
constexpr std::int64_t kDigitMask = (std::int64_t{1} << kDigitBits) - 1;
constexpr std::int64_t kHalf = std::int64_t{1} << (kDigitBits - 1);
constexpr std::int64_t kCarryBias = std::int64_t{1} << 12;
constexpr std::int64_t kColumnBias = (kCarryBias << kDigitBits) + kHalf;  // makes columns positive, and digits be rounded to nearest
static_assert(((kColumnLimit + kColumnBias) >> kDigitBits) - kCarryBias <= 1 << 11 && ((kColumnBias - kColumnLimit) >> kDigitBits) - kCarryBias >= -(1 << 11));
static_assert(static_cast<double>(kHalf) + 0x1p11 <= kRange.digit);

// Biased: a digit plus 2^48, a carry plus 2^12.
struct Biased {
  Integers digit;
  Integers carry;
};
ASSAY_INLINE Biased carry_of(Integers column) noexcept {
  const Integers biased = add(column, integers(kColumnBias));
  return {_mm256_and_si256(biased, integers(kDigitMask)), _mm256_srli_epi64(biased, static_cast<int>(kDigitBits))};
}
// digit_of(digit + carry of the column below, both biased): an integer below 2^52 becomes a double as the mantissa of one.
ASSAY_INLINE Doubles digit_of(Integers biased) noexcept {
  constexpr std::int64_t kExponent = 0x4330000000000000;  // of 2^52
  return _mm256_sub_pd(doubles_of(_mm256_or_si256(biased, integers(kExponent))), doubles(0x1p52 + static_cast<double>(kHalf + kCarryBias)));
}

// carry_in_lanes(a, columns, count): the columns as digits, lane by lane; returns the carry above them.
ASSAY_KERNEL Integers carry_in_lanes(Doubles* a, const Integers* columns, std::size_t count) noexcept {
  Integers from_below = integers(kCarryBias);
  for (std::size_t i = 0; i < count; ++i) {
    const Biased parts = carry_of(columns[i]);
    a[i] = digit_of(add(parts.digit, from_below));
    from_below = parts.carry;
  }
  return subtract(from_below, integers(kCarryBias));
}

// column_of(digit): an integer as the mantissa of a double becomes a column.
ASSAY_INLINE Integers column_of(Doubles digit) noexcept { return subtract(bits_of(_mm256_add_pd(digit, doubles(kLowStart))), integers(kLowBits)); }

// carry_difference<N>(d): d of differences of digits: carries -1, 0 or 1 out of each digit into the next; the top digit keeps its excess.
template <std::size_t kCount>
ASSAY_INLINE void carry_difference(Doubles* d) noexcept {
  Doubles carry = doubles(0);
  each<kCount>([&](auto i) ASSAY_INLINED {
    Doubles digit = d[i];
    Doubles next = doubles(0);
    if constexpr (i + 1 < kCount) {
      next = _mm256_sub_pd(_mm256_add_pd(digit, doubles(kHighStart)), doubles(kHighStart));  // rounded to a multiple of 2^49
      digit = _mm256_sub_pd(digit, next);
    }
    if constexpr (i > 0) digit = _mm256_fmadd_pd(carry, doubles(0x1p-49), digit);
    d[i] = digit;
    carry = next;
  });
}

}  // namespace
}  // namespace assay::crypto::rsa
