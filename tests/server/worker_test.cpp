#include "server/worker.h"

#include <gtest/gtest.h>

#include "server/worker_harness.h"

namespace assay::server {
namespace {

using test::Answer;
using test::document;
using test::eventually;
using test::Frame;
using test::good_token;
using test::Peer;
using test::snapshot_of;
using test::WorkerHarness;

Frame part_of_a_frame() {
  const Frame frame = test::ping_frame(1);
  return {frame.begin(), frame.begin() + 5};
}

TEST(Worker, AnswersAPing) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  const Answer answer = harness.ask(peer, test::ping_frame(42));
  EXPECT_EQ(answer.id(), 42U);
  ASSERT_EQ(answer.kind(), wire::Body::Pong);
  EXPECT_EQ(answer.envelope()->body_as_Pong()->version()->string_view(), test::kVersion);
  EXPECT_EQ(answer.envelope()->body_as_Pong()->generation(), 1U);
}

TEST(Worker, TakesUpASnapshotWhileItIsIdle) {
  WorkerHarness harness;
  EXPECT_EQ(harness.worker().generation(), 1U);
  harness.worker().publish(snapshot_of(document(), 2));
  EXPECT_TRUE(eventually([&] { return harness.worker().generation() == 2; }));
  EXPECT_TRUE(eventually([&] { return harness.bin.retired() == 1; }));
  Peer peer = harness.connect();
  EXPECT_EQ(harness.ask(peer, test::validate_frame(1, {.tokens = {good_token()}})).verdicts()->generation(), 2U);
}

TEST(Worker, TakesUpTheNewestOfSeveralSnapshots) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  peer.send(test::validate_frame(1, {.tokens = {good_token()}}));
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.worker().publish(snapshot_of(document(), 2));
  harness.worker().publish(snapshot_of(document(), 3));
  EXPECT_EQ(harness.bin.retired(), 1);  // generation 2, which nobody will use
  EXPECT_EQ(harness.worker().generation(), 1U);
  gate->set(true);
  EXPECT_TRUE(eventually([&] { return harness.worker().generation() == 3; }));
  EXPECT_TRUE(eventually([&] { return harness.bin.retired() == 2; }));
}

// A request is never judged by a mix, even of 256 tokens and with a snapshot published in the middle.
TEST(Worker, JudgesAWholeRequestByOneSnapshot) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  const std::vector<std::string> tokens(256, good_token());
  peer.send(test::validate_frame(1, {.tokens = tokens}) + test::validate_frame(2, {.tokens = tokens}));
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.worker().publish(snapshot_of(document(), 2));
  gate->set(true);
  for (const std::uint64_t expected : {1U, 2U}) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id(), expected);
    EXPECT_EQ(answer->verdicts()->generation(), expected);
    EXPECT_EQ(answer->codes(), std::vector<wire::Code>(256, wire::Code::accepted));
  }
}

// The barrier rests on this: a worker names a generation only after the batches of the one before have been answered.
TEST(Worker, NamesAGenerationOnlyAfterTheAnswersOfTheOneBefore) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  peer.send(test::validate_frame(1, {.tokens = {good_token()}}));
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.worker().publish(snapshot_of(document(), 2));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(harness.worker().generation(), 1U);
  gate->set(true);
  ASSERT_TRUE(eventually([&] { return harness.worker().generation() == 2; }));
  EXPECT_TRUE(peer.readable(0));  // it had been written by then
}

TEST(Worker, DropsSlowAndIdlePeers) {
  WorkerHarness harness;
  Peer slow = harness.connect();
  Peer idle = harness.connect();
  Peer lively = harness.connect();
  slow.send(part_of_a_frame());
  harness.ask(idle, test::ping_frame(1));
  harness.clock.advance(limits::kSlowPeerMs + 1);
  EXPECT_TRUE(slow.ended());
  EXPECT_EQ(harness.ask(idle, test::ping_frame(2)).id(), 2U);
  EXPECT_EQ(harness.ask(lively, test::ping_frame(3)).id(), 3U);
  for (int i = 0; i < 3; ++i) {
    harness.clock.advance(limits::kIdlePeerMs / 3 + 1);
    harness.ask(lively, test::ping_frame(4));
  }
  EXPECT_TRUE(idle.ended());
  EXPECT_EQ(harness.ask(lively, test::ping_frame(5)).id(), 5U);
  EXPECT_TRUE(eventually([&] { return harness.worker().counters().connections_dropped.value() == 2; }));
  EXPECT_EQ(harness.log.count("the latest (slow)"), 1U) << harness.log.all();
  EXPECT_EQ(harness.log.count("the latest (idle)"), 1U) << harness.log.all();
  EXPECT_EQ(harness.log.events("connections_dropped").size(), 2U);
  EXPECT_EQ(harness.worker().load(), 1U);
}

