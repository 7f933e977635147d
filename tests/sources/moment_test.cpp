#include "sources/moment.h"

#include <gtest/gtest.h>

namespace assay::sources {
namespace {

// design: the age of keys by both clocks, the larger counts.
TEST(Moment, CountsTheLargerOfBothClocks) {
  EXPECT_EQ(elapsed_ms({1'000, 100}, {4'500, 102}), 3'500U);
  EXPECT_EQ(elapsed_ms({1'000, 100}, {4'500, 201}), 100'000U);
}

// A clock that stepped back says nothing; the other one still counts.
TEST(Moment, CountsNothingByAClockThatSteppedBack) {
  EXPECT_EQ(elapsed_ms({1'000, 100}, {4'500, -31'000'000}), 3'500U);
  EXPECT_EQ(elapsed_ms({4'500, 100}, {1'000, 90}), 0U);
}

// Whole seconds, rounded down: between readings of 100 and 101 may lie a millisecond, so keys never count as older than they are.
TEST(Moment, DoesNotCountASecondThatMayNotHavePassed) {
  EXPECT_EQ(real_elapsed_ms(100, 100), 0U);
  EXPECT_EQ(real_elapsed_ms(100, 101), 0U);
  EXPECT_EQ(real_elapsed_ms(100, 102), 1'000U);
}

TEST(Moment, DoesNotOverflow) {
  EXPECT_EQ(real_elapsed_ms(-253'402'300'799, 253'402'300'799), 506'804'601'597'000U);
}

}  // namespace
}  // namespace assay::sources
