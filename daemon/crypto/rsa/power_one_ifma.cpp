// One signature over the eight lanes, for what is left of a batch when its eights are taken out, and for a token that comes alone.
//
// A number is eight blocks of K digits: block l in lane l of K vectors; so are the K vectors of columns, of which lane l of vector r is column j + K l + r of the
// product, j digits of one factor having been taken. So a digit, broadcast, times the other factor needs no shuffle, and when column j is done and reduced, the
// other lanes of its vector are the columns that come in at the top, each a lane down. Product and reduction go together, row by row.
#include "crypto/rsa/digits_ifma.h"
#include "crypto/rsa/ifma_power.h"

namespace assay::crypto::rsa {
namespace {

ASSAY_INLINE Integers broadcast(std::int64_t digit) noexcept { return _mm512_set1_epi64(digit); }
ASSAY_INLINE Integers first_lane(Integers v) noexcept { return _mm512_broadcastq_epi64(_mm512_castsi512_si128(v)); }
// add_digits(low, high, x, y): the product of two digits.
ASSAY_INLINE void add_digits(Integers& low, Integers& high, Integers x, Integers y) noexcept {
  low = add_low(low, x, y);
  high = add_high(high, x, y);
}
// up(v): each lane to the next one; the first is zero. down(v): each lane to the one before; the last is zero.
ASSAY_INLINE Integers up(Integers v) noexcept { return _mm512_alignr_epi64(v, integers(0), 7); }
ASSAY_INLINE Integers down(Integers v) noexcept { return _mm512_alignr_epi64(integers(0), v, 1); }

// One<kShape>: the arithmetic of one shape.
template <std::size_t kShape>
struct One {
  static constexpr std::size_t kRows = kIfmaShapes[kShape].rows;
  static constexpr std::size_t kDigits = kIfmaShapes[kShape].digits();

  using Number = Integers[kRows];

