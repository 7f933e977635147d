#include "server/log_limiter.h"

#include <gtest/gtest.h>

namespace assay::server {
namespace {

TEST(LogLimiter, LogsOnceASecondWithTheCountSinceThen) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.count(5'000), 1U);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(limiter.count(5'500), 0U);
  EXPECT_EQ(limiter.count(6'000), 10U);
  EXPECT_EQ(limiter.count(6'999), 0U);
  EXPECT_EQ(limiter.count(7'000), 2U);
}

TEST(LogLimiter, LogsTheFirstEventAtAnyTime) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.count(0), 1U);
  EXPECT_EQ(limiter.count(0), 0U);
}

TEST(LogBudget, HasSoManyLinesInAWhile) {
  LogBudget budget(3, 1'000);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(5'000 + i));
  EXPECT_FALSE(budget.take(5'003));
  EXPECT_FALSE(budget.take(5'999));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(6'000));
  EXPECT_FALSE(budget.take(6'000));
}

}  // namespace
}  // namespace assay::server
