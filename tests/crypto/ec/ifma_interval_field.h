// The arithmetic of 52-bit limbs over intervals: what daemon/crypto/ec computes with eight limbs at a time is computed here with the range of every limb.
//
// Checked at every operation: the factors of a multiplication are in [0, 2^52); a sum is in [-2^63, 2^63) when it is shifted right or its sign is asked for (in between
// it may wrap, and the lowest 52 bits of it are taken at any time: only its value modulo 2^64 matters); limbs that a fold looks at are not negative.
//
// Beside its limbs an element carries a range for its value, in units of p and rounded outwards. A product's value follows from Montgomery's equation,
// r = (a b + m p) / R + c p - s - t with 0 <= m < R, which is taken as given (and tested in field_test.cpp), and from the fold's banner. Every value, a difference
// that is a factor included, has to be in [0, R): then its highest limb, which is not masked, is in [0, 2^52).
#pragma once

#include "crypto/ec/ifma_lanes.h"
#include "crypto/ec/intervals.h"

namespace assay::crypto::ec {
namespace {

struct Interval52Ops {
  using Lane = Interval;
  static constexpr std::size_t kAlignment = alignof(Interval);
  static constexpr i128 kMost = (i128{1} << 52) - 1;

  static void check_52(const Interval& a) {
    if (a.low < 0 || a.high > kMost) violations.add("factor outside 52 bits", static_cast<Real>(a.low), static_cast<Real>(a.high));
  }
  static void check_64(const Interval& a) {
    constexpr i128 kLimit = i128{1} << 63;
    if (a.low < -kLimit || a.high >= kLimit) violations.add("64-bit sum wraps before a shift", static_cast<Real>(a.low), static_cast<Real>(a.high));
  }
  static void expect_not_negative(const Interval& a) {
    if (a.low < 0) violations.add("negative limb before a fold", static_cast<Real>(a.low), static_cast<Real>(a.high));
  }
  static Interval set(i64 x) { return {x, x}; }
  static Interval add(const Interval& a, const Interval& b) { return {a.low + b.low, a.high + b.high}; }
  static Interval subtract(const Interval& a, const Interval& b) { return {a.low - b.high, a.high - b.low}; }
  template <int kShift>
  static Interval shift_left(const Interval& a) {
    return {a.low * (i128{1} << kShift), a.high * (i128{1} << kShift)};
  }
  template <int kShift>
  static Interval shift_right(const Interval& a) {
    check_64(a);
    return {a.low >> kShift, a.high >> kShift};
  }
  static Interval low_52(const Interval& a) { return a.low >= 0 && a.high <= kMost ? a : Interval{0, kMost}; }
  static Interval cut(const Interval& a) { return low_52(a); }
  static void multiply_add_low(Interval& sum, const Interval& a, const Interval& b) {
    check_52(a);
    check_52(b);
    sum = add(sum, low_52({a.low * b.low, a.high * b.high}));
  }
  static void multiply_add_high(Interval& sum, const Interval& a, const Interval& b) {
    check_52(a);
    check_52(b);
    sum = add(sum, {a.low * b.low >> 52, a.high * b.high >> 52});
  }
  static Interval choose_by_sign(const Interval& sign, const Interval& a, const Interval& b) {
    check_64(sign);
    return join(a, b);
  }
};

// Interval52Field: a field in the sense of point.h. C: a curve, or one whose Shape52 is broken on purpose. kCarries: whether sums and differences do.
template <class C, bool kCarries = true>
struct Interval52Field {
  using Shape = Shape52<C>;
  struct Element : Lanes52<C, Interval52Ops> {
    Range value;
  };
  static constexpr int kLanes = 8;
  static constexpr bool kSumsOfThree = true;

  // p / R, p in units of the highest limb, 2^kBits / p.
  static Real p_over_r() { return up(std::ldexp(prime_over_power<C>(), C::kBits - 52 * Shape::kLimbs)); }
  static Real p_over_top() { return up(std::ldexp(prime_over_power<C>(), C::kBits - 52 * Shape::kTop)); }
  static Real power_over_p() { return up(1 / prime_over_power<C>()); }

  static void check_value(const Range& value) {
    if (value.low < 0 || !(up(value.high * p_over_r()) < 1)) violations.add("value outside [0, R)", value.low, value.high);
  }
  // The highest limb is what the value leaves to it: all are in [0, 2^52).
  static void finish(Element& a, const Range& value) {
    check_value(value);
    a.value = value;
    Interval& top = a.limb[Shape::kTop];
    top = {std::max<i128>(top.low, 0), std::min(top.high, to_integer(std::floor(up(value.high * p_over_top()))))};
  }

