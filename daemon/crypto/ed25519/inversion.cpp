// 1/a by divsteps (Bernstein, Yang, "Fast constant-time gcd computation and modular inversion", 2019), the variable-time form: the data is public.
//
// f = p and g = a are reduced together; d and e remember how f and g come from a: f = d a, g = e a modulo p. 62 steps at a time are worked out on the lowest 62 bits
// alone, as a 2 x 2 matrix, which is then applied to the long numbers. When g is 0, f is 1 or -1 and d or -d is the inverse.
#include <algorithm>
#include <bit>

#include "crypto/ed25519/field.h"

namespace assay::crypto::ed25519 {

namespace {

using Wide = Field::Wide;
__extension__ typedef __int128 SignedWide;

constexpr std::uint64_t kMask62 = ~std::uint64_t{0} >> 2;

// Signed62: sum of digit[i] 2^(62 i); all digits but the highest are in [0, 2^62).
struct Signed62 {
  std::int64_t digit[5];
};

constexpr Signed62 kPrime = {{static_cast<std::int64_t>(kMask62 - 18), static_cast<std::int64_t>(kMask62), static_cast<std::int64_t>(kMask62),
                              static_cast<std::int64_t>(kMask62), 127}};

// inverse_mod_2_62(a): by Newton's iteration; each doubles the number of right bits, and a itself has three.
constexpr std::uint64_t inverse_mod_2_62(std::uint64_t a) noexcept {
  std::uint64_t x = a;
  for (int i = 0; i < 5; ++i) x *= 2 - a * x;
  return x & kMask62;
}
constexpr std::uint64_t kPrimeInverse = inverse_mod_2_62(static_cast<std::uint64_t>(kPrime.digit[0]));

// Matrix: 2^62 (f', g') = (u f + v g, q f + r g). |u| + |v| <= 2^62 and |q| + |r| <= 2^62.
struct Matrix {
  std::int64_t u, v, q, r;
};

// divsteps(eta, f, g, matrix): 62 steps on the low words; f is odd. Returns the new eta. The entries and words are kept unsigned, modulo 2^64.
std::int64_t divsteps(std::int64_t eta, std::uint64_t f, std::uint64_t g, Matrix& matrix) noexcept {
  std::uint64_t u = 1, v = 0, q = 0, r = 1;
  int left = 62;
  for (;;) {
    const int zeros = std::countr_zero(g | ~std::uint64_t{0} << left);
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    // Both odd now. A multiple of f is added to g that clears as many low bits as the steps at hand may: up to six or four of them.
    std::uint64_t multiple;
    if (eta < 0) {
      eta = -eta;
      const std::uint64_t old_f = f, old_u = u, old_v = v;
      f = g;
      g = 0 - old_f;
      u = q;
      q = 0 - old_u;
      v = r;
      r = 0 - old_v;
      const int clear = std::min(static_cast<int>(std::min<std::int64_t>(eta, 62)) + 1, left);
      multiple = f * g * (f * f - 2) & (~std::uint64_t{0} >> (64 - clear)) & 63;
    } else {
      const int clear = std::min(static_cast<int>(std::min<std::int64_t>(eta, 62)) + 1, left);
      const std::uint64_t inverse = f + (((f + 1) & 4) << 1);  // of f, negated, modulo 16
      multiple = (0 - inverse) * g & (~std::uint64_t{0} >> (64 - clear)) & 15;
    }
    g += f * multiple;
    q += u * multiple;
    r += v * multiple;
  }
  matrix = {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q), static_cast<std::int64_t>(r)};
  return eta;
}

// low(x): the digit that stays when x is shifted by 62.
std::int64_t low(SignedWide x) noexcept { return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) & kMask62); }

// apply_exactly(m, length, f, g): (f, g) <- m (f, g) / 2^62, which leaves no remainder; `length` digits are in use.
void apply_exactly(const Matrix& m, int length, Signed62& f, Signed62& g) noexcept {
  SignedWide sum_f = SignedWide{m.u} * f.digit[0] + SignedWide{m.v} * g.digit[0];
  SignedWide sum_g = SignedWide{m.q} * f.digit[0] + SignedWide{m.r} * g.digit[0];
  for (int i = 1; i < length; ++i) {
    const std::int64_t fi = f.digit[i], gi = g.digit[i];
    sum_f = (sum_f >> 62) + SignedWide{m.u} * fi + SignedWide{m.v} * gi;
    sum_g = (sum_g >> 62) + SignedWide{m.q} * fi + SignedWide{m.r} * gi;
    f.digit[i - 1] = low(sum_f);
    g.digit[i - 1] = low(sum_g);
  }
  f.digit[length - 1] = static_cast<std::int64_t>(sum_f >> 62);
  g.digit[length - 1] = static_cast<std::int64_t>(sum_g >> 62);
}

