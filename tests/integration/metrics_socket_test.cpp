// The metrics socket of the real daemon, as a collector sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "assay/client.h"
#include "client/control.h"
#include "mint/fixture.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
// Of one user: kMetricsConnectionsPerUidMax of daemon/server/limits.h.
constexpr std::size_t kConnectionsMax = 8;

class Metrics : public testing::Test {
 protected:
  Metrics() : daemon({.configuration = configuration(), .more_arguments = {"--metrics", path()}}) {
    // DaemonProcess waits for the sockets that every daemon has.
    for (const auto until = Clock::now() + seconds(30); daemon.log().find("ready:") == std::string::npos && Clock::now() < until;) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_THAT(daemon.log(), HasSubstr("metrics socket " + path()));
  }
  static const std::string& configuration() {
    static const std::string made = mint::Fixture::generate().configuration();
    return made;
  }
  std::string path() const { return (folder.path() / "metrics.sock").string(); }

  // rest(connection): what comes until the end of the stream, which is there in time.
  static std::string rest(RawConnection& connection) {
    std::string all;
    for (;;) {
      const auto more = connection.receive(65536, seconds(60));
      if (!more) ADD_FAILURE() << "the connection does not end";
      if (!more || more->empty()) return all;
      all += *more;
    }
  }
  std::string ask(std::string_view request) const {
    RawConnection connection(path());
    EXPECT_TRUE(connection.send(request));
    return rest(connection);
  }
  bool pings() const { return Client(daemon.socket()).ping().ok(); }

  const TemporaryFolder folder;
  DaemonProcess daemon;
};

TEST_F(Metrics, AreReadByGet) {
  const std::string answer = ask(kGet);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\n# TYPE assay_generation gauge\nassay_generation 1\n"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

TEST_F(Metrics, AreReadByCurl) {
  constexpr const char* kCurl = "/usr/bin/curl";
  if (access(kCurl, X_OK) != 0) GTEST_SKIP() << "skipped: no " << kCurl;
  const std::vector<std::string> curl = {kCurl, "--silent", "--show-error", "--fail", "--max-time", "60", "--unix-socket", path()};
  const auto with = [&curl](std::vector<std::string> more) {
    more.insert(more.begin(), curl.begin(), curl.end());
    return run(more);
  };
  const Exited got = with({"http://localhost/metrics"});
  EXPECT_EQ(got.status, 0) << got.output;
  EXPECT_THAT(got.output, HasSubstr("\nassay_generation 1\n"));
  const Exited head = with({"--head", "http://localhost/metrics?a=b"});
  EXPECT_EQ(head.status, 0) << head.output;
  EXPECT_THAT(head.output, HasSubstr("Content-Length: "));
  // --fail: 22 for a status of 400 or more.
  EXPECT_EQ(with({"http://localhost/"}).status, 22);
  EXPECT_NE(with({"--data", "a=b", "http://localhost/metrics"}).status, 0);
  EXPECT_NE(with({"--http2-prior-knowledge", "http://localhost/metrics"}).status, 0);
}

TEST_F(Metrics, AreForTheGroup) {
  struct stat entry{};
  ASSERT_EQ(stat(path().c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 07777, 0660U);
}

// After 10 s: kMetricsExchangeMs.
TEST_F(Metrics, DropASlowClient) {
  RawConnection silent(path());
  RawConnection half(path());
  ASSERT_TRUE(half.send("GET /metrics HTTP/1.1\r\nHost:"));
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(rest(silent), "");
  EXPECT_EQ(rest(half), "");
  EXPECT_THAT(daemon.log(), HasSubstr("connections to the metrics socket dropped: slow"));
}

// Whoever takes all places takes none from others: not on this socket, if they are other users, nor on the data socket.
TEST_F(Metrics, RefuseTooManyConnectionsWhileTheDataSocketWorks) {
  std::vector<RawConnection> many;
  for (std::size_t i = 0; i < kConnectionsMax; ++i) many.emplace_back(path());
  RawConnection one_more(path());
  EXPECT_EQ(rest(one_more), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(pings());
  ControlClient control(daemon.control(), {.timeout_ms = 10'000});
  const auto status = control.status();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->connections_refused, 1U);
  // Those that were there first are served, and leave room.
  ASSERT_TRUE(many.front().send(kGet));
  EXPECT_THAT(rest(many.front()), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// The other sockets' bytes, and whatever else is no HTTP.
TEST_F(Metrics, SurviveNonsense) {
  EXPECT_THAT(ask(std::string("\x14\0\0\0\0\0\0\0", 8)), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(ask("hello\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(ask(std::string(8192, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(pings());
}

TEST_F(Metrics, DoNotHoldUpAStop) {
  RawConnection silent(path());
  RawConnection half(path());
  ASSERT_TRUE(half.send("GET /metrics HTTP/1.1\r\n"));
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 OK\r\n"));  // so that both have been accepted
  const Exited exited = daemon.stop(SIGTERM);
  EXPECT_EQ(exited.status, 0) << exited.output;
  EXPECT_THAT(exited.output, EndsWith("stopped\n"));
  EXPECT_EQ(rest(silent), "");
  EXPECT_EQ(rest(half), "");
  EXPECT_NE(access(path().c_str(), F_OK), 0);
}

// Without the option there is no such socket, and one that is in use ends the start.
TEST_F(Metrics, AreOnlyWhereTheyAreWanted) {
  const DaemonProcess without({.configuration = configuration()});
  EXPECT_EQ(without.log().find("metrics socket"), std::string::npos) << without.log();
  const Exited second = run({ASSAYD, "--socket", (folder.path() / "d").string(), "--control", (folder.path() / "c").string(), "--metrics", path()});
  EXPECT_EQ(second.status, 2);
  EXPECT_THAT(second.output, HasSubstr(path() + ": already in use"));
}

}  // namespace
}  // namespace assay::tests
