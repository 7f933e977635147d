// Steps of the real-time clock: they may end the time of keys, and never cause more than one fetch of a source.
#include "sources/fixture.h"

namespace assay::sources {
namespace {

using namespace test;
using ClockStepTest = test::ScheduleTest;

constexpr std::int64_t kYearS = 365LL * 24 * 3600;

// Schedules run by CLOCK_BOOTTIME.
TEST_F(ClockStepTest, DoesNotMoveTheNextTryByAnHour) {
  for (const std::int64_t step_s : {3600, -3600}) {
    fetched(wait_for_order(), 6 * 3600);
    const std::uint64_t next_ms = now().boot_ms + report().next_try_in_ms.value();
    clocks.step_real(step_s);
    EXPECT_TRUE(orders().empty());
    EXPECT_EQ(now().boot_ms + report().next_try_in_ms.value(), next_ms);
  }
}

// design: the age of keys by both, the larger counts. Keys that may be a year old do not serve; and as somebody waits for them, they are asked for at once.
TEST_F(ClockStepTest, ForwardByAYearEndsTheKeysTimeAndAsksOnce) {
  fetched(order(), 24 * 3600);
  notes();
  clocks.step_real(kYearS);
  EXPECT_TRUE(schedule.is_stale(id, now()));
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms + limits::kLookAgainMs);  // no event tells of it
  clocks.pass(limits::kLookAgainMs);
  last = order();
  EXPECT_EQ(notes(), Kinds{Note::Kind::stale});
  EXPECT_EQ(report().stale_until_s, now().real_s - kYearS - 60 + 24 * 3600);
  schedule.not_modified(last.number, 24 * 3600, now());
  EXPECT_EQ(notes(), Kinds{Note::Kind::recovered});
  EXPECT_GT(ms_to_order(), 16 * kHour);
}

// Many sources grow stale in the same instant by such a step: their fetches are spread, and each is fetched once.
TEST_F(ClockStepTest, ForwardByAYearCausesNoStorm) {
  use(256);
  clocks.pass(kMinute);
  unsigned fetches = 0;
  const auto run = [&](std::uint64_t ms) {
    for (const std::uint64_t end_ms = now().boot_ms + ms; now().boot_ms < end_ms; clocks.pass(50)) {
      for (const Order& each : orders()) fetched(each, 24 * 3600), ++fetches;
    }
  };
  run(kMinute);
  EXPECT_EQ(fetches, 256U);
  clocks.step_real(kYearS);
  const std::size_t at_once = orders().size();
  EXPECT_LE(at_once, 8U);
  run(kMinute);
  EXPECT_EQ(fetches + at_once, 512U);
  run(kHour);
  EXPECT_EQ(fetches + at_once, 512U + at_once);  // those orders above that nobody answered
}

// A failing source keeps its pauses: that its keys have grown stale is no reason to ask an issuer that is down more often.
TEST_F(ClockStepTest, DoesNotHurryAFailingSource) {
  fetched(order(), 600);
  failed(wait_for_order(), 3600);
  clocks.step_real(kYearS);
  EXPECT_EQ(ms_to_order(), kHour);
}

// A clock that stepped back counts as no time at all: the other one goes on counting.
TEST_F(ClockStepTest, BackByAYearLeavesTheAgeToTheOtherClock) {
  fetched(order(), 600);
  schedule.fetcher_gone(now());
  clocks.step_real(-kYearS);
  EXPECT_EQ(report().stale_until_s, now().real_s + 24 * 3600);
  EXPECT_EQ(report().fetched_at_s, now().real_s);
  clocks.pass(kDay - 1);
  EXPECT_FALSE(schedule.is_stale(id, now()));
  clocks.pass(1);
  EXPECT_TRUE(schedule.is_stale(id, now()));
}

// A step forward that is taken back gives the keys back as well.
TEST_F(ClockStepTest, ThereAndBackLeavesEverythingAsItWas) {
  fetched(order(), 600);
  notes();
  clocks.step_real(kYearS);
  EXPECT_EQ(orders().size(), 1U);
  clocks.step_real(-kYearS);
  EXPECT_TRUE(orders().empty());
  EXPECT_FALSE(schedule.is_stale(id, now()));
  EXPECT_EQ(notes(), (Kinds{Note::Kind::stale, Note::Kind::recovered}));
}

// Stored keys start with the age that the real-time clock gives them; if that has stepped back since they were stored, with none.
TEST_F(ClockStepTest, GivesStoredKeysTheirAge) {
  use(0);
  use(1, {{}, StoredKeys{now().real_s - 20 * 3600, ""}});
  EXPECT_EQ(report().fetched_at_s, now().real_s - 20 * 3600);
  EXPECT_EQ(report().stale_until_s, now().real_s + 4 * 3600);
  clocks.pass(4 * kHour - kSecond);
  EXPECT_FALSE(schedule.is_stale(id, now()));
  clocks.pass(2 * kSecond);
  EXPECT_TRUE(schedule.is_stale(id, now()));
  use(0);
  use(1, {{}, StoredKeys{now().real_s + kYearS, ""}});
  EXPECT_FALSE(schedule.is_stale(id, now()));
  clocks.pass(kDay);
  EXPECT_TRUE(schedule.is_stale(id, now()));
}

// An age once known is not forgotten because the clock steps back afterwards.
TEST_F(ClockStepTest, DoesNotMakeStoredKeysYoungerByAStepBack) {
  use(0);
  use(1, {{}, StoredKeys{now().real_s - 20 * 3600, ""}});
  clocks.step_real(-20 * 3600);
  clocks.pass(4 * kHour + kSecond);
  EXPECT_TRUE(schedule.is_stale(id, now()));
}

}  // namespace
}  // namespace assay::sources