// An answer is not queued without end for a peer that does not read: its requests wait in the kernel.
TEST(Worker, DoesNotReadFromAPeerThatDoesNotRead) {
  WorkerHarness harness;
  Peer deaf = harness.connect();
  Frame many;
  for (std::uint64_t id = 1; id <= 1000; ++id) many = std::move(many) + test::ping_frame(id);
  std::size_t sent = 0;
  for (int quiet = 0; quiet < 50;) {
    const std::size_t now = deaf.send_some(many);
    sent += now;
    quiet = now == 0 ? quiet + 1 : 0;
    if (now == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_LT(sent, std::size_t{64} << 20) << "it takes whatever is sent";
  }
  Peer other = harness.connect();
  EXPECT_EQ(harness.ask(other, test::ping_frame(7)).id(), 7U);
  harness.clock.advance(limits::kSlowPeerMs + 1);
  EXPECT_TRUE(eventually([&] { return harness.worker().load() == 1; }));
}

TEST(Worker, AnswersWhatItHasReadWhenItDrains) {
  auto gate = std::make_shared<test::GatedEngine::Gate>();
  gate->set(false);
  WorkerHarness harness(snapshot_of(document()), std::make_unique<test::GatedEngine>(gate));
  Peer peer = harness.connect();
  Peer idle = harness.connect();
  Peer partial = harness.connect();
  constexpr std::uint64_t kRequests = 20;
  Frame all;
  for (std::uint64_t id = 1; id <= kRequests; ++id) all = std::move(all) + test::validate_frame(id, {.tokens = {good_token()}});
  partial.send(part_of_a_frame());
  peer.send(all);
  ASSERT_TRUE(eventually([&] { return gate->somebody_waits(); }));
  harness.worker().drain();
  gate->set(true);
  for (std::uint64_t id = 1; id <= kRequests; ++id) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << id;
    EXPECT_EQ(answer->id(), id);
    EXPECT_EQ(answer->codes().size(), 1U);
  }
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(idle.ended());
  EXPECT_TRUE(partial.ended());
  EXPECT_TRUE(eventually([&] { return harness.worker().drained(); }));
  harness.end();  // the loop CHECKs that nothing is left
  EXPECT_EQ(harness.quota.connections(), 0U);
  EXPECT_EQ(harness.bin.retired(), 1);
}

// One that asks and does not read must not keep the others from the daemon that is started next.
TEST(Worker, DoesNotWaitLongForAPeerThatDoesNotReadWhenItDrains) {
  constexpr std::uint64_t kForEver = 3'600'000;
  WorkerHarness harness(snapshot_of(document()), crypto::make_reference_engine(), base::LogLevel::info, kForEver, nullptr, kForEver);
  Peer deaf = harness.connect();
  Frame many;
  for (std::uint64_t id = 1; id <= 1000; ++id) many = std::move(many) + test::ping_frame(id);
  for (int quiet = 0; quiet < 50;) {
    quiet = deaf.send_some(many) == 0 ? quiet + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  harness.worker().drain();
  // The clock is ours, the worker's timer is not: time has to pass once it has begun to look.
  EXPECT_TRUE(eventually([&] {
    harness.clock.advance(limits::kDrainUnreadMs);
    return harness.worker().drained();
  }));
}

TEST(Worker, EndsWithConnectionsOpenAndOthersOnTheirWay) {
  WorkerHarness harness;
  std::vector<Peer> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(harness.connect());
  harness.end();
  for (Peer& peer : peers) EXPECT_TRUE(peer.ended());
  EXPECT_EQ(harness.quota.connections(), 0U);
}

// A slot that becomes free between the request to drain and the end of the turn must not be waited for.
TEST(Worker, EndsAtOnceWhenItsPeersLeaveMeanwhile) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    WorkerHarness harness(snapshot_of(document()), crypto::make_reference_engine(), base::LogLevel::info, 60'000);
    Peer peer = harness.connect();
    harness.ask(peer, test::ping_frame(1));
    peer.close();
    harness.end();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(limits::kDrainMs));
}

TEST(Worker, CountsWhatItDoes) {
  WorkerHarness harness;
  Peer peer = harness.connect();
  harness.ask(peer, test::validate_frame(1, {.tokens = {good_token(), "nonsense"}}));
  harness.ask(peer, test::validate_frame(2, {.api_service = "nobody", .tokens = {"t"}}));
  const WorkerCounters& counters = harness.worker().counters();
  EXPECT_TRUE(eventually([&] { return counters.requests.value() == 2; }));
  EXPECT_EQ(counters.batch_tokens.figures().sum, 2U);
  EXPECT_EQ(counters.batch_tokens.figures().count(), 1U);
  EXPECT_EQ(counters.connections.value(), 1U);
  EXPECT_EQ(counters.connections_opened.value(), 1U);
  EXPECT_EQ(counters.errors[static_cast<std::size_t>(ErrorCode::unknown_api_service)].value(), 1U);
}

}  // namespace
}  // namespace assay::server
