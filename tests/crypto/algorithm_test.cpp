#include "crypto/algorithm.h"

#include <gtest/gtest.h>

namespace assay::crypto {
namespace {

TEST(AlgorithmSet, IsEmptyByDefaultAndHoldsWhatIsInserted) {
  AlgorithmSet set;
  EXPECT_TRUE(set.empty());
  set.insert(Algorithm::es256);
  EXPECT_TRUE(set.contains(Algorithm::es256));
  EXPECT_FALSE(set.contains(Algorithm::es384));
  EXPECT_FALSE(set.empty());
  EXPECT_EQ(set.bits(), 1U << static_cast<unsigned>(Algorithm::es256));
}

// An algorithm that was never set is in no set.
TEST(AlgorithmSet, NeverContainsUnset) {
  AlgorithmSet set = AlgorithmSet::all();
  set.insert(Algorithm::unset);
  EXPECT_FALSE(set.contains(Algorithm::unset));
  for (std::size_t i = 1; i <= kAlgorithmCount; ++i) EXPECT_TRUE(set.contains(static_cast<Algorithm>(i)));
}

TEST(AlgorithmSet, IntersectionKeepsWhatBothHave) {
  AlgorithmSet a;
  a.insert(Algorithm::rs256);
  a.insert(Algorithm::eddsa);
  AlgorithmSet b;
  b.insert(Algorithm::eddsa);
  b.insert(Algorithm::ps512);
  EXPECT_EQ((a & b).bits(), 1U << static_cast<unsigned>(Algorithm::eddsa));
  EXPECT_EQ(a & AlgorithmSet::all(), a);
}

}  // namespace
}  // namespace assay::crypto
