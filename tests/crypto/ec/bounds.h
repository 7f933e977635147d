// What the kernels do with elements, from table points through as many levels of the tree as there can be, over the ranges of all numbers.
#pragma once

#include "crypto/ec/intervals.h"
#include "crypto/ec/kernel.h"
#include "crypto/ec/point.h"

namespace assay::crypto::ec {
namespace {

// 2^8 > kPointsMax: more levels there cannot be.
constexpr int kLevels = 8;
static_assert(kPointsMax <= 1 << kLevels);

// Bounds: of what the kernels do with elements of a field over intervals.
template <class Field>
class Bounds {
  using Element = typename Field::Element;

 public:
  // run(fault, levels): the violations found; 0 proves the bounds.
  static Violations run(Fault fault = Fault::none, int levels = kLevels) {
    violations = {};
    Element x = Field::table_x(fault), y = Field::table_y(fault);
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

  static void zero_test(const Element& a) {
    violations.where = "zero test";
    Field::zero_test(a);
  }
  static void canonical_accepts(const Element& a) {
    violations.where = "canonical";
    Field::canonical_accepts(a);
  }

  static void add_level(Element& x3, Element& y3, const Element& x, const Element& y) {
    const Element residue = Field::table_x(Fault::none);
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
    // The two products of all chains are inverted together.
    Element both;
    Field::multiply(both, join(chains, product), join(chains, product));
    canonical_accepts(both);
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
    const Element residue = Field::table_x(Fault::none);
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
    Xyzz<Element> lanes = sum;
    for (int added = 2; added < Field::kLanes; added *= 2) {
      const Xyzz<Element> others = lanes;
      add_xyzz<Field, true>(lanes, others);
    }
    const Xyzz<Element> others = lanes;
    add_xyzz<Field, false>(lanes, others);
    Field::multiply_subtract(difference, lanes.ZZ, r, lanes.X);
    zero_test(difference);
    zero_test(lanes.ZZ);
    violations.where = "sum without inversion";
    for (const Element* a : {&sum.X, &sum.Y, &sum.ZZ, &sum.ZZZ}) canonical_accepts(*a);
  }
};

}  // namespace
}  // namespace assay::crypto::ec
