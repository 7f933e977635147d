// Tokens with kids that no key has: from an issuer that rotates, or from anybody who makes them up.
#include <random>

#include "sources/fixture.h"

namespace assay::sources {
namespace {

using namespace test;
using Kind = UnknownKidAnswer::Kind;

class UnknownKidTest : public test::ScheduleTest {
 protected:
  UnknownKidTest() {
    fetched(order(), 24 * 3600);
    clocks.pass(kHour);
    EXPECT_TRUE(orders().empty());
  }
  bool unknown_kid() { return schedule.unknown_kid(id, now()); }
};

// design: a try at once, and tries spaced at 2 s and 10 s, from a bucket of one in 30 s, burst 3.
TEST_F(UnknownKidTest, TriesAtOnceAndTwiceMore) {
  EXPECT_TRUE(unknown_kid());
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms);
  fetched(order(), 24 * 3600, false);
  EXPECT_EQ(ms_to_order(), 2'000U);
  fetched(last, 24 * 3600, false);
  EXPECT_EQ(ms_to_order(), 10'000U);
  fetched(last, 24 * 3600, false);
  EXPECT_GT(ms_to_order(), kHour);
}

// A set that differs is what the tries were for. If it has not the kid either, the next token with it begins anew.
TEST_F(UnknownKidTest, EndsItsTriesWithAChangedSet) {
  EXPECT_TRUE(unknown_kid());
  EXPECT_FALSE(unknown_kid());
  fetched(order(), 24 * 3600, true);
  EXPECT_EQ(wait_for_order(kHour).number, 0U);
  EXPECT_TRUE(unknown_kid());
}

// Tries go on through failures, whatever the pause after a failure is; but not against the issuer's own wish.
TEST_F(UnknownKidTest, TriesInSpiteOfFailuresButObeysRetryAfter) {
  EXPECT_TRUE(unknown_kid());
  failed(order());
  for (std::uint64_t passed = 0; passed < 2'000; passed += ms_to_order()) {
    if (last.number != 0) failed(last);
  }
  failed(last, 3600);
  EXPECT_FALSE(unknown_kid());
  EXPECT_EQ(answer().kind, Kind::refreshing);
  EXPECT_EQ(answer().ms, limits::kRetryHintMaxMs);
  EXPECT_GE(ms_to_order(), kHour);
}

// An order that was under way before may have been answered before the issuer had the key: it does not count as the try.
TEST_F(UnknownKidTest, DoesNotCountAnOrderUnderWay) {
  schedule.refresh(id, now());
  last = order();
  EXPECT_TRUE(unknown_kid());
  fetched(last, 24 * 3600, false);
  EXPECT_EQ(ms_to_order(0), 0U);
}

// A source without keys has its regular try, and nothing else.
TEST_F(UnknownKidTest, CausesNothingWithoutKeys) {
  use(2);
  EXPECT_FALSE(schedule.unknown_kid(source_id(1), now()));
  const UnknownKidAnswer said = schedule.answer_for_unknown_kid(source_id(1), now());
  EXPECT_EQ(said.kind, Kind::refreshing);
}

// The answer to an honest caller: a rotation may have happened since the set was fetched, so as long as a try can be had nobody is refused.
TEST_F(UnknownKidTest, AnswersRefreshingWhileATryIsToCome) {
  schedule.refresh(id, now());
  fetched(order(), 24 * 3600, false);
  // The set is as young as can be, and the bucket is full.
  EXPECT_EQ(answer().kind, Kind::refreshing);
  EXPECT_TRUE(unknown_kid());
  EXPECT_EQ(answer().kind, Kind::refreshing);
  last = order();
  EXPECT_EQ(answer().kind, Kind::refreshing);
  fetched(last, 24 * 3600, false);
  EXPECT_EQ(answer().kind, Kind::refreshing);
  EXPECT_EQ(answer().ms, 2'000 + limits::kFetchUsuallyMs);
  fetched(wait_for_order(), 24 * 3600, false);
  EXPECT_EQ(answer().ms, 10'000 + limits::kFetchUsuallyMs);
  fetched(wait_for_order(), 24 * 3600, false);
  EXPECT_EQ(answer().kind, Kind::refused);
}

// design: set fetched under 30 s ago and no try due: refused. The answer says how long it is good for: until a try can be had, or the set is 30 s old.
TEST_F(UnknownKidTest, RefusesWhenTheSetIsYoungAndNoTryIsToCome) {
  const std::uint64_t begin_ms = now().boot_ms;
  EXPECT_TRUE(unknown_kid());
  for (int i = 0; i < 3; ++i) fetched(wait_for_order(), 24 * 3600, false);
  EXPECT_EQ(answer().kind, Kind::refused);
  EXPECT_EQ(answer().ms, 18'000U);  // the bucket gets one 30 s after the first
  clocks.pass(17'999);
  EXPECT_EQ(answer().kind, Kind::refused);
  EXPECT_EQ(answer().ms, 1U);
  clocks.pass(1);
  EXPECT_EQ(now().boot_ms, begin_ms + 30'000);
  EXPECT_EQ(answer().kind, Kind::refreshing);
  EXPECT_TRUE(unknown_kid());
  fetched(order(), 24 * 3600, false);
  EXPECT_EQ(answer().kind, Kind::refused);
  EXPECT_EQ(answer().ms, 30'000U);
}

// A set that could not be fetched again is no proof that the kid is made up, though the bucket is empty.
TEST_F(UnknownKidTest, NeverRefusesByAnOldSet) {
  EXPECT_TRUE(unknown_kid());
  for (int i = 0; i < 3; ++i) failed(wait_for_order(), {}, "connection refused");
  for (std::uint64_t passed = 0; passed < kMinute; passed += 100, clocks.pass(100)) {
    unknown_kid();
    ASSERT_EQ(answer().kind, Kind::refreshing);
    EXPECT_GT(answer().ms, 0U);
    EXPECT_LE(answer().ms, 30'000U);
    for (const Order& each : orders()) failed(each, {}, "connection refused");
  }
}

// Nor is it while nobody fetches.
TEST_F(UnknownKidTest, AnswersRefreshingWithoutAFetcher) {
  schedule.refresh(id, now());
  fetched(order(), 24 * 3600, false);
  schedule.fetcher_gone(now());
  EXPECT_TRUE(unknown_kid());
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(answer().kind, Kind::refreshing);
  EXPECT_EQ(answer().ms, limits::kNoFetcherHintMs);
  clocks.pass(kMinute);
  schedule.fetcher_connected(now());
  EXPECT_EQ(ms_to_order(0), 0U);
}

// The order of an unknown kid does not move the regular one but by what it brings.
TEST_F(UnknownKidTest, LeavesTheRegularTryWhereItIs) {
  const std::uint64_t next_in_ms = report().next_try_in_ms.value();
  EXPECT_TRUE(unknown_kid());
  EXPECT_EQ(report().next_try_in_ms, 0U);
  fetched(order(), 24 * 3600, true);
  EXPECT_NE(report().next_try_in_ms, next_in_ms);
  EXPECT_GE(report().next_try_in_ms, 16 * kHour);
}

// A flood costs what the bucket holds: over any time, 3 tries and one more in 30 s. Seen with random gaps between tokens, random latencies and random changes of the set.
TEST_F(UnknownKidTest, NeverTakesMoreThanTheBucketHolds) {
  constexpr std::uint64_t kSeed = 77;
  std::mt19937_64 random(kSeed);
  std::vector<std::uint64_t> tries_ms;
  for (int i = 0; i < 200'000; ++i) {
    // Now a flood, now hardly anything, so that the bucket is seen full, empty and in between.
    clocks.pass(random() % (i / 1'000 % 4 == 3 ? 30'000 : 40));
    unknown_kid();
    if (last.number == 0) {
      const std::vector<Order> all = orders();
      if (all.empty()) continue;
      last = all.front();
      tries_ms.push_back(now().boot_ms);
    } else if (random() % 8 == 0) {
      fetched(std::exchange(last, Order{}), 24 * 3600, random() % 4 == 0);
    }
  }
  // The regular try comes so rarely that it is not worth telling apart: one in 16 hours without a fetch, and there was none without one for so long.
  ASSERT_GT(tries_ms.size(), 1'000U);
  for (std::size_t i = 3; i < tries_ms.size(); ++i) {
    for (std::size_t burst = 3; burst <= std::min<std::size_t>(i, 40); ++burst) {
      ASSERT_GE(tries_ms[i] - tries_ms[i - burst], (burst - 2) * 30'000) << "the last of " << burst + 1 << " tries, at " << i << ", seed " << kSeed;
    }
  }
}

}  // namespace
}  // namespace assay::sources
