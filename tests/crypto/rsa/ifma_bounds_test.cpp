// No column of the IFMA kernels overflows and no factor is anything but a digit: the kernels' templates (eight_ifma.h, one_ifma.h) run over intervals of exact
// integers, for all that a digit can be, through every operation that a power and an encoding are made of. An interval stands for all lanes of a vector.
//
// Checked at every operation: factors are in [0, 2^52), for the multiplier looks at no other bits; sums and differences are in [-2^63, 2^63); what is complemented is
// a digit. Afterwards: all digits of the result are in [0, 2^52), which is what they were assumed to be. That a result is below 2 n, and so has no carry above its
// top digit, is shown by ifma_reduces (ifma_key.h).
//
// Broken variants follow: a check that nothing can fail proves nothing.
#define ASSAY_INLINE inline
#define ASSAY_INLINED
#define ASSAY_KERNEL

#include <gtest/gtest.h>

#include "crypto/interval.h"
#include "crypto/rsa/eight_ifma.h"
#include "crypto/rsa/one_ifma.h"

namespace assay::crypto::rsa {
namespace {

constexpr Interval kDigit{0, power_of_two(kIfmaDigitBits) - 1};
constexpr Interval kZero{0, 0};
constexpr const char* kTooLarge = "a column that leaves 63 bits and a sign";
constexpr const char* kNoDigit = "a factor that is no digit";

// Fault: what is broken on purpose.
enum class Fault : std::uint8_t {
  none,
  uncut_digits,       // digits keep what they should have given to the next one
  unsigned_carries,   // carries take columns for numbers that are not negative
  uncarried_results,  // the last carries are not repeated
};

template <Fault kFault = Fault::none>
struct IntervalOps {
  using Integers = Interval;
  using Digit = Interval;

  static Interval in_64_bits(Interval a) {
    require(a.low >= -power_of_two(63) && a.high < power_of_two(63), kTooLarge);
    return a;
  }
  static void factor(Interval a) { require(within(a, kDigit), kNoDigit); }

  static Interval set(std::int64_t value) { return {value, value}; }
  static Interval load(const Interval* eight) {
    Interval all = eight[0];
    for (std::size_t lane = 1; lane < kIfmaLanes; ++lane) all = hull(all, eight[lane]);
    return all;
  }
  static void store(Interval* eight, Interval a) { std::fill_n(eight, kIfmaLanes, a); }
  static Interval broadcast(Interval digit) { return digit; }
  static Interval add(Interval a, Interval b) { return in_64_bits({a.low + b.low, a.high + b.high}); }
  static Interval subtract(Interval a, Interval b) { return in_64_bits({a.low - b.high, a.high - b.low}); }

  static Interval add_low(Interval sum, Interval x, Interval y) {
    factor(x);
    factor(y);
    return in_64_bits({sum.low, sum.high + std::min(x.high * y.high, kDigit.high)});
  }
  static Interval add_high(Interval sum, Interval x, Interval y) {
    factor(x);
    factor(y);
    return in_64_bits({sum.low + ((x.low * y.low) >> kIfmaDigitBits), sum.high + ((x.high * y.high) >> kIfmaDigitBits)});
  }
  static Interval product_low(Interval, Interval y) {
    factor(y);
    return kDigit;
  }

  static Interval digit_of(Interval column) { return kFault == Fault::uncut_digits || within(column, kDigit) ? column : kDigit; }
  static Interval carry_of(Interval column) {
    require(kFault != Fault::unsigned_carries || column.low >= 0, "a negative column whose carry is not signed");
    return {column.low >> kIfmaDigitBits, column.high >> kIfmaDigitBits};
  }
  static Interval rounded_carry(Interval column) { return carry_of(add(column, set(static_cast<std::int64_t>(kDigit.high)))); }
  static Interval complement_if(Interval sign, Interval digit) {
    require(within(sign, {-1, 0}) && within(digit, kDigit), "a complement of what is no digit");
    return hull(digit, {kDigit.high - digit.high, kDigit.high - digit.low});
  }

  static Interval first_lane(Interval v) { return v; }
  static Interval only_first(Interval v) { return hull(v, kZero); }
  static Interval up(Interval v) { return hull(v, kZero); }
  static Interval down(Interval v) { return hull(v, kZero); }

  // Excess: whether another pass says more. Once no digit is above 2^52, none does: each may still take 1 from the one below. But only digits leave the loop.
  class Excess {
   public:
    void take(Interval a) {
      is_asked = false;
      require(a.low >= 0 && a.high < 2 * power_of_two(kIfmaDigitBits), "a digit that is negative, or as long as two");
      high_ = std::max(high_, a.high);
    }
    bool any() const {
      is_asked = true;
      return kFault != Fault::uncarried_results && high_ > power_of_two(kIfmaDigitBits) && violation.empty();
    }

