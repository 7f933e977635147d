#include "server/watchdog.h"

#include <gtest/gtest.h>

#include <csignal>

#include "server/fixture.h"
#include "server/quota.h"
#include "server/recording_manager.h"

namespace assay::server {
namespace {

using test::eventually;
using test::GatedEngine;
using test::RecordingManager;

constexpr std::uint64_t kNever = 24ULL * 3600 * 1000;  // as an interval: the case looks by itself

// Two real workers, each with an engine that can be made to hang.
class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    ::signal(SIGPIPE, SIG_IGN);
    const auto snapshot = test::ledger_of(test::document(), clock, log, identities, 2)->first_snapshot();
    for (std::size_t i = 0; i < 2; ++i) {
      gates.push_back(std::make_shared<GatedEngine::Gate>());
      workers.push_back(std::make_unique<Worker>(i, WorkerParts{.clock = clock, .log = log, .hash_key = {1, 2}, .version = "1", .engine = std::make_unique<GatedEngine>(gates.back()),
                                                                .tally = tally, .snapshot = snapshot, .bin = bin, .wake = wake}));
    }
  }
  ~WatchdogTest() override {
    for (const auto& gate : gates) gate->set(true);
  }
  // hang(index): until its gate is opened.
  test::Peer hang(std::size_t index) {
    gates[index]->set(false);
    auto [descriptor, peer] = test::socket_pair();
    workers[index]->adopt({.charge = *quota.charge(1), .descriptor = std::move(descriptor), .peer = {}});
    EXPECT_TRUE(peer.send(test::validate_frame(1, {.tokens = {test::good_token()}})));
    EXPECT_TRUE(eventually([&] { return gates[index]->somebody_waits(); }));
    return std::move(peer);
  }
  // turns(index): whether it comes to answer a wake.
  bool turns(std::size_t index) {
    const std::uint64_t before = workers[index]->wakes();
    workers[index]->wake();
    return eventually([&] { return workers[index]->wakes() > before; });
  }
  bool both_turn() { return turns(0) && turns(1); }

  test::FakeClock clock;
  VerdictTally tally{8};
  test::RecordingLog log;
  test::NoIdentities identities;
  test::CountingBin bin;
  ConnectionQuota quota{10, 10};
  loop::Loop main;
  loop::Async wake{main, {}};
  std::vector<std::shared_ptr<GatedEngine::Gate>> gates;
  std::vector<std::unique_ptr<Worker>> workers;
};

TEST_F(WatchdogTest, FeedsWhileAllWorkersTurn) {
  RecordingManager manager(kNever);
  Watchdog watchdog(main, &manager, workers, log);
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(both_turn());
    watchdog.look();
    EXPECT_EQ(manager.count("alive"), i);
  }
}

// One that hangs is enough, whichever it is; when it turns again, so does the feeding.
TEST_F(WatchdogTest, DoesNotFeedWhileOneWorkerHangs) {
  RecordingManager manager(kNever);
  Watchdog watchdog(main, &manager, workers, log);
  std::size_t fed = 0;
  for (const std::size_t index : {0U, 1U}) {
    ASSERT_TRUE(both_turn());
    const test::Peer peer = hang(index);
    watchdog.look();  // of the time before
    EXPECT_EQ(manager.count("alive"), ++fed);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(turns(1 - index));
      watchdog.look();
    }
    EXPECT_EQ(manager.count("alive"), fed);
    EXPECT_EQ(log.count("worker " + std::to_string(index) + " has not turned"), 3U) << log.all();
    EXPECT_EQ(log.count("worker " + std::to_string(1 - index) + " has not turned"), index == 0 ? 0U : 3U) << log.all();
    gates[index]->set(true);
    ASSERT_TRUE(both_turn());
    watchdog.look();
    EXPECT_EQ(manager.count("alive"), ++fed);
  }
}

// A worker without connections waits in its loop: that is no hang, and the watchdog's own wakes are enough.
TEST_F(WatchdogTest, AsksWorkersThatHaveNothingToDo) {
  RecordingManager manager(kNever);
  Watchdog watchdog(main, &manager, workers, log);
  for (std::size_t i = 1; i <= 3; ++i) {
    EXPECT_TRUE(eventually([&] {
      watchdog.look();
      return manager.count("alive") >= i;
    }));
  }
}

// A stop goes on for seconds after a worker's thread has ended.
TEST_F(WatchdogTest, TakesAWorkerThatHasDrainedForOneThatTurns) {
  RecordingManager manager(kNever);
  Watchdog watchdog(main, &manager, workers, log);
  workers[0]->drain();
  ASSERT_TRUE(eventually([&] { return workers[0]->drained(); }));
  for (std::size_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(turns(1));
    watchdog.look();
    EXPECT_EQ(manager.count("alive"), i);
  }
}

// Its own timer, on the loop that it watches by that.
TEST_F(WatchdogTest, LooksByItselfWhileTheMainLoopTurns) {
  RecordingManager manager(20);
  Watchdog watchdog(main, &manager, workers, log);
  EXPECT_TRUE(eventually([&] {
    main.turn();
    return manager.count("alive") >= 3;
  }));
}

TEST_F(WatchdogTest, DoesNothingWhereNobodyWatches) {
  RecordingManager manager(0);
  const Watchdog idle(main, &manager, workers, log);
  const Watchdog without(main, nullptr, workers, log);
  for (int i = 0; i < 3; ++i) main.turn();
  EXPECT_TRUE(manager.told().empty());
}

// assay-fetch has no workers: its one loop is all there is.
TEST(Watchdog, FeedsWithoutWorkers) {
  loop::Loop main;
  test::RecordingLog log;
  RecordingManager manager(20);
  Watchdog watchdog(main, &manager, {}, log);
  EXPECT_TRUE(eventually([&] {
    main.turn();
    return manager.count("alive") >= 2;
  }));
}

}  // namespace
}  // namespace assay::server
