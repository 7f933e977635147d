#include "crypto/ed25519/scalar.h"

#include <gtest/gtest.h>

#include "crypto/ed25519/numbers.h"
#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {
namespace {

using test::kOrder25519;
using test::Number;

constexpr int kTrials = 20000;

void expect_reduced(const Number& n) { ASSERT_EQ(reduce_512(n.little_endian(64).data()), load_words((n % kOrder25519).little_endian(32).data())); }

TEST(Ed25519Scalar, ReducesAsBigNumbersDo) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < kTrials; ++trial) expect_reduced(Number::little_endian(test::octets_for_trial(random, trial, 64)));
}

// Multiples of L and their neighbours, from the smallest to the largest below 2^512.
TEST(Ed25519Scalar, ReducesTheEdges) {
  for (int shift = 0; shift <= 259; ++shift) {
    for (unsigned long factor = 1; factor < 4; factor += 2) {
      const Number multiple = kOrder25519 * Number(factor) * Number::power_of_two(shift);
      if (!(multiple + Number(1)).fits(64)) continue;
      expect_reduced(multiple - Number(1));
      expect_reduced(multiple);
      expect_reduced(multiple + Number(1));
    }
  }
  for (unsigned long i = 0; i < 8; ++i) {
    expect_reduced(Number(i));
    expect_reduced(Number::power_of_two(512) - Number(1 + i));
    expect_reduced(Number::power_of_two(252) + Number(i));
  }
}

TEST(Ed25519Scalar, KnowsWhatIsBelowTheOrder) {
  const auto reduced = [](const Number& n) { return is_reduced(load_words(n.little_endian(32).data())); };
  for (unsigned long i = 0; i < 4; ++i) {
    EXPECT_TRUE(reduced(Number(i)));
    EXPECT_TRUE(reduced(kOrder25519 - Number(1 + i)));
    EXPECT_FALSE(reduced(kOrder25519 + Number(i)));
    EXPECT_FALSE(reduced(Number::power_of_two(256) - Number(1 + i)));
  }
  for (int bit = 0; bit < 256; ++bit) EXPECT_EQ(reduced(Number::power_of_two(bit)), bit <= 252) << bit;
}

// The sum of the digits times their weights is the scalar, and no digit points outside its window.
TEST(Ed25519Scalar, IsCutIntoDigits) {
  std::mt19937_64 random(2);
  std::vector<Windows> all = {kSpotWindows};
  for (unsigned width = kWidthMin; width <= kWidthMax; ++width) all.push_back(windows_of(width));
  for (const Windows& windows : all) {
    ASSERT_LE(windows.count, kWindowsMax);
    for (int trial = 0; trial < 208; ++trial) {
      Number n = Number::little_endian(test::octets_for_trial(random, trial, 32)) % kOrder25519;
      if (trial >= 200) n = trial % 2 == 0 ? kOrder25519 - Number(static_cast<unsigned long>(trial - 199)) : Number(static_cast<unsigned long>(trial - 201));
      if (trial >= 204) n = Number::power_of_two(252) + Number(2) - Number(static_cast<unsigned long>(trial - 204));
      const BiasedScalar biased = add_bias(load_words(n.little_endian(32).data()), windows);
      Number positive, negative;
      for (unsigned i = 0; i < windows.count; ++i) {
        const int value = digit(biased, windows, i);
        const unsigned long magnitude = static_cast<unsigned long>(value < 0 ? -value : value);
        ASSERT_LT(magnitude, windows.entries_of(i));
        Number& sum = value < 0 ? negative : positive;
        sum = sum + Number(magnitude) * Number::power_of_two(static_cast<int>(windows.width * i));
      }
      ASSERT_EQ(positive - negative, n) << "width " << windows.width;
    }
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
