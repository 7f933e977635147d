// assay-fetch's life between two connections to assayd.
#include <sys/resource.h>

#include <csignal>

#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;

constexpr std::uint8_t kTooManyConnections = 6;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

HttpReply hanging() { return {.bytes = "", .manner = HttpReply::Manner::then_hang, .repeated = {}}; }

class KeysLink : public FetchTest {
 protected:
  // next_connection(): after the one in hand has ended by assay-fetch.
  void expect_reconnect() {
    EXPECT_FALSE(connection_.receive_frame().has_value());
    connection_ = peer_->accept();
    ASSERT_TRUE(connection_.connected()) << fetch_.log();
  }
  void expect_service() { EXPECT_EQ(ask(order(server_.url("/jwks"))).kind, Kind::fetched) << fetch_.log(); }

  HttpsServer server_{{.identity = ca().issue()}, serving(json_reply(kJwks))};
};

TEST_F(KeysLink, ConnectsAgainWhenAssaydCloses) {
  for (int i = 0; i < 3; ++i) {
    expect_service();
    connection_ = RawConnection(-1);
    connection_ = peer_->accept();
    ASSERT_TRUE(connection_.connected()) << fetch_.log();
  }
  expect_service();
}

TEST_F(KeysLink, WaitsForAssaydToComeBack) {
  expect_service();
  peer_.reset();
  connection_ = RawConnection(-1);
  ASSERT_TRUE(fetch_.await_log("connection refused; connecting again")) << fetch_.log();
  peer_.emplace(keys_);
  connection_ = peer_->accept();
  ASSERT_TRUE(connection_.connected());
  expect_service();
}

TEST(FetchProcess, WaitsForASocketThatIsNotThereYet) {
  const TemporaryFolder folder;
  const std::string keys = (folder.path() / "keys.sock").string();
  FetchProcess fetch({.keys = keys});
  ASSERT_TRUE(fetch.await_log("no such file or directory; connecting again"));
  const KeysPeer peer(keys);
  const RawConnection connection = peer.accept();
  EXPECT_TRUE(connection.connected());
  EXPECT_EQ(fetch.stop(SIGTERM), 0);
  EXPECT_EQ(count(fetch.log(), "connecting again"), 1U) << fetch.log();
}

// Nobody may be told in every second that nothing has changed.
TEST_F(KeysLink, SaysOnceThatAConnectionIsThereAndOnceThatItIsLost) {
  expect_service();
  expect_service();
  EXPECT_EQ(count(fetch_.log(), "connected to assayd"), 1U) << fetch_.log();
  for (int i = 0; i < 5; ++i) {  // accepted, and closed at once: as if it had not been there
    connection_ = RawConnection(-1);
    connection_ = peer_->accept();
    ASSERT_TRUE(connection_.connected());
  }
  EXPECT_EQ(count(fetch_.log(), "connecting again"), 1U) << fetch_.log();
  EXPECT_EQ(count(fetch_.log(), "connected to assayd"), 1U) << fetch_.log();
  expect_service();
  EXPECT_EQ(count(fetch_.log(), "connected to assayd"), 2U) << fetch_.log();
}

// A connection that brings no orders is a good one, too.
TEST_F(KeysLink, SaysThatAConnectionIsThereWithoutAnyOrder) { EXPECT_TRUE(fetch_.await_log("connected to assayd")); }

TEST_F(KeysLink, DropsTransfersWhenTheConnectionEnds) {
  server_.set_handler(serving(hanging()));
  OrderFields fields = order(server_.url("/jwks"));
  fields.timeout_ms = 60'000;
  ASSERT_TRUE(connection_.send(order_frame(1, fields) + order_frame(2, fields)));
  ASSERT_TRUE(server_.await_requests(2));
  connection_ = RawConnection(-1);
  EXPECT_TRUE(server_.await_closed());
  connection_ = peer_->accept();
  ASSERT_TRUE(connection_.connected());
  // Their numbers are free again, and the next answer is the next order's.
  server_.set_handler(serving(json_reply(kJwks)));
  expect_service();
  expect_service();
}

// What is no frame of this protocol: the connection has no sense any more, the next one may.
TEST_F(KeysLink, ClosesOnGarbageAndConnectsAgain) {
  using namespace std::string_literals;
  const std::string good = order_frame(1, order(server_.url("/jwks")));
  std::string damaged = good;
  damaged[8] = 'X';  // of the file identifier
  std::string wild = good;
  for (std::size_t i = 4; i < 8; ++i) wild[i] = '\xFF';  // the root's offset
  std::string no_number = order_frame(0, order(server_.url("/jwks")));
  const std::string streams[] = {"GET / HTTP/1.1\r\n\r\n",  "\0\0\0\0"s,          "\x05\0\0\0"s + std::string(5, 'a'), "\xFF\xFF\xFF\x7F"s,
                                 "\x04\x80\x04\0"s,         std::string(64, '\0'), damaged,                             wild,
                                 no_number,                 ping_frame(1),         good + "junk junk junk junk "};
  for (const std::string& stream : streams) {
    ASSERT_TRUE(connection_.send(stream));
    for (std::optional<std::string> frame = connection_.receive_frame(); frame; frame = connection_.receive_frame()) {
    }
    connection_ = peer_->accept();
    ASSERT_TRUE(connection_.connected()) << fetch_.log();
  }
  expect_service();
}

