// Eight signatures, one a lane, under keys of one shape and exponent: what full batches are verified by.
//
// A number of 10 B digits is as many vectors, and a product with its reduction goes through the 20 B columns once, ten of them at a time, whose sums stay in
// registers from the first product to the carry. So what comes from memory are factors only. The products that meet in ten columns are those of blocks i and
// t - i and the upper half of those of i and t - i - 1: for each block i of one factor a hundred products, but at both ends of the number. These kernels are
// loops over a few hundred instructions, whatever the shape, and run from the op cache at a multiplication a cycle, which is what there is. Squares, which are
// nearly all that is to be done, are Karatsuba's besides: 4 to 8 % of a step, the more the longer. For that, columns are signed; digits never are.
#include "crypto/rsa/digits_ifma.h"
#include "crypto/rsa/ifma_power.h"

namespace assay::crypto::rsa {
namespace {

// Of each shape. Nothing may be called that another file has as well: see unrolled.h.
constexpr std::size_t kBlocks[kIfmaShapeCount] = {kIfmaShapes[0].blocks, kIfmaShapes[1].blocks, kIfmaShapes[2].blocks};
constexpr std::size_t kRows[kIfmaShapeCount] = {kIfmaShapes[0].rows, kIfmaShapes[1].rows, kIfmaShapes[2].rows};
constexpr std::size_t kDigitsMax = kIfmaShapes.back().digits();

// Tile: ten columns, and what their products give to the one above.
using Tile = Integers[kIfmaBlock + 1];

// Part: which of the products x_r y_(i - r) of a block of x are there, column i, row r. all: of two blocks of y, y[0 ..] and the one before it. from_low:
// there is none before it; up_to_high: only that before it. even, odd, last: of a square, each product of two different digits once, where the block of x meets
// itself: its own columns of even number; those above, with the next block, or without one.
enum class Part : std::uint8_t { all, from_low, up_to_high, even, odd, last };

constexpr bool is_in(Part part, std::size_t row, std::size_t column) noexcept {
  switch (part) {
    case Part::all: return true;
    case Part::from_low: return column >= row;
    case Part::up_to_high: return column < row;
    case Part::even: return column > 2 * row;
    case Part::odd: return column + kIfmaBlock > 2 * row;
    case Part::last: return column < row && column + kIfmaBlock > 2 * row;
  }
  return false;
}

// add_block<kPart>(tile, x, y): columns i += sum of x_r y_(i - r), a block of x, the digits y[-9 .. 9], those that there are.
template <Part kPart>
ASSAY_INLINE void add_block(Tile& tile, const Integers* x, const Integers* y) noexcept {
  each<kIfmaBlock>([&](auto row) ASSAY_INLINED {
    const Integers digit = x[row];
    each<kIfmaBlock>([&](auto column) ASSAY_INLINED {
      if constexpr (is_in(kPart, row, column)) {
        const Integers other = y[static_cast<std::ptrdiff_t>(column) - static_cast<std::ptrdiff_t>(row)];
        tile[column] = add_low(tile[column], digit, other);
        tile[column + 1] = add_high(tile[column + 1], digit, other);
      }
    });
  });
}

// Eight: eight moduli.
struct Eight {
  std::size_t blocks;
  Integers inverse;
  alignas(64) Integers modulus[kDigitsMax];
};

// add_product(tile, t, x, x_blocks, y, blocks): tile t of the product of x and y, x not the longer one.
ASSAY_INLINE void add_product(Tile& tile, std::size_t t, const Integers* x, std::size_t x_blocks, const Integers* y, std::size_t blocks) noexcept {
  std::size_t i = 0;
  if (t >= blocks) {
    i = t - blocks;
    if (i < x_blocks) add_block<Part::up_to_high>(tile, x + kIfmaBlock * i, y + kIfmaBlock * blocks);
    ++i;
  }
  for (; i < x_blocks && i < t; ++i) add_block<Part::all>(tile, x + kIfmaBlock * i, y + kIfmaBlock * (t - i));
  if (t < x_blocks) add_block<Part::from_low>(tile, x + kIfmaBlock * t, y);
}

// add_square(tile, t, a, blocks): tile t of a^2, which is the first addition to it: products of different digits once, doubled, and the squares.
ASSAY_INLINE void add_square(Tile& tile, std::size_t t, const Integers* a, std::size_t blocks) noexcept {
  const std::size_t middle = t / 2;
  std::size_t i = 0;
  if (t >= blocks) {
    i = t - blocks;
    if (i < middle) {
      add_block<Part::up_to_high>(tile, a + kIfmaBlock * i, a + kIfmaBlock * blocks);
    } else {
      add_block<Part::last>(tile, a + kIfmaBlock * i, a + kIfmaBlock * blocks);
    }
    ++i;
  }
  for (; i < middle; ++i) add_block<Part::all>(tile, a + kIfmaBlock * i, a + kIfmaBlock * (t - i));
  if (i == middle) {
    if (t % 2 == 0) {
      add_block<Part::even>(tile, a + kIfmaBlock * i, a + kIfmaBlock * i);
    } else {
      add_block<Part::odd>(tile, a + kIfmaBlock * i, a + kIfmaBlock * (i + 1));
    }
  }
  each<kIfmaBlock + 1>([&](auto column) ASSAY_INLINED { tile[column] = add(tile[column], tile[column]); });
  const Integers* of_tile = a + kIfmaBlock / 2 * t;
  each<kIfmaBlock / 2>([&](auto row) ASSAY_INLINED {
    tile[2 * row] = add_low(tile[2 * row], of_tile[row], of_tile[row]);
    tile[2 * row + 1] = add_high(tile[2 * row + 1], of_tile[row], of_tile[row]);
  });
}

// square_by_tiles(columns, a, blocks): the 20 blocks columns of a^2.
ASSAY_KERNEL void square_by_tiles(Integers* columns, const Integers* a, std::size_t blocks) noexcept {
  Integers below = integers(0);
  for (std::size_t t = 0; t < 2 * blocks; ++t) {
    Tile tile;
    each<kIfmaBlock + 1>([&](auto column) ASSAY_INLINED { tile[column] = integers(0); });
    add_square(tile, t, a, blocks);
    tile[0] = add(tile[0], below);
    each<kIfmaBlock>([&](auto column) ASSAY_INLINED { columns[kIfmaBlock * t + column] = tile[column]; });
    below = tile[kIfmaBlock];
  }
}

// difference(d, a, count): d = |a[0 .. count-1] - a[count ..]|.
ASSAY_KERNEL void difference(Integers* d, const Integers* a, std::size_t count) noexcept {
  Integers borrow = integers(0);
  for (std::size_t i = 0; i < count; ++i) {
    const Integers column = add(subtract(a[i], a[count + i]), borrow);
    d[i] = digit_of(column);
    borrow = carry_of(column);
  }
  // Where there is a borrow at the top, the digits are those of 2^(52 count) - |d|.
  const __mmask8 negative = _mm512_movepi64_mask(borrow);
  Integers carry = _mm512_maskz_mov_epi64(negative, integers(1));
  for (std::size_t i = 0; i < count; ++i) {
    const Integers column = add(_mm512_mask_xor_epi64(d[i], negative, d[i], integers(kIfmaDigitMask)), carry);
    d[i] = digit_of(column);
    carry = carry_of(column);
  }
}

// join(columns, middle, quarter): columns hold the squares of the low half and of the high half; both, less middle, are added between them.
ASSAY_KERNEL void join(Integers* columns, const Integers* middle, std::size_t quarter) noexcept {
  for (std::size_t i = 0; i < quarter; ++i) {
    const Integers shared = add(columns[quarter + i], columns[2 * quarter + i]);
    const Integers low = add(shared, columns[i]);
    const Integers high = add(shared, columns[3 * quarter + i]);
    columns[quarter + i] = subtract(low, middle[i]);
    columns[2 * quarter + i] = subtract(high, middle[quarter + i]);
  }
}

// square_columns(columns, a, blocks): a^2 by Karatsuba: a_0^2, a_1^2, and 2 a_0 a_1 = a_0^2 + a_1^2 - (a_0 - a_1)^2, of which the sign does not matter.
void square_columns(Integers* columns, const Integers* a, std::size_t blocks) noexcept {
  if (blocks < kIfmaKaratsubaMin || blocks % 2 != 0) return square_by_tiles(columns, a, blocks);
  const std::size_t half = kIfmaBlock * blocks / 2;
  alignas(64) Integers d[kDigitsMax / 2];
  alignas(64) Integers middle[kDigitsMax];
  square_columns(columns, a, blocks / 2);
  square_columns(columns + 2 * half, a + half, blocks / 2);
  difference(d, a, half);
  square_columns(middle, d, blocks / 2);
  join(columns, middle, half);
}

// take_quotient(tile, q, eight): ten digits of the quotient, each of which makes its column zero with what the ones before it have left there. The next digit
// waits for this one and for as few additions as can be.
ASSAY_INLINE void take_quotient(Tile& tile, Integers* q, const Eight& eight) noexcept {
  each<kIfmaBlock>([&](auto row) ASSAY_INLINED {
    const Integers digit = add_low(integers(0), tile[row], eight.inverse);
    q[row] = digit;
    const Integers to_next = add_high(rounded_carry(tile[row]), digit, eight.modulus[0]);
    each<kIfmaBlock - 1 - row>([&](auto above) ASSAY_INLINED {
      constexpr std::size_t kColumn = row + 1 + above;
      tile[kColumn] = add_low(tile[kColumn], digit, eight.modulus[1 + above]);
      tile[kColumn + 1] = add_high(tile[kColumn + 1], digit, eight.modulus[1 + above]);
    });
    tile[row + 1] = add(tile[row + 1], to_next);
  });
}

// step(result, eight, add_tile): result = v / R mod n, below 2 n, v the number whose tile t is what add_tile(tile, t) makes of zero, and below 4 n^2. Digits of
// the result are stored when tiles from theirs on do not need the digits of a factor in their place any more. Montgomery (1985) by columns. Checked by
// RsaPower (tests/crypto/rsa).
template <class AddTile>
ASSAY_INLINE void step(Integers* result, const Eight& eight, AddTile&& add_tile) noexcept {
  alignas(64) Integers q[kDigitsMax];
  Integers below = integers(0);
  for (std::size_t t = 0; t < 2 * eight.blocks; ++t) {
    Tile tile;
    each<kIfmaBlock + 1>([&](auto column) ASSAY_INLINED { tile[column] = integers(0); });
    add_tile(tile, t);
    tile[0] = add(tile[0], below);
    add_product(tile, t, q, t < eight.blocks ? t : eight.blocks, eight.modulus, eight.blocks);
    if (t < eight.blocks) {
      take_quotient(tile, q + kIfmaBlock * t, eight);
    } else {
      Integers* digits = result + kIfmaBlock * (t - eight.blocks);
      each<kIfmaBlock>([&](auto column) ASSAY_INLINED {
        digits[column] = digit_of(tile[column]);
        tile[column + 1] = add(tile[column + 1], carry_of(tile[column]));
      });
    }
    below = tile[kIfmaBlock];
  }
}

// reduce: of columns that have been summed already.
ASSAY_KERNEL void reduce(Integers* result, const Integers* columns, const Eight& eight) noexcept {
  step(result, eight, [&](Tile& tile, std::size_t t) ASSAY_INLINED {
    each<kIfmaBlock>([&](auto column) ASSAY_INLINED { tile[column] = columns[kIfmaBlock * t + column]; });
  });
}
void square(Integers* a, const Eight& eight) noexcept {
  alignas(64) Integers columns[2 * kDigitsMax];
  square_columns(columns, a, eight.blocks);
  reduce(a, columns, eight);
}
ASSAY_KERNEL void multiply(Integers* a, const Integers* b, const Eight& eight) noexcept {
  step(a, eight, [&](Tile& tile, std::size_t t) ASSAY_INLINED { add_product(tile, t, a, eight.blocks, b, eight.blocks); });
}

// Encodings: of each lane: a head, which the key has multiplied already, the digest, and what that is to be multiplied by.
struct Encodings {
  const Integers* head;
  const Integers* digest;
  const Integers* negative;
};
// multiply_and_add: of a b and the encodings.
ASSAY_KERNEL void multiply_and_add(Integers* a, const Integers* b, const Encodings& encodings, const Eight& eight) noexcept {
  step(a, eight, [&](Tile& tile, std::size_t t) ASSAY_INLINED {
    add_product(tile, t, a, eight.blocks, b, eight.blocks);
    add_product(tile, t, encodings.digest, 1, encodings.negative, eight.blocks);
    if (t >= eight.blocks) return;
    each<kIfmaBlock>([&](auto column) ASSAY_INLINED { tile[column] = add(tile[column], encodings.head[kIfmaBlock * t + column]); });
  });
}

// interleave(out, tables, rows): one table of each of the eight keys. Vector r of one holds digits K l + r.
ASSAY_KERNEL void interleave(Integers* out, const std::int64_t* const (&tables)[kIfmaLanes], std::size_t rows) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    Integers v[kIfmaLanes];
    Integers pairs[kIfmaLanes];
    Integers fours[kIfmaLanes];
    each<kIfmaLanes>([&](auto lane) ASSAY_INLINED { v[lane] = _mm512_load_si512(tables[lane] + kIfmaLanes * r); });
    each<kIfmaLanes / 2>([&](auto i) ASSAY_INLINED {
      pairs[2 * i] = _mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]);
      pairs[2 * i + 1] = _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]);
    });
    // Of keys 0 to 3, then 4 to 7: digits 0 and 4, 1 and 5, 2 and 6, 3 and 7.
    each<2>([&](auto half) ASSAY_INLINED {
      const Integers* of_half = pairs + 4 * half;
      const auto joined = [](Integers a, Integers b, auto low) ASSAY_INLINED {
        constexpr long long kFrom = low ? 0 : 2;
        return _mm512_permutex2var_epi64(a, _mm512_setr_epi64(kFrom, kFrom + 1, kFrom + 8, kFrom + 9, kFrom + 4, kFrom + 5, kFrom + 12, kFrom + 13), b);
      };
      fours[4 * half] = joined(of_half[0], of_half[2], std::true_type{});
      fours[4 * half + 1] = joined(of_half[1], of_half[3], std::true_type{});
      fours[4 * half + 2] = joined(of_half[0], of_half[2], std::false_type{});
      fours[4 * half + 3] = joined(of_half[1], of_half[3], std::false_type{});
    });
    each<kIfmaLanes / 2>([&](auto digit) ASSAY_INLINED {
      out[rows * digit + r] = _mm512_shuffle_i64x2(fours[digit], fours[4 + digit], 0x44);
      out[rows * (4 + digit) + r] = _mm512_shuffle_i64x2(fours[digit], fours[4 + digit], 0xEE);
    });
  }
}

