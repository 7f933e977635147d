#include <gtest/gtest.h>

#include "crypto/engine.h"
#include "crypto/number.h"
#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::concat;
using test::from_hex;
using test::from_text;
using test::Number;
using test::Octets;
using test::SigningKey;
using enum SignatureResult;

const Number kPrime = Number::power_of_two(255) - Number(19);
const Number kOrder = Number::power_of_two(252) + Number::hex("14def9dea2f79cd65812631a5cf5d3ed");  // RFC 8032 section 5.1, L
const Octets kNeutral = Number(1).little_endian(32);                                                // (0, 1)
const Octets kOrderTwo = (kPrime - Number(1)).little_endian(32);                                    // (0, -1)

// Signer: an Ed25519 key whose scalar the test knows, so that it can make what no honest signer makes.
struct Signer {
  explicit Signer(const char* seed_hex) : key(SigningKey::ed25519(from_hex(seed_hex))), point(key.first()) {
    // RFC 8032 section 5.1.5 steps 1 and 2.
    Octets hash = test::digest("SHA512", from_hex(seed_hex));
    hash.resize(32);
    hash[0] &= std::byte{0xF8};
    hash[31] &= std::byte{0x7F};
    hash[31] |= std::byte{0x40};
    scalar = Number::little_endian(hash) % kOrder;
  }
  SigningKey key;
  Octets point;
  Number scalar;
};

// challenge(r, a, message): k of RFC 8032 section 5.1.7 step 2, reduced modulo L.
Number challenge(const Octets& r, const Octets& a, const Octets& message) {
  return Number::little_endian(test::digest("SHA512", concat(concat(r, a), message))) % kOrder;
}

// plus_order_two(point): the sum with (0, -1), which is (-x, -y).
Octets plus_order_two(Octets point) {
  const std::byte sign = (point[31] & std::byte{0x80}) ^ std::byte{0x80};
  point[31] &= std::byte{0x7F};
  Octets sum = (kPrime - Number::little_endian(point)).little_endian(32);
  sum[31] |= sign;
  return sum;
}

class ReferenceEdDsa : public testing::Test {
 protected:
  SignatureResult check(const Octets& point, const Octets& message, const Octets& signature) {
    const auto key = KeyMaterial::make_ed25519(point);
    EXPECT_TRUE(key) << key.error().what;
    return key ? test::verify(*engine_, Algorithm::eddsa, **key, message, signature) : unset;
  }
  // message_with(r, a, odd): one for which k modulo L is odd or even.
  static Octets message_with(const Octets& r, const Octets& a, bool odd) {
    for (int i = 0;; ++i) {
      const Octets message = from_text(std::to_string(i));
      if (challenge(r, a, message).odd() == odd) return message;
    }
  }