  template <int kSubtrahends, Left52 kLeft, Right52 kRight>
  static void product(Element& r, const Element& a, const Element& b, const Element* s, const Element* t, const Element* a2) {
    Range left = a.value;
    if (kLeft == Left52::difference) {
      left = difference(a.value, a2->value);
      check_value(left);
    }
    Range value = {0, up(up(up(left.high * b.value.high) * p_over_r()) + 1)};
    if (kSubtrahends >= 1) value = ec::subtract(ec::add(value, {Shape::kForSubtrahends, Shape::kForSubtrahends}), s->value);
    if (kSubtrahends >= 2) value = ec::subtract(value, t->value);
    Element result;
    Product52<C, Interval52Ops, kSubtrahends, kLeft, kRight>::run(result, a, b, s, t, a2);
    if (kSubtrahends >= Shape::kFoldFrom) value = folded(value);
    finish(result, value);
    r = result;
  }
  static Range folded(const Range& value) {
    if (value.low < 0) violations.add("negative value before a fold", value.low, value.high);
    const Real q = std::floor(up(value.high * prime_over_power<C>()));
    return {0, up(up(power_over_p() + up(q * up(power_over_p() - 1))) + up(1 / p_over_top()) * (1 + 0x1p-50L))};
  }
  static Range difference(const Range& a, const Range& b) { return ec::subtract(ec::add(a, {Shape::kForDifference, Shape::kForDifference}), b); }

  static void multiply(Element& r, const Element& a, const Element& b) { product<0, Left52::factor, Right52::factor>(r, a, b, nullptr, nullptr, nullptr); }
  static void square(Element& r, const Element& a) { product<0, Left52::factor, Right52::same>(r, a, a, nullptr, nullptr, nullptr); }
  static void multiply_subtract(Element& r, const Element& a, const Element& b, const Element& s) { product<1, Left52::factor, Right52::factor>(r, a, b, &s, nullptr, nullptr); }
  static void square_subtract(Element& r, const Element& a, const Element& s, const Element& t) { product<2, Left52::factor, Right52::same>(r, a, a, &s, &t, nullptr); }
  static void multiply_difference(Element& r, const Element& a, const Element& a2, const Element& b) {
    product<0, Left52::difference, Right52::factor>(r, a, b, nullptr, nullptr, &a2);
  }
  static void multiply_difference_subtract(Element& r, const Element& a, const Element& a2, const Element& b, const Element& s) {
    product<1, Left52::difference, Right52::factor>(r, a, b, &s, nullptr, &a2);
  }
  static void add(Element& r, const Element& a, const Element& b) {
    const Range value = {0, up(a.value.high + b.value.high)};
    if constexpr (kCarries) {
      add_52<C, Interval52Ops>(r.limb, a.limb, b.limb);
    } else {
      for (int i = 0; i < Shape::kLimbs; ++i) r.limb[i] = Interval52Ops::add(a.limb[i], b.limb[i]);
    }
    finish(r, value);
  }
  static void subtract(Element& r, const Element& a, const Element& b) {
    const Range value = difference(a.value, b.value);
    subtract_52<C, Interval52Ops>(r.limb, a.limb, b.limb);
    finish(r, value);
  }
  static void carry(Element&) {}

  // ---- what the bounds start from, and what is asked of elements

  static Element table_x(Fault fault) {
    Element a;
    for (Interval& limb : a.limb) limb = {0, fault == Fault::wide_table ? 2 * Interval52Ops::kMost + 1 : Interval52Ops::kMost};
    finish(a, {0, 1});
    return a;
  }
  // p - y of a residue y, carried: a residue, or p for y = 0 (which no point has).
  static Element table_y(Fault fault) { return table_x(fault); }
  // zero_lanes: a 1/R has to be in [0, p], hence a <= R; every element is below.
  static void zero_test(const Element& a) {
    check_value(a.value);
    Element one{}, product;
    one.limb[0] = {1, 1};
    multiply(product, a, one);
  }
  // canonical_52: what the fold leaves, seeing all there is, is below 2 p.
  static void canonical_accepts(const Element& a) {
    check_value(a.value);
    const Real q = std::floor(up(a.value.high * prime_over_power<C>()));
    if (!(up(power_over_p() + up(q * up(power_over_p() - 1))) < 2)) violations.add("more than 2 p after a fold", a.value.low, a.value.high);
    Element limbs = a;
    canonical_52<C, Interval52Ops>(limbs.limb);
  }
};

}  // namespace
}  // namespace assay::crypto::ec