// apply_modulo_p(m, d, e): (d, e) <- m (d, e) / 2^62 modulo p. d and e stay in (-2p, p): a multiple of p is added that makes the lowest 62 bits zero, and p once more
// for each negative one.
void apply_modulo_p(const Matrix& m, Signed62& d, Signed62& e) noexcept {
  const std::int64_t d_sign = d.digit[4] >> 63, e_sign = e.digit[4] >> 63;
  std::int64_t p_in_d = (m.u & d_sign) + (m.v & e_sign);
  std::int64_t p_in_e = (m.q & d_sign) + (m.r & e_sign);
  SignedWide sum_d = SignedWide{m.u} * d.digit[0] + SignedWide{m.v} * e.digit[0];
  SignedWide sum_e = SignedWide{m.q} * d.digit[0] + SignedWide{m.r} * e.digit[0];
  p_in_d -= static_cast<std::int64_t>((kPrimeInverse * static_cast<std::uint64_t>(sum_d) + static_cast<std::uint64_t>(p_in_d)) & kMask62);
  p_in_e -= static_cast<std::int64_t>((kPrimeInverse * static_cast<std::uint64_t>(sum_e) + static_cast<std::uint64_t>(p_in_e)) & kMask62);
  sum_d += SignedWide{kPrime.digit[0]} * p_in_d;
  sum_e += SignedWide{kPrime.digit[0]} * p_in_e;
#pragma GCC unroll 4
  for (int i = 1; i < 5; ++i) {
    const std::int64_t di = d.digit[i], ei = e.digit[i];
    sum_d = (sum_d >> 62) + SignedWide{m.u} * di + SignedWide{m.v} * ei + SignedWide{kPrime.digit[i]} * p_in_d;
    sum_e = (sum_e >> 62) + SignedWide{m.q} * di + SignedWide{m.r} * ei + SignedWide{kPrime.digit[i]} * p_in_e;
    d.digit[i - 1] = low(sum_d);
    e.digit[i - 1] = low(sum_e);
  }
  d.digit[4] = static_cast<std::int64_t>(sum_d >> 62);
  e.digit[4] = static_cast<std::int64_t>(sum_e >> 62);
}

bool is_zero(const Signed62& a, int length) noexcept {
  std::int64_t bits = 0;
  for (int i = 0; i < length; ++i) bits |= a.digit[i];
  return bits == 0;
}

// shorten(length, f, g): drops the highest digit of both if it is but a sign.
void shorten(int& length, Signed62& f, Signed62& g) noexcept {
  if (length < 2) return;
  const std::int64_t f_top = f.digit[length - 1], g_top = g.digit[length - 1];
  if ((f_top ^ f_top >> 63) != 0 || (g_top ^ g_top >> 63) != 0) return;
  f.digit[length - 2] = static_cast<std::int64_t>(static_cast<std::uint64_t>(f.digit[length - 2]) | static_cast<std::uint64_t>(f_top) << 62);
  g.digit[length - 2] = static_cast<std::int64_t>(static_cast<std::uint64_t>(g.digit[length - 2]) | static_cast<std::uint64_t>(g_top) << 62);
  --length;
}

void add_prime(Signed62& a) noexcept {
  for (int i = 0; i < 5; ++i) a.digit[i] += kPrime.digit[i];
}
void carry(Signed62& a) noexcept {
  for (int i = 0; i < 4; ++i) {
    a.digit[i + 1] += a.digit[i] >> 62;
    a.digit[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(a.digit[i]) & kMask62);
  }
}

// reduced(d, negate): d or -d in [0, p), for d in (-2p, p).
Signed62 reduced(Signed62 d, bool negate) noexcept {
  if (d.digit[4] < 0) add_prime(d);
  if (negate) {
    for (std::int64_t& digit : d.digit) digit = -digit;
  }
  carry(d);
  if (d.digit[4] < 0) add_prime(d);
  carry(d);
  return d;
}

Signed62 from_canonical(const Words& a) noexcept {
  const std::uint64_t* w = a.word;
  return {{static_cast<std::int64_t>(w[0] & kMask62), static_cast<std::int64_t>((w[0] >> 62 | w[1] << 2) & kMask62),
           static_cast<std::int64_t>((w[1] >> 60 | w[2] << 4) & kMask62), static_cast<std::int64_t>((w[2] >> 58 | w[3] << 6) & kMask62),
           static_cast<std::int64_t>(w[3] >> 56)}};
}

Words to_canonical(const Signed62& a) noexcept {
  std::uint64_t d[5];
  for (int i = 0; i < 5; ++i) d[i] = static_cast<std::uint64_t>(a.digit[i]);
  return {{d[0] | d[1] << 62, d[1] >> 2 | d[2] << 60, d[2] >> 4 | d[3] << 58, d[3] >> 6 | d[4] << 56}};
}

}  // namespace

// r = a^(-1) modulo p, 0 for 0. Plain domain, vartime. Checked against BIGNUM on random, sparse and edge values (tests/crypto/ed25519/field_test.cpp).
FieldElement inverse_vartime(const FieldElement& a) noexcept {
  const Words canonical = to_words(a);
  if (canonical == Words{}) return kZero;
  Signed62 d = {{0, 0, 0, 0, 0}};
  Signed62 e = {{1, 0, 0, 0, 0}};
  Signed62 f = kPrime;
  Signed62 g = from_canonical(canonical);
  std::int64_t eta = -1;
  int length = 5;
  // Theorem 11.2 of the paper: 255 bits need 738 steps at most, twelve times 62. Every number that is not 0 has an inverse, so g does become 0.
  while (!is_zero(g, length)) {
    Matrix matrix;
    eta = divsteps(eta, static_cast<std::uint64_t>(f.digit[0]), static_cast<std::uint64_t>(g.digit[0]), matrix);
    apply_modulo_p(matrix, d, e);
    apply_exactly(matrix, length, f, g);
    shorten(length, f, g);
  }
  return from_words(to_canonical(reduced(d, f.digit[length - 1] < 0)));
}

}  // namespace assay::crypto::ed25519
