// Requests and answers over socket pairs; the loop turns in this thread.
#include "server/metrics_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "server/fixture.h"
#include "server/quota.h"

namespace assay::server {
namespace {

using test::Peer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

class MetricsSocketTest : public testing::Test, private MetricsSource {
 protected:
  MetricsSocketTest() { start(); }
  ~MetricsSocketTest() override {
    socket.reset();
    EXPECT_EQ(quota.connections(), 0U);
  }
  void start(std::uint64_t exchange_ms = limits::kMetricsExchangeMs) {
    socket.emplace(loop, MetricsSocketParts{.clock = clock, .log = log, .source = *this, .drained = loop::bind<&MetricsSocketTest::on_drained>(this), .exchange_ms = exchange_ms});
  }
  std::string metrics_text() const override {
    ++rendered;
    return text;
  }
  void on_drained() noexcept { ++drained; }

  Peer connect() {
    auto [descriptor, peer] = test::socket_pair();
    socket->adopt({.charge = *quota.charge(7), .descriptor = std::move(descriptor), .peer = {.uid = 7, .gid = 7, .groups = {}}});
    return std::move(peer);
  }
  // turn(): until everything that has come is dealt with.
  void turn() {
    for (int i = 0; i < 3; ++i) loop.turn();
  }
  // open(): connections that the socket holds.
  std::size_t open() const { return quota.connections(); }
  static bool send(const Peer& peer, std::string_view octets) {
    const base::Bytes bytes = base::as_bytes(octets);
    return peer.send({bytes.begin(), bytes.end()});
  }
  // rest(peer): what comes until the end of the stream.
  std::string rest(Peer& peer) {
    std::string all;
    for (;;) {
      EXPECT_TRUE(test::eventually([&] {
        loop.turn();
        return peer.readable(0);
      }));
      const test::Frame more = peer.receive();
      if (more.empty()) return all;
      all += base::as_text(more);
    }
  }
  std::string ask(std::string_view octets) {
    Peer peer = connect();
    EXPECT_TRUE(send(peer, octets));
    return rest(peer);
  }

