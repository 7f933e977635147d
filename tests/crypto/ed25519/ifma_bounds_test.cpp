// Proves that the lanes of AVX-512 IFMA never overflow, as bounds_test.cpp does for AVX2's: the templates of ifma_field.h are run over intervals of exact integers, to a fixed point.
//
// What is checked: every factor is in [0, 2^52), for the multiplier looks at no other bits; every 64-bit sum and difference is in [0, 2^64); the carry out of the top times 19 is below 2^52, for only
// the low part of that product is taken; an entry of a table with the multiple of p that is added to it is in [0, 2^52); what is stored for general registers is below 2^53.
//
// Variants that are wrong must be caught: a proof that never fails proves nothing.
#include <gtest/gtest.h>

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ifma_field.h"
#include "crypto/interval.h"

namespace assay::crypto::ed25519 {
namespace {

struct Intervals {
  struct Integer : Interval {};

  static Integer in_64_bits(Integer a) {
    require(a.low >= 0 && a.high < power_of_two(64), "a sum that is negative or longer than 64 bits");
    return a;
  }
  static void factor(Integer a) { require(a.low >= 0 && a.high < power_of_two(52), "a factor that is negative or longer than 52 bits"); }

  static Integer integer(std::uint64_t x) { return {{Exact{x}, Exact{x}}}; }
  static Integer add(Integer a, Integer b) { return in_64_bits({{a.low + b.low, a.high + b.high}}); }
  static Integer subtract(Integer a, Integer b) { return in_64_bits({{a.low - b.high, a.high - b.low}}); }
  static Integer bit_and(Integer a, Integer mask) { return {{0, std::min(a.high, mask.high)}}; }
  template <int kBy>
  static Integer shift_left(Integer a) {
    return in_64_bits({{a.low * power_of_two(kBy), a.high * power_of_two(kBy)}});
  }
  template <int kBy>
  static Integer shift_right(Integer a) {
    return {{a.low >> kBy, a.high >> kBy}};
  }
  static Integer add_low(Integer sum, Integer x, Integer y) {
    factor(x);
    factor(y);
    return in_64_bits({{sum.low, sum.high + std::min(x.high * y.high, power_of_two(52) - 1)}});
  }
  static Integer add_high(Integer sum, Integer x, Integer y) {
    factor(x);
    factor(y);
    return in_64_bits({{sum.low + ((x.low * y.low) >> 52), sum.high + ((x.high * y.high) >> 52)}});
  }
  static Integer add_product(Integer sum, Integer x, Integer y) {
    factor(x);
    factor(y);
    require(x.high * y.high < power_of_two(52), "a product above 52 bits of which the low part is taken");
    return in_64_bits({{sum.low + x.low * y.low, sum.high + x.high * y.high}});
  }
};

// Kernels: every use that sums_ifma.cpp makes of the templates, with one field.
template <class F>
struct Kernels {
  using E = typename F::Element;
  using C = typename F::Columns;
  using Points = IfmaPoints<F>;
  using Point = typename Points::Point;
  using Halved = typename Points::Halved;

  static E hull_of(const E& a, const E& b) {
    E r;
    for (int i = 0; i < 5; ++i) r.limb[i] = {hull(a.limb[i], b.limb[i])};
    return r;
  }
  static Point hull_of(const Point& a, const Point& b) { return {hull_of(a.minus, b.minus), hull_of(a.plus, b.plus), hull_of(a.z, b.z), hull_of(a.t, b.t)}; }
  static bool within_all(const E& a, const E& b) {
    for (int i = 0; i < 5; ++i) {
      if (!within(a.limb[i], b.limb[i])) return false;
    }
    return true;
  }
  static bool within_all(const Point& a, const Point& b) { return within_all(a.minus, b.minus) && within_all(a.plus, b.plus) && within_all(a.z, b.z) && within_all(a.t, b.t); }

  // fixed_point(start, step): what any number of steps from start leads to.
  template <class Step>
  static Point fixed_point(Point state, Step step) {
    for (int round = 0; round < 40; ++round) {
      Point next = state;
      step(next);
      if (!violation.empty() || within_all(next, state)) return state;
      state = hull_of(state, next);
    }
    require(false, "no fixed point");
    return state;
  }

