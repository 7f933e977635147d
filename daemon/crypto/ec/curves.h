// The three curves of FIPS 186-5 over prime fields: y^2 = x^3 - 3 x + b, cofactor 1 (SEC 2 sections 2.4.2, 2.5.1, 2.6.1). b is never needed: that a key is on the
// curve is checked where keys are made.
//
// All three primes are -1 modulo 2^32 at least and a short signed sum of powers of two; both Montgomery multiplications, by words and by lanes, live on that.
#pragma once

#include "crypto/ec/montgomery.h"

namespace assay::crypto::ec {
namespace {

// Term: sign 2^exponent.
struct Term {
  int exponent, sign;
};

// A curve's constants, and how the lanes cut its numbers: kLimbs limbs of kLimbBits bits (R of the lanes = 2^(kLimbs kLimbBits)), multiplied in windows of
// kWindow columns. kTerms: p + 1. kFoldFrom: a product minus so many elements is folded below 2^kBits + a little (lanes.h says why).
struct P256 {
  static constexpr int kBits = 256, kWords = 4, kOctets = 32;
  static constexpr Words<4> kPrime = {{0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}};
  static constexpr Words<4> kOrder = {{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}};
  static constexpr Words<4> kGx = {{0xf4a13945d898c296, 0x77037d812deb33a0, 0xf8bce6e563a440f2, 0x6b17d1f2e12c4247}};
  static constexpr Words<4> kGy = {{0xcbb6406837bf51f5, 0x2bce33576b315ece, 0x8ee7eb4a7c0f9e16, 0x4fe342e2fe1a7f9b}};
  static constexpr int kLimbs = 9, kLimbBits = 29, kWindow = 9, kFoldFrom = 2;
  static constexpr int kTermCount = 4;
  static constexpr Term kTerms[kTermCount] = {{96, 1}, {192, 1}, {224, -1}, {256, 1}};
};

struct P384 {
  static constexpr int kBits = 384, kWords = 6, kOctets = 48;
  static constexpr Words<6> kPrime = {{0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}};
  static constexpr Words<6> kOrder = {{0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff}};
  static constexpr Words<6> kGx = {{0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38, 0x6e1d3b628ba79b98, 0x8eb1c71ef320ad74, 0xaa87ca22be8b0537}};
  static constexpr Words<6> kGy = {{0x7a431d7c90ea0e5f, 0x0a60b1ce1d7e819d, 0xe9da3113b5f0b8c0, 0xf8f41dbd289a147c, 0x5d9e98bf9292dc29, 0x3617de4a96262c6f}};
  static constexpr int kLimbs = 14, kLimbBits = 28, kWindow = 7, kFoldFrom = 2;
  static constexpr int kTermCount = 4;
  static constexpr Term kTerms[kTermCount] = {{32, 1}, {96, -1}, {128, -1}, {384, 1}};
};

struct P521 {
  static constexpr int kBits = 521, kWords = 9, kOctets = 66;
  static constexpr Words<9> kPrime = {{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
                                       0xffffffffffffffff, 0xffffffffffffffff, 0x00000000000001ff}};
  static constexpr Words<9> kOrder = {{0xbb6fb71e91386409, 0x3bb5c9b8899c47ae, 0x7fcc0148f709a5d0, 0x51868783bf2f966b, 0xfffffffffffffffa, 0xffffffffffffffff,
                                       0xffffffffffffffff, 0xffffffffffffffff, 0x00000000000001ff}};
  static constexpr Words<9> kGx = {{0xf97e7e31c2e5bd66, 0x3348b3c1856a429b, 0xfe1dc127a2ffa8de, 0xa14b5e77efe75928, 0xf828af606b4d3dba, 0x9c648139053fb521,
                                    0x9e3ecb662395b442, 0x858e06b70404e9cd, 0x00000000000000c6}};
  static constexpr Words<9> kGy = {{0x88be94769fd16650, 0x353c7086a272c240, 0xc550b9013fad0761, 0x97ee72995ef42640, 0x17afbd17273e662c, 0x98f54449579b4468,
                                    0x5c8a5fb42c7d1bd9, 0x39296a789a3bc004, 0x0000000000000118}};
  static constexpr int kLimbs = 18, kLimbBits = 29, kWindow = 9, kFoldFrom = 0;
  static constexpr int kTermCount = 1;
  static constexpr Term kTerms[kTermCount] = {{521, 1}};
};

// cancel_lowest for the primes: adds m p to t, where m makes the lowest word zero.
//
// P-256: p = -1 mod 2^64, so m is the word itself, and m p + m = m (2^256 - 2^224 + 2^192 + 2^96): m 2^32 at word 1, m (2^64 - 2^32 + 1) at word 3.
ASSAY_EC_INLINE constexpr void cancel_lowest_p256(u64 (&t)[6]) noexcept {
  const u64 m = t[0];
  const u128 product = wide(m, 0xffffffff00000001);
  u64 carry = 0;
  t[1] = add_with_carry(t[1], m << 32, carry);
  t[2] = add_with_carry(t[2], m >> 32, carry);
  t[3] = add_with_carry(t[3], low(product), carry);
  t[4] = add_with_carry(t[4], high(product), carry);
  t[5] += carry;
  t[0] = 0;
}

// P-384: 1/p = -(2^32 + 1) mod 2^64, so m is a shift and a sum, and m p = m 2^384 - m (2^128 + 2^96 - 2^32 + 1).
ASSAY_EC_INLINE constexpr void cancel_lowest_p384(u64 (&t)[8]) noexcept {
  const u64 m = t[0] + (t[0] << 32), shifted = m << 32, rest = m >> 32;
  i128 sum = static_cast<i128>(t[0]) - m + shifted;  // a multiple of 2^64
  sum = (sum >> 64) + t[1] - shifted + rest;
  t[1] = static_cast<u64>(sum);
  sum = (sum >> 64) + t[2] - rest - m;
  t[2] = static_cast<u64>(sum);
  unroll<3>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
    sum = (sum >> 64) + t[3 + i];
    t[3 + i] = static_cast<u64>(sum);
  });
  sum = (sum >> 64) + t[6] + m;
  t[6] = static_cast<u64>(sum);
  t[7] += static_cast<u64>(sum >> 64);
  t[0] = 0;
}

// P-521: p = 2^521 - 1: m 2^521 stands nine bits up in word 8.
ASSAY_EC_INLINE constexpr void cancel_lowest_p521(u64 (&t)[11]) noexcept {
  const u64 m = t[0];
  u64 carry = 0;
  t[8] = add_with_carry(t[8], m << 9, carry);
  t[9] = add_with_carry(t[9], m >> 55, carry);
  t[10] += carry;
  t[0] = 0;
}

// ModP, ModN: the forms that montgomery_multiply takes.
template <class Curve>
struct ModP {
  static constexpr Modulus<Curve::kWords> kModulus = make_modulus(Curve::kPrime);
  ASSAY_EC_INLINE static constexpr void cancel(Array<u64, Curve::kWords + 2>& t) noexcept {
    if constexpr (Curve::kBits == 256) {
      cancel_lowest_p256(t);
    } else if constexpr (Curve::kBits == 384) {
      cancel_lowest_p384(t);
    } else {
      cancel_lowest_p521(t);
    }
  }
};
template <class Curve>
struct ModN {
  static constexpr Modulus<Curve::kWords> kModulus = make_modulus(Curve::kOrder);
  ASSAY_EC_INLINE static constexpr void cancel(Array<u64, Curve::kWords + 2>& t) noexcept { cancel_lowest(kModulus, t); }
};

}  // namespace
}  // namespace assay::crypto::ec
