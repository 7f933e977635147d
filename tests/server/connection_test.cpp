#include "server/connection.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "server/fixture.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using test::Frame;
using test::Peer;

class ConnectionTest : public testing::Test, public ConnectionOwner {
 protected:
  ConnectionTest() { ::signal(SIGPIPE, SIG_IGN); }

  // connect(): an open connection with its peer.
  std::pair<Connection*, Peer> connect(std::uint32_t uid = 7) {
    auto [descriptor, peer] = test::socket_pair();
    Connection* connection = pool.open({.charge = *quota.charge(uid), .descriptor = std::move(descriptor), .peer = {.uid = uid, .gid = 0, .groups = {}}});
    EXPECT_NE(connection, nullptr);
    return {connection, std::move(peer)};
  }
  void turn(int times = 1) {
    for (int i = 0; i < times; ++i) loop.turn();
  }
  // take_all(connection): the frames in hand, released.
  std::vector<Frame> take_all(Connection& connection) {
    std::vector<Frame> frames;
    while (connection.has_frame()) {
      const auto frame = connection.take_frame();
      if (!frame) break;
      frames.emplace_back(frame->begin(), frame->end());
    }
    connection.release_frames();
    return frames;
  }

  void on_input(Connection&) noexcept override { ++inputs; }
  void on_flushed(Connection&) noexcept override { ++flushes; }
  void on_closing(Connection&) noexcept override { ++closes; }
  void on_slot_free() noexcept override {}

  int inputs = 0;
  int flushes = 0;
  int closes = 0;
  test::FakeClock clock;
  ConnectionQuota quota{10, 10};
  loop::Loop loop;
  BufferPool buffers{limits::kDataFrameBytesMax};
  ConnectionPool pool{loop, *this, clock, limits::kDataFrameBytesMax, buffers};
};

// A frame of so many bytes that is no FlatBuffer: the connection does not look inside.
Frame blank_frame(std::size_t bytes, std::byte fill = std::byte{0x5A}) {
  Frame frame(bytes, fill);
  const auto length = static_cast<std::uint32_t>(bytes - 4);
  std::memcpy(frame.data(), &length, 4);
  return frame;
}

TEST_F(ConnectionTest, HandsOverAFrameThatComesByteByByte) {
  auto [connection, peer] = connect();
  const Frame frame = test::ping_frame(1);
  for (const std::byte octet : frame) {
    EXPECT_FALSE(connection->has_frame());
    peer.send({octet});
    turn();
  }
  EXPECT_EQ(inputs, 1);
  EXPECT_EQ(take_all(*connection), std::vector<Frame>{frame});
}

TEST_F(ConnectionTest, HandsOverFramesOfOneReadInTheirOrder) {
  auto [connection, peer] = connect();
  const std::vector<Frame> frames{test::ping_frame(1), test::status_frame(2), test::validate_frame(3, {.tokens = {"t"}})};
  peer.send(frames[0] + frames[1] + frames[2]);
  turn();
  EXPECT_EQ(take_all(*connection), frames);
}

TEST_F(ConnectionTest, HoldsABufferOnlyWhileBytesAreInHand) {
  auto [connection, peer] = connect();
  turn();
  EXPECT_EQ(buffers.taken(), 0U);
  const Frame frame = test::ping_frame(1);
  peer.send(frame + Frame(frame.begin(), frame.begin() + 5));
  turn();
  EXPECT_EQ(buffers.taken(), 1U);
  EXPECT_EQ(take_all(*connection).size(), 1U);
  EXPECT_EQ(buffers.taken(), 1U);  // five octets of the next one
  peer.send(Frame(frame.begin() + 5, frame.end()));
  turn();
  EXPECT_EQ(take_all(*connection).size(), 1U);
  EXPECT_EQ(buffers.taken(), 0U);
}

TEST_F(ConnectionTest, ReadsTheLargestFrameAfterASmallOne) {
  auto [connection, peer] = connect();
  const Frame small = test::ping_frame(1);
  const Frame large = blank_frame(limits::kDataFrameBytesMax);
  const Frame stream = small + large + small;
  std::vector<Frame> frames;
  for (std::size_t sent = 0; sent < stream.size() || frames.size() < 3;) {
    sent += peer.send_some(std::span(stream).subspan(sent));
    turn();
    for (Frame& frame : take_all(*connection)) frames.push_back(std::move(frame));
  }
  EXPECT_EQ(frames, (std::vector<Frame>{small, large, small}));
  EXPECT_EQ(buffers.taken(), 0U);
}

