// The lanes' arithmetic over intervals: what daemon/crypto/ec computes with four limbs at a time is computed here with the range of every limb.
//
// Checked at every operation: the operands of the 32-bit multiplication are in [-2^31, 2^31); a 64-bit sum is in [0, 2^64) when it is shifted right or masked (in
// between it may wrap: only its value modulo 2^64 matters); limbs stored as results are in [-2^31, 2^31).
//
// Beside its limbs an element carries a range for its value, in units of p and rounded outwards. A product's value follows from Montgomery's equation,
// r = (a b + m p) / R - s - t with 0 <= m < R, which is taken as given (and tested in field_test.cpp); the highest limb's range is what both agree on.
#pragma once

#include "crypto/ec/intervals.h"
#include "crypto/ec/lanes.h"

namespace assay::crypto::ec {
namespace {

struct IntervalOps {
  using Lane = Interval;
  static constexpr std::size_t kAlignment = alignof(Interval);

  static void check_32(const Interval& a) {
    constexpr i128 kLimit = i128{1} << 31;
    if (a.low < -kLimit || a.high >= kLimit) violations.add("limb outside 32 bits", static_cast<Real>(a.low), static_cast<Real>(a.high));
  }
  static void check_64(const Interval& a) {
    if (a.low < 0 || a.high >= i128{1} << 64) violations.add("64-bit sum wraps before a shift or a mask", static_cast<Real>(a.low), static_cast<Real>(a.high));
  }
  static Interval set(u64 x) { return {static_cast<i128>(x), static_cast<i128>(x)}; }
  static Interval load(const Interval& a) { return a; }
  static Interval add(const Interval& a, const Interval& b) { return {a.low + b.low, a.high + b.high}; }
  static Interval subtract(const Interval& a, const Interval& b) { return {a.low - b.high, a.high - b.low}; }
  static Interval subtract_from_memory(const Interval& a, const Interval& b) { return subtract(a, b); }
  static Interval multiply(const Interval& a, const Interval& b) {
    check_32(a);
    check_32(b);
    const i128 corner[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    return {*std::min_element(corner, corner + 4), *std::max_element(corner, corner + 4)};
  }
  static void multiply_add(Interval& sum, const Interval& a, const Interval& b) { sum = add(sum, multiply(a, b)); }
  template <int kShift>
  static Interval shift_left(const Interval& a) {
    return {a.low * (i128{1} << kShift), a.high * (i128{1} << kShift)};
  }
  template <int kShift>
  static Interval shift_right(const Interval& a) {
    check_64(a);
    return {a.low >> kShift, a.high >> kShift};
  }
  static Interval bit_and(const Interval& a, const Interval& mask) {
    check_64(a);
    return {0, mask.high};
  }
  static Interval choose_by_sign(const Interval&, const Interval& a, const Interval& b) { return join(a, b); }
};

// Unfolded: products of this curve's are left as they are before the fold. Intact: the curve of a variant.
template <class C>
struct Unfolded : C {
  static constexpr int kFoldFrom = 99;
};
template <class C>
struct Intact {
  using Curve = C;
};

// IntervalField: a field in the sense of point.h. C: a curve, or one broken on purpose. kCarries: whether carry() does anything.
template <class C, bool kCarries = true>
struct IntervalField {
  struct Element : Lanes<C, IntervalOps> {
    Range value;
  };
  static constexpr int kLanes = 4;
  static constexpr bool kSumsOfThree = C::kBits != 521;
  static constexpr int kLimbs = C::kLimbs, kTop = kLimbs - 1;

  // p / 2^kBits, p / R, p in units of the highest limb.
  static Real p_over_two() { return prime_over_power<C>(); }
  static Real p_over_r() { return up(std::ldexp(p_over_two(), C::kBits - kLimbs * C::kLimbBits)); }
  static Real p_over_top() { return std::ldexp(p_over_two(), C::kBits - kTop * C::kLimbBits); }

  static void check_limbs(const Element& a) {
    for (const Interval& limb : a.limb) IntervalOps::check_32(limb);
  }
  // The highest limb is what the value leaves to it once the others, which are in their ranges, are subtracted.
  static void narrow_top(Element& a) {
    Real low_end = 0, high_end = 0;
    for (int i = 0; i < kTop; ++i) {
      low_end = down(low_end + std::ldexp(static_cast<Real>(a.limb[i].low), C::kLimbBits * (i - kTop)));
      high_end = up(high_end + std::ldexp(static_cast<Real>(a.limb[i].high), C::kLimbBits * (i - kTop)));
    }
    Interval& top = a.limb[kTop];
    top.low = std::max(top.low, to_integer(std::floor(down(down(a.value.low * p_over_top()) - high_end))));
    top.high = std::min(top.high, to_integer(std::ceil(up(up(a.value.high * up(p_over_top())) - low_end))));
    if (top.low > top.high) violations.add("the model contradicts itself", static_cast<Real>(top.low), static_cast<Real>(top.high));
  }

  using UnfoldedCurve = Unfolded<typename Intact<C>::Curve>;
  using UnfoldedLanes = Lanes<UnfoldedCurve, IntervalOps>;
  static UnfoldedLanes unfolded(const Element* a) {
    UnfoldedLanes lanes;
    if (a != nullptr) std::copy(a->limb, a->limb + kLimbs, lanes.limb);
    return lanes;
  }

