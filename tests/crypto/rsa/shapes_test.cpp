// That the shapes of the vector kernels reduce what they should is asserted where they are defined. Here the assertions themselves are tried: what is a bit too
// large must not pass them.
#include <gtest/gtest.h>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {
namespace {

// The stages must shrink: a quotient of g digits leaves a number as much longer than n as the later stages take away, and `slack` more.
TEST(RsaShapes, ReduceOnlyIfTheirStagesShrink) {
  for (const Shape& shape : kShapes) EXPECT_TRUE(reduces(shape));
  const auto with = [](std::initializer_list<std::size_t> stages, std::size_t slack) {
    Shape shape{.block = 11, .stages = {}, .stage_count = stages.size(), .slack = slack};
    std::copy(stages.begin(), stages.end(), shape.stages.begin());
    return reduces(shape);
  };
  EXPECT_TRUE(with({22, 11, 6, 3, 2}, 2));
  EXPECT_FALSE(with({22, 11, 6, 3, 2}, 1));     // the last stage is longer than the slack
  EXPECT_FALSE(with({22, 11, 7, 2, 2}, 2));     // 7 > 2 + 2 + 2
  EXPECT_FALSE(with({25, 11, 3, 3, 2}, 2));     // 25 > 19 + 2
  EXPECT_FALSE(with({22, 11, 6, 2, 2}, 2));     // 43 digits
  EXPECT_FALSE(with({44}, 2));                  // a plain Montgomery step: the result would be twice as long as n
}

TEST(RsaShapes, AreChosenBySize) {
  EXPECT_EQ(shape_index(2048), 0U);
  EXPECT_EQ(shape_index(2053), 0U);
  EXPECT_EQ(shape_index(2054), 1U);
  EXPECT_EQ(shape_index(3082), 1U);
  EXPECT_EQ(shape_index(3083), 2U);
  EXPECT_EQ(shape_index(4209), 2U);
  EXPECT_EQ(shape_index(4210), kShapeCount);
  EXPECT_EQ(shape_index(8192), kShapeCount);
}

// A modulus one bit longer, or places that are too few or too many.
TEST(RsaIfmaShapes, HoldWithNothingToSpare) {
  for (const IfmaShape& shape : kIfmaShapes) {
    EXPECT_TRUE(ifma_holds(shape));
    EXPECT_TRUE(ifma_reduces(shape.digits(), shape.bits_max()));
    EXPECT_FALSE(ifma_reduces(shape.digits(), shape.bits_max() + 1));
  }
  EXPECT_TRUE(ifma_reduces(40, kIfmaDigitBits * kIfmaDigestDigits + 1));
  EXPECT_FALSE(ifma_reduces(40, kIfmaDigitBits * kIfmaDigestDigits)) << "a modulus not longer than a digest";
  EXPECT_FALSE(ifma_holds({.blocks = 4, .rows = 4})) << "40 digits in 32 places";
  EXPECT_FALSE(ifma_holds({.blocks = 4, .rows = 6})) << "a last lane without any digit";
}

TEST(RsaIfmaShapes, AreChosenBySize) {
  EXPECT_EQ(ifma_shape_index(2048), 0U);
  EXPECT_EQ(ifma_shape_index(2078), 0U);
  EXPECT_EQ(ifma_shape_index(2079), 1U);
  EXPECT_EQ(ifma_shape_index(3118), 1U);
  EXPECT_EQ(ifma_shape_index(3119), 2U);
  EXPECT_EQ(ifma_shape_index(4158), 2U);
  EXPECT_EQ(ifma_shape_index(4159), kIfmaShapeCount);
  EXPECT_EQ(ifma_shape_index(8192), kIfmaShapeCount);
}

}  // namespace
}  // namespace assay::crypto::rsa
