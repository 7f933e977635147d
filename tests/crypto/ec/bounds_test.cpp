// No limb of AVX2's lanes overflows: the kernels' templates run over intervals (interval_field.h), from table points through as many levels of the tree as there can be, the sums
// without inversion, the comparison, and the builder's and the inversions' products. Random tests do not find such holes: whoever chooses a key can aim at them.
//
// Broken variants follow: a check that nothing can fail proves nothing.
#define ASSAY_EC_INLINE inline
#define ASSAY_EC_INLINE_LAMBDA

#include <gtest/gtest.h>

#include "crypto/ec/bounds.h"
#include "crypto/ec/interval_field.h"

namespace assay::crypto::ec {
namespace {

// A curve whose products are never folded.
template <class C>
struct NeverFolded : C {
  static constexpr int kFoldFrom = 3;
};
template <class C>
struct Intact<NeverFolded<C>> {
  using Curve = C;
};

TEST(EcBounds, HoldForP256) {
  const Violations found = Bounds<IntervalField<P256>>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcBounds, HoldForP384) {
  const Violations found = Bounds<IntervalField<P384>>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}
TEST(EcBounds, HoldForP521) {
  const Violations found = Bounds<IntervalField<P521>>::run();
  EXPECT_EQ(found.count, 0) << found.first;
}

TEST(EcBounds, CatchTablesOneBitTooWide) {
  EXPECT_NE(Bounds<IntervalField<P256>>::run(Fault::wide_table).count, 0);
  EXPECT_NE(Bounds<IntervalField<P521>>::run(Fault::wide_table).count, 0);
}
// The difference of two negated table points has limbs of 30 bits and a sign; nine squares of those are 2^63.2.
TEST(EcBounds, CatchAMissingCarryBeforeASquare) { EXPECT_NE((Bounds<IntervalField<P256, false>>::run().count), 0); }
TEST(EcBounds, CatchNegationByLimbsOfP521) { EXPECT_NE(Bounds<IntervalField<P521>>::run(Fault::negation_by_limbs).count, 0); }
TEST(EcBounds, CatchAMissingFold) {
  EXPECT_NE(Bounds<IntervalField<NeverFolded<P256>>>::run(Fault::none, 60).count, 0);
  EXPECT_NE(Bounds<IntervalField<NeverFolded<P384>>>::run(Fault::none, 60).count, 0);
  EXPECT_NE(Bounds<IntervalField<NeverFolded<P521>>>::run().count, 0);
}
// y grows by about p a level.
TEST(EcBounds, CatchATreeOfSixtyLevels) { EXPECT_NE(Bounds<IntervalField<P256>>::run(Fault::none, 60).count, 0); }

}  // namespace
}  // namespace assay::crypto::ec
