// Private to ed25519: GF(2^255 - 19), elements side by side in the lanes of AVX-512, by its multiplier of 52 bits (IFMA): five unsigned limbs of 51 bits.
//
// The multiplier takes the low 52 bits of two lanes and adds the low or the high 52 bits of their product to a third. The low parts of a[i] b[j] have the weight 2^(51 k), k = i + j; the high parts
// 2^(51 k + 52), which is twice the weight of column k + 1. Columns 5 to 9 fold onto 0 to 4 by 2^255 = 19.
//
// A factor must be carried: what a lane has above 52 bits is ignored, and it has no sign. So there are two types: Columns are what a product gives; they may be added and subtracted, for they are far
// below 2^64; carry() makes an Element of them, which may be multiplied. The formulas need sums of products only, hence no product is carried twice, and a point addition carries eight times
// and not seven. Carries go one limb up, all at once, and none ripples on: limbs are below 2^51 + 2^12, limb 0 below 2^51 + 2^15.
// Nobody should trust this paragraph: tests/crypto/ed25519/ifma_bounds_test.cpp runs these templates over intervals.
//
// The operations are a template parameter: IFMA's (ifma.h), or intervals.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/ed25519/edwards.h"

namespace assay::crypto::ed25519 {

inline constexpr std::uint64_t kIfmaLimbMask = (std::uint64_t{1} << 51) - 1;

// prime_limb(i): of p.
ASSAY_INLINE constexpr std::uint64_t prime_limb(int i) noexcept { return kIfmaLimbMask - (i == 0 ? 18 : 0); }
// entry_offset(i): what is added to a limb of a table's entry, which is a signed double. The sum is exact, and as bits it is a limb in the low 52 that is not negative: a multiple of p has been added.
ASSAY_INLINE constexpr double entry_offset(int i) noexcept { return 0x1p52 + static_cast<double>(prime_limb(i)); }

// IfmaTuning: what the bounds test changes, to see that it notices.
struct IfmaTuning {
  static constexpr int kBias = 10;  // 2^kBias p is added to a difference of columns
};

template <class Operations, class Tuning = IfmaTuning>
struct IfmaField {
  using O = Operations;
  using Integer = typename O::Integer;
  struct Element {
    Integer limb[5];
  };
  struct Columns {
    Integer column[5];
  };

  static ASSAY_INLINE void set_one(Element& r) noexcept {
    r.limb[0] = O::integer(1);
    for (int i = 1; i < 5; ++i) r.limb[i] = O::integer(0);
  }
  // columns(r, a): a, to be added to others.
  static ASSAY_INLINE void columns(Columns& r, const Element& a) noexcept {
    for (int i = 0; i < 5; ++i) r.column[i] = a.limb[i];
  }
  // low_52(r, a): likewise, without what a has above 52 bits.
  static ASSAY_INLINE void low_52(Columns& r, const Element& a) noexcept {
    for (int i = 0; i < 5; ++i) r.column[i] = O::bit_and(a.limb[i], O::integer((std::uint64_t{1} << 52) - 1));
  }
  // r = a + b and r = a - b, modulo p.
  static ASSAY_INLINE void add(Columns& r, const Columns& a, const Columns& b) noexcept {
    for (int i = 0; i < 5; ++i) r.column[i] = O::add(a.column[i], b.column[i]);
  }
  static ASSAY_INLINE void subtract(Columns& r, const Columns& a, const Columns& b) noexcept {
    for (int i = 0; i < 5; ++i) r.column[i] = O::subtract(O::add(a.column[i], O::integer(prime_limb(i) << Tuning::kBias)), b.column[i]);
  }

  // r = a b modulo p. Domain: plain; bounds: see above. Checked against BIGNUM at the edges of the limbs (tests/crypto/ed25519/ifma_field_test.cpp).
  static ASSAY_INLINE void multiply(Columns& r, const Element& a, const Element& b) noexcept {
    // By rows, so that what follows in the code seldom waits for what stands before.
    Integer high[9], column[10];
    for (Integer& sum : high) sum = O::integer(0);
    for (int i = 0; i < 5; ++i) {
      for (int j = 0; j < 5; ++j) high[i + j] = O::add_high(high[i + j], a.limb[i], b.limb[j]);
    }
    column[0] = O::integer(0);
    for (int k = 0; k < 9; ++k) column[k + 1] = O::add(high[k], high[k]);
    for (int i = 0; i < 5; ++i) {
      for (int j = 0; j < 5; ++j) column[i + j] = O::add_low(column[i + j], a.limb[i], b.limb[j]);
    }
    for (int k = 0; k < 5; ++k) r.column[k] = O::add(column[k], times_19(column[k + 5]));
  }