// Room for numbers with the digits that are none.
constexpr std::size_t kPlacesMax = kIfmaShapes.back().places();

void load_table(Integers (&out)[kPlacesMax], std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], const std::int64_t* IfmaConstants::*table) noexcept {
  const std::int64_t* tables[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) tables[lane] = constants[lane]->*table;
  interleave(out, tables, kRows[shape]);
}
static_assert(kPlacesMax == kDigitsMax);
void load_eight(Eight& eight, std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes]) noexcept {
  alignas(64) std::int64_t inverses[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) inverses[lane] = constants[lane]->inverse;
  eight.blocks = kBlocks[shape];
  eight.inverse = _mm512_load_si512(inverses);
  load_table(eight.modulus, shape, constants, &IfmaConstants::modulus);
}

// raise(a, s, e, eight): a = s^(e - 1) R^(2 - e), that is all of the power but for the product with s that an odd exponent ends with.
void raise(Integers* a, const Integers* s, std::uint32_t e, const Eight& eight) noexcept {
  for (std::size_t i = 0; i < kIfmaBlock * eight.blocks; ++i) a[i] = s[i];
  for (std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(e)) >> 1; bit != 0; bit >>= 1) {
    square(a, eight);
    if ((e & bit) != 0 && bit != 1) multiply(a, s, eight);
  }
}

}  // namespace

