// The open loop under a clock that the test moves.
#include "load/schedule.h"

#include <gtest/gtest.h>

#include "load/histogram.h"

namespace assay::load {
namespace {

TEST(Schedule, ArrivalsAreEvenlySpacedAndDealtOutToThreads) {
  const Schedule first(1000, 1e6, 0, 2), second(1000, 1e6, 1, 2);  // one each microsecond
  EXPECT_EQ(first.due_ns(0), 1000);
  EXPECT_EQ(second.due_ns(0), 2000);
  EXPECT_EQ(first.due_ns(1), 3000);
  EXPECT_EQ(second.due_ns(1), 4000);
}

TEST(Schedule, CountsWhatIsDueExactly) {
  for (const double rate : {0.5, 3.0, 977.0, 1e6, 12'345'678.9}) {
    const Schedule schedule(5'000'000'000'000, rate, 1, 3);
    for (const std::uint64_t k : {0U, 1U, 2U, 999U, 1'000'000U}) {
      const Nanoseconds due = schedule.due_ns(k);
      EXPECT_EQ(schedule.due_by(due - 1), k) << rate;
      EXPECT_EQ(schedule.due_by(due), k + 1) << rate;
    }
    EXPECT_EQ(schedule.due_by(0), 0U);
  }
}

// Rounding does not add up: after a day at an odd rate there are as many arrivals as there should be.
TEST(Schedule, DoesNotDrift) {
  constexpr double kRate = 33'333.3;
  const Schedule schedule(0, kRate, 0, 1);
  EXPECT_NEAR(static_cast<double>(schedule.due_by(86'400 * kNsPerS)), 86'400 * kRate, 1);
}

TEST(Arrivals, AreDealtOutToConnectionsInTurnAndEndInTime) {
  Arrivals arrivals(Schedule(0, 1e9, 0, 1), 3, 10);  // one each nanosecond, ten in all
  EXPECT_EQ(arrivals.release(3), 4U);
  EXPECT_TRUE(arrivals.waits(0));
  EXPECT_EQ(arrivals.take(0), 0);
  EXPECT_EQ(arrivals.take(0), 3);
  EXPECT_FALSE(arrivals.waits(0));
  EXPECT_EQ(arrivals.take(1), 1);
  EXPECT_EQ(arrivals.next_ns(), 4);
  EXPECT_EQ(arrivals.release(1000), 6U);
  EXPECT_EQ(arrivals.next_ns(), INT64_MAX);
  EXPECT_EQ(arrivals.released(), 10U);
  EXPECT_EQ(arrivals.take(1), 4);
}

// No coordinated omission: a server that stands still for a second makes the requests of that second late, all of them, not the one that was under way.
TEST(Arrivals, AStandstillIsInTheLatencyOfEveryRequestThatWasDueInIt) {
  constexpr Nanoseconds kMs = 1'000'000;
  Arrivals arrivals(Schedule(0, 1000, 0, 1), 1, 10'000 * kMs);
  Histogram latency;
  for (Nanoseconds now = 0; now < 10'000 * kMs; now += kMs) {
    arrivals.release(now);
    // The server answers at once, except from 4 s to 5 s, when it takes nothing.
    if (now >= 4000 * kMs && now < 5000 * kMs) continue;
    while (arrivals.waits(0)) latency.record(now - arrivals.take(0));
  }
  EXPECT_EQ(latency.count(), 10'000U);
  EXPECT_EQ(latency.max(), 1000 * kMs);
  // A tenth of all requests waited, half a second on average.
  EXPECT_NEAR(static_cast<double>(latency.quantile(0.95)), 500e6, 10e6);
  EXPECT_LT(latency.quantile(0.89), kMs);
}

}  // namespace
}  // namespace assay::load
