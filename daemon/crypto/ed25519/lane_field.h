// Private to ed25519: GF(2^255 - 19), four elements in four lanes: five signed limbs of 51 bits, held as doubles.
//
// The product x y of two limbs is split exactly by two fused multiplications, rounding toward zero:
//   high = fma(x, y, 1.5 2^104), which is 1.5 2^104 + floor(x y / 2^52) 2^52,      low = fma(x, y, 1.5 2^104 + 2^52 - high), which is 2^52 + x y mod 2^52,
// as long as |x y| < 2^103. The bits of both, read as integers, are linear in the two parts, so the columns of a product are summed as 64-bit integers, modulo 2^64; what the
// constants add is known and is taken off at the end, together with a bias that makes every column positive before it is shifted.
//
// Carries go one limb up, all at once, and none ripples on: limbs of a product are within 2^50 + 2^12 of zero, limb 0 within 2^50 + 2^16. Sums of two or three products may be
// multiplied. Nobody should trust this paragraph: tests/crypto/ed25519/bounds_test.cpp runs these templates over intervals.
//
// The operations are a template parameter: AVX2's (avx2.h), or intervals. The rounding mode is the caller's to set (avx2.h, TowardZero).
#pragma once

#include <cstdint>

#include "crypto/ed25519/edwards.h"

namespace assay::crypto::ed25519 {

__extension__ typedef __int128 LaneInteger;

inline constexpr double kSplit = 0x1.8p104;
inline constexpr double kSplitLow = 0x1.8p104 + 0x1p52;
inline constexpr std::uint64_t kSplitBits = __builtin_bit_cast(std::uint64_t, kSplit);
inline constexpr std::uint64_t kLowBits = __builtin_bit_cast(std::uint64_t, 0x1p52);
inline constexpr std::uint64_t kLaneLimbMask = (std::uint64_t{1} << 51) - 1;

// LaneTuning: what the bounds test changes, to see that it notices.
struct LaneTuning {
  static constexpr int kBias = 62;  // columns are made positive by 2^kBias
};

template <class Operations, class Tuning = LaneTuning>
struct LaneField {
  using O = Operations;
  using Real = typename O::Real;
  using Integer = typename O::Integer;
  struct alignas(32) Element {
    Real limb[5];
  };

  static ASSAY_INLINE void set_one(Element& r) noexcept {
    r.limb[0] = O::real(1);
    for (int i = 1; i < 5; ++i) r.limb[i] = O::real(0);
  }
  static ASSAY_INLINE void add(Element& r, const Element& a, const Element& b) noexcept {
    for (int i = 0; i < 5; ++i) r.limb[i] = O::add(a.limb[i], b.limb[i]);
  }
  static ASSAY_INLINE void subtract(Element& r, const Element& a, const Element& b) noexcept {
    for (int i = 0; i < 5; ++i) r.limb[i] = O::subtract(a.limb[i], b.limb[i]);
  }

  // r = a b modulo p; r may be a or b. Domain: plain; bounds: see above.
  static ASSAY_INLINE void multiply(Element& r, const Element& a, const Element& b) noexcept {
    // Column k has the products of weight 2^(51 k): a low part, and a high part of weight 2^(51 k + 52), which is twice the weight of column k + 1. Columns 5 to 8 come
    // first and fold onto 0 to 3 by 2^255 = 19.
    Integer low, high, before;
    Integer c0, c1, c2, c3, c4;
    column<4>(a, b, c4, before);
    column<5>(a, b, low, high);
    c0 = times_19(plus_twice(low, before));
    column<6>(a, b, low, before);
    c1 = times_19(plus_twice(low, high));
    column<7>(a, b, low, high);
    c2 = times_19(plus_twice(low, before));
    column<8>(a, b, low, before);
    c3 = times_19(plus_twice(low, high));
    c4 = O::add(c4, times_19(O::add(before, before)));

    const Integer mask = O::integer(kLaneLimbMask);
    column<0>(a, b, low, before);
    c0 = O::add(O::add(c0, O::integer(bias(0))), low);
    const Integer carry0 = O::template shift_right<51>(c0);
    column<1>(a, b, low, high);
    c1 = O::add(O::add(c1, O::integer(bias(1))), plus_twice(low, before));
    const Integer carry1 = O::template shift_right<51>(c1);
    const Real limb1 = O::to_real(O::add(O::bit_and(c1, mask), carry0), center(1));
    column<2>(a, b, low, before);
    c2 = O::add(O::add(c2, O::integer(bias(2))), plus_twice(low, high));
    const Integer carry2 = O::template shift_right<51>(c2);
    const Real limb2 = O::to_real(O::add(O::bit_and(c2, mask), carry1), center(1));
    column<3>(a, b, low, high);
    c3 = O::add(O::add(c3, O::integer(bias(3))), plus_twice(low, before));
    const Integer carry3 = O::template shift_right<51>(c3);
    const Real limb3 = O::to_real(O::add(O::bit_and(c3, mask), carry2), center(1));
    c4 = O::add(O::add(c4, O::integer(bias(4))), O::add(high, high));
    const Integer carry4 = O::template shift_right<51>(c4);
    r.limb[4] = O::to_real(O::add(O::bit_and(c4, mask), carry3), center(1));
    r.limb[0] = O::to_real(O::add(O::bit_and(c0, mask), O::multiply_low(carry4, 19)), center(19));
    r.limb[1] = limb1;
    r.limb[2] = limb2;
    r.limb[3] = limb3;
  }