// The factor brings the power back: see form.h.
void power_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], std::int64_t* digits) noexcept {
  Eight eight;
  alignas(64) Integers factor[kPlacesMax];
  alignas(64) Integers a[kDigitsMax];
  auto* s = reinterpret_cast<Integers*>(digits);
  load_eight(eight, shape, constants);
  load_table(factor, shape, constants, &IfmaConstants::factor);
  raise(a, s, constants[0]->exponent, eight);
  multiply(a, s, eight);
  multiply(a, factor, eight);
  for (std::size_t i = 0; i < kIfmaBlock * eight.blocks; ++i) s[i] = a[i];
}

std::uint8_t encodes_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], const std::int64_t* const (&heads)[kIfmaLanes],
                                        const std::int64_t* digest, const std::int64_t* digits) noexcept {
  Eight eight;
  alignas(64) Integers negative[kPlacesMax];
  alignas(64) Integers head[kPlacesMax];
  alignas(64) Integers a[kDigitsMax];
  const auto* s = reinterpret_cast<const Integers*>(digits);
  load_eight(eight, shape, constants);
  load_table(negative, shape, constants, &IfmaConstants::negative);
  interleave(head, heads, kRows[shape]);
  raise(a, s, constants[0]->exponent, eight);
  multiply_and_add(a, s, {head, reinterpret_cast<const Integers*>(digest), negative}, eight);
  Comparison with_n;
  for (std::size_t i = 0; i < kIfmaBlock * eight.blocks; ++i) with_n.take(a[i], eight.modulus[i]);
  return with_n.equal();
}

}  // namespace assay::crypto::rsa
