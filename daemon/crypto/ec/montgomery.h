// Arithmetic modulo odd numbers of whole words: products in Montgomery's form and inverses.
#pragma once

#include "crypto/ec/words.h"

namespace assay::crypto::ec {
namespace {

// Signed limbs of 62 bits, as the inversion counts: room for twice the modulus and a sign.
template <int N>
inline constexpr int kLimbs62 = (64 * N + 2) / 62 + 1;
template <>
inline constexpr int kLimbs62<9> = 9;  // of 576 bits P-521 uses 521

constexpr u64 kMask62 = ~u64{0} >> 2;

// Modulus: an odd m and what follows from it; R = 2^(64 N).
template <int N>
struct Modulus {
  Words<N> m;
  Words<N> r1, r2, r3;        // R, R^2, R^3 mod m
  u64 minus_inverse;          // -1/m mod 2^64
  u64 inverse_62;             // 1/m mod 2^62
  Array<i64, kLimbs62<N>> limbs_62;  // m
};

template <int N>
constexpr void to_limbs_62(Array<i64, kLimbs62<N>>& limbs, const Words<N>& a) noexcept {
  for (int i = 0; i < kLimbs62<N>; ++i) limbs[i] = static_cast<i64>(bits(a, 62 * i, 62));
}

// double_mod(a, m, count): 2^count a mod m, a < m.
template <int N>
constexpr Words<N> double_mod(Words<N> a, const Words<N>& m, int count) noexcept {
  for (int i = 0; i < count; ++i) {
    Words<N> twice{}, reduced{};
    const u64 carry = add(twice, a, a);
    const u64 borrow = subtract(reduced, twice, m);
    a = carry >= borrow ? reduced : twice;
  }
  return a;
}

template <int N>
constexpr Modulus<N> make_modulus(const Words<N>& m) noexcept {
  Modulus<N> result{};
  result.m = m;
  u64 inverse = m.word[0];  // right to three bits; each step doubles them
  for (int i = 0; i < 5; ++i) inverse *= 2 - m.word[0] * inverse;
  result.minus_inverse = 0 - inverse;
  result.inverse_62 = inverse & kMask62;
  to_limbs_62<N>(result.limbs_62, m);
  Words<N> one{};
  one.word[0] = 1;
  result.r1 = double_mod(one, m, 64 * N);
  result.r2 = double_mod(result.r1, m, 64 * N);
  result.r3 = double_mod(result.r2, m, 64 * N);
  return result;
}

// A row of the product: t < 2^(64 (N + 1)) + 2^(64 N) in N + 2 words.
//
// add_multiple(t, a, factor): t += factor a. The low and the high halves of the products are two sums of their own: one carry runs through each.
template <int N>
ASSAY_EC_INLINE constexpr void add_multiple(Array<u64, N + 2>& t, const Words<N>& a, u64 factor) noexcept {
  Array<u64, N> low_half = {}, high_half = {};
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
    const u128 product = wide(factor, a.word[i]);
    low_half[i] = low(product);
    high_half[i] = high(product);
  });
  u64 carry = 0;
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { t[i] = add_with_carry(t[i], low_half[i], carry); });
  t[N] = add_with_carry(t[N], 0, carry);
  t[N + 1] += carry;
  carry = 0;
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { t[i + 1] = add_with_carry(t[i + 1], high_half[i], carry); });
  t[N + 1] += carry;
}

// cancel_lowest(m, t): adds the multiple of m that makes the lowest word zero. Moduli of a special form have their own, below in curves.h.
template <int N>
ASSAY_EC_INLINE constexpr void cancel_lowest(const Modulus<N>& modulus, Array<u64, N + 2>& t) noexcept {
  add_multiple<N>(t, modulus.m, t[0] * modulus.minus_inverse);
}

