#include "crypto/ed25519/ed25519.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "crypto/ed25519/codes.h"
#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/scalar.h"
#include "crypto/ed25519/torsion.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kOrder25519;
using test::Number;
using test::Octets;
using test::SigningKey;
using test::Verifier;
using enum SignatureResult;

constexpr std::size_t kKeys = 12;
constexpr int kSignaturesPerKey = 130;  // each valid once and corrupted once
constexpr int kBatchesOfChaos = 60;

struct Case {
  std::size_t key;
  Octets message;
  Octets signature;
  bool good;
};

// multiple(scalar, point): bit by bit.
Curve::Extended multiple(const Words& scalar, const AffinePoint& point) {
  Curve::Cached step;
  Curve::prepare(step, extended(point), kTwiceD);
  Curve::Extended p = {kZero, kOne, kOne, kZero};
  for (int bit = 255; bit >= 0; --bit) {
    Curve::double_it<true>(p);
    if ((scalar.word[bit / 64] >> bit % 64 & 1) != 0) Curve::add(p, step);
  }
  return p;
}

struct KnownKey {
  SigningKey signer = SigningKey::ed25519();
  Octets point = signer.first();
  PublicKey key = *PublicKey::decode(point);
};

// corrupted(original, kind, random): one of the ways in which a signature is none.
Case corrupted(Case original, int kind, std::mt19937_64& random) {
  original.good = false;
  Octets& signature = original.signature;
  const Octets commitment(signature.begin(), signature.begin() + 32);
  switch (kind % 6) {
    case 0: signature = test::flipped(signature, random() % 256); break;
    case 1: signature = test::flipped(signature, 256 + random() % 256); break;
    case 2: original.message.empty() ? original.message.push_back(std::byte{0}) : void(original.message = test::flipped(original.message, random() % (8 * original.message.size()))); break;
    case 3: signature = test::concat(commitment, (Number::little_endian(base::Bytes(signature).subspan(32)) + kOrder25519).little_endian(32)); break;
    case 4: original.key = (original.key + 1) % kKeys; break;
    default: signature = test::octets_for_trial(random, static_cast<int>(random() % 4), 64); break;
  }
  return original;
}

class Ed25519 : public testing::Test {
 protected:
  Ed25519() {
    for (int i = 0; i < kSignaturesPerKey; ++i) {
      for (std::size_t key = 0; key < kKeys; ++key) {
        Case made = {key, test::octets_for_trial(random_, 0, i % 50 == 0 ? random_() % 3001 : random_() % 300), {}, true};
        made.signature = keys_[key].signer.sign(Algorithm::eddsa, made.message);
        cases_.push_back(made);
        cases_.push_back(corrupted(made, i, random_));
      }
    }
    std::ranges::shuffle(cases_, random_);
  }

  // check(c, tables, use_table): tables are those of one width, of all keys.
  CheckView check(const Case& c, const std::vector<std::unique_ptr<const Table>>& tables, bool use_table) const {
    return {&keys_[c.key].key, use_table ? tables[c.key].get() : nullptr, c.message, c.signature};
  }
  std::vector<std::unique_ptr<const Table>> tables(const Code& code, unsigned width) const {
    std::vector<std::unique_ptr<const Table>> made;
    for (const KnownKey& key : keys_) made.push_back(Table::make(test::table_memory(), code, key.key, width));
    return made;
  }

  std::mt19937_64 random_{11};
  std::vector<KnownKey> keys_{kKeys};
  std::vector<Case> cases_;
};

// The makers of the cases are right: OpenSSL signed what is good, and libsodium agrees on all.
TEST_F(Ed25519, CasesAreWhatLibsodiumSaysTheyAre) {
  for (const Case& c : cases_) ASSERT_EQ(test::libsodium_accepts(keys_[c.key].point, c.message, c.signature), c.good);
}

TEST_F(Ed25519, AnswersBatchesOfManyKeys) {
  for (const Verifier& verifier : test::verifiers()) {
    const auto tables = this->tables(verifier.code(), 8);
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 64, 256}) {
      for (std::size_t first = 0; first < cases_.size(); first += size) {
        const std::size_t count = std::min(size, cases_.size() - first);
        std::vector<CheckView> checks;
        for (std::size_t i = 0; i < count; ++i) checks.push_back(check(cases_[first + i], tables, true));
        const std::vector<SignatureResult> results = verifier.verify(checks);
        for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(results[i], cases_[first + i].good ? valid : invalid) << verifier.code().name << ", batch of " << size;
      }
    }
  }
}

