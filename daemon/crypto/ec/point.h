// Points: the formulas over any field (by words, by lanes, over intervals), and those for every case by words.
#pragma once

#include "crypto/ec/words.h"

namespace assay::crypto::ec {
namespace {

// Xyzz: x = X / ZZ, y = Y / ZZZ, ZZ^3 = ZZZ^2; infinity has ZZ = 0.
template <class Element>
struct Xyzz {
  Element X, Y, ZZ, ZZZ;
};

// add_affine: a += (x, y), 8M + 2S. Precondition: neither is infinity; a collision (equal or opposite points) leaves ZZ = 0 for good.
//   Source: EFD, shortw/xyzz, madd-2008-s.
template <class Field, class Element>
inline void add_affine(Xyzz<Element>& a, const Element& x, const Element& y) noexcept {
  Element dx, dy, dx2, dx3, q, y1_dx3;
  Field::multiply_subtract(dx, x, a.ZZ, a.X);
  Field::multiply_subtract(dy, y, a.ZZZ, a.Y);
  Field::square(dx2, dx);
  Field::multiply(dx3, dx, dx2);
  Field::multiply(q, a.X, dx2);
  Field::multiply(a.ZZ, a.ZZ, dx2);
  Field::multiply(y1_dx3, a.Y, dx3);
  Field::add(dx2, q, q);
  Field::square_subtract(a.X, dy, dx3, dx2);
  Field::multiply(a.ZZZ, a.ZZZ, dx3);
  Field::multiply_difference_subtract(a.Y, q, a.X, dy, y1_dx3);
}

// add_two_affine: a = (x1, y1) + (x2, y2), 4M + 2S; a collision leaves ZZ = 0. Source: EFD, shortw/xyzz, mmadd-2008-s.
template <class Field, class Element>
inline void add_two_affine(Xyzz<Element>& a, const Element& x1, const Element& y1, const Element& x2, const Element& y2) noexcept {
  Element dx, dy, q, y1_dx3;
  Field::subtract(dx, x2, x1);
  Field::subtract(dy, y2, y1);
  Field::carry(dy);  // the difference of two negated table points has limbs of 30 bits and a sign, too wide for a square
  Field::square(a.ZZ, dx);
  Field::multiply(a.ZZZ, dx, a.ZZ);
  Field::multiply(q, x1, a.ZZ);
  Field::multiply(y1_dx3, y1, a.ZZZ);
  Field::add(dx, q, q);
  Field::square_subtract(a.X, dy, a.ZZZ, dx);
  Field::multiply_difference_subtract(a.Y, q, a.X, dy, y1_dx3);
}

// add_xyzz: a += b, 12M + 2S, or without y (Y and ZZZ are then of no use) 8M + 2S. Precondition: neither is infinity; a collision, here or before, leaves ZZ = 0.
//   Source: EFD, shortw/xyzz, add-2008-s.
template <class Field, bool kWithY, class Element>
inline void add_xyzz(Xyzz<Element>& a, const Xyzz<Element>& b) noexcept {
  Element x1, y1, dx, dy, dx2, dx3, q;
  Field::multiply(x1, a.X, b.ZZ);
  Field::multiply(y1, a.Y, b.ZZZ);
  Field::multiply_subtract(dx, b.X, a.ZZ, x1);
  Field::multiply_subtract(dy, b.Y, a.ZZZ, y1);
  Field::multiply(a.ZZ, a.ZZ, b.ZZ);
  Field::square(dx2, dx);
  Field::multiply(dx3, dx, dx2);
  Field::multiply(q, x1, dx2);
  Field::multiply(a.ZZ, a.ZZ, dx2);
  Field::add(dx2, q, q);
  Field::square_subtract(a.X, dy, dx3, dx2);
  if constexpr (kWithY) {
    Field::multiply(y1, y1, dx3);
    Field::multiply(a.ZZZ, a.ZZZ, b.ZZZ);
    Field::multiply(a.ZZZ, a.ZZZ, dx3);
    Field::multiply_difference_subtract(a.Y, q, a.X, dy, y1);
  }
}

// AffinePair: two points to be added, where their sum goes, and the product of x differences before theirs in their chain (null: they are the first).
//   x3 may be x2 and y3 may be y2.
template <class Element>
struct AffinePair {
  const Element *x1, *y1, *x2, *y2, *before;
  Element *x3, *y3;
};

// add_affine_pairs: the sums of `count` (1 or 2) pairs of different chains, side by side; 5M + 1S each. inverse[k]: in, the inverse of the chain up to and with
//   the pair; out, of the chain before it. The slope is (y2 - y1) / (x2 - x1); x3 = slope^2 - x1 - x2, y3 = slope (x1 - x3) - y1.
template <class Field, class Element>
ASSAY_EC_INLINE void add_affine_pairs(Element* const* inverse, const AffinePair<Element>* pair, int count) noexcept {
  Element slope[2];
  for (int k = 0; k < count; ++k) {
    if (pair[k].before != nullptr) {
      Field::multiply(slope[k], *inverse[k], *pair[k].before);
    } else {
      slope[k] = *inverse[k];
    }
  }
  for (int k = 0; k < count; ++k) {
    if (pair[k].before != nullptr) Field::multiply_difference(*inverse[k], *pair[k].x2, *pair[k].x1, *inverse[k]);
  }
  for (int k = 0; k < count; ++k) Field::multiply_difference(slope[k], *pair[k].y2, *pair[k].y1, slope[k]);
  for (int k = 0; k < count; ++k) Field::square_subtract(*pair[k].x3, slope[k], *pair[k].x1, *pair[k].x2);
  for (int k = 0; k < count; ++k) Field::multiply_difference_subtract(*pair[k].y3, *pair[k].x1, *pair[k].x3, slope[k], *pair[k].y1);
}

// compare_sum_x: whether x of (x1, y1) + (x2, y2) is r, without inverting: difference = 0 iff (y2 - y1)^2 = (r + x1 + x2) (x2 - x1)^2; dx2 = 0 iff the points collide.
template <class Field, class Element>
inline void compare_sum_x(Element& difference, Element& dx2, const Element& r, const Element& x1, const Element& y1, const Element& x2, const Element& y2) noexcept {
  Element sum, dy, dy2;
  Field::subtract(dx2, x2, x1);
  Field::square(dx2, dx2);
  Field::subtract(dy, y2, y1);
  Field::carry(dy);
  Field::square(dy2, dy);
  if constexpr (Field::kSumsOfThree) {
    Field::add(sum, r, x1);
    Field::add(sum, sum, x2);
    Field::multiply_subtract(difference, dx2, sum, dy2);
  } else {
    Element part1, part2;
    Field::multiply_subtract(difference, dx2, r, dy2);
    Field::multiply(part1, dx2, x1);
    Field::multiply(part2, dx2, x2);
    Field::add(sum, part1, part2);
    Field::add(difference, difference, sum);
  }
}

// ---- by words, for every case: infinity, equal and opposite points

// double_affine: a = 2 (x, y). y is not 0: the order is odd. Source: EFD, shortw/xyzz, mdbl-2008-s-1 with a = -3.
template <class Scalar, class Element>
void double_affine(Xyzz<Element>& a, const Element& x, const Element& y) noexcept {
  Element u, v, w, s, m, t;
  Scalar::add(u, y, y);
  Scalar::square(v, u);
  Scalar::multiply(w, u, v);
  Scalar::multiply(s, x, v);
  Scalar::square(m, x);
  Scalar::subtract(m, m, Scalar::kOne);
  Scalar::add(t, m, m);
  Scalar::add(m, m, t);
  Scalar::add(t, s, s);
  Scalar::square(u, m);
  Scalar::subtract(u, u, t);
  Scalar::subtract(s, s, u);
  Scalar::multiply(t, w, y);
  Scalar::multiply_subtract(a.Y, m, s, t);
  a.X = u;
  a.ZZ = v;
  a.ZZZ = w;
}

// add_affine_complete: a += (x, y).
template <class Scalar, class Element>
void add_affine_complete(Xyzz<Element>& a, const Element& x, const Element& y) noexcept {
  if (is_zero(a.ZZ)) {
    a = {x, y, Scalar::kOne, Scalar::kOne};
    return;
  }
  Element u, s;
  Scalar::multiply(u, x, a.ZZ);
  if (!is_equal(u, a.X)) {
    add_affine<Scalar>(a, x, y);
    return;
  }
  Scalar::multiply(s, y, a.ZZZ);
  if (is_equal(s, a.Y)) {
    double_affine<Scalar>(a, x, y);
  } else {
    a.ZZ = a.ZZZ = Element{};
  }
}

// Jacobian: x = X / Z^2, y = Y / Z^3; infinity has Z = 0.
template <class Element>
struct Jacobian {
  Element X, Y, Z;
};

// double_point: a = 2 a, 3M + 5S; infinity stays. Source: EFD, shortw/jacobian-3, dbl-2001-b.
template <class Field, class Element>
inline void double_point(Jacobian<Element>& a) noexcept {
  Element delta, gamma, beta, alpha, t, u;
  Field::square(delta, a.Z);
  Field::square(gamma, a.Y);
  Field::multiply(beta, a.X, gamma);
  Field::subtract(t, a.X, delta);
  Field::add(u, a.X, delta);
  Field::multiply(alpha, t, u);
  Field::add(t, alpha, alpha);
  Field::add(alpha, alpha, t);
  Field::add(u, a.Y, a.Z);
  Field::square_subtract(a.Z, u, gamma, delta);
  Field::add(beta, beta, beta);
  Field::add(beta, beta, beta);  // 4 beta
  Field::square_subtract(a.X, alpha, beta, beta);
  Field::square(gamma, gamma);
  Field::add(gamma, gamma, gamma);
  Field::add(gamma, gamma, gamma);
  Field::add(gamma, gamma, gamma);  // 8 gamma^2
  Field::multiply_difference_subtract(a.Y, beta, a.X, alpha, gamma);
}

// Multiple: a point to be added many times: Jacobian with the powers of Z.
template <class Element>
struct Multiple {
  Element X, Y, Z, ZZ, ZZZ;
};

template <class Scalar, class Element>
void set_multiple(Multiple<Element>& m, const Jacobian<Element>& a) noexcept {
  m.X = a.X;
  m.Y = a.Y;
  m.Z = a.Z;
  Scalar::square(m.ZZ, a.Z);
  Scalar::multiply(m.ZZZ, a.Z, m.ZZ);
}

// add_multiple_complete: a += b, or a -= b; 11M + 3S. Source: EFD, shortw/jacobian, add-1998-cmo-2 with the powers of b's Z at hand.
template <class Scalar, class Element>
void add_multiple_complete(Jacobian<Element>& a, const Multiple<Element>& b, bool negated) noexcept {
  Element y2 = b.Y;
  if (negated) Scalar::subtract(y2, Element{}, b.Y);
  if (is_zero(b.Z)) return;
  if (is_zero(a.Z)) {
    a = {b.X, y2, b.Z};
    return;
  }
  Element zz, u1, s1, u2, s2, h, dy, hh, hhh, v;
  Scalar::square(zz, a.Z);
  Scalar::multiply(u1, a.X, b.ZZ);
  Scalar::multiply(s1, a.Y, b.ZZZ);
  Scalar::multiply(u2, b.X, zz);
  Scalar::multiply(s2, zz, a.Z);
  Scalar::multiply(s2, s2, y2);
  Scalar::subtract(h, u2, u1);
  Scalar::subtract(dy, s2, s1);
  if (is_zero(h)) {
    if (is_zero(dy)) {
      double_point<Scalar>(a);
    } else {
      a.Z = Element{};
    }
    return;
  }
  Scalar::square(hh, h);
  Scalar::multiply(hhh, hh, h);
  Scalar::multiply(v, u1, hh);
  Scalar::add(u2, v, v);
  Scalar::square_subtract(a.X, dy, hhh, u2);
  Scalar::multiply(s1, s1, hhh);
  Scalar::multiply_difference_subtract(a.Y, v, a.X, dy, s1);
  Scalar::multiply(a.Z, a.Z, b.Z);
  Scalar::multiply(a.Z, a.Z, h);
}

// x_is_mod_order: whether x = X / ZZ, below p, is r modulo the order n; r in [1, n). Infinity has no x: false. SEC 1 section 4.1.4 steps 6 to 8.
template <class Curve, class Scalar, class Element>
bool x_is_mod_order(const Element& r, const Element& X, const Element& ZZ) noexcept {
  if (is_zero(ZZ)) return false;
  const auto matches = [&](const Element& candidate) {
    Element in_form, product;
    Scalar::to_form(in_form, candidate);
    Scalar::multiply(product, in_form, ZZ);
    return is_equal(product, X);
  };
  if (matches(r)) return true;
  Element above;
  // r + n < p < 2^(64 kWords): n < p for all three curves.
  if (ec::add(above, r, Curve::kOrder) != 0 || !is_less(above, Curve::kPrime)) return false;
  return matches(above);
}

}  // namespace
}  // namespace assay::crypto::ec