// montgomery_multiply: r = a b / R mod m, fully reduced.
//   Precondition: a < m, b < R. r may be a or b. `Form` names the modulus: Form::kModulus and Form::cancel.
//   Vartime: no, but for the compiler's choice at the last subtraction. Source: Montgomery 1985, operand scanning.
//   Vectors: tests/crypto/ec/field_test.cpp against OpenSSL's BN.
template <class Form, int N>
ASSAY_EC_INLINE constexpr void montgomery_multiply(Words<N>& r, const Words<N>& a, const Words<N>& b) noexcept {
  Array<u64, N + 2> t = {};
  unroll<N>([&](auto row) ASSAY_EC_INLINE_LAMBDA {
    add_multiple<N>(t, a, b.word[row]);
    Form::cancel(t);
    unroll<N + 1>([&](auto i) ASSAY_EC_INLINE_LAMBDA { t[i] = t[i + 1]; });
    t[N + 1] = 0;
  });
  Words<N> product{}, reduced{};
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { product.word[i] = t[i]; });
  const bool is_less = t[N] < subtract(reduced, product, Form::kModulus.m);
  unroll<N>([&](auto i) ASSAY_EC_INLINE_LAMBDA { r.word[i] = is_less ? product.word[i] : reduced.word[i]; });
}

// ---- inversion

// Steps62: what 62 steps of division did: 2^62 (f', g') = (u f + v g, q f + r g).
struct Steps62 {
  i64 u, v, q, r;
};

// divide_steps_62_vartime(eta, f, g): f odd; needs the lowest 64 bits of f and g only.
//   |u| + |v| <= 2^62, |q| + |r| <= 2^62. Runs of zeros of g are taken at once, and up to six (four) bits of g are cleared by one multiple of f.
inline Steps62 divide_steps_62_vartime(i64& eta, u64 f, u64 g) noexcept {
  u64 u = 1, v = 0, q = 0, r = 1;
  int left = 62;
  for (;;) {
    const int zeros = __builtin_ctzll(g | (~u64{0} << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    const bool swap = eta < 0;
    if (swap) {
      eta = -eta;
      const u64 old_f = f, old_u = u, old_v = v;
      f = g;
      g = 0 - old_f;
      u = q;
      q = 0 - old_u;
      v = r;
      r = 0 - old_v;
    }
    // As many bits as can be cleared before f and g would change places again.
    const int most = eta + 1 > left ? left : static_cast<int>(eta) + 1;
    const u64 mask = ~u64{0} >> (64 - most);
    // -g/f mod 64 after a change of places (f is new), else mod 16.
    const u64 factor = swap ? (f * g * (f * f - 2)) & mask & 63 : ((0 - (f + (((f + 1) & 4) << 1))) * g) & mask & 15;
    g += f * factor;
    q += u * factor;
    r += v * factor;
  }
  return {static_cast<i64>(u), static_cast<i64>(v), static_cast<i64>(q), static_cast<i64>(r)};
}

// Inversion: the state of one: f and g shrink to +-1 and 0, d x = f and e x = g mod m hold throughout, -2m < d, e < m.
template <int N>
struct Inversion {
  static constexpr int kLimbs = kLimbs62<N>;
  Array<i64, kLimbs> d, e, f, g;
  int length = kLimbs;  // of f and g

  void update_d_e(const Steps62& s, const Modulus<N>& modulus) noexcept {
    const i64 sign_d = d[kLimbs - 1] >> 63, sign_e = e[kLimbs - 1] >> 63;
    // Multiples of m that make the lowest 62 bits zero, chosen so that the range stays.
    i64 multiple_d = (s.u & sign_d) + (s.v & sign_e), multiple_e = (s.q & sign_d) + (s.r & sign_e);
    i128 sum_d = i128{s.u} * d[0] + i128{s.v} * e[0], sum_e = i128{s.q} * d[0] + i128{s.r} * e[0];
    const auto excess = [&](i128 sum, i64 multiple) {
      return static_cast<i64>((modulus.inverse_62 * static_cast<u64>(sum) + static_cast<u64>(multiple)) & kMask62);
    };
    multiple_d -= excess(sum_d, multiple_d);
    multiple_e -= excess(sum_e, multiple_e);
    sum_d = (sum_d + i128{modulus.limbs_62[0]} * multiple_d) >> 62;
    sum_e = (sum_e + i128{modulus.limbs_62[0]} * multiple_e) >> 62;
    unroll<kLimbs - 1>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
      sum_d += i128{s.u} * d[i + 1] + i128{s.v} * e[i + 1] + i128{modulus.limbs_62[i + 1]} * multiple_d;
      sum_e += i128{s.q} * d[i + 1] + i128{s.r} * e[i + 1] + i128{modulus.limbs_62[i + 1]} * multiple_e;
      d[i] = static_cast<i64>(static_cast<u64>(sum_d) & kMask62);
      e[i] = static_cast<i64>(static_cast<u64>(sum_e) & kMask62);
      sum_d >>= 62;
      sum_e >>= 62;
    });
    d[kLimbs - 1] = static_cast<i64>(sum_d);
    e[kLimbs - 1] = static_cast<i64>(sum_e);
  }

  void update_f_g(const Steps62& s) noexcept {
    i128 sum_f = (i128{s.u} * f[0] + i128{s.v} * g[0]) >> 62, sum_g = (i128{s.q} * f[0] + i128{s.r} * g[0]) >> 62;
    for (int i = 1; i < length; ++i) {
      sum_f += i128{s.u} * f[i] + i128{s.v} * g[i];
      sum_g += i128{s.q} * f[i] + i128{s.r} * g[i];
      f[i - 1] = static_cast<i64>(static_cast<u64>(sum_f) & kMask62);
      g[i - 1] = static_cast<i64>(static_cast<u64>(sum_g) & kMask62);
      sum_f >>= 62;
      sum_g >>= 62;
    }
    f[length - 1] = static_cast<i64>(sum_f);
    g[length - 1] = static_cast<i64>(sum_g);
  }

  bool g_is_zero() const noexcept {
    i64 any = 0;
    for (int i = 0; i < length; ++i) any |= g[i];
    return any == 0;
  }

  // Drops the highest limbs of f and g when both are nothing but a sign.
  void shorten() noexcept {
    const i64 top_f = f[length - 1], top_g = g[length - 1];
    if (length < 2 || (top_f ^ (top_f >> 63)) != 0 || (top_g ^ (top_g >> 63)) != 0) return;
    f[length - 2] |= static_cast<i64>(static_cast<u64>(top_f) << 62);
    g[length - 2] |= static_cast<i64>(static_cast<u64>(top_g) << 62);
    --length;
  }

  // d, negated if f = -1, into [0, m).
  void reduce_d(const Modulus<N>& modulus) noexcept {
    const auto add_modulus_if_negative = [&] {
      if (d[kLimbs - 1] >= 0) return;
      for (int i = 0; i < kLimbs; ++i) d[i] += modulus.limbs_62[i];
    };
    const auto carry = [&] {
      for (int i = 0; i < kLimbs - 1; ++i) {
        d[i + 1] += d[i] >> 62;
        d[i] &= static_cast<i64>(kMask62);
      }
    };
    add_modulus_if_negative();
    if (f[length - 1] < 0) {
      for (i64& limb : d) limb = -limb;
    }
    carry();
    add_modulus_if_negative();
    carry();
  }
};