  std::unique_ptr<Engine> engine_ = make_reference_engine();
  const Signer a_{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"};
  const Signer b_{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"};
  const Octets message_ = from_text("message");
};

// RFC 8032 section 7.1, tests 1 to 3. OpenSSL makes the same signature from the same seed, for EdDSA is deterministic.
TEST_F(ReferenceEdDsa, VerifiesTheExamplesOfRfc8032) {
  struct Example {
    const char* seed;
    const char* point;
    const char* message;
    const char* signature;
  };
  const Example examples[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const Example& example : examples) {
    const SigningKey key = SigningKey::ed25519(from_hex(example.seed));
    EXPECT_EQ(key.first(), from_hex(example.point));
    EXPECT_EQ(key.sign(Algorithm::eddsa, from_hex(example.message)), from_hex(example.signature));
    EXPECT_EQ(check(from_hex(example.point), from_hex(example.message), from_hex(example.signature)), valid);
  }
}

// RFC 8032 section 5.1.7 step 1: S is decoded as a number below L. Every multiple of L that fits is added.
TEST_F(ReferenceEdDsa, RefusesSThatIsNotBelowTheOrder) {
  const Octets signature = a_.key.sign(Algorithm::eddsa, message_);
  ASSERT_EQ(check(a_.point, message_, signature), valid);
  const Octets r(signature.begin(), signature.begin() + 32);
  Number s = Number::little_endian(base::Bytes(signature).subspan(32)) + kOrder;
  int refused = 0;
  for (; s.fits(32); s = s + kOrder, ++refused) EXPECT_EQ(check(a_.point, message_, concat(r, s.little_endian(32))), invalid);
  EXPECT_GE(refused, 15);
}

// The ends of the range of S and the first numbers outside it.
TEST_F(ReferenceEdDsa, RefusesExtremeValuesOfS) {
  const Octets signature = a_.key.sign(Algorithm::eddsa, message_);
  const Octets r(signature.begin(), signature.begin() + 32);
  for (const Number& s : {Number(0), Number(1), kOrder - Number(1), kOrder, kOrder + Number(1), Number::power_of_two(255), Number::power_of_two(256) - Number(1)}) {
    EXPECT_EQ(check(a_.point, message_, concat(r, s.little_endian(32))), invalid);
  }
}

// The equation holds for R = (0, 1) and S = k a, for any message; an R of small order is refused all the same.
TEST_F(ReferenceEdDsa, RefusesTheNeutralElementAsR) {
  const Octets s = (challenge(kNeutral, a_.point, message_) * a_.scalar % kOrder).little_endian(32);
  EXPECT_EQ(check(a_.point, message_, concat(kNeutral, s)), invalid);
}

// A' = A + T with T = (0, -1): for odd k, [S]B = R + [k]A' holds for R = T and S = k a.
TEST_F(ReferenceEdDsa, RefusesAPointOfOrderTwoAsR) {
  const Octets mixed = plus_order_two(a_.point);
  const Octets message = message_with(kOrderTwo, mixed, true);
  const Octets s = (challenge(kOrderTwo, mixed, message) * a_.scalar % kOrder).little_endian(32);
  EXPECT_EQ(check(mixed, message, concat(kOrderTwo, s)), invalid);
}

// RFC 8032 section 5.1.3 step 1: p + 1 stands for y = 1 but is no encoding of it; nor is y = 1 with the sign of x = 0 set (step 4).
TEST_F(ReferenceEdDsa, RefusesNonCanonicalEncodingsOfR) {
  Octets negative_zero = kNeutral;
  negative_zero[31] = std::byte{0x80};
  for (const Octets& r : {(kPrime + Number(1)).little_endian(32), negative_zero}) {
    const Octets s = (challenge(r, a_.point, message_) * a_.scalar % kOrder).little_endian(32);
    EXPECT_EQ(check(a_.point, message_, concat(r, s)), invalid);
  }
}

// A hand-made signature under a known scalar and nonce passes: the arithmetic of the cases around it is right, so that their refusals prove something.
TEST_F(ReferenceEdDsa, AcceptsASignatureMadeByHand) {
  const Octets& r = b_.point;
  const Octets s = ((b_.scalar + challenge(r, a_.point, message_) * a_.scalar) % kOrder).little_endian(32);
  EXPECT_EQ(check(a_.point, message_, concat(r, s)), valid);
}

// RFC 8032 section 5.1.7 step 3, without the cofactor: under A' = A + T with T of order 2, [S]B = R + [k]A' holds for even k only; with the cofactor, it
// would for every k.
TEST_F(ReferenceEdDsa, VerifiesWithoutTheCofactor) {
  const Octets& r = b_.point;
  const Octets mixed = plus_order_two(a_.point);
  for (const bool odd : {false, true}) {
    const Octets message = message_with(r, mixed, odd);
    const Octets s = ((b_.scalar + challenge(r, mixed, message) * a_.scalar) % kOrder).little_endian(32);
    EXPECT_EQ(check(mixed, message, concat(r, s)), odd ? invalid : valid);
  }
}

// The sign of x is part of the key: -A is another one.
TEST_F(ReferenceEdDsa, RefusesTheNegatedKey) {
  const Octets signature = a_.key.sign(Algorithm::eddsa, message_);
  EXPECT_EQ(check(test::flipped(a_.point, 255), message_, signature), invalid);
}

}  // namespace
}  // namespace assay::crypto