  // entry(slack): an element of a table's entry as load() makes it, negated or not: limbs are within 2^50 + slack of zero. The sum must have the exponent of 2^52, for its bits are taken.
  static E entry(Exact slack) {
    E r;
    for (int i = 0; i < 5; ++i) {
      const Exact offset = static_cast<Exact>(entry_offset(i)) - power_of_two(52);
      const Exact most = power_of_two(50) + slack;
      require(offset - most >= 0 && offset + most < power_of_two(52), "an entry that leaves the binade of its offset");
      r.limb[i] = {{offset - most, offset + most}};
    }
    return r;
  }

  static void stored(const C& a) {
    for (const auto& column : a.column) require(column.low >= 0 && column.high < power_of_two(53), "a stored limb of 53 bits or more");
  }

  // sum_selected, add_lanes, store_points.
  static void sums(Exact entry_slack) {
    const E limbs = entry(entry_slack);
    const Halved q = {limbs, limbs, limbs};
    Point p;
    Points::start(p, q);
    p = fixed_point(p, [&](Point& r) { Points::add(r, q); });
    E d2;
    for (int i = 0; i < 5; ++i) d2.limb[i] = Intervals::integer(kTwiceD.limb[i]);
    p = fixed_point(p, [&](Point& r) { Points::add(r, Point(r), d2); });
    C x, y, z;
    Points::projective(x, y, z, p);
    stored(x);
    stored(y);
    stored(z);
    for (const E& e : {p.minus, p.plus, p.z, p.t}) {  // what ifma_field.h says of carried limbs
      for (int i = 0; i < 5; ++i) require(e.limb[i].high < power_of_two(51) + power_of_two(i == 0 ? 15 : 12), "a carried limb that is longer than it should be");
    }
  }
};

template <class F>
std::string all_of(Exact entry_slack = power_of_two(16)) {
  violation.clear();
  Kernels<F>::sums(entry_slack);
  return violation;
}

using Right = IfmaField<Intervals>;

TEST(Ed25519IfmaBounds, Hold) { EXPECT_EQ(all_of<Right>(), ""); }

struct LowBias : IfmaTuning {
  static constexpr int kBias = 8;
};
struct HighBias : IfmaTuning {
  static constexpr int kBias = 13;
};
TEST(Ed25519IfmaBounds, CatchAWrongBias) {
  EXPECT_NE((all_of<IfmaField<Intervals, LowBias>>()), "");
  EXPECT_NE((all_of<IfmaField<Intervals, HighBias>>()), "");
}

TEST(Ed25519IfmaBounds, CatchEntriesThatAreTooLong) { EXPECT_NE(all_of<Right>(power_of_two(50)), ""); }

// A field whose carried elements are a bit longer than they should be.
struct Longer : Right {
  static void carry(Element& r, const Columns& a) {
    Right::carry(r, a);
    for (auto& limb : r.limb) limb = Intervals::add(limb, limb);
  }
};
TEST(Ed25519IfmaBounds, CatchElementsThatAreTooLong) { EXPECT_NE(all_of<Longer>(), ""); }

// A field that does not carry from the top.
struct Leaky : Right {
  static void carry(Element& r, const Columns& a) {
    Right::carry(r, a);
    r.limb[4] = Intervals::add(a.column[4], Intervals::shift_right<51>(a.column[3]));
  }
};
TEST(Ed25519IfmaBounds, CatchATopThatIsNotCarried) { EXPECT_NE(all_of<Leaky>(), ""); }

// A difference without a multiple of p.
struct Negative : Right {
  static void subtract(Columns& r, const Columns& a, const Columns& b) {
    for (int i = 0; i < 5; ++i) r.column[i] = Intervals::subtract(a.column[i], b.column[i]);
  }
};
TEST(Ed25519IfmaBounds, CatchNegativeDifferences) { EXPECT_NE(all_of<Negative>(), ""); }

// Sums of two carried elements are right as numbers, but no factors.
TEST(Ed25519IfmaBounds, CatchFactorsThatAreSums) {
  violation.clear();
  Right::Element a;
  for (auto& limb : a.limb) limb = {{0, power_of_two(51) + power_of_two(12)}};
  Right::Columns product;
  Right::multiply(product, a, a);
  EXPECT_EQ(violation, "");
  for (auto& limb : a.limb) limb = Intervals::add(limb, limb);
  Right::multiply(product, a, a);
  EXPECT_NE(violation, "");
}

}  // namespace
}  // namespace assay::crypto::ed25519