TEST_F(ConnectionTest, TellsWhatIsNoFrameBeforeItTakesMemoryForIt) {
  auto [connection, peer] = connect();
  Frame prefix(8);
  const std::uint32_t too_long = limits::kDataFrameBytesMax + 4;
  std::memcpy(prefix.data(), &too_long, 4);
  peer.send(test::ping_frame(1) + prefix);
  turn();
  EXPECT_TRUE(connection->take_frame().has_value());
  EXPECT_TRUE(connection->has_frame());
  EXPECT_FALSE(connection->take_frame().has_value());
  connection->discard_input();
  connection->release_frames();
  turn(2);
  EXPECT_EQ(closes, 1);
  EXPECT_EQ(buffers.taken(), 0U);
}

TEST_F(ConnectionTest, IsNotReadFromWhileAFrameWaits) {
  auto [connection, peer] = connect();
  const Frame frame = blank_frame(4096);
  std::size_t sent = 0;
  for (int i = 0; i < 2000; ++i) {
    sent += peer.send_some(frame);
    turn();
  }
  EXPECT_LT(sent, std::size_t{2000} * 4096 / 2);  // one buffer here, the rest in the kernel
  EXPECT_EQ(buffers.taken(), 1U);
  const std::size_t first = take_all(*connection).size();
  EXPECT_LE(first, limits::kSmallBufferBytes / 4096);
  turn();
  EXPECT_TRUE(connection->has_frame());  // reading goes on
}

// Frames that have waited say that the worker is overloaded: what comes behind them is read all the same, as far as one big buffer goes, so that it can be told so.
TEST_F(ConnectionTest, ReadsAheadOfFramesThatHaveWaitedAndKnowsTheirAges) {
  auto [connection, peer] = connect();
  constexpr std::size_t kBytes = 4096;
  const Frame frame = blank_frame(kBytes);
  peer.send(frame);
  turn();
  const std::uint64_t first_us = connection->arrived_us();
  clock.advance(limits::kReadAheadAfterMs);
  const std::uint64_t later_us = clock.boottime_us();
  std::size_t sent = 1;
  for (int i = 0; i < 2000; ++i) {
    if (peer.send_some(frame) == kBytes) ++sent;
    turn();
  }
  EXPECT_GT(sent * kBytes, limits::kDataFrameBytesMax);
  EXPECT_LT(sent * kBytes, 2 * limits::kDataFrameBytesMax);  // the rest waits in the kernel
  EXPECT_EQ(inputs, 1);  // it was said once that a frame waits
  EXPECT_EQ(buffers.taken(), 1U);
  EXPECT_EQ(buffers.big_taken(), 1U);

  std::size_t taken = 0;
  while (connection->has_frame()) {
    EXPECT_EQ(connection->arrived_us(), taken == 0 ? first_us : later_us) << taken;
    const auto next = connection->take_frame();
    ASSERT_TRUE(next.has_value());
    ASSERT_TRUE(std::ranges::equal(*next, frame)) << taken;
    ++taken;
    if (taken % 7 == 0) connection->release_frames();
  }
  connection->release_frames();
  EXPECT_GT(taken * kBytes, limits::kDataFrameBytesMax / 2);
  for (; taken < sent; taken += take_all(*connection).size()) turn();
  EXPECT_EQ(taken, sent);
  EXPECT_EQ(buffers.taken(), 0U);
  EXPECT_EQ(buffers.big_taken(), 0U);
}

