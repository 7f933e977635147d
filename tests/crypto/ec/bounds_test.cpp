// No limb overflows: the kernels' templates run over intervals (interval_field.h), from table points through as many levels of the tree as there can be, the sums
// without inversion, the comparison, and the builder's and the inversions' products. Random tests do not find such holes: whoever chooses a key can aim at them.
//
// Broken variants follow: a check that nothing can fail proves nothing.
#define ASSAY_EC_INLINE inline
#define ASSAY_EC_INLINE_LAMBDA

#include <gtest/gtest.h>

#include "crypto/ec/interval_field.h"
#include "crypto/ec/kernel.h"

namespace assay::crypto::ec {
namespace {

// A curve whose products are never folded.
template <class C>
struct NeverFolded : C {
  static constexpr int kFoldFrom = 3;
};
template <class C>
struct Intact<NeverFolded<C>> {
  using Curve = C;
};

// 2^8 > kPointsMax: more levels there cannot be.
constexpr int kLevels = 8;
static_assert(kPointsMax <= 1 << kLevels);

enum class Fault { none, wide_table, negation_by_limbs };

template <class C, bool kCarries = true>
class Bounds {
  using Field = IntervalField<C, kCarries>;
  using Element = typename Field::Element;

 public:
  // run(fault, levels): the violations found; 0 proves the bounds.
  static Violations run(Fault fault = Fault::none, int levels = kLevels) {
    violations = {};
    // Points of a table; P-521 negates y by complement, the others limb by limb (avx2_field.h).
    const bool negates_limbs = C::kBits != 521 || fault == Fault::negation_by_limbs;
    Element x = canonical(fault, false), y = canonical(fault, negates_limbs);
    finish(x, y);
    for (int level = 1; level <= levels && violations.count == 0; ++level) {
      Element x3, y3;
      add_level(x3, y3, x, y);
      x = join(x, x3);
      y = join(y, y3);
      finish(x, y);
    }
    canonical_accepts(x);
    canonical_accepts(y);
    return violations;
  }

 private:
  // A residue in [0, p), or that and its negative.
  static Element canonical(Fault fault, bool negated) {
    Element a;
    const i128 most = (i128{1} << (C::kLimbBits + (fault == Fault::wide_table ? 1 : 0))) - 1;
    for (Interval& limb : a.limb) limb = {negated ? -most : 0, most};
    const auto top = static_cast<i128>(std::ceil(Field::p_over_top()));
    a.limb[Field::kTop] = {negated ? -top : 0, top};
    a.value = {negated ? -1.0L : 0.0L, 1};
    return a;
  }

  // iterate(a, step): a to a range that step keeps.
  template <class Step>
  static Element iterate(Element a, const Step& step) {
    for (int i = 0; i < 60; ++i) {
      Element next;
      step(next, a);
      next = join(a, next);
      if (is_within(next, a)) return a;
      a = i > 20 ? widen(next) : next;
    }
    violations.add("no fixed point", a.value.low, a.value.high);
    return a;
  }

  // zero_lanes: a 1/R has to be in [0, p], hence |a| p / R < 1. Where a product is folded, every multiple k p of p comes out as 0 or p all the same:
  // k p = k 2^521 - k, and its fold, by q = k - 1 for k > 0 and q = k otherwise, leaves p and 0.
  static void zero_test(const Element& a) {
    violations.where = "zero test";
    Element one{}, product;
    one.limb[0] = {1, 1};
    Field::multiply(product, a, one);
    const Real most = std::max(std::fabs(a.value.low), std::fabs(a.value.high));
    if (C::kFoldFrom > 0 && !(most * Field::p_over_r() < 1)) violations.add("|value| >= R", a.value.low, a.value.high);
  }
  // canonical_limbs: its precondition, and no overflow within.
  static void canonical_accepts(const Element& a) {
    violations.where = "canonical";
    if (std::max(std::fabs(a.value.low), std::fabs(a.value.high)) >= 1024) violations.add("|value| >= 2^10 p", a.value.low, a.value.high);
    Field::check_limbs(a);
    Element limbs = a;
    canonical_limbs<C, IntervalOps>(limbs.limb);
  }

