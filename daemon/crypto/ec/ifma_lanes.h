// Field arithmetic in lanes of 52-bit limbs: products, folds and carries for the multiply-add of AVX-512 IFMA, as templates over the type of a limb.
//
// `Ops` is eight 64-bit lanes (ifma_field.h) in the kernel and an interval in tests/crypto/ec/ifma_bounds_test.cpp, which runs this very code over everything a
// limb can be and so proves that nothing overflows. Hence: no operation here but those of Ops.
//
// An element is the sum of limb[i] 2^(52 i) in Montgomery's form with R = 2^(52 kLimbs). The multiplication takes the lowest 52 bits of a limb and nothing else, so
// all limbs are in [0, 2^52) always: sums, differences and products carry. Values are not reduced: products are below 2 p, sums and differences a few multiples of
// p, and nothing is negative: a subtraction adds a multiple of p first.
#pragma once

#include "crypto/ec/curves.h"

namespace assay::crypto::ec {
namespace {

// Shape52: how a curve's numbers are cut, and which multiple of p makes up for what is subtracted: kForDifference p in a difference, kForSubtrahends p in a product
// minus at most two elements, one of them perhaps twice another. A product minus so many as kFoldFrom is folded below 2^kBits + a little.
template <class Curve>
struct Shape52 {
  static constexpr int kLimbBits = 52, kLimbs = Curve::kBits / kLimbBits + 1, kTop = kLimbs - 1, kTopBits = Curve::kBits % kLimbBits;
  static constexpr int kForDifference = 2, kForSubtrahends = 4, kFoldFrom = 1;

  // term(i): what the terms of p + 1 add up to in limb i.
  static constexpr i64 term(int i) noexcept {
    i64 sum = 0;
    for (const Term& term : Curve::kTerms) {
      if (term.exponent / kLimbBits == i) sum += term.sign * (i64{1} << term.exponent % kLimbBits);
    }
    return sum;
  }
  // digit(i): of p + 1, from -1 to 2^52 - 1: a term below -1 borrows from the next limb. Few are not zero.
  static constexpr i64 digit(int i) noexcept {
    const auto borrows = [](int limb) { return limb >= 0 && term(limb) < -1; };
    return term(i) - (borrows(i - 1) ? 1 : 0) + (borrows(i) ? i64{1} << kLimbBits : 0);
  }
  // multiple(count, lent, i): limb i of count p, where the next limb has lent so many 2^52 to each.
  static constexpr i64 multiple(int count, int lent, int i) noexcept {
    return count * term(i) - (i == 0 ? count : lent) + (i < kTop ? lent * (i64{1} << kLimbBits) : 0);
  }
};

template <class Curve, class Ops>
struct alignas(Ops::kAlignment) Lanes52 {
  typename Ops::Lane limb[extent(Shape52<Curve>::kLimbs)];
};

// carry_52: all limbs but the highest into [0, 2^52). Precondition: |limb| < 2^63 - 2^12. Signed.
template <class Curve, class Ops>
ASSAY_EC_INLINE void carry_52(typename Ops::Lane* limb) noexcept {
  unroll<Shape52<Curve>::kTop>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
    limb[i + 1] = Ops::add(limb[i + 1], Ops::template shift_right<52>(limb[i]));
    limb[i] = Ops::low_52(limb[i]);
  });
}

// fold_52: value -= q p, where q is value / 2^kBits rounded down, seen from the two highest limbs: limbs need not be carried. Precondition: value and all limbs but the
//   highest are not negative, |limb| < 2^60, q < 2^18. Result, to be carried: in [0, 2^kBits + 2^(52 kTop) + q (2^kBits - p)), as what is not seen may carry 1 into the highest.
template <class Curve, class Ops>
ASSAY_EC_INLINE void fold_52(typename Ops::Lane* limb) noexcept {
  using Shape = Shape52<Curve>;
  unroll<Shape::kTop>([&](auto i) ASSAY_EC_INLINE_LAMBDA { Ops::expect_not_negative(limb[i]); });
  const auto q = Ops::template shift_right<Shape::kTopBits>(Ops::add(limb[Shape::kTop], Ops::template shift_right<52>(limb[Shape::kTop - 1])));
  limb[0] = Ops::add(limb[0], q);
  unroll<Curve::kTermCount>([&](auto k) ASSAY_EC_INLINE_LAMBDA {
    constexpr Term kTerm = Curve::kTerms[k.value];
    constexpr int kAt = kTerm.exponent / 52;
    const auto part = Ops::template shift_left<kTerm.exponent % 52>(q);
    limb[kAt] = kTerm.sign > 0 ? Ops::subtract(limb[kAt], part) : Ops::add(limb[kAt], part);
  });
}

