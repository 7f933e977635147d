#include "sources/kid_tries.h"

#include <gtest/gtest.h>

namespace assay::sources {
namespace {

constexpr std::uint64_t kNever = KidTries::kNever;

// design: one refresh per 30 s, burst 3; tries spaced at 2 s and 10 s draw from it.
TEST(KidTries, PlansTwoTriesAfterTheFirst) {
  KidTries tries;
  EXPECT_EQ(tries.next_ms(), kNever);
  ASSERT_TRUE(tries.begin(100'000));
  EXPECT_EQ(tries.next_ms(), 100'000U);
  tries.took(100'000);
  EXPECT_EQ(tries.next_ms(), 102'000U);
  tries.took(102'000);
  EXPECT_EQ(tries.next_ms(), 112'000U);
  tries.took(112'000);
  EXPECT_EQ(tries.next_ms(), kNever);
}

// The gaps count from the attempt, which may be later than was planned.
TEST(KidTries, CountsGapsFromTheAttempt) {
  KidTries tries;
  ASSERT_TRUE(tries.begin(100'000));
  tries.took(103'000);
  EXPECT_EQ(tries.next_ms(), 105'000U);
}

TEST(KidTries, DoesNotBeginWhileTriesArePlanned) {
  KidTries tries;
  ASSERT_TRUE(tries.begin(1'000));
  EXPECT_FALSE(tries.begin(1'000));
  tries.took(1'000);
  EXPECT_FALSE(tries.begin(1'500));
  EXPECT_EQ(tries.next_ms(), 3'000U);
}

// An empty bucket fills by one in 30 s from the first attempt, and a try that it has not is not planned.
TEST(KidTries, HasOneTryIn30SecondsOnceTheBurstIsSpent) {
  KidTries tries;
  ASSERT_TRUE(tries.begin(100'000));
  for (const std::uint64_t at : {100'000U, 102'000U, 112'000U}) tries.took(at);
  EXPECT_EQ(tries.token_ms(), 130'000U);
  EXPECT_FALSE(tries.begin(129'999));
  ASSERT_TRUE(tries.begin(130'000));
  tries.took(130'000);
  EXPECT_EQ(tries.next_ms(), kNever);
  EXPECT_FALSE(tries.begin(159'999));
  EXPECT_TRUE(tries.begin(160'000));
}

TEST(KidTries, FillsUpToThreeAndNoFurther) {
  KidTries tries;
  unsigned made = 0;
  constexpr std::uint64_t kLater = 10'000'000;
  for (std::uint64_t now = kLater; now < kLater + 1'000; ++now) {
    if (!tries.begin(now)) continue;
    tries.took(now);
    tries.end();
    ++made;
  }
  EXPECT_EQ(made, 3U);
}

// An order that something else caused costs nothing, and changes no plan.
TEST(KidTries, DoesNotCountOrdersThatItDidNotCause) {
  KidTries tries;
  tries.took(100'000);
  ASSERT_TRUE(tries.begin(100'000));
  tries.took(100'000);
  tries.took(101'000);
  EXPECT_EQ(tries.next_ms(), 102'000U);
  EXPECT_EQ(tries.token_ms(), 70'000U);
}

TEST(KidTries, EndsWhatWasPlanned) {
  KidTries tries;
  ASSERT_TRUE(tries.begin(1'000));
  tries.took(1'000);
  tries.end();
  EXPECT_EQ(tries.next_ms(), kNever);
  EXPECT_TRUE(tries.begin(1'001));
}

}  // namespace
}  // namespace assay::sources