  std::string text = "assay_x 1\n";
  mutable int rendered = 0;
  int drained = 0;
  test::FakeClock clock;
  test::RecordingLog log;
  ConnectionQuota quota{100, 100};
  loop::Loop loop;
  std::optional<MetricsSocket> socket;
};

// Prometheus' text format, version 0.0.4. The connection ends behind each answer.
TEST_F(MetricsSocketTest, AnswersGetWithTheText) {
  EXPECT_EQ(ask(kGet), "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 10\r\nConnection: close\r\n\r\nassay_x 1\n");
  EXPECT_EQ(rendered, 1);
}

// However often it is asked for: rendering takes the main loop's time.
TEST_F(MetricsSocketTest, RendersTheTextOnceInAWhile) {
  ask(kGet);
  clock.advance(limits::kMetricsFreshMs - 1);
  text = "assay_x 2\n";
  EXPECT_THAT(ask(kGet), EndsWith("assay_x 1\n"));
  ask("HEAD /metrics HTTP/1.0\r\n\r\n");
  EXPECT_EQ(rendered, 1);
  clock.advance(1);
  EXPECT_THAT(ask(kGet), EndsWith("assay_x 2\n"));
  EXPECT_EQ(rendered, 2);
}

// RFC 9110 section 9.3.2: the same head, no body.
TEST_F(MetricsSocketTest, AnswersHeadWithTheLengthAlone) {
  EXPECT_EQ(ask("HEAD /metrics HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 10\r\nConnection: close\r\n\r\n");
}

TEST_F(MetricsSocketTest, RefusesWithAStatusAndNoText) {
  const auto refusal = [](const std::string& status) { return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"; };
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"), refusal("404 Not Found"));
  EXPECT_EQ(ask("POST /metrics HTTP/1.1\r\n\r\n"), refusal("405 Method Not Allowed\r\nAllow: GET, HEAD"));
  EXPECT_EQ(ask("hello\n"), refusal("400 Bad Request"));
  EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\n" + std::string(limits::kHttpHeadBytesMax, 'x')), refusal("431 Request Header Fields Too Large"));
  EXPECT_EQ(ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), refusal("505 HTTP Version Not Supported"));
  EXPECT_EQ(rendered, 0);
}

TEST_F(MetricsSocketTest, TakesARequestOctetByOctet) {
  Peer peer = connect();
  for (const char octet : kGet) {
    EXPECT_FALSE(peer.readable(0));
    EXPECT_TRUE(send(peer, {&octet, 1}));
    turn();
  }
  EXPECT_THAT(rest(peer), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(rendered, 1);
}

// One text for a request, one request for a connection: what follows is never looked at.
TEST_F(MetricsSocketTest, AnswersOneRequestOnly) {
  Peer peer = connect();
  EXPECT_TRUE(send(peer, std::string(kGet) + std::string(kGet)));
  const std::string answer = rest(peer);
  EXPECT_EQ(answer.find("HTTP/1.1"), answer.rfind("HTTP/1.1"));
  EXPECT_EQ(rendered, 1);
  EXPECT_EQ(open(), 0U);
}

TEST_F(MetricsSocketTest, AnswersAClientThatHasEndedItsOutput) {
  Peer peer = connect();
  EXPECT_TRUE(send(peer, kGet));
  peer.end_output();
  EXPECT_THAT(rest(peer), HasSubstr("assay_x 1\n"));
}

TEST_F(MetricsSocketTest, SaysNothingToAClientThatHasAskedNothing) {
  Peer silent = connect();
  silent.end_output();
  EXPECT_EQ(rest(silent), "");
  Peer half = connect();
  EXPECT_TRUE(send(half, "GET /metr"));
  half.end_output();
  EXPECT_EQ(rest(half), "");
  EXPECT_EQ(open(), 0U);
}

// What a socket does not take at once waits for its reader. Nothing is rendered again, and nothing lost.
TEST_F(MetricsSocketTest, SendsALongTextAsItIsRead) {
  text.clear();
  while (text.size() < 4'000'000) text += "assay_x{n=\"" + std::to_string(text.size()) + "\"} 1\n";
  Peer peer = connect();
  EXPECT_TRUE(send(peer, kGet));
  turn();
  EXPECT_EQ(open(), 1U);
  const std::string answer = rest(peer);
  const std::size_t end = answer.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos);
  EXPECT_THAT(answer.substr(0, end), HasSubstr("Content-Length: " + std::to_string(text.size())));
  EXPECT_TRUE(answer.substr(end + 4) == text);
  EXPECT_EQ(rendered, 1);
}

TEST_F(MetricsSocketTest, ForgetsAClientThatGoesInTheMiddle) {
  text.assign(4'000'000, '\n');
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect());
  EXPECT_TRUE(send(peers[1], "GET /met"));
  EXPECT_TRUE(send(peers[2], kGet));
  turn();
  EXPECT_EQ(open(), 3U);
  peers.clear();
  turn();
  EXPECT_EQ(open(), 0U);
}

// The others are served meanwhile.
TEST_F(MetricsSocketTest, ServesManyAtOnce) {
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(connect());
  for (std::size_t i = peers.size(); i-- > 0;) EXPECT_TRUE(send(peers[i], kGet));
  turn();
  EXPECT_EQ(open(), 0U);
  for (Peer& peer : peers) EXPECT_THAT(rest(peer), HasSubstr("assay_x 1\n"));
}

// The time is that of the whole exchange: octets that trickle buy none.
TEST_F(MetricsSocketTest, DropsAClientThatSendsTooSlowly) {
  start(/*exchange_ms=*/500);  // much longer than this thread waits for a processor
  Peer silent = connect();
  Peer trickling = connect();
  EXPECT_TRUE(send(trickling, "GET /"));
  EXPECT_TRUE(test::eventually([&] {
    loop.turn();
    return !send(trickling, "x");
  }));
  EXPECT_EQ(rest(trickling), "");  // neither an answer nor 431: long before its head was too large
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(open(), 0U);
  EXPECT_EQ(log.count("1 connections to the metrics socket dropped: slow; the latest of uid 7"), 1U) << log.all();
}

TEST_F(MetricsSocketTest, DropsAClientThatReadsTooSlowly) {
  start(/*exchange_ms=*/50);
  text.assign(16'000'000, '\n');
  Peer peer = connect();
  EXPECT_TRUE(send(peer, kGet));
  // It goes on reading, a little in each millisecond, so that there is always room for more.
  std::vector<char> octets(32 * 1024);
  std::size_t got = 0;
  EXPECT_TRUE(test::eventually([&] {
    loop.turn();
    got += static_cast<std::size_t>(std::max<ssize_t>(::recv(peer.descriptor(), octets.data(), octets.size(), MSG_DONTWAIT), 0));
    return open() == 0;
  }));
  EXPECT_GT(got, 0U);
  EXPECT_LT(got, text.size());
  EXPECT_EQ(rendered, 1);
  EXPECT_EQ(log.count("slow"), 1U) << log.all();
}

TEST_F(MetricsSocketTest, DrainsAtOnceWithoutAnswersUnderWay) {
  Peer silent = connect();
  Peer half = connect();
  EXPECT_TRUE(send(half, "GET /metr"));
  turn();
  EXPECT_FALSE(socket->drained());
  socket->drain();
  EXPECT_TRUE(socket->drained());
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(rest(half), "");
  Peer late = connect();
  EXPECT_TRUE(late.ended());
  EXPECT_EQ(open(), 0U);
}

TEST_F(MetricsSocketTest, FinishesAnAnswerBeforeItIsDrained) {
  text.assign(4'000'000, '\n');
  Peer peer = connect();
  EXPECT_TRUE(send(peer, kGet));
  turn();
  socket->drain();
  EXPECT_FALSE(socket->drained());
  const std::string answer = rest(peer);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, text.size());
  EXPECT_TRUE(socket->drained());
  EXPECT_EQ(drained, 1);
}

// The owner may go at any time; ~Loop CHECKs that it leaves no handle.
TEST_F(MetricsSocketTest, MayEndWithConnectionsOpen) {
  text.assign(4'000'000, '\n');
  Peer silent = connect();
  Peer reading = connect();
  EXPECT_TRUE(send(reading, kGet));
  turn();
  socket.reset();
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(drained, 0);
}

}  // namespace
}  // namespace assay::server