 private:
  static ASSAY_INLINE Integer plus_twice(Integer low, Integer high) noexcept { return O::add(low, O::add(high, high)); }
  static ASSAY_INLINE Integer times_19(Integer x) noexcept { return O::add(O::add(x, x), O::add(x, O::template shift_left<4>(x))); }

  // column<k>: the sums of the low and of the high parts of a[i] b[k - i].
  template <int k>
  static ASSAY_INLINE void column(const Element& a, const Element& b, Integer& low, Integer& high) noexcept {
    constexpr int kFirst = k > 4 ? k - 4 : 0;
    constexpr int kLast = k < 4 ? k : 4;
    O::split(a.limb[kFirst], b.limb[k - kFirst], high, low);
#pragma GCC unroll 4
    for (int i = kFirst + 1; i <= kLast; ++i) O::split_and_add(a.limb[i], b.limb[k - i], high, low);
  }

  // The number of products in a column.
  static constexpr LaneInteger products(int k) noexcept { return k < 0 || k > 8 ? 0 : k < 5 ? k + 1 : 9 - k; }
  // What the constants of the splits add to column k, unfolded.
  static constexpr LaneInteger constants(int k) noexcept { return products(k) * LaneInteger{kLowBits} + 2 * products(k - 1) * LaneInteger{kSplitBits}; }
  // bias(k): added to column k: 2^kBias, the half limb that center() takes off, and nothing of the constants.
  static constexpr LaneInteger bias(int k) noexcept {
    return (LaneInteger{1} << Tuning::kBias) + (LaneInteger{1} << 50) - constants(k) - 19 * constants(k + 5);
  }
  // center(n): a limb is taken back by half its range, and by the n carries of 2^(kBias - 51) that the bias sends up to it.
  static constexpr double center(int carries) noexcept { return 0x1p50 + carries * static_cast<double>(LaneInteger{1} << (Tuning::kBias - 51)); }
};

// LanePoint: one extended point, its coordinates X, Y, Z, T in the four lanes of an element. Three products in sequence make an addition, where four lanes of points need
// eight: for sums that have no company.
template <class F>
struct LanePoint {
  using E = typename F::Element;
  using O = typename F::O;
  using Real = typename F::Real;

  // sums(r, p): Y - X, Y + X, Z, T.
  static ASSAY_INLINE void sums(E& r, const E& p) noexcept {
    for (int i = 0; i < 5; ++i) {
      const Real x = O::template negate<1>(O::template keep<3>(O::template permute<0, 0, 0, 0>(p.limb[i])));
      r.limb[i] = O::add(O::template permute<1, 1, 2, 3>(p.limb[i]), x);
    }
  }

  // add(r, p, q, scale): r = p + q; scale is 1, 1, 2, 2 d.
  static ASSAY_INLINE void add(E& r, const E& p, const E& q, const E& scale) noexcept {
    E left, right, product;
    sums(right, q);
    F::multiply(right, right, scale);
    sums(left, p);
    F::multiply(product, left, right);
    for (int i = 0; i < 5; ++i) {  // A, B, D, C: to E, G, F, E and F, H, G, H, as in edwards.h
      const Real abdc = product.limb[i];
      left.limb[i] = O::add(O::template permute<1, 2, 2, 1>(abdc), O::template negate<1 | 4 | 8>(O::template permute<0, 3, 3, 0>(abdc)));
      right.limb[i] = O::add(O::template permute<2, 1, 2, 1>(abdc), O::template negate<1>(O::template permute<3, 0, 3, 0>(abdc)));
    }
    F::multiply(r, left, right);
  }
};

}  // namespace assay::crypto::ed25519
