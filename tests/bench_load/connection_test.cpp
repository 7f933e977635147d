// A connection over a pair of sockets, the other end in the test's hands.
#include "load/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_load/wire_answers.h"
#include "load/failure.h"

namespace assay::load {
namespace {

class LoadConnection : public testing::Test {
 protected:
  LoadConnection() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
    connection_.emplace(ends_[0], 1000, 4);
  }
  ~LoadConnection() override { close_peer(); }
  void close_peer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  void send(std::string_view bytes) { ASSERT_EQ(::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size())); }
  void put(Nanoseconds since) { connection_->put(frames_[0], {since, 0}); }

  Workload workload_{.api_service = "a", .tokens = {{"x.y.z", 1}}, .configuration = {}};
  Frames frames_{workload_, {}, 1};
  int ends_[2] = {-1, -1};
  std::optional<Connection> connection_;
};

TEST_F(LoadConnection, FinishesRequestsInAnyOrderAndEachOnce) {
  for (int i = 0; i < 4; ++i) put(i + 1);
  EXPECT_FALSE(connection_->has_room());
  EXPECT_EQ(connection_->finish(1002)->since, 3);
  EXPECT_FALSE(connection_->finish(1002));
  EXPECT_FALSE(connection_->finish(1004));
  EXPECT_FALSE(connection_->finish(999));
  EXPECT_FALSE(connection_->finish(0));
  EXPECT_EQ(connection_->finish(1000)->since, 1);
  EXPECT_EQ(connection_->under_way(), 2U);
}

// A slot is taken again only once it is free, so an answer that is overtaken for long stops new requests rather than being taken for another's.
TEST_F(LoadConnection, AnOvertakenRequestKeepsItsSlot) {
  put(77);
  std::uint64_t id = 1001;
  while (connection_->has_room()) {
    put(1);
    ASSERT_TRUE(connection_->finish(id++));
    ASSERT_LT(id, 1100U);
  }
  EXPECT_EQ(connection_->under_way(), 1U);
  EXPECT_EQ(connection_->finish(1000)->since, 77);
  EXPECT_TRUE(connection_->has_room());
}

TEST_F(LoadConnection, FramesInPiecesBecomeWhole) {
  const std::string both = tests::verdicts(1000, {1}) + tests::error(1001, wire::ErrorCode::overloaded);
  std::size_t frames = 0;
  for (const char byte : both) {
    send({&byte, 1});
    ASSERT_TRUE(connection_->receive());
    for (auto frame = connection_->next_frame(); !frame.empty(); frame = connection_->next_frame()) {
      ++frames;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame.data()) % 8, 0U);
    }
  }
  EXPECT_EQ(frames, 2U);
  EXPECT_FALSE(connection_->receive());
}

TEST_F(LoadConnection, WhatIsNoFrameAndAnEndAreFailures) {
  send("\x01\x01\x01\x01");
  ASSERT_TRUE(connection_->receive());
  EXPECT_THROW(connection_->next_frame(), Failure);
  close_peer();
  EXPECT_THROW(connection_->receive(), Failure);
  put(1);
  EXPECT_THROW(connection_->flush(), Failure);
}

TEST_F(LoadConnection, WhatTheKernelDoesNotTakeStaysAndIsSentLater) {
  Workload large{.api_service = "a", .tokens = {{std::string(16'000, 'x'), 1}}, .configuration = {}};
  const Frames frames(large, {.tokens_per_frame = 32}, 1);
  std::string got;
  std::vector<char> room(1 << 20);
  put(1);
  for (int i = 0; i < 3; ++i) connection_->put(frames[0], {1, 0});
  const std::size_t all = connection_->unsent_bytes();
  EXPECT_FALSE(connection_->flush());
  while (got.size() < all) {
    const ssize_t count = ::recv(ends_[1], room.data(), room.size(), 0);
    ASSERT_GT(count, 0);
    got.append(room.data(), static_cast<std::size_t>(count));
    connection_->flush();
  }
  EXPECT_EQ(got.size(), all);
  EXPECT_EQ(connection_->unsent_bytes(), 0U);
}

TEST(LoadConnect, SaysWhereItCannotConnect) {
  EXPECT_THROW(connect_unix("/nonexistent/socket"), Failure);
  EXPECT_THROW(connect_unix(std::string(200, 'x')), Failure);
}

}  // namespace
}  // namespace assay::load
