// Signatures that only somebody who knows the private key can make, and encodings that nobody should. Every ruling is libsodium's too.
#include <gtest/gtest.h>

#include "crypto/ed25519/codes.h"
#include "crypto/ed25519/torsion.h"

namespace assay::crypto::ed25519 {
namespace {

using test::concat;
using test::kOrder25519;
using test::kPrime25519;
using test::Number;
using test::Octets;
using test::Verifier;
using enum SignatureResult;

constexpr int kRounds = 3;

// Question: a check that owns its parts.
struct Question {
  Octets point;
  Octets message;
  Octets signature;
};

class Ed25519Crafted : public testing::Test {
 protected:
  // answer(question): by every implementation, with and without a table, alone and among others: all agree, and with libsodium.
  bool answer(const Question& question) const {
    const bool expected = test::libsodium_accepts(question.point, question.message, question.signature);
    const auto key = PublicKey::decode(question.point);
    if (!key) {
      EXPECT_FALSE(expected);
      return false;
    }
    for (const Verifier& verifier : verifiers_) {
      const auto table = Table::make(test::table_memory(), verifier.code(), *key, 4);
      const CheckView with = {&*key, table.get(), question.message, question.signature};
      const CheckView without = {&*key, nullptr, question.message, question.signature};
      for (const std::vector<CheckView>& batch : {std::vector{with}, std::vector{without}, std::vector{with, with, without, with, with, without}}) {
        for (const SignatureResult result : verifier.verify(batch)) EXPECT_EQ(result, expected ? valid : invalid) << verifier.code().name;
      }
    }
    return expected;
  }

  // forge(a, r, torsion_a, torsion_r): A = aB + T, R = rB + T', S = r + h a.
  static Question forge(const Number& a, const Number& r, const Octets& torsion_a, const Octets& torsion_r, Octets message) {
    const Octets point = test::point_sum(test::base_multiple(a), torsion_a);
    const Octets commitment = r == Number(0) ? torsion_r : test::point_sum(test::base_multiple(r), torsion_r);
    const Number s = (r + test::challenge(commitment, point, message) * a) % kOrder25519;
    return {point, std::move(message), concat(commitment, s.little_endian(32))};
  }

  const std::vector<Verifier> verifiers_ = test::verifiers();
  const std::vector<Octets> torsion_ = test::torsion();
  mutable std::mt19937_64 random_{7};
};

// The equation without the cofactor holds exactly if h T + T' = 0, h reduced modulo L. All 64 pairs.
TEST_F(Ed25519Crafted, PointsOfMixedOrder) {
  int accepted = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < 8; ++k) {
      for (int round = 0; round < kRounds; ++round) {
        const Question question =
            forge(test::random_scalar(random_), test::random_scalar(random_), torsion_[i], torsion_[k], test::octets_for_trial(random_, 0, random_() % 200));
        const Octets commitment(question.signature.begin(), question.signature.begin() + 32);
        const Number h = test::challenge(commitment, question.point, question.message);
        const bool holds = (h * Number(i) + Number(k)) % Number(8) == Number(0);
        ASSERT_EQ(answer(question), holds) << i << " " << k;
        accepted += holds ? 1 : 0;
      }
    }
  }
  EXPECT_GT(accepted, kRounds * 4);
}

// R of small order is refused even where the equation holds.
TEST_F(Ed25519Crafted, CommitmentsOfSmallOrder) {
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < 8; ++k) {
      EXPECT_FALSE(answer(forge(test::random_scalar(random_), Number(0), torsion_[i], torsion_[k], test::octets_for_trial(random_, 0, 32))));
    }
  }
}

// y + p, where it fits, for R: the point is the same, its encoding is not the canonical one. x = 0 with its sign set is none either.
TEST_F(Ed25519Crafted, EncodingsOfTheCommitmentThatAreNotCanonical) {
  for (unsigned long excess = 0; excess < 19; ++excess) {
    for (const std::byte sign : {std::byte{0}, std::byte{0x80}}) {
      Octets commitment = (kPrime25519 + Number(excess)).little_endian(32);
      commitment[31] |= sign;
      const Number a = test::random_scalar(random_);
      Question question = {test::base_multiple(a), test::octets_for_trial(random_, 0, 20), {}};
      question.signature = concat(commitment, (test::challenge(commitment, question.point, question.message) * a % kOrder25519).little_endian(32));
      EXPECT_FALSE(answer(question));
    }
  }
  for (Octets commitment : {Number(1).little_endian(32), (kPrime25519 - Number(1)).little_endian(32)}) {
    commitment[31] |= std::byte{0x80};
    const Number a = test::random_scalar(random_);
    Question question = {test::base_multiple(a), test::octets_for_trial(random_, 0, 20), {}};
    question.signature = concat(commitment, (test::challenge(commitment, question.point, question.message) * a % kOrder25519).little_endian(32));
    EXPECT_FALSE(answer(question));
  }
}

// RFC 8032 section 5.1.7 step 1. Every S + k L that fits into 256 bits, and numbers at the ends of the range.
TEST_F(Ed25519Crafted, ScalarsThatAreNotBelowTheOrder) {
  const Question question = forge(test::random_scalar(random_), test::random_scalar(random_), torsion_[0], torsion_[0], test::octets_for_trial(random_, 0, 20));
  ASSERT_TRUE(answer(question));
  const Octets commitment(question.signature.begin(), question.signature.begin() + 32);
  int refused = 0;
  for (Number s = Number::little_endian(base::Bytes(question.signature).subspan(32)) + kOrder25519; s.fits(32); s = s + kOrder25519, ++refused) {
    EXPECT_FALSE(answer({question.point, question.message, concat(commitment, s.little_endian(32))}));
  }
  EXPECT_GE(refused, 15);
  for (const Number& s : {Number(0), Number(1), kOrder25519 - Number(1), kOrder25519, kOrder25519 + Number(1), Number::power_of_two(256) - Number(1)}) {
    EXPECT_FALSE(answer({question.point, question.message, concat(commitment, s.little_endian(32))}));
  }
}

// Scalars and keys at the edges, where digits are zero or windows full: S = 0, S = L - 1, r = 1, a = 1, a = L - 1.
TEST_F(Ed25519Crafted, HonestSignaturesAtTheEdges) {
  for (const Number& a : {Number(1), Number(2), kOrder25519 - Number(1), kOrder25519 - Number(2), Number::power_of_two(251)}) {
    for (const Number& r : {Number(1), Number(2), kOrder25519 - Number(1), Number::power_of_two(252)}) {
      EXPECT_TRUE(answer(forge(a, r, torsion_[0], torsion_[0], test::octets_for_trial(random_, 0, 10))));
    }
    // S = 0, whose digits are all zero, is no signature by this R.
    const Question question = forge(a, Number(5), torsion_[0], torsion_[0], {});
    const Octets commitment(question.signature.begin(), question.signature.begin() + 32);
    EXPECT_FALSE(answer({question.point, question.message, concat(commitment, Octets(32))}));
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