// invert_vartime: r = 1/x mod m, plain domain; 0 for x = 0.
//   Precondition: x < m, m prime. Source: Bernstein and Yang 2019, "Fast constant-time gcd computation and modular inversion", in the variable-time form with
//   transitions of 62 steps. Vectors: tests/crypto/ec/field_test.cpp against OpenSSL's BN.
template <int N>
[[gnu::noinline]] void invert_vartime(Words<N>& r, const Words<N>& x, const Modulus<N>& modulus) noexcept {
  using State = Inversion<N>;
  State state{};
  state.e[0] = 1;
  std::memcpy(state.f, modulus.limbs_62, sizeof state.f);
  to_limbs_62<N>(state.g, x);
  i64 eta = -1;
  while (!state.g_is_zero()) {
    const Steps62 steps = divide_steps_62_vartime(eta, static_cast<u64>(state.f[0]), static_cast<u64>(state.g[0]));
    state.update_d_e(steps, modulus);
    state.update_f_g(steps);
    state.shorten();
  }
  state.reduce_d(modulus);
  for (int i = 0; i < N; ++i) {
    u64 word = 0;
    for (int k = 0; k < State::kLimbs; ++k) {
      const int shift = 62 * k - 64 * i;
      const u64 limb = static_cast<u64>(state.d[k]);
      if (shift >= 0 && shift < 64) word |= limb << shift;
      if (shift < 0 && shift > -62) word |= limb >> -shift;
    }
    r.word[i] = word;
  }
}

}  // namespace
}  // namespace assay::crypto::ec
