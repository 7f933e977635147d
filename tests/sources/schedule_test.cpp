// Orders: to whom, how many, and what becomes of them when assay-fetch goes away, hangs, or answers too late.
#include "sources/schedule.h"

#include <set>

#include "sources/fixture.h"

namespace assay::sources {
namespace {

using namespace test;
using ScheduleTest = test::ScheduleTest;

TEST_F(ScheduleTest, FetchesANewSourceAtOnce) {
  EXPECT_EQ(state(), SourceState::never_fetched);
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms);
  last = order();
  EXPECT_EQ(last.number, 1U);
  EXPECT_EQ(last.source, id);
  EXPECT_EQ(last.etag, "");
  EXPECT_EQ(last.timeout_ms, 5'000U);
  EXPECT_EQ(state(), SourceState::fetching);
  EXPECT_EQ(report().next_try_in_ms, std::nullopt);
  fetched(last, 600);
  EXPECT_EQ(state(), SourceState::fresh);
}

// One fetch at a time per source, whatever makes a try due.
TEST_F(ScheduleTest, NeverGivesTwoOrdersForOneSource) {
  fetched(order(), 600);
  ASSERT_TRUE(schedule.refresh(id, now()));
  last = order();
  ASSERT_TRUE(schedule.refresh(id, now()));
  ASSERT_TRUE(schedule.unknown_kid(id, now()));
  EXPECT_TRUE(orders().empty());
  clocks.pass(6'999);
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms + 1);
}

// At most 32 at once.
TEST_F(ScheduleTest, GivesAtMost32OrdersAtOnce) {
  use(100);
  clocks.pass(kMinute);
  std::vector<Order> busy = orders();
  EXPECT_EQ(busy.size(), 32U);
  EXPECT_TRUE(orders().empty());
  EXPECT_GT(schedule.next_event(now()), now().boot_ms);  // an answer is the event
  std::set<SourceId> seen;
  for (const Order& each : busy) seen.insert(each.source);
  while (seen.size() < 100) {
    ASSERT_TRUE(fetched(busy.back(), 24 * 3600));
    busy.pop_back();
    const Order next = order();
    EXPECT_TRUE(seen.insert(next.source).second);
    busy.push_back(next);
  }
  EXPECT_EQ(busy.size(), 32U);
}

// Whoever is due longest is next, whatever its name.
TEST_F(ScheduleTest, GivesThePlacesInTheOrderOfWaiting) {
  use(40);
  clocks.pass(kMinute);
  for (int i = 0; i < 2; ++i) {
    for (const Order& each : orders()) fetched(each, 24 * 3600);
  }
  for (unsigned number = 0; number < 32; ++number) schedule.refresh(source_id(number), now());
  std::vector<Order> busy = orders();
  ASSERT_EQ(busy.size(), 32U);
  for (const unsigned number : {39U, 33U, 36U}) {
    clocks.pass(1);
    schedule.refresh(source_id(number), now());
  }
  for (const unsigned number : {39U, 33U, 36U}) {
    fetched(busy.back(), 24 * 3600);
    busy.pop_back();
    EXPECT_EQ(order().source, source_id(number));
  }
}

// However many issuers hang, their orders leave a quarter of the places to the others.
TEST_F(ScheduleTest, KeepsPlacesForSourcesThatDoNotFail) {
  use(100);
  clocks.pass(kMinute);
  for (int i = 0; i < 4; ++i) {
    for (const Order& each : orders()) failed(each);
  }
  clocks.pass(kMinute);
  EXPECT_EQ(orders().size(), 24U);
  EXPECT_TRUE(orders().empty());
  EXPECT_GT(schedule.next_event(now()), now().boot_ms);
  use(140);
  clocks.pass(5 * kSecond);
  EXPECT_EQ(orders().size(), 8U);
}

// 1,024 sources: first fetches are spread over 10 s, evenly.
TEST_F(ScheduleTest, SpreadsFirstFetches) {
  use(0);
  use(1024);
  std::vector<unsigned> in_second(12);
  for (std::uint64_t ms = 0; ms < 12 * kSecond; ms += 10, clocks.pass(10)) {
    for (const Order& each : orders()) fetched(each, 24 * 3600), ++in_second[ms / kSecond];
  }
  for (std::size_t second = 0; second < 10; ++second) {
    EXPECT_GT(in_second[second], 50U) << second;
    EXPECT_LT(in_second[second], 160U) << second;
  }
  EXPECT_EQ(in_second[11], 0U);
}

// Keys restored from disk serve meanwhile, so there is even more time: 1,024 that were stored long ago take 100 s.
TEST_F(ScheduleTest, SpreadsFetchesAfterARestart) {
  use(0);
  use(1024, {{}, StoredKeys{now().real_s - 3600, "\"stored\""}});
  unsigned fetches = 0;
  const auto run = [&](std::uint64_t ms) {
    unsigned at_once_max = 0;
    for (std::uint64_t passed = 0; passed < ms; passed += 100, clocks.pass(100)) {
      const std::vector<Order> all = orders();
      at_once_max = std::max(at_once_max, static_cast<unsigned>(all.size()));
      for (const Order& each : all) {
        EXPECT_EQ(each.etag, "\"stored\"");
        schedule.not_modified(each.number, 24 * 3600, now());
        ++fetches;
      }
    }
    return at_once_max;
  };
  EXPECT_LE(run(50 * kSecond), 10U);
  EXPECT_GT(fetches, 400U);
  EXPECT_LT(fetches, 620U);
  EXPECT_LE(run(60 * kSecond), 10U);
  EXPECT_EQ(fetches, 1024U);
}

// Stored keys that are young are not fetched at once: their time is that of their age.
TEST_F(ScheduleTest, FetchesStoredKeysWhenTheirAgeSaysSo) {
  use(0);
  use(1, {{}, StoredKeys{now().real_s - 100, "\"a\""}});
  EXPECT_EQ(state(), SourceState::fresh);
  const std::uint64_t waited_ms = ms_to_order();
  EXPECT_GE(waited_ms, 110'000U);
  EXPECT_LE(waited_ms, 142'000U);
}

// What waited for assay-fetch is spread as well, once it is there.
TEST_F(ScheduleTest, SpreadsWhatIsOverdueWhenTheFetcherComes) {
  schedule.fetcher_gone(now());
  use(1024);
  clocks.pass(kHour);
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms + limits::kLookAgainMs);
  schedule.fetcher_connected(now());
  EXPECT_LE(orders().size(), 10U);
  clocks.pass(10'240);
  EXPECT_FALSE(orders().empty());
}

// Orders end with the connection, and are soon due again; that is no fault of their issuers.
TEST_F(ScheduleTest, GivesLostOrdersAnew) {
  fetched(order(), 600);
  last = wait_for_order();
  notes();
  schedule.fetcher_gone(now());
  EXPECT_FALSE(schedule.arrived(last.number));
  EXPECT_FALSE(fetched(last));
  EXPECT_FALSE(schedule.not_modified(last.number, 600, now()));
  EXPECT_FALSE(failed(last));
  EXPECT_TRUE(orders().empty());
  schedule.fetcher_connected(now());
  const std::uint64_t first = last.number;
  EXPECT_LE(ms_to_order(), kSecond);
  EXPECT_GT(last.number, first);
  EXPECT_EQ(last.etag, "\"a\"");
  fetched(last);
  EXPECT_EQ(notes(), Kinds{Note::Kind::fetched});
  EXPECT_EQ(report().consecutive_failures, 0U);
}

// An answer may be what assay-fetch dies of. Its source comes back ever later, so that the others get their turn.
TEST_F(ScheduleTest, BacksOffFromWhatMayKillTheFetcher) {
  use(2);
  clocks.pass(kSecond);
  unsigned deaths = 0;
  std::uint64_t healthy = 0;
  for (const std::uint64_t end_ms = now().boot_ms + kHour; now().boot_ms < end_ms;) {
    const Order next = wait_for_order();
    if (next.source == id) {
      schedule.fetcher_gone(now());
      schedule.fetcher_connected(now());
      ++deaths;
    } else {
      fetched(next, 60);
      ++healthy;
    }
  }
  EXPECT_LE(deaths, 40U);
  EXPECT_GE(healthy, 60U);
}

// A second connection ends the first.
TEST_F(ScheduleTest, EndsOrdersWhenTheFetcherConnectsAgain) {
  last = order();
  schedule.fetcher_connected(now());
  EXPECT_TRUE(schedule.has_fetcher());
  EXPECT_FALSE(fetched(last));
  EXPECT_LE(ms_to_order(), kSecond);
}

// An assay-fetch that hangs holds nothing up: its orders are given up, and late answers do not count.
TEST_F(ScheduleTest, GivesUpOrdersWithoutAnAnswer) {
  use(1, {{.timeout_ms = 3'000}, {}});
  last = order();
  EXPECT_EQ(last.timeout_ms, 3'000U);
  EXPECT_EQ(schedule.next_event(now()), now().boot_ms + 5'000);
  clocks.pass(4'999);
  orders();
  EXPECT_EQ(state(), SourceState::fetching);
  clocks.pass(1);
  orders();
  EXPECT_EQ(state(), SourceState::failing);
  EXPECT_EQ(report().last_error, "assay-fetch did not answer in time");
  EXPECT_FALSE(fetched(last));
  EXPECT_EQ(report().fetched_at_s, std::nullopt);
}

// A source that left and came again between two looks has lost its keys: what was known of them is true no more, the entity tag above all.
TEST_F(ScheduleTest, BeginsAnewWithASourceWhoseKeysAreGone) {
  const Order first = order();
  EXPECT_TRUE(schedule.fetched(first.number, {"\"a\"", 600, true, true}, now()));
  EXPECT_TRUE(orders().empty());
  schedule.set_sources({{source_id(0), {}}}, now());
  const auto report = schedule.report(source_id(0), now());
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->fetched_at_s);
  const Order next = order();
  EXPECT_EQ(next.etag, "");
}

// Whoever waits for an order learns that nothing came of it.
TEST_F(ScheduleTest, NamesTheOrdersThatItGivesUp) {
  const Order given = order();
  EXPECT_TRUE(schedule.take_given_up().empty());
  clocks.pass(given.timeout_ms + limits::kAnswerGraceMs);
  orders();
  const std::vector<GivenUp> gone = schedule.take_given_up();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].number, given.number);
  EXPECT_EQ(gone[0].source, given.source);
  EXPECT_TRUE(schedule.take_given_up().empty());
}

// As long as nobody can say what became of many answers, as when a disk hangs, nothing more is asked for.
TEST_F(ScheduleTest, AsksForNothingWhileManyAnswersAreBeingLookedAt) {
  use(200);
  clocks.pass(10 * kMinute);
  std::vector<Order> looked_at;
  for (int round = 0; round < 10; ++round) {
    for (const Order& one : orders()) {
      if (schedule.arrived(one.number)) looked_at.push_back(one);
    }
  }
  EXPECT_EQ(looked_at.size(), limits::kArrivedMax);
  EXPECT_TRUE(schedule.failed(looked_at.front().number, {"no", {}}, now()));
  EXPECT_FALSE(orders().empty());
}

// What has arrived is out of assay-fetch's hands: it takes no place there, may take its time, and outlives the connection.
TEST_F(ScheduleTest, WaitsForWhatIsMadeOfAnAnswer) {
  use(40);
  clocks.pass(kMinute);
  std::vector<Order> all = orders();
  ASSERT_EQ(all.size(), 32U);
  EXPECT_EQ(schedule.arrived(all[0].number)->source, all[0].source);
  EXPECT_EQ(orders().size(), 1U);
  clocks.pass(kMinute);
  schedule.fetcher_gone(now());
  schedule.fetcher_connected(now());
  for (const Order& each : orders()) EXPECT_NE(each.source, all[0].source);
  EXPECT_TRUE(fetched(all[0]));
  EXPECT_EQ(schedule.report(all[0].source, now())->state, SourceState::fresh);
  EXPECT_FALSE(schedule.arrived(all[1].number));
}

TEST_F(ScheduleTest, IgnoresNumbersThatItNeverGave) {
  last = order();
  for (const std::uint64_t number : {std::uint64_t{0}, last.number + 1, UINT64_MAX}) {
    EXPECT_FALSE(schedule.arrived(number));
    EXPECT_FALSE(schedule.fetched(number, {"\"x\"", 600, true, true}, now()));
    EXPECT_FALSE(schedule.not_modified(number, 600, now()));
    EXPECT_FALSE(schedule.failed(number, {}, now()));
  }
  EXPECT_EQ(state(), SourceState::fetching);
}

// A deploy keeps what is known of the sources that stay, and forgets those that leave.
TEST_F(ScheduleTest, KeepsWhatItKnowsOfSourcesThatStay) {
  fetched(order(), 24 * 3600);
  const std::uint64_t next_ms = now().boot_ms + report().next_try_in_ms.value();
  clocks.pass(kHour);
  use(3, {{}, StoredKeys{0, "\"other\""}});
  EXPECT_EQ(report().etag, "\"a\"");
  EXPECT_EQ(now().boot_ms + report().next_try_in_ms.value(), next_ms);
  use(0);
  EXPECT_FALSE(schedule.report(id, now()));
  use(1);
  EXPECT_EQ(state(), SourceState::never_fetched);
}

// The order of a source that has left still keeps assay-fetch busy; should the source come back, it gets no second one, and the answer is as good as any.
TEST_F(ScheduleTest, RemembersTheOrderOfASourceThatHasLeft) {
  last = order();
  use(0);
  use(1);
  EXPECT_TRUE(orders().empty());
  EXPECT_EQ(state(), SourceState::fetching);
  EXPECT_TRUE(fetched(last));
  EXPECT_EQ(state(), SourceState::fresh);
  last = wait_for_order();
  use(0);
  EXPECT_TRUE(fetched(last));
  last = Order{};
  EXPECT_EQ(wait_for_order(kDay).number, 0U);
}

// The tag was that of a set that is not in hand any more.
TEST_F(ScheduleTest, DoesNotTakeNotModifiedForASourceThatCameBackEmpty) {
  fetched(order(), 600);
  last = wait_for_order();
  ASSERT_EQ(last.etag, "\"a\"");
  use(0);
  use(1);
  EXPECT_TRUE(schedule.not_modified(last.number, 600, now()));
  EXPECT_EQ(report().fetched_at_s, std::nullopt);
  EXPECT_EQ(state(), SourceState::failing);
}

// Of what is not there nothing good is said.
TEST_F(ScheduleTest, SaysNothingGoodOfUnknownSources) {
  const SourceId other = source_id(99);
  EXPECT_FALSE(schedule.unknown_kid(other, now()));
  EXPECT_FALSE(schedule.refresh(other, now()));
  EXPECT_FALSE(schedule.pushed(other, now()));
  EXPECT_FALSE(schedule.report(other, now()));
  EXPECT_FALSE(schedule.is_stale(other, now()));
  EXPECT_EQ(schedule.answer_for_unknown_kid(other, now()).kind, UnknownKidAnswer::Kind::refreshing);
}

// The states in their order of importance.
TEST_F(ScheduleTest, ReportsItsState) {
  EXPECT_EQ(state(), SourceState::never_fetched);
  EXPECT_EQ(report().next_try_in_ms, 0U);
  EXPECT_EQ(report().stale_until_s, std::nullopt);
  failed(order(), {}, "no such host");
  EXPECT_EQ(state(), SourceState::failing);
  EXPECT_EQ(report().last_error, "no such host");
  EXPECT_EQ(report().failed_at_s, now().real_s);
  fetched(wait_for_order(), 600);
  EXPECT_EQ(state(), SourceState::fresh);
  EXPECT_EQ(report().last_error, "no such host");  // of the past, as its time says
  const std::uint64_t next_in_ms = report().next_try_in_ms.value();
  clocks.pass(next_in_ms - 1);
  EXPECT_EQ(state(), SourceState::fresh);
  EXPECT_EQ(report().next_try_in_ms, 1U);
  clocks.pass(1);
  EXPECT_EQ(state(), SourceState::due);
  last = order();
  EXPECT_EQ(state(), SourceState::fetching);
  clocks.pass(kDay);
  EXPECT_EQ(state(), SourceState::stale);
}

// What status says does not flicker: as long as nobody sets the clock, the times are the same at each look.
TEST_F(ScheduleTest, ReportsTheSameTimesAtEachLook) {
  fetched(order(), 3600);
  schedule.fetcher_gone(now());
  const SourceReport first = report();
  for (int i = 0; i < 10'000; ++i) {
    clocks.pass(9'973);
    ASSERT_EQ(report().fetched_at_s, first.fetched_at_s);
    ASSERT_EQ(report().fresh_until_s, first.fresh_until_s);
    ASSERT_EQ(report().stale_until_s, first.stale_until_s);
  }
}

}  // namespace
}  // namespace assay::sources
