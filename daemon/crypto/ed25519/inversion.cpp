// 1/z by Euclid's algorithm, as Lehmer does it: variable time, the data is public.
//
// a = p and b = z are reduced together, and with them x_a and x_b, the multiples of z that they are: a = -x_a z, b = x_b z modulo p. When b is 1, x_b is the inverse. Quotients are worked
// out on the highest 64 bits of a and b alone, as long as these determine them, and applied to the long numbers as a 2 x 2 matrix: some 30 bits a time, seven times. Two quotients
// are taken at a time, so that no sign ever changes.
//
// Divsteps (Bernstein, Yang, 2019) need no division but took two thirds more where a division of 64 bits takes a dozen cycles (Zen 2, Ice Lake and later; on older processors of
// Intel it takes three dozen).
#include <bit>

#include "crypto/ed25519/field.h"

namespace assay::crypto::ed25519 {

namespace {

using Wide = Field::Wide;
__extension__ typedef __int128 SignedWide;

constexpr Words kPrime = {{~std::uint64_t{18}, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0} >> 1}};

// Matrix: (a, b) <- (a_from_a a - a_from_b b, b_from_b b - b_from_a a), and the same with plus signs for (x_a, x_b).
struct Matrix {
  std::uint64_t a_from_a, a_from_b, b_from_a, b_from_b;
};

// reduce_top(a, b, m): the quotients that the highest bits of two numbers determine, two by two. b is not 0. False if there are none.
// The condition is Jebelean's ("A double-digit Lehmer-Euclid algorithm for finding the GCD of long integers", 1995) for the second of two, which implies it for the first. It keeps the
// matrix below 2^32, for b_from_b r + a_from_b t <= 2^64.
bool reduce_top(std::uint64_t a, std::uint64_t b, Matrix& m) noexcept {
  m = {1, 0, 0, 1};
  bool any = false;
  for (;;) {
    const std::uint64_t first = a / b, r = a - first * b;
    if (r == 0) return any;
    const std::uint64_t second = b / r, t = b - second * r;
    const std::uint64_t a_from_a = m.a_from_a + first * m.b_from_a, a_from_b = m.a_from_b + first * m.b_from_b;
    const std::uint64_t b_from_a = m.b_from_a + second * a_from_a, b_from_b = m.b_from_b + second * a_from_b;
    if (t < b_from_b || r - t < a_from_b + b_from_b) return any;
    m = {a_from_a, a_from_b, b_from_a, b_from_b};
    a = r;
    b = t;
    any = true;
  }
}

// apply(m, a, b, x_a, x_b): a and b stay positive and x_a and x_b at most p, because a x_b + b x_a = p.
void apply(const Matrix& m, Words& a, Words& b, Words& x_a, Words& x_b) noexcept {
  SignedWide sum_a = 0, sum_b = 0;
  Wide sum_x_a = 0, sum_x_b = 0;
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t ai = a.word[i], bi = b.word[i], x_ai = x_a.word[i], x_bi = x_b.word[i];
    sum_a += static_cast<SignedWide>(Wide{ai} * m.a_from_a) - static_cast<SignedWide>(Wide{bi} * m.a_from_b);
    sum_b += static_cast<SignedWide>(Wide{bi} * m.b_from_b) - static_cast<SignedWide>(Wide{ai} * m.b_from_a);
    sum_x_a += Wide{x_ai} * m.a_from_a + Wide{x_bi} * m.a_from_b;
    sum_x_b += Wide{x_ai} * m.b_from_a + Wide{x_bi} * m.b_from_b;
    a.word[i] = static_cast<std::uint64_t>(sum_a);
    b.word[i] = static_cast<std::uint64_t>(sum_b);
    x_a.word[i] = static_cast<std::uint64_t>(sum_x_a);
    x_b.word[i] = static_cast<std::uint64_t>(sum_x_b);
    sum_a >>= 64;
    sum_b >>= 64;
    sum_x_a >>= 64;
    sum_x_b >>= 64;
  }
}

// power_of_inverse(z): z^(p - 2) = (z^((p - 5)/8))^8 z^3.
FieldElement power_of_inverse(const FieldElement& z) noexcept {
  FieldElement r = power_2_252_3(z);
  for (int i = 0; i < 3; ++i) Field::square(r, r);
  return r * (z * z * z);
}

}  // namespace

// r = z^(-1) modulo p, 0 for 0. Plain domain, vartime. Checked against BIGNUM on random, sparse and edge values (tests/crypto/ed25519/field_test.cpp).
FieldElement inverse_vartime(const FieldElement& z) noexcept {
  Words a = kPrime, b = to_words(z);
  Words x_a = {{0, 0, 0, 0}}, x_b = {{1, 0, 0, 0}};
  if (b == Words{}) return kZero;
  for (int top = 3; top > 0;) {
    if (a.word[top] == 0) {
      --top;
      continue;
    }
    const int zeros = std::countl_zero(a.word[top]);
    const auto highest = [=](const Words& n) { return n.word[top] << zeros | n.word[top - 1] >> 1 >> (63 - zeros); };
    Matrix m;
    // A quotient of more than some 30 bits: one number in a thousand million, and those of a test.
    if (highest(b) == 0 || !reduce_top(highest(a), highest(b), m)) return power_of_inverse(z);
    apply(m, a, b, x_a, x_b);
  }
  // What is left is one word each, a > b > 0, and p has no divisor but 1. From here on quotients come one by one: with an odd number of them the sign is the other.
  std::uint64_t r = a.word[0], t = b.word[0];
  std::uint64_t before_a = 1, before_b = 0, from_a = 0, from_b = 1;
  bool odd = false;
  while (t > 1) {
    const std::uint64_t quotient = r / t, rest = r - quotient * t;
    const std::uint64_t next_a = before_a + quotient * from_a, next_b = before_b + quotient * from_b;
    r = t;
    t = rest;
    before_a = from_a;
    before_b = from_b;
    from_a = next_a;
    from_b = next_b;
    odd = !odd;
  }
  // A carry fits a word: from_a and from_b are below 2^63, for from_b r + before_b t is what a was.
  Words x;
  std::uint64_t carry = 0;
  for (int i = 0; i < 4; ++i) {
    const Wide by_a = Wide{x_a.word[i]} * from_a + carry, by_b = Wide{x_b.word[i]} * from_b + static_cast<std::uint64_t>(by_a);
    x.word[i] = static_cast<std::uint64_t>(by_b);
    carry = static_cast<std::uint64_t>(by_a >> 64) + static_cast<std::uint64_t>(by_b >> 64);
  }
  const FieldElement inverse = from_words(x);
  return odd ? carried(kZero - inverse) : inverse;
}

}  // namespace assay::crypto::ed25519
