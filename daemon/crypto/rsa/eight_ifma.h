// Eight numbers, one a lane, modulo eight moduli of one shape: products and squares with their reduction.
//
// `Ops` is eight 64-bit lanes (ops_ifma.h) in the kernel, and an interval in tests/crypto/rsa/ifma_bounds_test.cpp, which runs this very code over everything that
// a digit can be and so proves that no column overflows and that every factor is a digit. Hence: no operation here but those of Ops.
//
// A number of 10 B digits is as many vectors, and a product with its reduction goes through the 20 B columns once, ten of them at a time, whose sums stay in
// registers from the first product to the carry. So what comes from memory are factors only. The products that meet in ten columns are those of blocks i and
// t - i and the upper half of those of i and t - i - 1: for each block i of one factor a hundred products, but at both ends of the number. These kernels are
// loops over a few hundred instructions, whatever the shape, and run from the op cache at a multiplication a cycle, which is what there is. Squares, which are
// nearly all that is to be done, are Karatsuba's besides: 4 to 8 % of a step, the more the longer. For that, columns are signed; digits never are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

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

// EightTuning: digits of the longest numbers; blocks of the shortest square that gains by Karatsuba.
struct EightTuning {
  static constexpr std::size_t kDigitsMax = kIfmaShapes.back().digits();
  static constexpr std::size_t kKaratsubaMin = 4;
};

template <class Ops, class Tuning = EightTuning>
struct Eight {
  using Integers = typename Ops::Integers;
  static constexpr std::size_t kDigitsMax = Tuning::kDigitsMax;

  // Moduli: eight of them, and -1/n mod 2^52 of each.
  struct Moduli {
    std::size_t blocks;
    Integers inverse;
    alignas(64) Integers modulus[kDigitsMax];
  };
  // Encodings: of each lane: a head, which the key has multiplied already, the digest, and what that is to be multiplied by.
  struct Encodings {
    const Integers* head;
    const Integers* digest;
    const Integers* negative;
  };

  // square: a = a^2 / R mod n. multiply: a = a b / R mod n. multiply_and_add: a = (a b + head + digest negative) / R mod n.
  //   Digits in [0, 2^52), before and after. Values: a and b below 2 n, in multiply_and_add b below n; then so is the result, see ifma_reduces. Plain or Montgomery's
  //   domain. Not vartime. Source: Montgomery (1985), by columns; Karatsuba (1962). Checked by RsaPower (tests/crypto/rsa).
  static void square(Integers* a, const Moduli& n) noexcept {
    alignas(64) Integers columns[2 * kDigitsMax];
    square_columns(columns, a, n.blocks);
    reduce(a, columns, n);
  }
  ASSAY_KERNEL static void multiply(Integers* a, const Integers* b, const Moduli& n) noexcept {
    step(a, n, [&](Tile& tile, std::size_t t) ASSAY_INLINED { add_product(tile, t, a, n.blocks, b, n.blocks); });
  }
  ASSAY_KERNEL static void multiply_and_add(Integers* a, const Integers* b, const Encodings& encodings, const Moduli& n) noexcept {
    step(a, n, [&](Tile& tile, std::size_t t) ASSAY_INLINED {
      add_product(tile, t, a, n.blocks, b, n.blocks);
      add_product(tile, t, encodings.digest, 1, encodings.negative, n.blocks);
      if (t >= n.blocks) return;
      each<kIfmaBlock>([&](auto column) ASSAY_INLINED { tile[column] = Ops::add(tile[column], encodings.head[kIfmaBlock * t + column]); });
    });
  }