// Without tables, and with some; tables of different widths side by side; checks that are malformed among them.
TEST_F(Ed25519, AnswersBatchesOfAllKinds) {
  for (const Verifier& verifier : test::verifiers()) {
    const std::vector<std::unique_ptr<const Table>> tables[] = {this->tables(verifier.code(), 8), this->tables(verifier.code(), 7), this->tables(verifier.code(), 6)};
    for (int batch = 0; batch < kBatchesOfChaos; ++batch) {
      std::vector<CheckView> checks;
      std::vector<SignatureResult> expected;
      for (std::size_t count = random_() % 100; count != 0; --count) {
        const Case& c = cases_[random_() % cases_.size()];
        checks.push_back(check(c, tables[random_() % 3], random_() % 3 != 0));
        expected.push_back(c.good ? valid : invalid);
        if (random_() % 10 != 0) continue;
        expected.back() = invalid;
        switch (random_() % 4) {
          case 0: checks.back().key = nullptr; break;
          case 1: checks.back().signature = {}; break;
          case 2: checks.back().signature = base::Bytes(c.signature).first(63); break;
          default: checks.back() = {}; break;
        }
      }
      ASSERT_EQ(verifier.verify(checks), expected) << verifier.code().name << ", batch " << batch;
    }
  }
}

// An implementation may use the tables of another: an engine falls back without building them anew.
TEST_F(Ed25519, TablesAreGoodForEveryImplementation) {
  for (const Verifier& builder : test::verifiers()) {
    const auto tables = this->tables(builder.code(), 6);
    for (const Code* code : test::ed25519_codes()) {
      std::vector<CheckView> checks;
      std::vector<SignatureResult> results(64), expected;
      for (std::size_t i = 0; i < 64; ++i) {
        checks.push_back(check(cases_[i], tables, true));
        expected.push_back(cases_[i].good ? valid : invalid);
      }
      const auto scratch = std::make_unique<Scratch>();
      verify_vartime(*code, sha2::sha512_portable(), builder.base(), *scratch, checks, results);
      ASSERT_EQ(results, expected);
    }
  }
}

// The base table of every width gives the same answers.
TEST_F(Ed25519, BaseTablesOfEveryWidth) {
  for (const Code* code : test::ed25519_codes()) {
    const auto tables = this->tables(*code, 5);
    for (unsigned width = kWidthMin; width <= kWidthMax; ++width) {
      const Verifier verifier(*code, width);
      std::vector<CheckView> checks;
      for (std::size_t i = 0; i < 41; ++i) checks.push_back(check(cases_[i], tables, i % 3 != 0));
      const std::vector<SignatureResult> results = verifier.verify(checks);
      for (std::size_t i = 0; i < checks.size(); ++i) ASSERT_EQ(results[i], cases_[i].good ? valid : invalid) << code->name << ", width " << width;
    }
  }
}

