#include "crypto/ed25519/curve.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <cmath>

#include "crypto/ed25519/codes.h"
#include "crypto/ed25519/numbers.h"
#include "crypto/ed25519/torsion.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kOrder25519;
using test::kPrime25519;
using test::Number;
using test::Octets;

constexpr int kEncodings = 2000;

FieldElement element(const Number& n) { return from_words(load_words((n % kPrime25519).little_endian(32).data())); }
Number inverse(const Number& n) { return power(n, kPrime25519 - Number(2), kPrime25519); }

// RFC 8032 section 5.1.
TEST(Ed25519Curve, HasTheConstantsOfTheStandard) {
  const Number d = (kPrime25519 - Number(121665)) * inverse(Number(121666)) % kPrime25519;
  EXPECT_TRUE(equal(kD, element(d)));
  EXPECT_TRUE(equal(kTwiceD, element(d + d)));
  EXPECT_TRUE(equal(kHalf, element(inverse(Number(2)))));
  EXPECT_TRUE(equal(kRootOfMinusOne * kRootOfMinusOne, kZero - kOne));
  const AffinePoint base = base_point();
  EXPECT_TRUE(equal(base.y, element(Number(4) * inverse(Number(5)))));
  EXPECT_EQ(to_words(base.x), load_words(Number::hex("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a").little_endian(32).data()));
}

bool on_curve(const Octets& encoding) {
  // libsodium's addition fails for what is not on the curve; it takes y >= p.
  const Octets neutral = Number(1).little_endian(32);
  Octets sum(32);
  const auto octets = [](const Octets& o) { return reinterpret_cast<const unsigned char*>(o.data()); };
  return crypto_core_ed25519_add(reinterpret_cast<unsigned char*>(sum.data()), octets(encoding), octets(neutral)) == 0;
}

TEST(Ed25519Curve, DecodesWhatLibsodiumDecodes) {
  std::mt19937_64 random(1);
  int found = 0;
  for (int trial = 0; trial < kEncodings; ++trial) {
    const Octets encoding = test::octets_for_trial(random, trial, 32);
    const Words words = load_words(encoding.data());
    Words y = words;
    y.word[3] &= ~(std::uint64_t{1} << 63);
    if (to_words(from_words(y)) != y) continue;
    const auto point = decode(words);
    const bool x_is_zero = y == Words{{1, 0, 0, 0}} || to_words(kZero - from_words(y)) == Words{{1, 0, 0, 0}};
    if (!x_is_zero) {
      ASSERT_EQ(point.has_value(), on_curve(encoding)) << trial;
    }
    if (!point) continue;
    ++found;
    // -x^2 + y^2 = 1 + d x^2 y^2, and the sign is the one asked for.
    const FieldElement xx = point->x * point->x;
    const FieldElement yy = point->y * point->y;
    ASSERT_TRUE(equal(yy - xx, kOne + kD * (xx * yy)));
    ASSERT_EQ(to_words(point->x).word[0] & 1, words.word[3] >> 63);
    ASSERT_EQ(to_words(point->y), y);
  }
  EXPECT_GT(found, kEncodings / 4);
}

// RFC 8032 section 5.1.3: step 1 refuses y >= p, step 4 x = 0 with its sign set.
TEST(Ed25519Curve, RefusesEncodingsThatAreNotCanonical) {
  for (unsigned long excess = 0; excess < 19; ++excess) {
    for (const std::byte sign : {std::byte{0}, std::byte{0x80}}) {
      Octets encoding = (kPrime25519 + Number(excess)).little_endian(32);
      encoding[31] |= sign;
      EXPECT_FALSE(decode(load_words(encoding.data())));
      EXPECT_FALSE(PublicKey::decode(encoding));
    }
  }
  for (Octets encoding : {Number(1).little_endian(32), (kPrime25519 - Number(1)).little_endian(32)}) {
    EXPECT_TRUE(decode(load_words(encoding.data())));
    encoding[31] |= std::byte{0x80};
    EXPECT_FALSE(decode(load_words(encoding.data())));
  }
}

// The eight points of small order are the multiples of one of order 8; nothing else is in the list, and none of them is a key.
TEST(Ed25519Curve, KnowsThePointsOfSmallOrder) {
  std::vector<Octets> torsion = test::torsion();
  ASSERT_EQ(torsion.size(), 8U);
  for (const Octets& point : torsion) {
    Words y = load_words(point.data());
    y.word[3] &= ~(std::uint64_t{1} << 63);
    EXPECT_TRUE(has_small_order(y));
    EXPECT_FALSE(PublicKey::decode(point));
    // Neighbours have another order, or none.
    for (unsigned long step = 1; step < 4; ++step) {
      y.word[0] += 2 + step;
      EXPECT_FALSE(has_small_order(y));
    }
  }
  std::ranges::sort(torsion);
  EXPECT_EQ(std::ranges::unique(torsion).size(), 0U);
}

TEST(Ed25519Curve, KeysHaveThirtyTwoOctets) {
  const Octets point = test::SigningKey::ed25519().first();
  EXPECT_TRUE(PublicKey::decode(point));
  EXPECT_FALSE(PublicKey::decode({}));
  EXPECT_FALSE(PublicKey::decode(base::Bytes(point).first(31)));
  EXPECT_FALSE(PublicKey::decode(test::concat(point, Octets(1))));
}

// Each builder's tables against the other's: the same multiples, whatever their limbs look like. And multiples of the neutral element are the neutral element.
TEST(Ed25519Table, HoldsTheSameMultiplesWhoeverBuiltIt) {
  const auto key = PublicKey::decode(test::SigningKey::ed25519().first());
  ASSERT_TRUE(key);
  for (const unsigned width : {4U, 5U, 6U, 7U, 8U, 9U}) {
    const auto expected = Table::make(test::table_memory(), scalar_code(), *key, width);
    EXPECT_EQ(expected->bytes(), Table::bytes_of(width));
    for (const Code* code : test::ed25519_codes()) {
      const auto table = Table::make(test::table_memory(), *code, *key, width);
      const std::size_t count = table->bytes() / sizeof(TableEntry);
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::size_t part : {kEntryMinus, kEntryPlus, kEntryT}) {
          const auto value = [&](const Table& from) {
            FieldElement a;
            for (std::size_t k = 0; k < 5; ++k) {
              const double limb = from.view().entries[i].limb[part + k];
              EXPECT_LT(std::abs(limb), 0x1p50 + 0x1p16);  // what bounds_test.cpp assumes
              a.limb[k] = static_cast<std::uint64_t>(static_cast<std::int64_t>(limb)) + 2 * (k == 0 ? kLimbMask - 18 : kLimbMask);
            }
            return to_words(a);
          };
          ASSERT_EQ(value(*table), value(*expected)) << code->name << ", width " << width << ", entry " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