   private:
    Exact high_ = 0;
  };
  static inline bool is_asked = false;  // since a number was taken
  static Interval known_digit(Interval a) {
    require(is_asked, "a digit that nobody has looked at");
    require(a.high <= power_of_two(kIfmaDigitBits), "a digit that carries more than one");
    return digit_of(a);
  }
};

std::string digits_or_violation(const Interval* digits, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) require(within(digits[i], kDigit), "a digit of a result that is none");
  return violation;
}

// eight<Ops, Tuning>(blocks): every operation with eight numbers, from one to the next.
template <class Ops, class Tuning = EightTuning>
std::string eight(std::size_t blocks) {
  using Arithmetic = Eight<Ops, Tuning>;
  violation.clear();
  const std::vector<Interval> other(Tuning::kDigitsMax, kDigit);
  std::vector<Interval> a = other;
  typename Arithmetic::Moduli n{.blocks = blocks, .inverse = kDigit, .modulus = {}};
  std::fill_n(n.modulus, Tuning::kDigitsMax, kDigit);
  Arithmetic::raise(a.data(), other.data(), 0b1011, n);
  Arithmetic::multiply(a.data(), other.data(), n);
  Arithmetic::multiply_and_add(a.data(), other.data(), {other.data(), other.data(), other.data()}, n);
  return digits_or_violation(a.data(), kIfmaBlock * blocks);
}

// one<Ops, kShape>(): every operation with one number.
template <class Ops, IfmaShape kShape>
std::string one() {
  using Arithmetic = One<Ops, kShape>;
  violation.clear();
  const std::vector<Interval> memory(kIfmaLanes * kShape.rows, kDigit);
  typename Arithmetic::Number n;
  typename Arithmetic::Number a;
  Arithmetic::load(n, memory.data());
  Arithmetic::raise(a, n, 0b1011, n, kDigit);
  Arithmetic::template multiply<false>(a, memory.data(), a, {}, n, kDigit);
  Arithmetic::template multiply<true>(a, memory.data(), a, {memory.data(), memory.data(), memory.data()}, n, kDigit);
  return digits_or_violation(a, kShape.rows);
}

TEST(RsaIfmaBounds, HoldForEightNumbers) {
  for (const IfmaShape& shape : kIfmaShapes) EXPECT_EQ(eight<IntervalOps<>>(shape.blocks), "") << shape.blocks << " blocks";
}
TEST(RsaIfmaBounds, HoldForOneNumber) {
  EXPECT_EQ((one<IntervalOps<>, kIfmaShapes[0]>()), "");
  EXPECT_EQ((one<IntervalOps<>, kIfmaShapes[1]>()), "");
  EXPECT_EQ((one<IntervalOps<>, kIfmaShapes[2]>()), "");
}

// Longer numbers: 2,048 halves of products fill 63 bits, and a row has four of them.
struct Long : EightTuning {
  static constexpr std::size_t kDigitsMax = 520;
  static constexpr std::size_t kKaratsubaMin = 1000;
};
TEST(RsaIfmaBounds, CatchNumbersThatAreTooLong) {
  EXPECT_EQ((eight<IntervalOps<>, Long>(49)), "");
  EXPECT_EQ((eight<IntervalOps<>, Long>(52)), kTooLarge);
  EXPECT_EQ((one<IntervalOps<>, IfmaShape{.blocks = 49, .rows = 62}>()), "");
  EXPECT_EQ((one<IntervalOps<>, IfmaShape{.blocks = 52, .rows = 65}>()), kTooLarge);
}

// Each level of Karatsuba's makes columns more than twice as large.
template <std::size_t kMin>
struct Split : EightTuning {
  static constexpr std::size_t kDigitsMax = 320;
  static constexpr std::size_t kKaratsubaMin = kMin;
};
TEST(RsaIfmaBounds, CatchALevelOfKaratsubaTooMany) {
  EXPECT_EQ((eight<IntervalOps<>, Split<8>>(32)), "");
  EXPECT_EQ((eight<IntervalOps<>, Split<4>>(32)), kTooLarge);
}

TEST(RsaIfmaBounds, CatchDigitsThatAreNotCut) {
  EXPECT_EQ(eight<IntervalOps<Fault::uncut_digits>>(4), "a complement of what is no digit");
  EXPECT_EQ((one<IntervalOps<Fault::uncut_digits>, kIfmaShapes[0]>()), "a digit that is negative, or as long as two");
}
TEST(RsaIfmaBounds, CatchCarriesWithoutASign) { EXPECT_EQ(eight<IntervalOps<Fault::unsigned_carries>>(4), "a negative column whose carry is not signed"); }
TEST(RsaIfmaBounds, CatchCarriesThatAreNotRepeated) { EXPECT_EQ((one<IntervalOps<Fault::uncarried_results>, kIfmaShapes[0]>()), "a digit that carries more than one"); }

// Factors that are no digits, as a caller could pass them.
TEST(RsaIfmaBounds, CatchDigitsOneBitWider) {
  using Arithmetic = Eight<IntervalOps<>>;
  violation.clear();
  const std::vector<Interval> wide(Arithmetic::kDigitsMax, Interval{0, 2 * kDigit.high});
  std::vector<Interval> a(Arithmetic::kDigitsMax, kDigit);
  Arithmetic::Moduli n{.blocks = 4, .inverse = kDigit, .modulus = {}};
  Arithmetic::multiply(a.data(), wide.data(), n);
  EXPECT_EQ(violation, kNoDigit);
}

}  // namespace
}  // namespace assay::crypto::rsa