// A limb of a - b + kForDifference p, not carried.
template <class Curve, class Ops, int kLimb>
ASSAY_EC_INLINE typename Ops::Lane subtract_limb_52(const typename Ops::Lane& a, const typename Ops::Lane& b) noexcept {
  constexpr i64 kMultiple = Shape52<Curve>::multiple(Shape52<Curve>::kForDifference, 0, kLimb);
  const auto difference = Ops::subtract(a, b);
  if constexpr (kMultiple == 0) return difference;
  return Ops::add(difference, Ops::set(kMultiple));
}

// add_52, subtract_52: r = a + b, a - b + kForDifference p. r may be a or b.
template <class Curve, class Ops>
ASSAY_EC_INLINE void add_52(typename Ops::Lane* r, const typename Ops::Lane* a, const typename Ops::Lane* b) noexcept {
  unroll<Shape52<Curve>::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r[i] = Ops::add(a[i], b[i]); });
  carry_52<Curve, Ops>(r);
}
template <class Curve, class Ops>
ASSAY_EC_INLINE void subtract_52(typename Ops::Lane* r, const typename Ops::Lane* a, const typename Ops::Lane* b) noexcept {
  unroll<Shape52<Curve>::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r[i] = subtract_limb_52<Curve, Ops, i.value>(a[i], b[i]); });
  carry_52<Curve, Ops>(r);
}

// What a product takes besides its factors.
enum class Left52 : std::uint8_t { factor, difference };  // a or a - a2
enum class Right52 : std::uint8_t { factor, same };       // b or a (a square)

// lane product of 52-bit limbs: r = (a [- a2]) b / R [- s [- t]] mod p.
//   Sizes: kLimbs limbs in [0, 2^52). Precondition: a2 <= 2 p, s + t <= 4 p, and values such that no number exceeds R, which ifma_bounds_test.cpp proves for every use
//   in point.h and tree.h. Domain: Montgomery. Result: carried, in [0, a b / R + p), or, with subtrahends, folded to little more than 2^kBits. Not vartime.
//   Source: Montgomery 1985, row by row: limb a_i times all limbs of b, low and high halves, goes into kLimbs + 1 column sums, which fit the registers. The lowest
//   column is then complete but for the quotient's earlier digits; it gives the next digit m (itself, where p = -1 mod 2^52), and m (p + 1) is added where it
//   belongs, one column at a time: few digits of p + 1 are not zero, and most of them are powers of two.
//   Vectors: tests/crypto/ec/field_test.cpp against OpenSSL's BN.
template <class Curve, class Ops, int kSubtrahends, Left52 kLeft, Right52 kRight>
class Product52 {
 public:
  using Lane = typename Ops::Lane;
  using Element = Lanes52<Curve, Ops>;

