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

}  // namespace
}  // namespace assay::server
