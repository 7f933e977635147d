// Proves that the lanes never overflow: the templates that run in AVX2 (lane_field.h, edwards.h) are run over intervals of exact integers instead, to a fixed point.
//
// What is checked: |x y| < 2^103 for every two limbs that are multiplied, which the split needs; limbs and their sums stay below 2^53, so that doubles are exact; a 64-bit sum is in
// [0, 2^64) where it is shifted or masked (before, it may wrap: only its value modulo 2^64 counts); the carry that is multiplied by 19 is below 2^32; a digit is below 2^52 where it
// becomes a double; what is stored for general registers is below 2^51. What is given: the split itself, high = 1.5 2^104 + floor(x y / 2^52) 2^52 and low = 2^52 + the rest.
//
// Variants that are wrong must be caught: a proof that never fails proves nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/lane_field.h"
#include "crypto/interval.h"

namespace assay::crypto::ed25519 {
namespace {

int product_bits = 103;  // the exponent that bounds products: one less than that of the split's constant

struct Intervals {
  struct Real : Interval {};
  struct Integer : Interval {};

  static Real exact(Real a) {
    require(magnitude(a) <= power_of_two(53), "a limb above 2^53");
    return a;
  }
  static void in_64_bits(Integer a) { require(a.low >= 0 && a.high < power_of_two(64), "a 64-bit sum that wraps before it is shifted or masked"); }

  static Real add(Real a, Real b) { return exact({a.low + b.low, a.high + b.high}); }
  static Real subtract(Real a, Real b) { return exact({a.low - b.high, a.high - b.low}); }
  static Integer add(Integer a, Integer b) { return {{a.low + b.low, a.high + b.high}}; }
  static Integer bit_and(Integer a, Integer mask) {
    in_64_bits(a);
    return {{0, mask.high}};
  }
  static Real real(double x) { return {{static_cast<Exact>(x), static_cast<Exact>(x)}}; }
  static Integer integer(Exact x) { return {{x, x}}; }
  template <int kBy>
  static Integer shift_left(Integer a) {
    return {{a.low * power_of_two(kBy), a.high * power_of_two(kBy)}};
  }
  template <int kBy>
  static Integer shift_right(Integer a) {
    in_64_bits(a);
    return {{a.low >> kBy, a.high >> kBy}};
  }
  static Integer multiply_low(Integer a, std::uint32_t factor) {
    require(a.low >= 0 && a.high < power_of_two(32), "a carry above 32 bits");
    return {{a.low * factor, a.high * factor}};
  }
  static Real to_real(Integer a, double offset) {
    require(a.low >= 0 && a.high < power_of_two(52), "a digit above 52 bits");
    return exact({{a.low - static_cast<Exact>(offset), a.high - static_cast<Exact>(offset)}});
  }
  static void split(Real x, Real y, Integer& high, Integer& low) {
    const Exact ends[] = {x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high};
    const Interval product = {*std::ranges::min_element(ends), *std::ranges::max_element(ends)};
    require(magnitude(product) < power_of_two(product_bits), "a product that leaves the binade of the split's constant");
    high = {{Exact{kSplitBits} + (product.low >> 52), Exact{kSplitBits} + (product.high >> 52)}};
    low = {{Exact{kLowBits}, Exact{kLowBits} + power_of_two(52) - 1}};
  }
  static void split_and_add(Real x, Real y, Integer& high, Integer& low) {
    Integer more_high, more_low;
    split(x, y, more_high, more_low);
    high = add(high, more_high);
    low = add(low, more_low);
  }
  // All lanes are in one interval.
  template <int, int, int, int>
  static Real permute(Real x) {
    return x;
  }
  template <int kMask>
  static Real negate(Real x) {
    return {hull(x, {-x.high, -x.low})};
  }
  template <int kMask>
  static Real keep(Real x) {
    return {hull(x, {0, 0})};
  }
};

// Kernels: every use that the kernels make of the templates, with one field.
template <class F>
struct Kernels {
  using E = typename F::Element;
  using Curve = Edwards<F>;
  using Extended = typename Curve::Extended;
  using Halved = typename Curve::Halved;
  using Cached = typename Curve::Cached;