// However the bytes are cut and whatever waits, each frame comes out once, in order and as old as it is.
TEST_F(ConnectionTest, KeepsFramesAndAgesInOrderWhileReadingAhead) {
  std::mt19937_64 random(20261126);
  auto [connection, peer] = connect();
  std::vector<Frame> sent_frames;
  Frame stream;
  for (int i = 0; i < 3000; ++i) {
    sent_frames.push_back(blank_frame(16 + 8 * (random() % 400), static_cast<std::byte>(i)));
    stream = std::move(stream) + sent_frames.back();
  }
  std::size_t sent = 0;
  std::size_t received = 0;
  std::uint64_t last_us = 0;
  while (received < sent_frames.size()) {
    if (sent < stream.size()) sent += peer.send_some(std::span(stream).subspan(sent, std::min<std::size_t>(stream.size() - sent, 1 + random() % 20'000)));
    turn();
    clock.advance_us(random() % 4'000);
    for (std::size_t wanted = random() % 9; wanted != 0 && connection->has_frame(); --wanted) {
      EXPECT_GE(connection->arrived_us(), last_us);
      EXPECT_LE(connection->arrived_us(), clock.boottime_us());
      last_us = connection->arrived_us();
      const auto frame = connection->take_frame();
      ASSERT_TRUE(frame.has_value());
      if (random() % 8 == 0) {
        connection->untake_frame(*frame);
        continue;
      }
      ASSERT_TRUE(std::ranges::equal(*frame, sent_frames[received])) << received;
      ++received;
    }
    connection->release_frames();
  }
  EXPECT_EQ(buffers.taken(), 0U);
}

// What a slow peer takes to send its request is no wait in the daemon.
TEST_F(ConnectionTest, CountsTheAgeOfAFrameFromItsLastByte) {
  auto [connection, peer] = connect();
  const Frame frame = blank_frame(4096);
  for (std::size_t sent = 0; sent < frame.size(); sent += 64) {
    clock.advance(sent == 0 ? 0 : 40);
    peer.send(Frame(frame.begin() + static_cast<std::ptrdiff_t>(sent), frame.begin() + static_cast<std::ptrdiff_t>(sent) + 64));
    turn();
  }
  ASSERT_TRUE(connection->has_frame());
  EXPECT_EQ(connection->arrived_us(), clock.boottime_us());
  // Of two frames in hand each has its own time, though the second began with the first.
  const std::uint64_t first_us = clock.boottime_us();
  peer.send(Frame(frame.begin(), frame.begin() + 2048));
  turn();
  clock.advance(40);
  peer.send(Frame(frame.begin() + 2048, frame.end()));
  turn();
  EXPECT_EQ(connection->arrived_us(), first_us);
  ASSERT_TRUE(connection->take_frame().has_value());
  ASSERT_TRUE(connection->has_frame());
  EXPECT_EQ(connection->arrived_us(), first_us + 40'000);
}

// However long the wait, an age is wrong by a quarter of it or by the first step, and never too low.
TEST_F(ConnectionTest, KnowsAgesInProportionHoweverLongTheWait) {
  auto [connection, peer] = connect();
  const Frame frame = blank_frame(512);
  std::vector<std::uint64_t> sent_us;
  for (int i = 0; i < 100; ++i) {
    clock.advance_us(300);
    sent_us.push_back(clock.boottime_us());
    peer.send(frame);
    turn();
  }
  const std::uint64_t now_us = clock.boottime_us();
  for (const std::uint64_t at_us : sent_us) {
    ASSERT_TRUE(connection->has_frame());
    EXPECT_LE(connection->arrived_us(), at_us);
    EXPECT_GE(connection->arrived_us() + std::max<std::uint64_t>(limits::kArrivalStepUs, (now_us - sent_us[0]) / 4), at_us);
    static_cast<void>(connection->take_frame());
  }
}

TEST_F(ConnectionTest, ReadsAheadForSoManyConnectionsAndNoMore) {
  std::vector<Buffer> elsewhere;
  for (std::size_t i = 0; i < limits::kReadAheadBuffersMax; ++i) elsewhere.push_back(buffers.take(limits::kDataFrameBytesMax));
  auto [connection, peer] = connect();
  const Frame frame = blank_frame(4096);
  peer.send(frame);
  turn();
  clock.advance(limits::kReadAheadAfterMs);
  for (int i = 0; i < 500; ++i) {
    peer.send_some(frame);
    turn();
  }
  EXPECT_EQ(buffers.big_taken(), limits::kReadAheadBuffersMax);
  EXPECT_LE(take_all(*connection).size(), limits::kSmallBufferBytes / 4096);
}

TEST_F(ConnectionTest, PutsAFrameBack) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1) + test::ping_frame(2));
  turn();
  static_cast<void>(connection->take_frame());
  const auto second = connection->take_frame();
  connection->untake_frame(*second);
  connection->release_frames();
  EXPECT_EQ(take_all(*connection), std::vector<Frame>{test::ping_frame(2)});
}

TEST_F(ConnectionTest, KeepsAnAnswerForASlowReaderAndReadsNothingMeanwhile) {
  auto [connection, peer] = connect();
  const Frame answer = blank_frame(limits::kDataFrameBytesMax);
  connection->send(answer);
  EXPECT_TRUE(connection->is_writing());
  EXPECT_EQ(buffers.taken(), 1U);
  peer.send(test::ping_frame(1));
  turn(3);
  EXPECT_EQ(inputs, 0);

  Frame received;
  while (received.size() < answer.size()) {
    received = std::move(received) + peer.receive();
    turn();
  }
  EXPECT_EQ(received, answer);
  turn(2);
  EXPECT_FALSE(connection->is_writing());
  EXPECT_EQ(inputs, 1);
}

TEST_F(ConnectionTest, SaysWhenAFrameMayBeTakenAfterASlowRead) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1) + test::ping_frame(2));
  turn();
  static_cast<void>(connection->take_frame());
  connection->send(blank_frame(limits::kDataFrameBytesMax));
  connection->release_frames();
  EXPECT_TRUE(connection->has_frame());
  for (std::size_t received = 0; received < limits::kDataFrameBytesMax; turn()) received += peer.receive().size();
  turn();
  EXPECT_EQ(flushes, 1);
}