  ASSAY_EC_INLINE static void run(Element& r, const Element& a, const Element& b, const Element* s, const Element* t, const Element* a2) noexcept {
    static_assert(kLeft == Left52::factor || kRight == Right52::factor);
    Product52 product{a, b, a2};
    unroll<kLimbs>([&](auto row) ASSAY_EC_INLINE_LAMBDA {
      if constexpr (kRight == Right52::same) {
        product.template add_square_row<row.value>();
      } else {
        product.template add_row<row.value>();
      }
      product.template take_quotient<row.value>();
    });
    Lane* const result = product.column_ + kLimbs;
    unroll<kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
      product.template add_multiples<kLimbs + i.value>();
      if constexpr (i.value == 0) result[0] = Ops::add(result[0], product.carry_);
      if constexpr (kSubtrahends >= 1) result[i] = Ops::subtract(result[i], s->limb[i]);
      if constexpr (kSubtrahends >= 2) result[i] = Ops::subtract(result[i], t->limb[i]);
    });
    if constexpr (kSubtrahends >= Shape::kFoldFrom) fold_52<Curve, Ops>(result);
    carry_52<Curve, Ops>(result);
    unroll<kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r.limb[i] = result[i]; });
  }

 private:
  using Shape = Shape52<Curve>;
  static constexpr int kLimbs = Shape::kLimbs;

  ASSAY_EC_INLINE Product52(const Element& a, const Element& b, const Element* a2) noexcept : a_(a), b_(b), a2_(a2) {}

  // A column of the result starts at the multiple of p that makes up for the subtrahends, and each limb is lent enough for theirs and for what P-384 subtracts of the
  // quotient: none becomes negative.
  template <int kColumn>
  ASSAY_EC_INLINE static Lane start() noexcept {
    if constexpr (kSubtrahends > 0 && kColumn >= kLimbs) {
      return Ops::set(Shape::multiple(Shape::kForSubtrahends, kSubtrahends + 2, kColumn - kLimbs));
    } else {
      return Ops::set(0);
    }
  }

  template <int kRow>
  ASSAY_EC_INLINE void add_row() noexcept {
    Lane limb = a_.limb[kRow];
    if constexpr (kLeft == Left52::difference) {
      limb = subtract_limb_52<Curve, Ops, kRow>(limb, a2_->limb[kRow]);
      if constexpr (kRow > 0) limb = Ops::add(limb, borrowed_);
      if constexpr (kRow < Shape::kTop) borrowed_ = Ops::template shift_right<52>(limb);
      limb = Ops::cut(limb);
    }
    if constexpr (kRow == 0) unroll<kLimbs>([&](auto j) ASSAY_EC_INLINE_LAMBDA { column_[j] = start<j.value>(); });
    column_[kRow + kLimbs] = start<kRow + kLimbs>();
    unroll<kLimbs>([&](auto j) ASSAY_EC_INLINE_LAMBDA { Ops::multiply_add_low(column_[kRow + j], limb, b_.limb[j]); });
    unroll<kLimbs>([&](auto j) ASSAY_EC_INLINE_LAMBDA { Ops::multiply_add_high(column_[kRow + j + 1], limb, b_.limb[j]); });
  }

  // Products off the diagonal count twice: the columns 2 kRow + 1 and 2 kRow + 2, which have no more of them after this row, are doubled before the squares are added.
  template <int kRow>
  ASSAY_EC_INLINE void add_square_row() noexcept {
    const Lane limb = a_.limb[kRow];
    if constexpr (kRow == 0) {
      unroll<2 * kLimbs>([&](auto k) ASSAY_EC_INLINE_LAMBDA { column_[k] = Ops::set(0); });
      Ops::multiply_add_low(column_[0], limb, limb);
    }
    constexpr int kRest = kLimbs - 1 - kRow;
    unroll<kRest>([&](auto j) ASSAY_EC_INLINE_LAMBDA { Ops::multiply_add_low(column_[2 * kRow + 1 + j], limb, a_.limb[kRow + 1 + j]); });
    unroll<kRest>([&](auto j) ASSAY_EC_INLINE_LAMBDA { Ops::multiply_add_high(column_[2 * kRow + 2 + j], limb, a_.limb[kRow + 1 + j]); });
    double_column<2 * kRow + 1>();
    Ops::multiply_add_high(column_[2 * kRow + 1], limb, limb);
    if constexpr (kRest > 0) {
      double_column<2 * kRow + 2>();
      Ops::multiply_add_low(column_[2 * kRow + 2], a_.limb[kRow + 1], a_.limb[kRow + 1]);
    }
  }
  template <int kColumn>
  ASSAY_EC_INLINE void double_column() noexcept {
    // The highest column has no products but a square.
    if constexpr (kColumn < 2 * kLimbs - 1) column_[kColumn] = Ops::add(column_[kColumn], column_[kColumn]);
    if constexpr (kSubtrahends > 0 && kColumn >= kLimbs) column_[kColumn] = Ops::add(column_[kColumn], start<kColumn>());
  }

  // The next digit m of the quotient, and what is carried once m p has made the column a multiple of 2^52. Where p = 2^kShift - 1 mod 2^52 and 2 kShift >= 52, -1/p is
  // 2^kShift + 1, and the lower half of 2^kShift m is that of 2^kShift times the column.
  template <int kColumn>
  ASSAY_EC_INLINE void take_quotient() noexcept {
    add_multiples<kColumn>();
    Lane sum = column_[kColumn];
    if constexpr (kColumn > 0) sum = Ops::add(sum, carry_);
    if constexpr (kFirstShift > 0) sum = Ops::add(sum, Ops::low_52(Ops::template shift_left<kFirstShift>(sum)));
    factor_[kColumn] = Ops::cut(sum);
    quotient_[kColumn] = Ops::low_52(sum);
    carry_ = Ops::template shift_right<52>(sum);
    if constexpr (kFirstShift > 0) carry_ = Ops::add(carry_, Ops::template shift_right<52 - kFirstShift>(quotient_[kColumn]));
  }
  static constexpr int kFirstShift = Shape::digit(0) == 0 ? 0 : std::countr_zero(static_cast<u64>(Shape::digit(0)));
  static_assert(kFirstShift == 0 || (Shape::digit(0) == i64{1} << kFirstShift && 2 * kFirstShift >= 52));

  // The column's part of m (p + 1) for all digits m of the quotient so far, the oldest first; but for digit 0 of p + 1, which the carry took.
  template <int kColumn>
  ASSAY_EC_INLINE void add_multiples() noexcept {
    unroll<kLimbs - 1>([&](auto i) ASSAY_EC_INLINE_LAMBDA { add_multiple<kColumn, Shape::kTop - i.value>(); });
  }
  template <int kColumn, int kDistance>
  ASSAY_EC_INLINE void add_multiple() noexcept {
    constexpr i64 kDigit = Shape::digit(kDistance);
    constexpr bool kPower = std::has_single_bit(static_cast<u64>(kDigit)), kShort = kDigit < 1 << 8;
    constexpr int kShift = std::countr_zero(static_cast<u64>(kDigit)), kLow = kColumn - kDistance, kHigh = kLow - 1;
    constexpr bool kHasLow = kDigit != 0 && kLow >= 0 && kLow < kLimbs, kHasHigh = kDigit != 0 && !kShort && kHigh >= 0 && kHigh < kLimbs;
    Lane& sum = column_[kColumn];
    if constexpr (kHasHigh && kPower) sum = Ops::add(sum, Ops::template shift_right<52 - kShift>(quotient_[kHigh]));
    if constexpr (kHasHigh && !kPower) Ops::multiply_add_high(sum, factor_[kHigh], Ops::set(kDigit));
    // Of a short digit the column has room for both halves.
    if constexpr (kHasLow && kDigit == -1) sum = Ops::subtract(sum, quotient_[kLow]);
    if constexpr (kHasLow && kDigit != -1 && kShort) sum = Ops::add(sum, Ops::template shift_left<kShift>(quotient_[kLow]));
    if constexpr (kHasLow && !kShort) Ops::multiply_add_low(sum, factor_[kLow], Ops::set(kDigit));
  }

  const Element& a_;
  const Element& b_;
  const Element* a2_;
  Lane column_[extent(2 * kLimbs)], quotient_[extent(kLimbs)], factor_[extent(kLimbs)];  // factor_: the same as quotient_, not masked
  Lane carry_{}, borrowed_{};
};

// canonical_52: into [0, p). Precondition: carried, below 2^18 p and R.
template <class Curve, class Ops>
ASSAY_EC_INLINE void canonical_52(typename Ops::Lane* limb) noexcept {
  using Shape = Shape52<Curve>;
  fold_52<Curve, Ops>(limb);
  carry_52<Curve, Ops>(limb);
  typename Ops::Lane reduced[extent(Shape::kLimbs)];
  unroll<Shape::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { reduced[i] = Ops::subtract(limb[i], Ops::set(Shape::multiple(1, 0, i.value))); });
  carry_52<Curve, Ops>(reduced);
  unroll<Shape::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { limb[i] = Ops::choose_by_sign(reduced[Shape::kTop], limb[i], reduced[i]); });
}

}  // namespace
}  // namespace assay::crypto::ec