  static E limbs(Exact low, Exact high) {
    E e;
    for (auto& limb : e.limb) limb = {{low, high}};
    return e;
  }
  static E limbs_within(Exact bound) { return limbs(-bound, bound); }
  static E hull_of(const E& a, const E& b) {
    E r;
    for (int i = 0; i < 5; ++i) r.limb[i] = {hull(a.limb[i], b.limb[i])};
    return r;
  }
  static E negated_too(const E& a) {
    E r;
    for (int i = 0; i < 5; ++i) r.limb[i] = Intervals::negate<15>(a.limb[i]);
    return r;
  }
  static bool within_all(const E& a, const E& b) {
    for (int i = 0; i < 5; ++i) {
      if (!within(a.limb[i], b.limb[i])) return false;
    }
    return true;
  }
  static Extended hull_of(const Extended& a, const Extended& b) { return {hull_of(a.x, b.x), hull_of(a.y, b.y), hull_of(a.z, b.z), hull_of(a.t, b.t)}; }
  static bool within_all(const Extended& a, const Extended& b) { return within_all(a.x, b.x) && within_all(a.y, b.y) && within_all(a.z, b.z) && within_all(a.t, b.t); }

  // fixed_point(start, step): what any number of steps from start leads to.
  template <class State, class Step>
  static State fixed_point(State state, Step step) {
    for (int round = 0; round < 40; ++round) {
      State next = state;
      step(next);
      if (!violation.empty() || within_all(next, state)) return state;
      state = hull_of(state, next);
    }
    require(false, "no fixed point");
    return state;
  }

  static void stored(const E& a) {
    for (const auto& limb : a.limb) require(magnitude(limb) < power_of_two(51), "a stored limb of 51 bits or more");
  }
  static void stored(const Extended& p) {
    stored(p.x);
    stored(p.y);
    stored(p.z);
  }
  static E product(const E& a, const E& b) {
    E r;
    F::multiply(r, a, b);
    return r;
  }

  static Extended neutral() {
    Extended p = {limbs(0, 0), limbs(0, 0), limbs(0, 0), limbs(0, 0)};
    F::set_one(p.y);
    F::set_one(p.z);
    return p;
  }

  // sum_selected, sum_lanes and add_selected of sums_avx2.cpp; entries of tables are within 2^50 + entry_slack of zero.
  static void sums(Exact entry_slack) {
    const E entry = limbs_within(power_of_two(50) + entry_slack);
    const Halved q = {entry, entry, entry};
    Extended p;
    Curve::start(p, q);
    p = fixed_point(p, [&](Extended& r) { Curve::add(r, q); });
    Curve::add(p, q);  // every sum has an addition, whose result is shorter than what start() gives
    stored(p);
    E point = hull_of(hull_of(p.x, p.y), hull_of(p.z, p.t));
    const E scale = limbs(0, kLaneLimbMask);
    for (int i = 0; i < 2; ++i) {
      E sum;
      LanePoint<F>::add(sum, point, point, scale);
      point = hull_of(point, sum);
    }
    stored(point);
  }

  // fill_spot_table, load_spot, multiply_spot and add_selected.
  static void spot() {
    const E coordinate = limbs(0, power_of_two(51) + power_of_two(13));  // of a PublicKey
    const E d2 = limbs(0, kLaneLimbMask);
    Extended point = neutral();
    point.x = product(coordinate, point.z);
    point.y = product(coordinate, point.z);
    point.t = product(point.x, point.y);
    Cached first;
    Curve::prepare(first, point, d2);
    const Extended multiples = fixed_point(point, [&](Extended& r) { Curve::add(r, first); });
    Cached q;
    Curve::prepare(q, hull_of(multiples, neutral()), d2);
    const E sums = hull_of(q.minus, q.plus);
    q = {sums, sums, q.z2, negated_too(q.td2)};
    Extended p = fixed_point(neutral(), [&](Extended& r) {
      Extended doubled = r;
      Curve::template double_it<true>(doubled);
      Extended added = doubled;
      Curve::add(added, q);
      r = hull_of(doubled, added);
    });
    const E entry = limbs_within(power_of_two(50) + power_of_two(16));
    const Halved of_base = {entry, entry, entry};
    p = fixed_point(p, [&](Extended& r) { Curve::add(r, of_base); });
    stored(p);
  }

