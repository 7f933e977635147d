// Proves the bounds of the AVX2 kernels: the templates that run in AVX2 (columns_avx2.h, one_avx2.h, four_avx2.h) are run over intervals instead
// (avx2_intervals.h), each whole, from the digits that are loaded to the columns that are stored.
//
// A step of a power takes the digits that a carry pass made, and gives columns, which the next carry pass takes. So it is enough that the digits of any columns
// below 2^60 give columns below 2^60, and any such columns are loaded: with an exponent of 3 the power ends with the first steps from these, and with 7 it goes on.
//
// Variants that are wrong must be caught: a proof that never fails proves nothing.
#define ASSAY_INLINE inline
#define ASSAY_INLINED
#define ASSAY_KERNEL

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/rsa/avx2_intervals.h"
#include "crypto/rsa/four_avx2.h"
#include "crypto/rsa/one_avx2.h"

namespace assay::crypto::rsa {
namespace {

using Doubles = Intervals::Doubles;
using Integers = Intervals::Integers;

const Interval* elements(const std::vector<Doubles>& v) { return v.front().lane; }
Interval* elements(std::vector<Integers>& v) { return v.front().lane; }
void expect_columns(const std::vector<Integers>& columns) {
  for (const Integers& column : columns) {
    for (const Interval& lane : column.lane) checked(lane, kColumnRange, "a column above 2^60 that is stored");
  }
}

// Key: constants of a modulus of which only the shape is known: numbers below 2^bits_max, as split() cuts them.
template <std::size_t kShape>
struct Key {
  static constexpr const Shape& kS = kShapes[kShape];
  static std::vector<Doubles> numbers(std::size_t count) {
    constexpr std::size_t kTop = kS.bits_max() / kDigitBits;
    static_assert(kS.bits_max() + kS.excess_bits() + 2 == kDigitBits * kS.digits());
    std::vector<Doubles> table(count * kS.block, Intervals::doubles(0));
    for (std::size_t i = 0; i < table.size(); ++i) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::size_t digit = kS.block * lane + i % kS.block;
        if (digit < kTop) table[i].lane[lane] = around_zero(power_of_two(kDigitBits - 1));
        if (digit == kTop) table[i].lane[lane] = {0, power_of_two(kS.bits_max() % kDigitBits)};
      }
    }
    return table;
  }
  std::vector<Doubles> stages = numbers(kS.stage_count);
  std::vector<Doubles> number = numbers(1);
  Intervals::Constants constants{.exponent = 3, .stages = elements(stages), .factor = elements(number), .negative = elements(number)};
};

std::vector<Integers> any_columns(std::size_t count) {
  return std::vector<Integers>(count, Intervals::lanes<Integers>([](int) { return kColumnRange; }));
}
constexpr Interval kDigestDigit{0, power_of_two(kDigitBits) - 1};

// violation_of_one, violation_of_four: the first one; empty if there is none.
template <std::size_t kShape, class P = Plans>
std::string violation_of_one(Fault fault = Fault::none) {
  violation.clear();
  Intervals::fault = fault;
  using Kernels = One<Intervals, kShape, P>;
  Key<kShape> key;
  std::vector<Integers> digest(kDigestDigits, Intervals::integers(0));
  for (Integers& digit : digest) digit.lane[0] = kDigestDigit;
  for (const std::uint32_t exponent : {3U, 7U}) {
    key.constants.exponent = exponent;
    std::vector<Integers> digits = any_columns(Kernels::kBlock);
    Kernels::power(key.constants, elements(digits));
    expect_columns(digits);
    digits = any_columns(Kernels::kBlock);
    Kernels::encodes(key.constants, elements(key.number), elements(digest), elements(digits));
    expect_columns(digits);
  }
  return violation;
}

template <std::size_t kShape, class P = Plans>
std::string violation_of_four(Fault fault = Fault::none) {
  violation.clear();
  Intervals::fault = fault;
  using Kernels = Four<Intervals, kShape, P>;
  Key<kShape> key;
  const Intervals::Constants* const constants[kLanes] = {&key.constants, &key.constants, &key.constants, &key.constants};
  const Interval* const heads[kLanes] = {elements(key.number), elements(key.number), elements(key.number), elements(key.number)};
  std::vector<Integers> digest(kDigestDigits, Intervals::lanes<Integers>([](int) { return kDigestDigit; }));
  for (const std::uint32_t exponent : {3U, 7U}) {
    key.constants.exponent = exponent;
    std::vector<Integers> digits = any_columns(Kernels::kDigits);
    Kernels::power(constants, elements(digits));
    expect_columns(digits);
    digits = any_columns(Kernels::kDigits);
    Kernels::encodes(constants, heads, elements(digest), elements(digits));
    expect_columns(digits);
  }
  return violation;
}

TEST(RsaAvx2Bounds, HoldForOneOverTheLanes) {
  EXPECT_EQ(violation_of_one<0>(), "");
  EXPECT_EQ(violation_of_one<1>(), "");
  EXPECT_EQ(violation_of_one<2>(), "");
}
TEST(RsaAvx2Bounds, HoldForFour) {
  EXPECT_EQ(violation_of_four<0>(), "");
  EXPECT_EQ(violation_of_four<1>(), "");
  EXPECT_EQ(violation_of_four<2>(), "");
}

