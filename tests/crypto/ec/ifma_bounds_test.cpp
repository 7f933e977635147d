// No limb of the eight lanes overflows, no factor has more than 52 bits and no value leaves [0, R): the kernels' templates run over intervals (ifma_interval_field.h),
// through all that bounds.h does.
//
// Broken variants follow: a check that nothing can fail proves nothing.
#define ASSAY_EC_INLINE inline
#define ASSAY_EC_INLINE_LAMBDA

#include <gtest/gtest.h>

#include "crypto/ec/bounds.h"
#include "crypto/ec/ifma_interval_field.h"

namespace assay::crypto::ec {
namespace {

// Curves whose lanes are broken: products are never folded; less than subtrahends are is added for them, or for a subtrahend of a difference; no limb is lent anything.
template <class C>
struct NeverFolded : C {};
template <class C>
struct Shape52<NeverFolded<C>> : Shape52<C> {
  static constexpr int kFoldFrom = 3;
};
template <class C>
struct LittleForSubtrahends : C {};
template <class C>
struct Shape52<LittleForSubtrahends<C>> : Shape52<C> {
  static constexpr int kForSubtrahends = 2;
};
template <class C>
struct LittleForDifference : C {};
template <class C>
struct Shape52<LittleForDifference<C>> : Shape52<C> {
  static constexpr int kForDifference = 1;
};
template <class C>
struct NothingLent : C {};
template <class C>
struct Shape52<NothingLent<C>> : Shape52<C> {
  static constexpr i64 multiple(int count, int, int i) noexcept { return Shape52<C>::multiple(count, 0, i); }
};

template <class Field>
Violations run(Fault fault = Fault::none) {
  return Bounds<Field>::run(fault);
}

TEST(EcIfmaBounds, HoldForP256) {
  const Violations found = run<Interval52Field<P256>>();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcIfmaBounds, HoldForP384) {
  const Violations found = run<Interval52Field<P384>>();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcIfmaBounds, HoldForP521) {
  const Violations found = run<Interval52Field<P521>>();
  EXPECT_EQ(found.count, 0) << found.first;
}

TEST(EcIfmaBounds, CatchTablesOneBitTooWide) {
  EXPECT_NE(run<Interval52Field<P256>>(Fault::wide_table).count, 0);
  EXPECT_NE(run<Interval52Field<P384>>(Fault::wide_table).count, 0);
  EXPECT_NE(run<Interval52Field<P521>>(Fault::wide_table).count, 0);
}
// A sum of three elements is a factor when the last two points are compared.
TEST(EcIfmaBounds, CatchAMissingCarryAfterASum) {
  EXPECT_NE((run<Interval52Field<P256, false>>().count), 0);
  EXPECT_NE((run<Interval52Field<P521, false>>().count), 0);
}
TEST(EcIfmaBounds, CatchAMissingFold) {
  EXPECT_NE(run<Interval52Field<NeverFolded<P256>>>().count, 0);
  EXPECT_NE(run<Interval52Field<NeverFolded<P384>>>().count, 0);
  EXPECT_NE(run<Interval52Field<NeverFolded<P521>>>().count, 0);
}
TEST(EcIfmaBounds, CatchMultiplesThatAreTooSmall) {
  EXPECT_NE(run<Interval52Field<LittleForSubtrahends<P256>>>().count, 0);
  EXPECT_NE(run<Interval52Field<LittleForSubtrahends<P521>>>().count, 0);
  EXPECT_NE(run<Interval52Field<LittleForDifference<P256>>>().count, 0);
  EXPECT_NE(run<Interval52Field<LittleForDifference<P384>>>().count, 0);
}
TEST(EcIfmaBounds, CatchNegativeLimbsBeforeAFold) {
  EXPECT_NE(run<Interval52Field<NothingLent<P256>>>().count, 0);
  EXPECT_NE(run<Interval52Field<NothingLent<P384>>>().count, 0);
  EXPECT_NE(run<Interval52Field<NothingLent<P521>>>().count, 0);
}

}  // namespace
}  // namespace assay::crypto::ec