  // raise(a, s, e, n): a = s^(e - 1) R^(2 - e), that is all of the power but for the product with s that an odd exponent ends with.
  static void raise(Integers* a, const Integers* s, std::uint32_t e, const Moduli& n) noexcept {
    for (std::size_t i = 0; i < kIfmaBlock * n.blocks; ++i) a[i] = s[i];
    for (std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(e)) >> 1; bit != 0; bit >>= 1) {
      square(a, n);
      if ((e & bit) != 0 && bit != 1) multiply(a, s, n);
    }
  }

 private:
  // Tile: ten columns, and what their products give to the one above.
  using Tile = Integers[kIfmaBlock + 1];

  ASSAY_INLINE static void clear(Tile& tile) noexcept {
    each<kIfmaBlock + 1>([&](auto column) ASSAY_INLINED { tile[column] = Ops::set(0); });
  }

  // add_block<kPart>(tile, x, y): columns i += sum of x_r y_(i - r), a block of x, the digits y[-9 .. 9], those that there are.
  template <Part kPart>
  ASSAY_INLINE static void add_block(Tile& tile, const Integers* x, const Integers* y) noexcept {
    each<kIfmaBlock>([&](auto row) ASSAY_INLINED {
      const Integers digit = x[row];
      each<kIfmaBlock>([&](auto column) ASSAY_INLINED {
        if constexpr (is_in(kPart, row, column)) {
          const Integers other = y[static_cast<std::ptrdiff_t>(column) - static_cast<std::ptrdiff_t>(row)];
          tile[column] = Ops::add_low(tile[column], digit, other);
          tile[column + 1] = Ops::add_high(tile[column + 1], digit, other);
        }
      });
    });
  }

  // add_product(tile, t, x, x_blocks, y, blocks): tile t of the product of x and y, x not the longer one.
  ASSAY_INLINE static void add_product(Tile& tile, std::size_t t, const Integers* x, std::size_t x_blocks, const Integers* y, std::size_t blocks) noexcept {
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
  ASSAY_INLINE static void add_square(Tile& tile, std::size_t t, const Integers* a, std::size_t blocks) noexcept {
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
    each<kIfmaBlock + 1>([&](auto column) ASSAY_INLINED { tile[column] = Ops::add(tile[column], tile[column]); });
    const Integers* of_tile = a + kIfmaBlock / 2 * t;
    each<kIfmaBlock / 2>([&](auto row) ASSAY_INLINED {
      tile[2 * row] = Ops::add_low(tile[2 * row], of_tile[row], of_tile[row]);
      tile[2 * row + 1] = Ops::add_high(tile[2 * row + 1], of_tile[row], of_tile[row]);
    });
  }

  // square_by_tiles(columns, a, blocks): the 20 blocks columns of a^2.
  ASSAY_KERNEL static void square_by_tiles(Integers* columns, const Integers* a, std::size_t blocks) noexcept {
    Integers below = Ops::set(0);
    for (std::size_t t = 0; t < 2 * blocks; ++t) {
      Tile tile;
      clear(tile);
      add_square(tile, t, a, blocks);
      tile[0] = Ops::add(tile[0], below);
      each<kIfmaBlock>([&](auto column) ASSAY_INLINED { columns[kIfmaBlock * t + column] = tile[column]; });
      below = tile[kIfmaBlock];
    }
  }

  // difference(d, a, count): d = |a[0 .. count-1] - a[count ..]|.
  ASSAY_KERNEL static void difference(Integers* d, const Integers* a, std::size_t count) noexcept {
    Integers borrow = Ops::set(0);
    for (std::size_t i = 0; i < count; ++i) {
      const Integers column = Ops::add(Ops::subtract(a[i], a[count + i]), borrow);
      d[i] = Ops::digit_of(column);
      borrow = Ops::carry_of(column);
    }
    // Where there is a borrow at the top, the digits are those of 2^(52 count) - |d|.
    Integers carry = Ops::subtract(Ops::set(0), borrow);
    for (std::size_t i = 0; i < count; ++i) {
      const Integers column = Ops::add(Ops::complement_if(borrow, d[i]), carry);
      d[i] = Ops::digit_of(column);
      carry = Ops::carry_of(column);
    }
  }

  // join(columns, middle, quarter): columns hold the squares of the low half and of the high half; both, less middle, are added between them.
  ASSAY_KERNEL static void join(Integers* columns, const Integers* middle, std::size_t quarter) noexcept {
    for (std::size_t i = 0; i < quarter; ++i) {
      const Integers shared = Ops::add(columns[quarter + i], columns[2 * quarter + i]);
      const Integers low = Ops::add(shared, columns[i]);
      const Integers high = Ops::add(shared, columns[3 * quarter + i]);
      columns[quarter + i] = Ops::subtract(low, middle[i]);
      columns[2 * quarter + i] = Ops::subtract(high, middle[quarter + i]);
    }
  }

  // square_columns(columns, a, blocks): a^2 by Karatsuba: a_0^2, a_1^2, and 2 a_0 a_1 = a_0^2 + a_1^2 - (a_0 - a_1)^2, of which the sign does not matter.
  static void square_columns(Integers* columns, const Integers* a, std::size_t blocks) noexcept {
    if (blocks < Tuning::kKaratsubaMin || blocks % 2 != 0) return square_by_tiles(columns, a, blocks);
    const std::size_t half = kIfmaBlock * blocks / 2;
    alignas(64) Integers d[kDigitsMax / 2];
    alignas(64) Integers middle[kDigitsMax];
    square_columns(columns, a, blocks / 2);
    square_columns(columns + 2 * half, a + half, blocks / 2);
    difference(d, a, half);
    square_columns(middle, d, blocks / 2);
    join(columns, middle, half);
  }

  // take_quotient(tile, q, n): ten digits of the quotient, each of which makes its column zero with what the ones before it have left there. The next digit
  // waits for this one and for as few additions as can be.
  ASSAY_INLINE static void take_quotient(Tile& tile, Integers* q, const Moduli& n) noexcept {
    each<kIfmaBlock>([&](auto row) ASSAY_INLINED {
      const Integers digit = Ops::product_low(tile[row], n.inverse);
      q[row] = digit;
      const Integers to_next = Ops::add_high(Ops::rounded_carry(tile[row]), digit, n.modulus[0]);
      each<kIfmaBlock - 1 - row>([&](auto above) ASSAY_INLINED {
        constexpr std::size_t kColumn = row + 1 + above;
        tile[kColumn] = Ops::add_low(tile[kColumn], digit, n.modulus[1 + above]);
        tile[kColumn + 1] = Ops::add_high(tile[kColumn + 1], digit, n.modulus[1 + above]);
      });
      tile[row + 1] = Ops::add(tile[row + 1], to_next);
    });
  }

  // step(result, n, add_tile): result = v / R mod n, below 2 n, v the number whose tile t is what add_tile(tile, t) makes of zero, and below 4 n^2. Digits of the
  // result are stored when tiles from theirs on do not need the digits of a factor in their place any more.
  template <class AddTile>
  ASSAY_INLINE static void step(Integers* result, const Moduli& n, AddTile&& add_tile) noexcept {
    alignas(64) Integers q[kDigitsMax];
    Integers below = Ops::set(0);
    for (std::size_t t = 0; t < 2 * n.blocks; ++t) {
      Tile tile;
      clear(tile);
      add_tile(tile, t);
      tile[0] = Ops::add(tile[0], below);
      add_product(tile, t, q, t < n.blocks ? t : n.blocks, n.modulus, n.blocks);
      if (t < n.blocks) {
        take_quotient(tile, q + kIfmaBlock * t, n);
      } else {
        Integers* digits = result + kIfmaBlock * (t - n.blocks);
        each<kIfmaBlock>([&](auto column) ASSAY_INLINED {
          digits[column] = Ops::digit_of(tile[column]);
          tile[column + 1] = Ops::add(tile[column + 1], Ops::carry_of(tile[column]));
        });
      }
      below = tile[kIfmaBlock];
    }
  }

  // reduce: of columns that have been summed already.
  ASSAY_KERNEL static void reduce(Integers* result, const Integers* columns, const Moduli& n) noexcept {
    step(result, n, [&](Tile& tile, std::size_t t) ASSAY_INLINED {
      each<kIfmaBlock>([&](auto column) ASSAY_INLINED { tile[column] = columns[kIfmaBlock * t + column]; });
    });
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