  static void load(Number& a, const std::int64_t* digits) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) a[r] = _mm512_load_si512(digits + kIfmaLanes * r);
  }
  static void store(std::int64_t* digits, const Number& a) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) _mm512_store_si512(digits + kIfmaLanes * r, a[r]);
  }

  // Columns: what the products have come to, and apart from it what the reduction has, so that products need not wait for a quotient: a row's quotient waits
  // for that of the row before, and for a row of 2048 bits that is nearly as long as its multiplications take.
  struct Columns {
    Integers of_product[kRows + 1];
    Integers of_reduction[kRows + 1];
  };

  // carry_all(a, columns): all columns at once: a digit takes the carry of the column below it; and once more while that makes one too long, which is rare unless
  // the number was chosen for it. The number has no carry above its top digit.
  ASSAY_INLINE static void carry_all(Number& a, const Columns& columns) noexcept {
    for (std::size_t r = 0; r < kRows; ++r) a[r] = add(columns.of_product[r], columns.of_reduction[r]);
    Integers too_long;
    do {
      Integers from_below = up(carry_of(a[kRows - 1]));
      too_long = integers(0);
      for (std::size_t r = 0; r < kRows; ++r) {
        const Integers column = a[r];
        a[r] = add(digit_of(column), from_below);
        from_below = carry_of(column);
        too_long = _mm512_or_si512(too_long, a[r]);
      }
    } while (_mm512_test_epi64_mask(too_long, integers(~kIfmaDigitMask)) != 0);
  }

  // Encoding: a head, which the key has multiplied already, the digest, and what that is to be multiplied by.
  struct Encoding {
    const std::int64_t* head;
    const std::int64_t* digest;
    const std::int64_t* negative;
  };

  // row<kEncoded>(columns, digit, y, ...): columns += digit y + of_digest negative, and the multiple of n that makes the lowest column zero, which goes.
  template <bool kEncoded>
  ASSAY_INLINE static void row(Columns& columns, Integers digit, const Number& y, Integers of_digest, const std::int64_t* negative, const Number& n,
                               Integers inverse) noexcept {
    auto& [products, reduction] = columns;
    products[kRows] = integers(0);
    each<kRows>([&](auto r) ASSAY_INLINED {
      add_digits(products[r], products[r + 1], digit, y[r]);
      if constexpr (kEncoded) add_digits(products[r], products[r + 1], of_digest, _mm512_load_si512(negative + kIfmaLanes * r));
    });
    Integers lowest = add(products[0], reduction[0]);
    const Integers q = first_lane(add_low(integers(0), lowest, inverse));
    reduction[1] = add(reduction[1], _mm512_maskz_mov_epi64(1, rounded_carry(lowest)));
    reduction[kRows] = integers(0);
    add_digits(lowest, reduction[1], q, n[0]);
    each<kRows - 1>([&](auto r) ASSAY_INLINED { add_digits(reduction[r + 1], reduction[r + 2], q, n[r + 1]); });
    reduction[kRows] = add(reduction[kRows], down(lowest));
    each<kRows>([&](auto r) ASSAY_INLINED {
      products[r] = products[r + 1];
      reduction[r] = reduction[r + 1];
    });
  }

  // multiply<kEncoded>(a, x, y, ...): a = (x y + head + digest negative) / R mod n, below 2 n, x y below 2 n^2, or 4 n^2 without the rest; x in memory.
  // Montgomery (1985). Checked by RsaPower (tests/crypto/rsa).
  template <bool kEncoded>
  ASSAY_KERNEL static void multiply(Number& a, const std::int64_t* x, const Number& y, const Encoding& encoding, const Number& n, Integers inverse) noexcept {
    Columns columns;
    for (std::size_t r = 0; r < kRows; ++r) {
      columns.of_product[r] = integers(0);
      columns.of_reduction[r] = kEncoded ? _mm512_load_si512(encoding.head + kIfmaLanes * r) : integers(0);
    }
    for (std::size_t j = 0, lane = 0; j < kDigits; ++lane) {
      for (std::size_t r = 0; r < kRows && j < kDigits; ++r, ++j) {
        const Integers digit = broadcast(x[kIfmaLanes * r + lane]);
        if (kEncoded && j < kIfmaDigestDigits) {
          row<true>(columns, digit, y, broadcast(encoding.digest[j]), encoding.negative, n, inverse);
        } else {
          row<false>(columns, digit, y, integers(0), nullptr, n, inverse);
        }
      }
    }
    carry_all(a, columns);
  }

  // raise(a, s, e, n, inverse): a = s^(e - 1) R^(2 - e), all of the power but for the product with s that an odd exponent ends with.
  static void raise(Number& a, const Number& s, std::uint32_t e, const Number& n, Integers inverse) noexcept {
    alignas(64) std::int64_t factor[kIfmaLanes * kRows];
    for (std::size_t r = 0; r < kRows; ++r) a[r] = s[r];
    for (std::uint32_t bit = std::uint32_t{1} << (31 - __builtin_clz(e)) >> 1; bit != 0; bit >>= 1) {
      store(factor, a);
      multiply<false>(a, factor, a, {}, n, inverse);
      if ((e & bit) == 0 || bit == 1) continue;
      store(factor, a);
      multiply<false>(a, factor, s, {}, n, inverse);
    }
  }

  // The factor brings the power back: see form.h.
  static void power(const IfmaConstants& constants, std::int64_t* digits) noexcept {
    const Integers inverse = integers(constants.inverse);
    Number n;
    Number s;
    Number a;
    load(n, constants.modulus);
    load(s, digits);
    raise(a, s, constants.exponent, n, inverse);
    multiply<false>(a, digits, a, {}, n, inverse);
    multiply<false>(a, constants.factor, a, {}, n, inverse);
    store(digits, a);
  }

  static bool encodes(const IfmaConstants& constants, const Encoding& encoding, const std::int64_t* digits) noexcept {
    const Integers inverse = integers(constants.inverse);
    Number n;
    Number s;
    Number a;
    load(n, constants.modulus);
    load(s, digits);
    raise(a, s, constants.exponent, n, inverse);
    multiply<true>(a, digits, a, encoding, n, inverse);
    Comparison with_n;
    for (std::size_t r = 0; r < kRows; ++r) with_n.take(a[r], n[r]);
    return with_n.equal() == 0xFF;
  }
};

}  // namespace

void power_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return One<0>::power(constants, digits);
    case 1: return One<1>::power(constants, digits);
    case 2: return One<2>::power(constants, digits);
    default: return;
  }
}

bool encodes_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, const std::int64_t* head, const std::int64_t* digest,
                              const std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return One<0>::encodes(constants, {head, digest, constants.negative}, digits);
    case 1: return One<1>::encodes(constants, {head, digest, constants.negative}, digits);
    case 2: return One<2>::encodes(constants, {head, digest, constants.negative}, digits);
    default: return false;
  }
}

}  // namespace assay::crypto::rsa
