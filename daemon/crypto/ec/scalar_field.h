// The field of a curve by words: one element at a time, fully reduced, in Montgomery's form with R = 2^(64 kWords). Portable C++.
//
// It is the whole field of the portable kernel and, beside the lanes, serves inversions, rare cases and keys without a table.
#pragma once

#include "crypto/ec/curves.h"

namespace assay::crypto::ec {
namespace {

// ScalarField: the operations that points.h, comb.h and tree.h ask of a field, for kLanes = 1. Results may be operands.
template <class C>
struct ScalarField {
  using Curve = C;
  using Scalar = ScalarField;
  static constexpr int kLanes = 1, kWords = C::kWords;
  using Number = Words<kWords>;
  using Element = Number;
  static constexpr const Modulus<kWords>& kP = ModP<C>::kModulus;

  // A level of the tree pays for its inversion from so many pairs on.
  static constexpr int kTreePairsMin = 48;
  // The last comparison may add up three elements.
  static constexpr bool kSumsOfThree = true;

  static constexpr Element kOne = kP.r1;
  // Turns the plain inverse of a product of kLanes lanes of this form into what the rest of the product multiplies to an inverse in this form.
  static constexpr Number kInverseFactor = kP.r3;

  [[gnu::noinline]] static void multiply(Element& r, const Element& a, const Element& b) noexcept { montgomery_multiply<ModP<C>>(r, a, b); }
  static void square(Element& r, const Element& a) noexcept { multiply(r, a, a); }
  ASSAY_EC_INLINE static void add(Element& r, const Element& a, const Element& b) noexcept {
    Number sum, reduced;
    const u64 carry = ec::add(sum, a, b);
    const u64 borrow = ec::subtract(reduced, sum, kP.m);
    r = carry >= borrow ? reduced : sum;
  }
  ASSAY_EC_INLINE static void subtract(Element& r, const Element& a, const Element& b) noexcept {
    Number difference, masked;
    const u64 mask = 0 - ec::subtract(difference, a, b);
    for (int i = 0; i < kWords; ++i) masked.word[i] = kP.m.word[i] & mask;
    ec::add(r, difference, masked);
  }
  // r = a b - s
  static void multiply_subtract(Element& r, const Element& a, const Element& b, const Element& s) noexcept {
    Element product;
    multiply(product, a, b);
    subtract(r, product, s);
  }
  // r = a^2 - s - t
  static void square_subtract(Element& r, const Element& a, const Element& s, const Element& t) noexcept {
    Element product;
    square(product, a);
    subtract(product, product, s);
    subtract(r, product, t);
  }
  // r = (a - a2) b
  static void multiply_difference(Element& r, const Element& a, const Element& a2, const Element& b) noexcept {
    Element difference;
    subtract(difference, a, a2);
    multiply(r, difference, b);
  }
  // r = (a - a2) b - s
  static void multiply_difference_subtract(Element& r, const Element& a, const Element& a2, const Element& b, const Element& s) noexcept {
    Element difference;
    subtract(difference, a, a2);
    multiply_subtract(r, difference, b, s);
  }
  static void carry(Element&) noexcept {}

  // to_form(r, a): from a plain number below p into this form.
  static void to_form(Element& r, const Number& a) noexcept { multiply(r, a, kP.r2); }
  static void invert(Element& r, const Element& a) noexcept {
    Number plain;
    invert_vartime(plain, a, kP);
    multiply(r, plain, kP.r3);
  }

  // Lanes: there is one.
  static void set_lane(Element& r, int, const Number& a) noexcept { r = a; }
  static void set_lane_from_scalar(Element& r, int, const Number& a) noexcept { r = a; }
  static void get_lanes(Number (&lanes)[1], const Element& a) noexcept { lanes[0] = a; }
  static void lanes_to_scalar(Element (&lanes)[1], const Element& a) noexcept { lanes[0] = a; }
  static unsigned zero_lanes(const Element& a) noexcept { return is_zero(a) ? 1U : 0U; }
  static void to_form_lanes(Element& r, const Element& a) noexcept { to_form(r, a); }

  // Entry: a point of a table: affine, this form.
  struct alignas(16) Entry {
    Number x, y;
  };
  static const Entry* entry_of(std::uintptr_t reference) noexcept { return reinterpret_cast<const Entry*>(reference & ~std::uintptr_t{1}); }
  static void load_x(Element& r, const std::uintptr_t* reference, int) noexcept { r = entry_of(*reference)->x; }
  static void load_y(Element& r, const std::uintptr_t* reference, int) noexcept {
    const Element& y = entry_of(*reference)->y;
    if ((*reference & 1) != 0) {
      subtract(r, Element{}, y);
    } else {
      r = y;
    }
  }
  // unpack(x, y, reference): by words, sign applied.
  static void unpack(Element& x, Element& y, std::uintptr_t reference) noexcept {
    load_x(x, &reference, 0);
    load_y(y, &reference, 0);
  }
  // pack(entry, lane, x, y): the point in one lane of elements that canonical() went over.
  static void canonical(Element&) noexcept {}
  static void pack(Entry& entry, int, const Element& x, const Element& y) noexcept {
    entry.x = x;
    entry.y = y;
  }
  static void broadcast(Element& r, const Element& a) noexcept { r = a; }
};

}  // namespace
}  // namespace assay::crypto::ec