// The scalars at the edges, whose highest digit is the largest: every sum against one that is made bit by bit. Many at a time, one to seven, and tables of different widths side by side.
TEST_F(Ed25519, SumsAreRightForTheSmallestAndLargestScalars) {
  std::vector<Words> scalars = {{{0, 0, 0, 0}}, {{1, 0, 0, 0}}, {{0, 0, 0, std::uint64_t{1} << 60}}, {{~0ULL, ~0ULL, ~0ULL, (std::uint64_t{1} << 60) - 1}}, kOrder, kOrder};
  scalars[4].word[0] -= 1;
  scalars[5].word[0] -= 2;
  const AffinePoint& point = keys_[0].key.negated();
  std::vector<ProjectivePoint> expected;
  for (const Words& s : scalars) {
    for (const Words& h : scalars) {
      Curve::Extended p = multiple(s, base_point());
      Curve::Cached q;
      Curve::prepare(q, multiple(h, point), kTwiceD);
      Curve::add(p, q);
      expected.push_back({p.x, p.y, p.z});
    }
  }
  for (const Code* code : test::ed25519_codes()) {
    std::vector<std::unique_ptr<const Table>> tables;
    for (unsigned width = 4; width <= 12; ++width) tables.push_back(Table::make(test::table_memory(), *code, keys_[0].key, width));
    for (const unsigned base_width : {4U, 8U, 12U}) {
      const auto base = Table::make_base(test::table_memory(), *code, base_width);
      for (std::size_t shift = 0; shift < tables.size(); ++shift) {
        std::vector<Term> terms;
        for (const Words& s : scalars) {
          for (const Words& h : scalars) terms.push_back({s, h, &tables[(terms.size() % 3 + shift) % tables.size()]->view(), &point});
        }
        std::vector<ProjectivePoint> together(terms.size()), alone(terms.size()), few(terms.size()), without(terms.size());
        code->sum(base->view(), terms.data(), terms.size(), together.data());
        code->sum_without_table(base->view(), terms.data(), terms.size(), without.data());
        for (std::size_t i = 0; i < terms.size(); ++i) code->sum(base->view(), &terms[i], 1, &alone[i]);
        for (std::size_t i = 0, count = 2; i < terms.size(); i += count, count = std::min(count % 7 + 1, terms.size() - i)) code->sum(base->view(), &terms[i], count, &few[i]);
        for (const auto& sums : {together, alone, few, without}) {
          for (std::size_t i = 0; i < terms.size(); ++i) {
            ASSERT_TRUE(equal(sums[i].x * expected[i].z, expected[i].x * sums[i].z) && equal(sums[i].y * expected[i].z, expected[i].y * sums[i].z))
                << code->name << ", widths " << base_width << " and " << 4 + (i % 3 + shift) % tables.size() << ", term " << i;
          }
        }
      }
    }
  }
}

// One alone and several without tables: the lanes leave a single one to general registers.
TEST_F(Ed25519, AnswersFewWithoutTables) {
  for (const Verifier& verifier : test::verifiers()) {
    for (std::size_t count = 1; count <= 6; ++count) {
      for (std::size_t first = 0; first < 60; first += count) {
        std::vector<CheckView> checks;
        std::vector<SignatureResult> expected;
        for (std::size_t i = first; i < first + count; ++i) {
          checks.push_back({&keys_[cases_[i].key].key, nullptr, cases_[i].message, cases_[i].signature});
          expected.push_back(cases_[i].good ? valid : invalid);
        }
        ASSERT_EQ(verifier.verify(checks), expected) << verifier.code().name << ", " << count << " of them";
      }
    }
  }
}

// Every length of a message over several blocks of the hash.
TEST_F(Ed25519, AnswersMessagesOfEveryLength) {
  const std::vector<Verifier> verifiers = test::verifiers();
  std::vector<Octets> messages, signatures;
  std::vector<CheckView> checks;
  for (std::size_t length = 0; length < 420; ++length) {
    messages.push_back(test::octets_for_trial(random_, 0, length));
    signatures.push_back(keys_[0].signer.sign(Algorithm::eddsa, messages.back()));
  }
  for (std::size_t i = 0; i < messages.size(); ++i) checks.push_back({&keys_[0].key, nullptr, messages[i], signatures[i]});
  for (const Verifier& verifier : verifiers) EXPECT_EQ(verifier.verify(checks), std::vector<SignatureResult>(checks.size(), valid));
}

// The lanes compute under another rounding mode and leave none of it behind.
TEST_F(Ed25519, LeavesTheRoundingModeAlone) {
  for (const Verifier& verifier : test::verifiers()) {
    const auto tables = this->tables(verifier.code(), 4);
    const std::vector<CheckView> checks = {check(cases_[0], tables, true), check(cases_[1], tables, false)};
    volatile double third = 1;
    const double before = third / 3 + 2.0 / (third * 3);
    verifier.verify(checks);
    EXPECT_EQ(third / 3 + 2.0 / (third * 3), before);
#if defined(__x86_64__)
    EXPECT_EQ(__builtin_ia32_stmxcsr() & 0x6000U, 0U);
#endif
  }
}

// The implementation that this processor should use is there.
TEST(Ed25519Codes, LanesAreThereOnX86) {
#if defined(__x86_64__)
  ASSERT_NE(simd_code(), nullptr);
  ASSERT_NE(ifma_code(), nullptr);
  EXPECT_STREQ(simd_code()->name, "simd");
  EXPECT_STREQ(ifma_code()->name, "ifma");
  EXPECT_NE(sha2::sha512_avx2(), nullptr);
  EXPECT_NE(sha2::sha512_avx512(), nullptr);
#endif
  EXPECT_STREQ(scalar_code().name, "scalar");
}

}  // namespace
}  // namespace assay::crypto::ed25519