// In every shape.
void expect_caught(Fault fault, const std::string& what) {
  EXPECT_EQ(violation_of_one<0>(fault), what);
  EXPECT_EQ(violation_of_one<1>(fault), what);
  EXPECT_EQ(violation_of_one<2>(fault), what);
  EXPECT_EQ(violation_of_four<0>(fault), what);
  EXPECT_EQ(violation_of_four<1>(fault), what);
  EXPECT_EQ(violation_of_four<2>(fault), what);
}
TEST(RsaAvx2Bounds, CatchDigitsOneBitWider) { expect_caught(Fault::wide_digits, "a high chain that leaves its binade"); }
TEST(RsaAvx2Bounds, CatchDifferencesThatAreNotCarried) { expect_caught(Fault::difference_not_carried, "a high chain that leaves its binade"); }
TEST(RsaAvx2Bounds, CatchColumnsWithoutBias) { expect_caught(Fault::no_bias, "a column above 2^60, or negative, where it is taken apart"); }
// Three levels of Karatsuba leave nothing to spare.
TEST(RsaAvx2Bounds, CatchNumbersOneBitLonger) { EXPECT_EQ(violation_of_four<2>(Fault::long_numbers), "a high chain that leaves its binade"); }

// Plans that are broken.
template <Range kRangeOfPlans>
struct PlansOf {
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kPlain{kCarried, kCarried, kRangeOfPlans};
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kOfDifferences{kDifference, kDifference, kRangeOfPlans};
};
using LongerHighChains = PlansOf<Range{.digit = kRange.digit, .high_span = kRange.high_span + kRange.digit * kRange.digit, .low_span = kRange.low_span}>;
using LongerLowChains = PlansOf<Range{.digit = kRange.digit, .high_span = kRange.high_span, .low_span = kRange.low_span + kLowRest}>;
// Taken away once more than there are.
struct MiscountedStarts {
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kPlain = Plans::kPlain<kRows, kLength, kKind>;
  template <std::size_t kRows, std::size_t kLength, BlockKind kKind>
  static constexpr Plan<kRows, kLength, kKind> kOfDifferences = [] {
    auto plan = Plans::kOfDifferences<kRows, kLength, kKind>;
    ++plan.low_chains[kRows / 2];
    return plan;
  }();
};

TEST(RsaAvx2Bounds, CatchHighChainsOneProductLonger) {
  EXPECT_EQ((violation_of_one<2, LongerHighChains>()), "a high chain that leaves its binade");
  EXPECT_EQ((violation_of_four<2, LongerHighChains>()), "a high chain that leaves its binade");
}
TEST(RsaAvx2Bounds, CatchLowChainsOneProductLonger) {
  EXPECT_EQ((violation_of_one<0, LongerLowChains>()), "a low chain that leaves its binade");
  EXPECT_EQ((violation_of_four<0, LongerLowChains>()), "a low chain that leaves its binade");
}
TEST(RsaAvx2Bounds, CatchAMiscountedStart) {
  EXPECT_EQ((violation_of_one<0, MiscountedStarts>()), "a column above 2^60, or negative, where it is taken apart");
  EXPECT_EQ((violation_of_four<0, MiscountedStarts>()), "a column above 2^60, or negative, where it is taken apart");
}

// Karatsuba's differences of differences have one more top digit each level: three are allowed for.
TEST(RsaAvx2Bounds, CatchALevelOfKaratsubaMore) {
  using Kernels = Four<Intervals, 2>;
  Intervals::fault = Fault::none;
  const auto violation_of_square = [](auto blocks) {
    violation.clear();
    constexpr std::size_t kDigits = blocks * Kernels::kBase;
    std::vector<Doubles> a(kDigits);
    carry_in_lanes<Intervals>(a.data(), any_columns(kDigits).data(), kDigits);
    Intervals::tops<0b1111>(a.back());
    std::vector<Integers> columns(2 * kDigits);
    Kernels::square<blocks>(columns.data(), a.data());
    return violation;
  };
  EXPECT_EQ(violation_of_square(std::integral_constant<std::size_t, 8>{}), "");
  EXPECT_EQ(violation_of_square(std::integral_constant<std::size_t, 16>{}), "a high chain that leaves its binade");
}

TEST(RsaAvx2Bounds, CatchColumnsOfManyProductsWithoutACarryPass) {
  using Kernels = Four<Intervals, 2>;
  Intervals::fault = Fault::none;
  const Key<2> key;
  Kernels::Keys keys;
  const Intervals::Constants* const constants[kLanes] = {&key.constants, &key.constants, &key.constants, &key.constants};
  Kernels::load_keys(keys, constants);
  std::vector<Doubles> a(Kernels::kDigits);
  Kernels::digits_of(a.data(), any_columns(Kernels::kDigits).data());
  std::vector<Integers> columns(Kernels::kColumns);
  const auto violation_of_sum = [&](int doublings) {
    violation.clear();
    Kernels::square<Kernels::kBlocks>(columns.data(), a.data());
    for (int i = 0; i < doublings; ++i) {
      for (Integers& column : columns) column = Intervals::add(column, column);
    }
    Kernels::reduce(columns.data(), keys);
    return violation;
  };
  EXPECT_EQ(violation_of_sum(0), "");
  EXPECT_EQ(violation_of_sum(4), "a column above 2^60, or negative, where it is taken apart");
}

}  // namespace
}  // namespace assay::crypto::rsa