// A frame that comes in pieces is a frame.
TEST_F(KeysLink, ReadsFramesInPiecesAndSeveralAtOnce) {
  const std::string frames = order_frame(1, order(server_.url("/jwks"))) + order_frame(2, order(server_.url("/jwks")));
  for (const char& octet : frames) ASSERT_TRUE(connection_.send({&octet, 1}));
  for (int i = 0; i < 2; ++i) {
    const auto answer = next_answer(connection_);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->kind, Kind::fetched);
  }
}

TEST_F(KeysLink, ClosesOnANumberThatIsUnderWay) {
  server_.set_handler(serving(hanging()));
  const std::string frame = order_frame(7, order(server_.url("/jwks")));
  ASSERT_TRUE(connection_.send(frame + frame));
  expect_reconnect();
  EXPECT_EQ(count(fetch_.log(), "an order under a number that is under way"), 1U) << fetch_.log();
  EXPECT_TRUE(server_.await_closed());
}

TEST_F(KeysLink, LogsTheCodeOfAnErrorOnceAndTriesAgain) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(connection_.send(error_frame(0, kTooManyConnections)));
    expect_reconnect();
  }
  EXPECT_EQ(count(fetch_.log(), "assayd says "), 1U) << fetch_.log();
  expect_service();
}

TEST_F(KeysLink, AnswersAnOrderThatCannotBeExecuted) {
  OrderFields fields = order("https://user:secret@127.0.0.1/");
  EXPECT_EQ(failure(fields), "order: url is none that keys may be fetched from");
  fields = order(server_.url("/jwks"));
  fields.etag = "a\r\nX: y";
  EXPECT_EQ(failure(fields), "order: etag cannot be sent");
  EXPECT_EQ(server_.connections(), 0U);
  expect_service();
}

// assayd may be slow to take what it asked for; nothing is lost, and nothing grows without end. Thirty sets are more than the socket holds and more than may wait, so orders
// that come then are read when there is room again.
TEST_F(KeysLink, WaitsForAReaderThatIsSlow) {
  constexpr std::uint64_t kOrders = 30;
  constexpr std::uint64_t kMoreOrders = 2;
  const std::string large = R"({"a":")" + std::string(250'000, 'x') + R"("})";
  server_.set_handler(serving(json_reply(large)));
  for (std::uint64_t number = 1; number <= kOrders; ++number) ASSERT_TRUE(connection_.send(order_frame(number, order(server_.url("/jwks")))));
  ASSERT_TRUE(server_.await([](const HttpsServer& server) { return server.requests().size() == kOrders && server.open_connections() == 0; }));
  for (std::uint64_t i = 1; i <= kMoreOrders; ++i) ASSERT_TRUE(connection_.send(order_frame(kOrders + i, order(server_.url("/jwks")))));
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < kOrders + kMoreOrders; ++i) {
    const auto answer = next_answer(connection_);
    ASSERT_TRUE(answer.has_value()) << i;
    EXPECT_EQ(answer->jwks, large);
    sum += answer->number;
  }
  EXPECT_EQ(sum, (kOrders + kMoreOrders) * (kOrders + kMoreOrders + 1) / 2);
}

TEST_F(KeysLink, EndsWhenToldToWhileATransferHangs) {
  server_.set_handler(serving(hanging()));
  OrderFields fields = order(server_.url("/jwks"));
  fields.timeout_ms = 60'000;
  ASSERT_TRUE(connection_.send(order_frame(1, fields)));
  ASSERT_TRUE(server_.await_requests(1));
  EXPECT_EQ(fetch_.stop(SIGTERM), 0) << fetch_.log();
}

TEST_F(KeysLink, EndsOnSigint) { EXPECT_EQ(fetch_.stop(SIGINT), 0) << fetch_.log(); }

TEST(FetchProcess, EndsWhileItWaitsToConnectAgain) {
  const TemporaryFolder folder;
  FetchProcess fetch({.keys = (folder.path() / "keys.sock").string()});
  ASSERT_TRUE(fetch.await_log("connecting again"));
  EXPECT_EQ(fetch.stop(SIGTERM), 0);
}

// A core would hold client keys.
TEST(FetchProcess, LeavesNoCore) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "a sanitizer's report is worth a core";
#endif
  const TemporaryFolder folder;
  FetchProcess fetch({.keys = (folder.path() / "keys.sock").string()});
  ASSERT_TRUE(fetch.await_log("connecting again"));
  rlimit limit{1, 1};
  ASSERT_EQ(prlimit(fetch.pid(), RLIMIT_CORE, nullptr, &limit), 0);
  EXPECT_EQ(limit.rlim_max, 0U);
}

TEST(FetchProcess, RefusesOptionsThatAreNoGood) {
  EXPECT_EQ(run({ASSAY_FETCH, "--keys", ""}).status, 2);
  EXPECT_EQ(run({ASSAY_FETCH, "--keys", "/" + std::string(107, 'x')}).status, 2);
  EXPECT_EQ(run({ASSAY_FETCH, "--insecure"}).status, 2);
  const Exited version = run({ASSAY_FETCH, "--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.output, "assay-fetch " ASSAY_VERSION "\n");
}

}  // namespace
}  // namespace assay::tests