  template <int kSubtrahends, Left kLeft, Right kRight>
  static void product(Element& r, const Element& a, const Element& b, const Element* s, const Element* t, const Element* a2) {
    Range value = multiply(kLeft == Left::difference ? ec::subtract(a.value, a2->value) : a.value, b.value);
    if (kRight == Right::same) value.low = 0;
    value = {down(value.low * p_over_r()), up(up(value.high * p_over_r()) + 1)};
    if (kSubtrahends >= 1) value = ec::subtract(value, s->value);
    if (kSubtrahends >= 2) value = ec::subtract(value, t->value);
    UnfoldedLanes lanes;
    const UnfoldedLanes ua = unfolded(&a), ub = unfolded(&b), us = unfolded(s), ut = unfolded(t), ua2 = unfolded(a2);
    LaneProduct<UnfoldedCurve, IntervalOps, kSubtrahends, kLeft, kRight>::run(lanes, ua, ub, &us, &ut, &ua2);
    Element result;
    std::copy(lanes.limb, lanes.limb + kLimbs, result.limb);
    result.value = value;
    narrow_top(result);
    // The fold sees what the value has narrowed.
    if (kSubtrahends >= C::kFoldFrom) fold(result);
    check_limbs(result);
    r = result;
  }
  static void fold(Element& a) {
    constexpr int kTopBits = C::kBits - kTop * C::kLimbBits;
    const i128 q_low = a.limb[kTop].low >> kTopBits, q_high = a.limb[kTop].high >> kTopBits;
    fold_top<C, IntervalOps>(a.limb);
    // floor division: what is left of the highest limb is below 2^kTopBits, and value - q p = (value mod 2^kBits) + q (2^kBits - p).
    Interval& top = a.limb[kTop];
    top = {std::max<i128>(top.low, 0), std::min<i128>(top.high, (i128{1} << kTopBits) - 1)};
    const Real two = 1 / p_over_two(), excess = two - 1;
    a.value = {down(std::min<Real>(0, down(static_cast<Real>(q_low) * up(excess)))), up(up(two) + std::max<Real>(0, up(static_cast<Real>(q_high) * up(excess))))};
  }

  static void multiply(Element& r, const Element& a, const Element& b) { product<0, Left::factor, Right::factor>(r, a, b, nullptr, nullptr, nullptr); }
  static Range multiply(const Range& a, const Range& b) { return ec::multiply(a, b); }
  static void square(Element& r, const Element& a) { product<0, Left::factor, Right::same>(r, a, a, nullptr, nullptr, nullptr); }
  static void multiply_subtract(Element& r, const Element& a, const Element& b, const Element& s) { product<1, Left::factor, Right::factor>(r, a, b, &s, nullptr, nullptr); }
  static void square_subtract(Element& r, const Element& a, const Element& s, const Element& t) { product<2, Left::factor, Right::same>(r, a, a, &s, &t, nullptr); }
  static void multiply_difference(Element& r, const Element& a, const Element& a2, const Element& b) { product<0, Left::difference, Right::factor>(r, a, b, nullptr, nullptr, &a2); }
  static void multiply_difference_subtract(Element& r, const Element& a, const Element& a2, const Element& b, const Element& s) {
    product<1, Left::difference, Right::factor>(r, a, b, &s, nullptr, &a2);
  }
  static void add(Element& r, const Element& a, const Element& b) {
    for (int i = 0; i < kLimbs; ++i) r.limb[i] = IntervalOps::add(a.limb[i], b.limb[i]);
    r.value = ec::add(a.value, b.value);
    check_limbs(r);
  }
  static void subtract(Element& r, const Element& a, const Element& b) {
    const Range value = ec::subtract(a.value, b.value);
    for (int i = 0; i < kLimbs; ++i) r.limb[i] = IntervalOps::subtract(a.limb[i], b.limb[i]);
    r.value = value;
    check_limbs(r);
  }
  static void carry(Element& r) {
    if constexpr (kCarries) {
      carry_limbs<C, IntervalOps>(r.limb);
      narrow_top(r);
      check_limbs(r);
    }
  }

  // ---- what the bounds start from, and what is asked of elements

  static Element table_x(Fault fault) { return residue(fault, false); }
  // P-521 negates y by complement, the others limb by limb (avx2_field.h).
  static Element table_y(Fault fault) { return residue(fault, C::kBits != 521 || fault == Fault::negation_by_limbs); }
  // A residue in [0, p), or that and its negative.
  static Element residue(Fault fault, bool negated) {
    Element a;
    const i128 most = (i128{1} << (C::kLimbBits + (fault == Fault::wide_table ? 1 : 0))) - 1;
    for (Interval& limb : a.limb) limb = {negated ? -most : 0, most};
    const auto top = static_cast<i128>(std::ceil(p_over_top()));
    a.limb[kTop] = {negated ? -top : 0, top};
    a.value = {negated ? -1.0L : 0.0L, 1};
    return a;
  }
  // zero_lanes: a 1/R has to be in [0, p], hence |a| p / R < 1. Where a product is folded, every multiple k p of p comes out as 0 or p all the same:
  // k p = k 2^521 - k, and its fold, by q = k - 1 for k > 0 and q = k otherwise, leaves p and 0.
  static void zero_test(const Element& a) {
    Element one{}, product;
    one.limb[0] = {1, 1};
    multiply(product, a, one);
    const Real most = std::max(std::fabs(a.value.low), std::fabs(a.value.high));
    if (C::kFoldFrom > 0 && !(most * p_over_r() < 1)) violations.add("|value| >= R", a.value.low, a.value.high);
  }
  // canonical_limbs: its precondition, and no overflow within.
  static void canonical_accepts(const Element& a) {
    if (std::max(std::fabs(a.value.low), std::fabs(a.value.high)) >= 1024) violations.add("|value| >= 2^10 p", a.value.low, a.value.high);
    check_limbs(a);
    Element limbs = a;
    canonical_limbs<C, IntervalOps>(limbs.limb);
  }
};

}  // namespace
}  // namespace assay::crypto::ec
