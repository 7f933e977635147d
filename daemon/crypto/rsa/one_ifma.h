// One number over the eight lanes: products with their reduction. `Ops` as in eight_ifma.h.
//
// A number is eight blocks of K digits: block l in lane l of K vectors; so are the K vectors of columns, of which lane l of vector r is column j + K l + r of the
// product, j digits of one factor having been taken. So a digit, broadcast, times the other factor needs no shuffle, and when column j is done and reduced, the
// other lanes of its vector are the columns that come in at the top, each a lane down. Product and reduction go together, row by row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

template <class Ops, IfmaShape kShape>
struct One {
  using Integers = typename Ops::Integers;
  using Digit = typename Ops::Digit;
  static constexpr std::size_t kRows = kShape.rows;
  static constexpr std::size_t kDigits = kShape.digits();

  using Number = Integers[kRows];

  // Encoding: a head, which the key has multiplied already, the digest, and what that is to be multiplied by.
  struct Encoding {
    const Digit* head;
    const Digit* digest;
    const Digit* negative;
  };

  static void load(Number& a, const Digit* digits) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) a[r] = Ops::load(digits + kIfmaLanes * r);
  }
  static void store(Digit* digits, const Number& a) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) Ops::store(digits + kIfmaLanes * r, a[r]);
  }

  // multiply<kEncoded>(a, x, y, ...): a = (x y + head + digest negative) / R mod n; without the encoding, x y / R mod n. x in memory.
  //   Digits in [0, 2^52), before and after. Values: x y below 2 n^2, or 4 n^2 without the encoding; then the result is below 2 n, see ifma_reduces. Plain or
  //   Montgomery's domain. Variable time in the last carries only. Source: Montgomery (1985). Checked by RsaPower (tests/crypto/rsa).
  template <bool kEncoded>
  ASSAY_KERNEL static void multiply(Number& a, const Digit* x, const Number& y, const Encoding& encoding, const Number& n, Integers inverse) noexcept {
    Columns columns;
    for (std::size_t r = 0; r < kRows; ++r) {
      columns.of_product[r] = Ops::set(0);
      columns.of_reduction[r] = kEncoded ? Ops::load(encoding.head + kIfmaLanes * r) : Ops::set(0);
    }
    for (std::size_t j = 0, lane = 0; j < kDigits; ++lane) {
      for (std::size_t r = 0; r < kRows && j < kDigits; ++r, ++j) {
        const Integers digit = Ops::broadcast(x[kIfmaLanes * r + lane]);
        if (kEncoded && j < kIfmaDigestDigits) {
          row<true>(columns, digit, y, Ops::broadcast(encoding.digest[j]), encoding.negative, n, inverse);
        } else {
          row<false>(columns, digit, y, Ops::set(0), nullptr, n, inverse);
        }
      }
    }
    carry_all(a, columns);
  }

  // raise(a, s, e, n, inverse): a = s^(e - 1) R^(2 - e), all of the power but for the product with s that an odd exponent ends with.
  static void raise(Number& a, const Number& s, std::uint32_t e, const Number& n, Integers inverse) noexcept {
    alignas(64) Digit factor[kIfmaLanes * kRows];
    for (std::size_t r = 0; r < kRows; ++r) a[r] = s[r];
    for (std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(e)) >> 1; bit != 0; bit >>= 1) {
      store(factor, a);
      multiply<false>(a, factor, a, {}, n, inverse);
      if ((e & bit) == 0 || bit == 1) continue;
      store(factor, a);
      multiply<false>(a, factor, s, {}, n, inverse);
    }
  }

 private:
  // Columns: what the products have come to, and apart from it what the reduction has, so that products need not wait for a quotient: a row's quotient waits
  // for that of the row before, and for a row of 2048 bits that is nearly as long as its multiplications take.
  struct Columns {
    Integers of_product[kRows + 1];
    Integers of_reduction[kRows + 1];
  };

  // add_digits(low, high, x, y): the product of two digits.
  ASSAY_INLINE static void add_digits(Integers& low, Integers& high, Integers x, Integers y) noexcept {
    low = Ops::add_low(low, x, y);
    high = Ops::add_high(high, x, y);
  }

  // carry_all(a, columns): all columns at once: a digit takes the carry of the column below it; and once more while that makes one too long, which is rare unless
  // the number was chosen for it. The number has no carry above its top digit.
  ASSAY_INLINE static void carry_all(Number& a, const Columns& columns) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) a[r] = Ops::add(columns.of_product[r], columns.of_reduction[r]);
    typename Ops::Excess excess;
    do {
      excess = {};
      Integers from_below = Ops::up(Ops::carry_of(a[kRows - 1]));
      for (std::size_t r = 0; r < kRows; ++r) {
        const Integers column = a[r];
        a[r] = Ops::add(Ops::digit_of(column), from_below);
        from_below = Ops::carry_of(column);
        excess.take(a[r]);
      }
    } while (excess.any());
    for (std::size_t r = 0; r < kRows; ++r) a[r] = Ops::known_digit(a[r]);
  }

  // row<kEncoded>(columns, digit, y, ...): columns += digit y + of_digest negative, and the multiple of n that makes the lowest column zero, which goes.
  template <bool kEncoded>
  ASSAY_INLINE static void row(Columns& columns, Integers digit, const Number& y, Integers of_digest, const Digit* negative, const Number& n,
                               Integers inverse) noexcept {
    auto& [products, reduction] = columns;
    products[kRows] = Ops::set(0);
    each<kRows>([&](auto r) ASSAY_INLINED {
      add_digits(products[r], products[r + 1], digit, y[r]);
      if constexpr (kEncoded) add_digits(products[r], products[r + 1], of_digest, Ops::load(negative + kIfmaLanes * r));
    });
    Integers lowest = Ops::add(products[0], reduction[0]);
    const Integers q = Ops::first_lane(Ops::product_low(lowest, inverse));
    reduction[1] = Ops::add(reduction[1], Ops::only_first(Ops::rounded_carry(lowest)));
    reduction[kRows] = Ops::set(0);
    add_digits(lowest, reduction[1], q, n[0]);
    each<kRows - 1>([&](auto r) ASSAY_INLINED { add_digits(reduction[r + 1], reduction[r + 2], q, n[r + 1]); });
    reduction[kRows] = Ops::add(reduction[kRows], Ops::down(lowest));
    each<kRows>([&](auto r) ASSAY_INLINED {
      products[r] = products[r + 1];
      reduction[r] = reduction[r + 1];
    });
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
