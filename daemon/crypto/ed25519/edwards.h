// Private to ed25519: the formulas of the curve -x^2 + y^2 = 1 + d x^2 y^2, over any field F with add, subtract, multiply, set_one: general registers (field.h), four
// lanes (lane_field.h), or the intervals that prove their bounds (tests/crypto/ed25519/bounds_test.cpp). ifma_field.h has its own.
//
// Hisil, Wong, Carter, Dawson, "Twisted Edwards curves revisited", 2008. All of it is complete on this curve: -1 is a square and d is not, so no pair of points is an
// exception, whoever chose them. Everything is force-inlined: a source that is compiled for newer processors must not share functions with the rest.
#pragma once

#define ASSAY_INLINE inline __attribute__((always_inline))

namespace assay::crypto::ed25519 {

template <class F>
struct Edwards {
  using E = typename F::Element;

  // Extended: x = X/Z, y = Y/Z, xy = T/Z.
  struct Extended {
    E x, y, z, t;
  };
  // Halved: an affine point, prepared: (y - x)/2, (y + x)/2, d x y. Halved, so that the formula needs Z and not 2 Z.
  struct Halved {
    E minus, plus, t;
  };
  // Cached: an extended point, prepared: Y - X, Y + X, 2 Z, 2 d T.
  struct Cached {
    E minus, plus, z2, td2;
  };

  // start(r, q): r = q.
  static ASSAY_INLINE void start(Extended& r, const Halved& q) noexcept {
    F::subtract(r.x, q.plus, q.minus);
    F::add(r.y, q.plus, q.minus);
    F::set_one(r.z);
    F::multiply(r.t, r.x, r.y);
  }

  // add(p, q): p = p + q. Seven products.
  static ASSAY_INLINE void add(Extended& p, const Halved& q) noexcept {
    E sum, a, b, c;
    F::subtract(sum, p.y, p.x);
    F::multiply(a, sum, q.minus);
    F::add(sum, p.y, p.x);
    F::multiply(b, sum, q.plus);
    F::multiply(c, p.t, q.t);
    finish(p, a, b, c, p.z);
  }

  // prepare(q, p, d2): q = p; d2 is 2 d.
  static ASSAY_INLINE void prepare(Cached& q, const Extended& p, const E& d2) noexcept {
    F::subtract(q.minus, p.y, p.x);
    F::add(q.plus, p.y, p.x);
    F::add(q.z2, p.z, p.z);
    F::multiply(q.td2, p.t, d2);
  }

  // add(p, q): p = p + q. Eight products.
  static ASSAY_INLINE void add(Extended& p, const Cached& q) noexcept {
    E sum, a, b, c, z;
    F::subtract(sum, p.y, p.x);
    F::multiply(a, sum, q.minus);
    F::add(sum, p.y, p.x);
    F::multiply(b, sum, q.plus);
    F::multiply(c, p.t, q.td2);
    F::multiply(z, p.z, q.z2);
    finish(p, a, b, c, z);
  }

  // double_it<kWithT>(p): p = 2 p. T is not needed before; afterwards it is there with kWithT only. Seven or eight products.
  // 2 X Y by a product, not as (X + Y)^2 - X^2 - Y^2: what three products add up to is too long to be multiplied by its like.
  template <bool kWithT>
  static ASSAY_INLINE void double_it(Extended& p) noexcept {
    E twice, xx, yy, zz, e, f, g, h;
    F::add(twice, p.x, p.x);
    F::multiply(e, twice, p.y);
    F::multiply(xx, p.x, p.x);
    F::multiply(yy, p.y, p.y);
    F::add(twice, p.z, p.z);
    F::multiply(zz, twice, p.z);
    F::add(h, yy, xx);
    F::subtract(g, yy, xx);
    F::add(f, zz, xx);
    F::subtract(f, f, yy);
    multiply_out<kWithT>(p, e, f, g, h);
  }

 private:
  // The end of every addition: E = B - A, F = D - C, G = D + C, H = B + A.
  static ASSAY_INLINE void finish(Extended& p, const E& a, const E& b, const E& c, const E& d) noexcept {
    E e, f, g, h;
    F::subtract(e, b, a);
    F::add(h, b, a);
    F::subtract(f, d, c);
    F::add(g, d, c);
    multiply_out<true>(p, e, f, g, h);
  }

  template <bool kWithT>
  static ASSAY_INLINE void multiply_out(Extended& p, const E& e, const E& f, const E& g, const E& h) noexcept {
    F::multiply(p.x, e, f);
    F::multiply(p.y, g, h);
    F::multiply(p.z, f, g);
    if constexpr (kWithT) F::multiply(p.t, e, h);
  }
};

}  // namespace assay::crypto::ed25519