  static void add_level(Element& x3, Element& y3, const Element& x, const Element& y) {
    const Element residue = canonical(Fault::none, false);
    violations.where = "products of differences";
    Element difference;
    Field::subtract(difference, x, x);
    const Element product = iterate(join(difference, residue), [&](Element& next, const Element& a) { Field::multiply_difference(next, x, x, a); });
    zero_test(product);
    canonical_accepts(product);
    // Chains are multiplied up in turn, and so are their inverses, which start as residues.
    violations.where = "products of chains";
    const Element chains = iterate(product, [&](Element& next, const Element& a) { Field::multiply(next, a, product); });
    zero_test(chains);
    canonical_accepts(chains);
    violations.where = "inverses";
    const Element chain_inverse = iterate(residue, [&](Element& next, const Element& a) { Field::multiply(next, a, join(chains, product)); });
    const Element inverse = iterate(chain_inverse, [&](Element& next, const Element& a) { Field::multiply_difference(next, x, x, a); });
    violations.where = "affine addition";
    Element chain = inverse, x4, y4;
    Element* const chains_of_pair = &chain;
    const AffinePair<Element> pair = {&x, &y, &x, &y, &product, &x3, &y3}, first = {&x, &y, &x, &y, nullptr, &x4, &y4};
    add_affine_pairs<Field>(&chains_of_pair, &pair, 1);
    chain = inverse;
    add_affine_pairs<Field>(&chains_of_pair, &first, 1);
    x3 = join(x3, x4);
    y3 = join(y3, y4);
    canonical_accepts(x3);
    canonical_accepts(y3);
  }

  // What may follow any level: the comparison of the last two points, or a sum without inversion.
  static void finish(const Element& x, const Element& y) {
    const Element residue = canonical(Fault::none, false);
    Element r, difference, dx2;
    violations.where = "comparison";
    Field::multiply(r, residue, residue);
    compare_sum_x<Field>(difference, dx2, r, x, y, x, y);
    zero_test(difference);
    zero_test(dx2);
    violations.where = "sum without inversion";
    Xyzz<Element> sum;
    add_two_affine<Field>(sum, x, y, x, y);
    for (int i = 0;; ++i) {
      Xyzz<Element> next = sum;
      add_affine<Field>(next, x, y);
      next = {join(sum.X, next.X), join(sum.Y, next.Y), join(sum.ZZ, next.ZZ), join(sum.ZZZ, next.ZZZ)};
      if (is_within(next.X, sum.X) && is_within(next.Y, sum.Y) && is_within(next.ZZ, sum.ZZ) && is_within(next.ZZZ, sum.ZZZ)) break;
      sum = next;
      if (i > 10) sum = {widen(sum.X), widen(sum.Y), widen(sum.ZZ), widen(sum.ZZZ)};
      if (i > 60) {
        violations.add("no fixed point", sum.X.value.low, sum.X.value.high);
        break;
      }
    }
    Field::multiply_subtract(difference, sum.ZZ, r, sum.X);
    zero_test(difference);
    zero_test(sum.ZZ);
    violations.where = "sums of lanes";
    Xyzz<Element> two = sum;
    add_xyzz<Field, true>(two, sum);
    Xyzz<Element> four = two;
    add_xyzz<Field, false>(four, two);
    Field::multiply_subtract(difference, four.ZZ, r, four.X);
    zero_test(difference);
    zero_test(four.ZZ);
    violations.where = "sum without inversion";
    for (const Element* a : {&sum.X, &sum.Y, &sum.ZZ, &sum.ZZZ}) canonical_accepts(*a);
  }
};


TEST(EcBounds, HoldForP256) {
  const Violations found = Bounds<P256>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcBounds, HoldForP384) {
  const Violations found = Bounds<P384>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcBounds, HoldForP521) {
  const Violations found = Bounds<P521>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}

TEST(EcBounds, CatchTablesOneBitTooWide) {
  EXPECT_NE(Bounds<P256>::run(Fault::wide_table).count, 0);
  EXPECT_NE(Bounds<P521>::run(Fault::wide_table).count, 0);
}
// The difference of two negated table points has limbs of 30 bits and a sign; nine squares of those are 2^63.2.
TEST(EcBounds, CatchAMissingCarryBeforeASquare) { EXPECT_NE((Bounds<P256, false>::run().count), 0); }
TEST(EcBounds, CatchNegationByLimbsOfP521) { EXPECT_NE(Bounds<P521>::run(Fault::negation_by_limbs).count, 0); }
TEST(EcBounds, CatchAMissingFold) {
  EXPECT_NE(Bounds<NeverFolded<P256>>::run(Fault::none, 60).count, 0);
  EXPECT_NE(Bounds<NeverFolded<P384>>::run(Fault::none, 60).count, 0);
  EXPECT_NE(Bounds<NeverFolded<P521>>::run().count, 0);
}
// y grows by about p a level.
TEST(EcBounds, CatchATreeOfSixtyLevels) { EXPECT_NE(Bounds<P256>::run(Fault::none, 60).count, 0); }

}  // namespace
}  // namespace assay::crypto::ec
