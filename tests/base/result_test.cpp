#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"

namespace assay::base {
namespace {

Result<std::unique_ptr<int>> half(int n) {
  if (n % 2 != 0) return fail("odd");
  return std::make_unique<int>(n / 2);
}

TEST(Result, IsAValueOrAReason) {
  const auto value = half(8);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(**value, 4);
  const auto failure = half(7);
  ASSERT_FALSE(failure.has_value());
  EXPECT_EQ(failure.error().what, "odd");
}

TEST(Result, CarriesErrorsOfOtherTypes) {
  enum class Why { unset, small };
  const Result<int, Why> refused = std::unexpected(Why::small);
  EXPECT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), Why::small);
}

TEST(CheckDeathTest, EndsTheProcessAndNamesTheCondition) {
  CHECK(1 + 1 == 2);
  EXPECT_DEATH(CHECK(1 + 1 == 3), "result_test.cpp:[0-9]+: CHECK\\(1 \\+ 1 == 3\\) failed");
}

}  // namespace
}  // namespace assay::base