TEST_F(ConnectionTest, ClosesAtTheEndOfTheStream) {
  auto [connection, peer] = connect();
  peer.close();
  turn(2);
  EXPECT_EQ(closes, 1);
  EXPECT_EQ(pool.used(), 0U);
}

TEST_F(ConnectionTest, AnswersWhatCameBeforeTheEndOfTheStream) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1) + Frame(3));
  peer.end_output();
  turn(2);
  EXPECT_EQ(closes, 0);
  ASSERT_TRUE(connection->take_frame().has_value());
  connection->send(test::ping_frame(9));
  connection->release_frames();
  turn(2);
  EXPECT_EQ(closes, 1);
  EXPECT_EQ(peer.answer()->id(), 9U);
  EXPECT_TRUE(peer.ended());
}

TEST_F(ConnectionTest, StaysWhileAnAnswerIsOwed) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1));
  turn();
  take_all(*connection);
  connection->hold();
  peer.end_output();
  turn(2);
  EXPECT_EQ(closes, 0);
  clock.advance(limits::kIdlePeerMs + 1);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
  connection->unhold();
  connection->send(test::ping_frame(9));
  connection->release_frames();
  EXPECT_EQ(closes, 1);
}

TEST_F(ConnectionTest, ClosesWhenThePeerHasGoneBeforeTheAnswer) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1));
  turn();
  peer.close();
  static_cast<void>(connection->take_frame());
  connection->send(test::ping_frame(9));
  connection->release_frames();
  turn(2);
  EXPECT_EQ(closes, 1);
}

TEST_F(ConnectionTest, ClosesOnceHoweverOftenItIsAsked) {
  auto [connection, peer] = connect();
  connection->send(blank_frame(limits::kDataFrameBytesMax));  // a write is pending: it is cancelled
  connection->close();
  connection->close();
  connection->finish();
  connection->send(test::ping_frame(1));
  turn(2);
  EXPECT_EQ(closes, 1);
  EXPECT_EQ(pool.used(), 0U);
  EXPECT_EQ(buffers.taken(), 0U);
}

TEST_F(ConnectionTest, GivesItsChargeBackWhenItCloses) {
  auto [connection, peer] = connect();
  EXPECT_EQ(quota.connections(), 1U);
  connection->close();
  EXPECT_EQ(quota.connections(), 0U);
}

TEST_F(ConnectionTest, UsesASlotAgainUnderAnotherSerial) {
  auto [first, first_peer] = connect();
  const std::uint32_t index = first->index();
  const std::uint64_t serial = first->serial();
  EXPECT_EQ(pool.find(index, serial), first);
  first->close();
  EXPECT_EQ(pool.find(index, serial), nullptr);
  turn(2);
  auto [second, second_peer] = connect();
  EXPECT_EQ(second->index(), index);
  EXPECT_NE(second->serial(), serial);
  EXPECT_EQ(pool.find(index, serial), nullptr);
}

TEST_F(ConnectionTest, IsOverdueWithAPartialFrame) {
  auto [connection, peer] = connect();
  const Frame frame = test::ping_frame(1);
  peer.send(Frame(frame.begin(), frame.begin() + 3));
  turn();
  clock.advance(limits::kSlowPeerMs / 2);
  peer.send(Frame(frame.begin() + 3, frame.begin() + 9));  // a trickle does not prolong it
  turn();
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
  clock.advance(limits::kSlowPeerMs / 2 + 1);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::slow);
}

TEST_F(ConnectionTest, CountsAPartialFrameFromItsOwnBeginning) {
  auto [connection, peer] = connect();
  const Frame frame = test::ping_frame(1);
  peer.send(Frame(frame.begin(), frame.begin() + 4));
  turn();
  clock.advance(limits::kSlowPeerMs);
  peer.send(Frame(frame.begin() + 4, frame.end()) + Frame(3));  // the rest, and the beginning of the next
  turn();
  take_all(*connection);
  clock.advance(limits::kSlowPeerMs / 2);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
}

TEST_F(ConnectionTest, IsOverdueWithAnAnswerThatNobodyReads) {
  auto [connection, peer] = connect();
  connection->send(blank_frame(limits::kDataFrameBytesMax));
  clock.advance(limits::kSlowPeerMs);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
  clock.advance(1);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::slow);
}

TEST_F(ConnectionTest, IsOverdueWithoutAnyTraffic) {
  auto [connection, peer] = connect();
  clock.advance(limits::kIdlePeerMs);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
  clock.advance(1);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::idle);
}

TEST_F(ConnectionTest, IsNotOverdueWhileItWaitsForUs) {
  auto [connection, peer] = connect();
  peer.send(test::ping_frame(1));
  turn();
  clock.advance(limits::kIdlePeerMs * 2);
  EXPECT_EQ(connection->overdue(clock.boottime_us()), Connection::Overdue::no);
}

}  // namespace
}  // namespace assay::server
