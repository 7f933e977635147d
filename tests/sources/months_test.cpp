// Months of rotation, outage and abuse.
#include <random>

#include "sources/simulation.h"

namespace assay::sources {
namespace {

using namespace test;
using Kinds = std::vector<Note::Kind>;

Kinds kinds_of(Schedule& schedule) {
  Kinds kinds;
  for (const Note& note : schedule.take_notes()) kinds.push_back(note.kind);
  return kinds;
}

// Three months without any trouble: one fetch in 42 to 48 minutes by a max-age of an hour, and not a line but the first.
TEST(Months, OfPeaceTakeWhatMaxAgeAsksFor) {
  Simulation world(1);
  world.use(1);
  world.start_fetcher();
  world.run_until(90 * kDay);
  EXPECT_GE(world.fetches.size(), 90U * 24 * 60 / 48);
  EXPECT_LE(world.fetches.size(), 90U * 24 * 60 / 42);
  EXPECT_EQ(kinds_of(world.schedule), Kinds{Note::Kind::fetched});
}

// Ten days under a flood of made-up kids, four a second. The issuer rotates every few hours, and its new key is at hand within 30 s, and what the fetch takes; the flood itself gets
// no more than the bucket.
TEST(Months, UnderAFloodPickUpRotationsWithin30Seconds) {
  constexpr std::uint64_t kSeed = 4;
  Simulation world(kSeed);
  const SourceId id = source_id(0);
  world.use(1);
  world.start_fetcher();
  Issuer& issuer = world.issuers[id];
  issuer.max_age_s = 24 * 3600;
  std::mt19937_64 random(kSeed);
  std::uint64_t rotations = 0, rotated_ms = 0, slowest_ms = 0;
  world.every(250, [&] {
    world.schedule.unknown_kid(id, world.now());
    if (rotated_ms == 0 || world.held[id] != issuer.version) return;
    slowest_ms = std::max(slowest_ms, world.elapsed_ms() - rotated_ms);
    rotated_ms = 0;
  });
  for (std::uint64_t ms = kHour; ms < 10 * kDay; ms += kHour + random() % (4 * kHour)) {
    world.at(ms, [&] {
      EXPECT_EQ(rotated_ms, 0U);
      ++issuer.version;
      ++rotations;
      rotated_ms = world.elapsed_ms();
    });
  }
  world.run_until(10 * kDay);
  EXPECT_EQ(rotated_ms, 0U);
  EXPECT_GT(rotations, 60U);
  EXPECT_LE(slowest_ms, 30'000U + issuer.latency_ms + 250);
  EXPECT_GT(slowest_ms, 20'000U);  // the flood did empty the bucket
  EXPECT_LE(world.fetches.size(), 10U * 24 * 120 + 3 + 11);
}

// Without a flood the bucket has a try, and the first token under the new key has its key as soon as the fetch is done.
TEST(Months, PickUpARotationAtOnceWhenTheBucketHasATry) {
  Simulation world(5);
  const SourceId id = source_id(0);
  world.use(1);
  world.start_fetcher();
  for (std::uint64_t ms = kHour; ms < 30 * kDay; ms += 7 * kHour) {
    world.at(ms, [&] {
      ++world.issuers[id].version;
      EXPECT_TRUE(world.schedule.unknown_kid(id, world.now()));
    });
    world.at(ms + 100, [&] { EXPECT_EQ(world.held[id], world.issuers[id].version); });
  }
  world.run_until(30 * kDay);
}

// An issuer that publishes its new key some seconds after it has begun to use it (eventual consistency) is asked again at 2 s and 12 s, without another token.
TEST(Months, FollowAnIssuerThatPublishesLate) {
  Simulation world(6);
  const SourceId id = source_id(0);
  world.use(1);
  world.start_fetcher();
  for (std::uint64_t round = 1; round <= 100; ++round) {
    const std::uint64_t ms = round * 5 * kHour;
    const std::uint64_t late_ms = round % 2 == 0 ? 1'500 : 11'000;
    world.at(ms, [&] { EXPECT_TRUE(world.schedule.unknown_kid(id, world.now())); });
    world.at(ms + late_ms, [&] { ++world.issuers[id].version; });
    world.at(ms + (late_ms < 2'000 ? 2'100 : 12'100), [&] { EXPECT_EQ(world.held[id], world.issuers[id].version); });
  }
  world.run_until(501 * kHour);
}

// An outage of an hour: nothing is stale, two lines, and at most 5 min after its end (and what is due) all is well.
TEST(Months, WithAnOutageOfAnHourServeThroughout) {
  Simulation world(7);
  const SourceId id = source_id(0);
  world.use(1);
  world.start_fetcher();
  world.issuers[id].max_age_s = 300;
  world.run_until(kDay);
  EXPECT_EQ(kinds_of(world.schedule), Kinds{Note::Kind::fetched});
  world.issuers[id].is_down = true;
  world.run_until(kDay + kHour);
  EXPECT_EQ(world.schedule.report(id, world.now())->state, SourceState::failing);
  EXPECT_LE(world.fetches_of(id, kDay), 35U);
  world.issuers[id].is_down = false;
  ++world.issuers[id].version;
  world.run_until(kDay + kHour + 5 * kMinute + kSecond);
  EXPECT_EQ(world.schedule.report(id, world.now())->state, SourceState::fresh);
  EXPECT_EQ(world.held[id], 2U);
  EXPECT_EQ(kinds_of(world.schedule), (Kinds{Note::Kind::failed, Note::Kind::fetched, Note::Kind::recovered}));
}

// An outage of two days: keys serve for the first, then tokens are unavailable, until the issuer is back.
TEST(Months, WithAnOutageOfTwoDaysAreStaleForTheSecond) {
  Simulation world(8);
  const SourceId id = source_id(0);
  world.use(1);
  world.start_fetcher();
  world.run_until(kDay);
  const std::int64_t stale_s = *world.schedule.report(id, world.now())->stale_until_s;
  world.issuers[id].is_down = true;
  // The last good fetch may have been asked an instant before; nothing is stale a second before that is a day old.
  world.run_until(kDay + static_cast<std::uint64_t>(stale_s - world.now().real_s) * kSecond - 2 * kSecond);
  EXPECT_FALSE(world.schedule.is_stale(id, world.now()));
  EXPECT_EQ(kinds_of(world.schedule), (Kinds{Note::Kind::fetched, Note::Kind::failed}));
  world.run_until(world.elapsed_ms() + 4 * kSecond);
  EXPECT_TRUE(world.schedule.is_stale(id, world.now()));
  EXPECT_EQ(kinds_of(world.schedule), Kinds{Note::Kind::stale});
  world.run_until(3 * kDay);
  EXPECT_EQ(kinds_of(world.schedule), Kinds{});
  // Every 2.5 to 5 min, once the pauses have grown.
  EXPECT_LE(world.fetches_of(id, kDay), 2U * 24 * 60 / 2 + 20);
  world.issuers[id].is_down = false;
  world.run_until(3 * kDay + 5 * kMinute + kSecond);
  EXPECT_EQ(kinds_of(world.schedule), Kinds{Note::Kind::recovered});
  EXPECT_EQ(world.schedule.report(id, world.now())->consecutive_failures, 0U);
  EXPECT_FALSE(world.schedule.is_stale(id, world.now()));
}

// assay-fetch is killed again and again, in the middle of whatever it does: no source is stale, none fails, and each is fetched as often as it should be, or a little more often.
TEST(Months, WithAFetcherThatIsKilledLoseNothing) {
  constexpr std::uint64_t kSeed = 9;
  Simulation world(kSeed);
  std::mt19937_64 random(kSeed);
  world.use(50);
  world.start_fetcher();
  for (unsigned number = 0; number < 50; ++number) world.issuers[source_id(number)] = {.max_age_s = 600, .latency_ms = 20 + random() % 900};
  unsigned in_the_middle = 0;
  for (std::uint64_t ms = kHour; ms < 14 * kDay; ms += kMinute + random() % (10 * kMinute)) {
    world.at(ms, [&] {
      if (world.under_way() > 0) ++in_the_middle;
      world.kill_fetcher();
    });
    world.at(ms + 100 + random() % 1'000, [&] { world.start_fetcher(); });
  }
  world.run_until(14 * kDay);
  EXPECT_GT(in_the_middle, 50U);
  for (unsigned number = 0; number < 50; ++number) {
    const SourceReport report = world.schedule.report(source_id(number), world.now()).value();
    EXPECT_EQ(report.consecutive_failures, 0U) << number;
    EXPECT_GE(report.fresh_until_s, world.now().real_s - 10) << number;
    EXPECT_GE(world.fetches_of(source_id(number)), 14U * 24 * 60 / 10) << number;
    EXPECT_LE(world.fetches_of(source_id(number)), 14U * 24 * 60 / 6) << number;
  }
  EXPECT_EQ(kinds_of(world.schedule), Kinds(50, Note::Kind::fetched));
}

// Of two sources one hangs: the other's schedule is what it is without it.
TEST(Months, WithOneSourceThatHangsLeaveTheOtherAlone) {
  Simulation world(10);
  world.use(2);
  world.start_fetcher();
  world.issuers[source_id(0)].hangs = true;
  world.issuers[source_id(1)].max_age_s = 1000;
  world.run_until(60 * kDay);
  std::uint64_t before_ms = 0;
  for (const Simulation::Fetch& each : world.fetches) {
    if (each.source != source_id(1)) continue;
    if (before_ms != 0) {
      EXPECT_GE(each.at_ms - before_ms, 700'000U);
      EXPECT_LE(each.at_ms - before_ms, 800'000U);
    }
    before_ms = each.at_ms;
  }
  EXPECT_GE(before_ms, 60 * kDay - 800 * kSecond);
  EXPECT_EQ(world.schedule.report(source_id(0), world.now())->state, SourceState::failing);
  EXPECT_LE(world.fetches_of(source_id(0)), 60U * 24 * 60 / 2);
}

// Even if half of all sources hang, and they are many, the others stay fresh.
TEST(Months, With500SourcesThatHangKeepTheOthersFresh) {
  Simulation world(11);
  world.use(1000);
  world.start_fetcher();
  for (unsigned number = 0; number < 1000; ++number) world.issuers[source_id(number)] = {.max_age_s = 600, .hangs = number % 2 == 0};
  world.run_until(kHour);
  unsigned late = 0;
  for (std::uint64_t ms = kHour; ms < 3 * kHour; ms += kMinute) {
    world.run_until(ms);
    for (unsigned number = 1; number < 1000; number += 2) {
      if (world.schedule.report(source_id(number), world.now())->fresh_until_s < world.now().real_s) ++late;
    }
  }
  EXPECT_EQ(late, 0U);
  EXPECT_LE(world.under_way_max, 32U);
}

// 1,024 sources from nothing: never more than 32 at once, and all within the time over which they are spread.
TEST(Months, Begin1024SourcesSpread) {
  Simulation world(12);
  world.use(1024);
  world.start_fetcher();
  world.run_until(11 * kSecond);
  EXPECT_EQ(world.held.size(), 1024U);
  EXPECT_EQ(world.fetches.size(), 1024U);
  EXPECT_LE(world.under_way_max, 32U);
  std::map<std::uint64_t, unsigned> in_second;
  for (const Simulation::Fetch& each : world.fetches) ++in_second[each.at_ms / kSecond];
  for (const auto& [second, fetches] : in_second) EXPECT_LE(fetches, 160U) << second;
  world.run_until(kDay);
  EXPECT_LE(world.under_way_max, 32U);
  EXPECT_LE(world.fetches.size(), 1024U * (24 * 60 / 42 + 1));
}

// The same seed tells the same story, so that a failure can be looked at again.
TEST(Months, AreTheSameFromTheSameSeed) {
  const auto story = [](std::uint64_t seed) {
    Simulation world(seed);
    world.use(20);
    world.start_fetcher();
    world.run_until(kDay);
    std::vector<std::uint64_t> times;
    for (const Simulation::Fetch& each : world.fetches) times.push_back(each.at_ms);
    return times;
  };
  EXPECT_EQ(story(13), story(13));
  EXPECT_NE(story(13), story(14));
}

}  // namespace
}  // namespace assay::sources