  // carry(r, a): r = a.
  static ASSAY_INLINE void carry(Element& r, const Columns& a) noexcept {
    const Integer mask = O::integer(kIfmaLimbMask);
    r.limb[0] = O::add_product(O::bit_and(a.column[0], mask), O::template shift_right<51>(a.column[4]), O::integer(19));
    for (int i = 1; i < 5; ++i) r.limb[i] = O::add(O::bit_and(a.column[i], mask), O::template shift_right<51>(a.column[i - 1]));
  }

 private:
  static ASSAY_INLINE Integer times_19(Integer x) noexcept { return O::add(O::add(x, O::add(x, x)), O::template shift_left<4>(x)); }
};

// IfmaPoints: the formulas of edwards.h for a field whose products are carried as late as possible. Y - X and Y + X are kept, not X and Y: they are what the next addition multiplies.
template <class F>
struct IfmaPoints {
  using O = typename F::O;
  using E = typename F::Element;
  using C = typename F::Columns;

  // Point: Y - X, Y + X, Z, T of x = X/Z, y = Y/Z, xy = T/Z.
  struct Point {
    E minus, plus, z, t;
  };
  // Halved: an affine point, prepared: (y - x)/2, (y + x)/2, d x y. Above 52 bits limbs may be anything.
  struct Halved {
    E minus, plus, t;
  };

  // start(r, q): r = q.
  static ASSAY_INLINE void start(Point& r, const Halved& q) noexcept {
    C minus, plus, sum;
    E x, y;
    F::low_52(minus, q.minus);
    F::low_52(plus, q.plus);
    F::subtract(sum, plus, minus);
    F::carry(x, sum);
    F::add(sum, plus, minus);
    F::carry(y, sum);
    F::add(minus, minus, minus);
    F::carry(r.minus, minus);
    F::add(plus, plus, plus);
    F::carry(r.plus, plus);
    F::set_one(r.z);
    F::multiply(sum, x, y);
    F::carry(r.t, sum);
  }

  // add(p, q): p = p + q. Seven products.
  static ASSAY_INLINE void add(Point& p, const Halved& q) noexcept {
    C a, b, c, d;
    F::multiply(a, p.minus, q.minus);
    F::multiply(b, p.plus, q.plus);
    F::multiply(c, p.t, q.t);
    F::columns(d, p.z);
    finish(p, a, b, c, d);
  }

  // add(p, q, d2): p = p + q; d2 is 2 d. Nine products.
  static ASSAY_INLINE void add(Point& p, const Point& q, const E& d2) noexcept {
    C a, b, c, d;
    E scaled;
    F::multiply(c, q.t, d2);
    F::carry(scaled, c);
    F::multiply(a, p.minus, q.minus);
    F::multiply(b, p.plus, q.plus);
    F::multiply(c, p.t, scaled);
    F::multiply(d, p.z, q.z);
    F::add(d, d, d);
    finish(p, a, b, c, d);
  }

  // projective(x, y, z, p): 2 X, 2 Y, 2 Z: the same point.
  static ASSAY_INLINE void projective(C& x, C& y, C& z, const Point& p) noexcept {
    C minus, plus;
    E carried;
    F::columns(minus, p.minus);
    F::columns(plus, p.plus);
    F::subtract(x, plus, minus);
    F::carry(carried, x);
    F::columns(x, carried);
    F::add(y, plus, minus);
    F::columns(z, p.z);
    F::add(z, z, z);
  }

 private:
  // The end of every addition: E = B - A, F = D - C, G = D + C, H = B + A.
  static ASSAY_INLINE void finish(Point& p, const C& a, const C& b, const C& c, const C& d) noexcept {
    C sum, x, y;
    E e, f, g, h;
    F::subtract(sum, b, a);
    F::carry(e, sum);
    F::add(sum, b, a);
    F::carry(h, sum);
    F::subtract(sum, d, c);
    F::carry(f, sum);
    F::add(sum, d, c);
    F::carry(g, sum);
    F::multiply(x, e, f);
    F::multiply(y, g, h);
    F::subtract(sum, y, x);
    F::carry(p.minus, sum);
    F::add(sum, y, x);
    F::carry(p.plus, sum);
    F::multiply(sum, f, g);
    F::carry(p.z, sum);
    F::multiply(sum, e, h);
    F::carry(p.t, sum);
  }
};

}  // namespace assay::crypto::ed25519
