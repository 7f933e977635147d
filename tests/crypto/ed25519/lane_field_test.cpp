#include <gtest/gtest.h>

#include <cmath>

#include "crypto/ed25519/codes.h"
#include "crypto/ed25519/lane_field_probe.h"
#include "crypto/ed25519/numbers.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kPrime25519;
using test::Number;

constexpr int kTrials = 4000;

// value(a, lane): modulo p; limbs are signed.
Number value(const LaneLimbs& a, std::size_t lane) {
  Number n;
  for (std::size_t i = 5; i-- > 0;) {
    const double limb = a.limb[i][lane];
    const Number magnitude(static_cast<unsigned long>(std::abs(limb)));
    n = (n * Number::power_of_two(51) + (limb < 0 ? kPrime25519 - magnitude : magnitude)) % kPrime25519;
  }
  return n;
}

// limbs(random, trial, bound): signed limbs below the bound; by turns random, at the ends, small, or none.
LaneLimbs limbs(std::mt19937_64& random, int trial, double bound) {
  LaneLimbs a;
  for (auto& row : a.limb) {
    for (double& limb : row) {
      const double magnitude = trial % 3 == 0 ? std::floor(std::ldexp(static_cast<double>(random() >> 11), -53) * bound) : bound - 1 - static_cast<double>(random() % 3);
      limb = random() % 2 == 0 ? magnitude : -magnitude;
      if (trial % 3 == 2) limb = random() % 3 == 0 ? limb : static_cast<double>(random() % 2);
    }
  }
  return a;
}

// As long as |x y| < 2^103, which lane_field.h asks for: sums of two and of three products.
TEST(Ed25519LaneField, MultipliesAsBigNumbersDo) {
  if (test::ed25519_codes().size() < 2) GTEST_SKIP() << "skipped: this processor has no AVX2 with FMA";
  std::mt19937_64 random(1);
  for (int trial = 0; trial < kTrials; ++trial) {
    const LaneLimbs a = limbs(random, trial, trial % 2 == 0 ? 0x1.8p51 : 0x1p51 + 0x1p14);
    const LaneLimbs b = limbs(random, trial / 3, 0x1p51 + 0x1p14);
    LaneLimbs r;
    ASSERT_TRUE(probe_multiply(r, a, b));
    for (std::size_t lane = 0; lane < 4; ++lane) {
      ASSERT_EQ(value(r, lane), value(a, lane) * value(b, lane) % kPrime25519);
      for (std::size_t i = 0; i < 5; ++i) ASSERT_LE(std::abs(r.limb[i][lane]), 0x1p50 + (i == 0 ? 0x1p16 : 0x1p12));
    }
    LaneLimbs in_place = a;
    probe_multiply(in_place, in_place, b);
    for (std::size_t lane = 0; lane < 4; ++lane) ASSERT_EQ(value(in_place, lane), value(r, lane));
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
