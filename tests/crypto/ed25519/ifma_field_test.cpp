#include <gtest/gtest.h>

#include "crypto/ed25519/codes.h"
#include "crypto/ed25519/ifma_field_probe.h"
#include "crypto/ed25519/numbers.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kPrime25519;
using test::Number;

constexpr int kTrials = 4000;
constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52) - 1;
constexpr std::uint64_t kMask51 = kMask52 >> 1;

// value(a, lane): of the low 52 bits of the limbs, modulo p.
Number value(const IfmaLimbs& a, std::size_t lane) {
  Number n;
  for (std::size_t i = 5; i-- > 0;) n = (n * Number::power_of_two(51) + Number(a.limb[i][lane] & kMask52)) % kPrime25519;
  return n;
}

// limbs(random, trial): below 2^52; by turns random, at the ends, or a number next to 0, p or 2p.
IfmaLimbs limbs(std::mt19937_64& random, int trial) {
  IfmaLimbs a;
  for (std::size_t lane = 0; lane < 8; ++lane) {
    const std::uint64_t times = random() % 3, off = random() % 25;
    for (std::size_t i = 0; i < 5; ++i) {
      std::uint64_t& limb = a.limb[i][lane];
      switch (trial % 4) {
        case 0: limb = random() & kMask52; break;
        case 1: limb = random() % 2 == 0 ? random() % 3 : kMask52 - random() % 3; break;
        case 2: limb = kMask52; break;
        default: limb = times * kMask51 - (i == 0 && times > 0 ? 18 * times + 6 : 0) + (i == 0 ? off : 0); break;
      }
      limb &= kMask52;
    }
  }
  return a;
}

void expect_carried(const IfmaLimbs& a) {
  for (const auto& row : a.limb) {
    for (const std::uint64_t limb : row) ASSERT_LT(limb, (std::uint64_t{1} << 51) + (std::uint64_t{1} << 15));
  }
}

TEST(Ed25519IfmaField, ComputesAsBigNumbersDo) {
  if (!test::processor_has_ifma()) GTEST_SKIP() << "skipped: this processor has no AVX-512 IFMA";
  std::mt19937_64 random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const IfmaLimbs a = limbs(random, trial);
    const IfmaLimbs b = limbs(random, trial / 4);
    IfmaLimbs product, sum, difference;
    ASSERT_TRUE(probe_ifma(IfmaOperation::product, product, a, b));
    ASSERT_TRUE(probe_ifma(IfmaOperation::sum, sum, a, b));
    ASSERT_TRUE(probe_ifma(IfmaOperation::difference, difference, a, b));
    IfmaLimbs in_place = a;
    probe_ifma(IfmaOperation::product, in_place, in_place, b);
    for (const IfmaLimbs& r : {product, sum, difference}) expect_carried(r);
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const Number x = value(a, lane), y = value(b, lane);
      ASSERT_EQ(value(product, lane), x * y % kPrime25519) << "trial " << trial;
      ASSERT_EQ(value(sum, lane), (x + y) % kPrime25519) << "trial " << trial;
      ASSERT_EQ(value(difference, lane), (x + kPrime25519 - y) % kPrime25519) << "trial " << trial;
      ASSERT_EQ(value(in_place, lane), value(product, lane));
    }
  }
}

// signed_value(limbs): of five limbs of a table's entry, modulo p.
Number signed_value(const double* limbs) {
  Number n;
  for (std::size_t i = 5; i-- > 0;) {
    const Number magnitude(static_cast<unsigned long>(limbs[i] < 0 ? -limbs[i] : limbs[i]));
    n = (n * Number::power_of_two(51) + (limbs[i] < 0 ? kPrime25519 - magnitude : magnitude)) % kPrime25519;
  }
  return n;
}

// Limbs within 2^50 + 2^16 of zero, as table.h has them; in each lane another sign.
TEST(Ed25519IfmaField, LoadsEntriesAndTheirNegatives) {
  if (!test::processor_has_ifma()) GTEST_SKIP() << "skipped: this processor has no AVX-512 IFMA";
  std::mt19937_64 random(2);
  constexpr std::int64_t kMost = (std::int64_t{1} << 50) + (std::int64_t{1} << 16);
  for (int trial = 0; trial < kTrials; ++trial) {
    TableEntry entries[8];
    const TableEntry* pointers[8];
    for (std::size_t lane = 0; lane < 8; ++lane) {
      pointers[lane] = &entries[lane];
      for (double& limb : entries[lane].limb) {
        std::int64_t magnitude = static_cast<std::int64_t>(random() % (kMost + 1));
        if (trial % 3 == 1) magnitude = kMost - static_cast<std::int64_t>(random() % 2);
        if (trial % 3 == 2) magnitude = static_cast<std::int64_t>(random() % 2);
        limb = static_cast<double>(random() % 2 == 0 ? magnitude : -magnitude);
      }
    }
    const unsigned negative = static_cast<unsigned>(random() % 256);
    IfmaLimbs minus, plus, t;
    ASSERT_TRUE(probe_ifma_load(minus, plus, t, pointers, negative));
    for (std::size_t lane = 0; lane < 8; ++lane) {
      const bool is_negative = (negative >> lane & 1) != 0;
      const double* const limb = entries[lane].limb;
      const Number of_t = signed_value(limb + kEntryT);
      ASSERT_EQ(value(minus, lane), signed_value(limb + (is_negative ? kEntryPlus : kEntryMinus)));
      ASSERT_EQ(value(plus, lane), signed_value(limb + (is_negative ? kEntryMinus : kEntryPlus)));
      ASSERT_EQ(value(t, lane), is_negative ? (kPrime25519 - of_t) % kPrime25519 : of_t);
    }
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