  // add_up and make_affine of table_avx2.cpp: entries come out as sums() takes them.
  static void tables() {
    const E coordinate = limbs(0, power_of_two(51) + power_of_two(13));
    const E constant = limbs(0, kLaneLimbMask);
    E one;
    F::set_one(one);
    const E x = product(coordinate, one);
    const E y = product(coordinate, one);
    E difference, sum;
    F::subtract(difference, y, x);
    F::add(sum, y, x);
    const Halved step = {product(difference, constant), product(sum, constant), product(product(x, y), constant)};
    const Extended p = fixed_point(neutral(), [&](Extended& r) { Curve::add(r, step); });
    const auto hull_elements = [&](E from, auto next) {
      for (int round = 0; round < 40; ++round) from = hull_of(from, next(from));
      require(within_all(next(from), from), "no fixed point");
      return from;
    };
    const E all = hull_elements(one, [&](const E& a) { return product(a, p.z); });
    stored(all);
    const E inverse = hull_elements(coordinate, [&](const E& a) { return product(a, p.z); });
    const E z_inverse = product(inverse, all);
    const E scale = product(z_inverse, constant);
    F::subtract(difference, p.y, p.x);
    F::add(sum, p.y, p.x);
    const E entry = hull_of(hull_of(product(difference, scale), product(sum, scale)), product(p.t, scale));
    require(within_all(entry, limbs_within(power_of_two(50) + power_of_two(16))), "a table's entry that is longer than sums take it");
  }
};

template <class F>
std::string all_of(Exact entry_slack = power_of_two(16)) {
  violation.clear();
  Kernels<F>::sums(entry_slack);
  Kernels<F>::spot();
  Kernels<F>::tables();
  return violation;
}

using Right = LaneField<Intervals>;

TEST(Ed25519Bounds, Hold) { EXPECT_EQ(all_of<Right>(), ""); }

struct LowBias : LaneTuning {
  static constexpr int kBias = 57;
};
struct HighBias : LaneTuning {
  static constexpr int kBias = 64;
};
TEST(Ed25519Bounds, CatchAWrongBias) {
  EXPECT_NE((all_of<LaneField<Intervals, LowBias>>()), "");
  EXPECT_NE((all_of<LaneField<Intervals, HighBias>>()), "");
}

TEST(Ed25519Bounds, CatchEntriesThatAreTooLong) {
  EXPECT_NE(all_of<Right>(power_of_two(52)), "");
  EXPECT_NE(all_of<Right>(power_of_two(51)), "");
}

TEST(Ed25519Bounds, CatchASplitThatIsTooNarrow) {
  product_bits = 102;
  EXPECT_NE(all_of<Right>(), "");
  product_bits = 103;
}

// A field whose products are a bit longer than they should be.
struct Longer : Right {
  static void multiply(Element& r, const Element& a, const Element& b) {
    Right::multiply(r, a, b);
    add(r, r, r);
  }
};
TEST(Ed25519Bounds, CatchProductsThatAreTooLong) { EXPECT_NE(all_of<Longer>(), ""); }

// The usual formula of a doubling, 2 X Y = (X + Y)^2 - X^2 - Y^2 and 2 Z^2 doubled after the square: right, and too long.
TEST(Ed25519Bounds, CatchTheUsualDoubling) {
  violation.clear();
  Right::Element x = Kernels<Right>::limbs_within(power_of_two(50) + power_of_two(12));
  Right::Element sum, xx, zz, e, f;
  Right::add(sum, x, x);
  Right::multiply(xx, x, x);
  Right::multiply(e, sum, sum);
  Right::subtract(e, e, xx);
  Right::subtract(e, e, xx);
  Right::add(zz, xx, xx);
  Right::add(f, zz, xx);
  Right::subtract(f, f, xx);
  EXPECT_EQ(violation, "");
  Right::multiply(e, e, f);
  EXPECT_NE(violation, "");
}

}  // namespace
}  // namespace assay::crypto::ed25519
