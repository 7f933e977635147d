#include "crypto/ed25519/field.h"

#include <gtest/gtest.h>

#include "crypto/ed25519/numbers.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kPrime25519;
using test::Number;

constexpr int kTrials = 4000;

Number number(const Words& words) {
  Number n;
  for (int i = 4; i-- > 0;) n = n * Number::power_of_two(64) + Number(words.word[i]);
  return n;
}
Words words(const Number& n) { return load_words(n.little_endian(32).data()); }

// value(a): of the limbs as they are, not reduced.
Number value(const FieldElement& a) {
  Number n;
  for (int i = 5; i-- > 0;) n = n * Number::power_of_two(51) + Number(a.limb[i]);
  return n;
}

// long_limbs(random, trial): limbs up to 2^54 - 1, the longest that a product takes.
FieldElement long_limbs(std::mt19937_64& random, int trial) {
  FieldElement a;
  for (std::uint64_t& limb : a.limb) {
    limb = load_words(test::octets_for_trial(random, trial, 32).data()).word[0] & ((std::uint64_t{1} << 54) - 1);
    if (trial % 5 == 4) limb = (std::uint64_t{1} << 54) - 1;
  }
  return a;
}

TEST(Ed25519Field, AgreesWithBigNumbersOnEveryOperation) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const FieldElement a = long_limbs(random, trial);
    const FieldElement b = long_limbs(random, trial / 5);
    FieldElement r;
    Field::multiply(r, a, b);
    ASSERT_EQ(number(to_words(r)), value(a) * value(b) % kPrime25519);
    for (const std::uint64_t limb : r.limb) ASSERT_LT(limb, (std::uint64_t{1} << 51) + (std::uint64_t{1} << 13));
    Field::square(r, a);
    ASSERT_EQ(number(to_words(r)), value(a) * value(a) % kPrime25519);
    for (const std::uint64_t limb : r.limb) ASSERT_LT(limb, (std::uint64_t{1} << 51) + (std::uint64_t{1} << 13));
    FieldElement shorter = b;
    for (std::uint64_t& limb : shorter.limb) limb >>= 2;
    ASSERT_EQ(number(to_words(a + b)), (value(a) + value(b)) % kPrime25519);
    ASSERT_EQ(number(to_words(a - shorter)), (value(a) + kPrime25519 + kPrime25519 + kPrime25519 + kPrime25519 - value(shorter)) % kPrime25519);
    ASSERT_EQ(number(to_words(a)), value(a) % kPrime25519);
  }
}

// Every number at the edges of the field and of the words becomes its canonical representative.
TEST(Ed25519Field, ReducesTheEdges) {
  for (const Number& base : {Number(0), kPrime25519, Number::power_of_two(255) - Number(40), Number::power_of_two(204), Number::power_of_two(51)}) {
    for (unsigned long i = 0; i < 40; ++i) {
      const Number n = base + Number(i);
      if (n.fits(32) && !(n == n % Number::power_of_two(255))) continue;
      ASSERT_EQ(number(to_words(from_words(words(n)))), n % kPrime25519);
    }
  }
  EXPECT_TRUE(is_zero(from_words(words(kPrime25519))));
  EXPECT_TRUE(is_zero(kOne - kOne));
  EXPECT_TRUE(equal(kZero - kOne, from_words(words(kPrime25519 - Number(1)))));
  EXPECT_FALSE(is_zero(kOne));
}

// Fermat: a^(p - 2).
TEST(Ed25519Field, Inverts) {
  std::mt19937_64 random(2);
  const Number exponent = kPrime25519 - Number(2);
  const auto check = [&](const Number& n) { ASSERT_EQ(number(to_words(inverse_vartime(from_words(words(n))))), power(n, exponent, kPrime25519)); };
  for (int trial = 0; trial < kTrials / 8; ++trial) check(Number::little_endian(test::octets_for_trial(random, trial, 32)) % kPrime25519);
  for (unsigned long i = 0; i < 20; ++i) {
    check(Number(i));
    check((kPrime25519 - Number(i)) % kPrime25519);
  }
  for (int bit = 0; bit < 255; ++bit) check(Number::power_of_two(bit));
  // Its own check, many times: a (1/a) = 1.
  for (int trial = 0; trial < 10 * kTrials; ++trial) {
    const FieldElement a = from_words(load_words(test::octets_for_trial(random, trial, 32).data()));
    ASSERT_TRUE(equal(a * inverse_vartime(a), is_zero(a) ? kZero : kOne));
  }
}

TEST(Ed25519Field, RaisesToThePowerOfSquareRoots) {
  std::mt19937_64 random(3);
  const Number exponent = Number::power_of_two(252) - Number(3);
  for (int trial = 0; trial < 40; ++trial) {
    const Number n = Number::little_endian(test::octets_for_trial(random, trial, 32)) % Number::power_of_two(255);
    ASSERT_EQ(number(to_words(power_2_252_3(from_words(words(n))))), power(n, exponent, kPrime25519));
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
