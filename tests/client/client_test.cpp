// Client over a real socket: time limits, connections that break, the one retry, writes in pieces.
#include "assay/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>

#include "client/control.h"
#include "client/fake_daemon.h"

namespace assay {
namespace {

using test::Bytes;
using test::FakeDaemon;
using test::Peer;
using Clock = std::chrono::steady_clock;

const ValidationRequest kOrders{"orders", {"orders.read"}, {"/tenant"}};

std::int64_t ms_since(Clock::time_point start) { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count(); }

ClientOptions quick() { return {.timeout_ms = 2000, .connect_timeout_ms = 500, .backoff_ms_min = 2, .backoff_ms_max = 20}; }

class ClientTest : public testing::Test {
 protected:
  std::string path() const { return folder_.file("data.sock"); }
  test::TemporaryFolder folder_;
  test::Seen seen_;
};

TEST_F(ClientTest, ValidatesOneAndMany) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  Client client(path(), quick());
  ASSERT_TRUE(client.connect().ok());
  const Result<Verdict> one = client.validate(kOrders, "accepted");
  ASSERT_TRUE(one.ok()) << one.error().text;
  EXPECT_TRUE(one->accepted());
  EXPECT_EQ(one->subject, "alice");
  const std::string_view tokens[] = {"expired", "accepted", "keys_unavailable", "x"};
  const Result<std::vector<Verdict>> many = client.validate(kOrders, tokens);
  ASSERT_TRUE(many.ok()) << many.error().text;
  ASSERT_EQ(many->size(), 4U);
  EXPECT_EQ((*many)[0].code, Code::expired);
  EXPECT_TRUE((*many)[1].accepted());
  EXPECT_EQ((*many)[2].outcome(), Outcome::unavailable);
  EXPECT_EQ((*many)[3].code, Code::not_compact);
  EXPECT_EQ(client.ping()->generation, 7U);
  EXPECT_EQ(daemon.connection_count(), 1U);
  EXPECT_EQ(seen_.now().scopes, kOrders.required_scopes);
  EXPECT_EQ(seen_.now().claims, kOrders.claims);
}

// An Error is no verdict, and it leaves the connection in use.
TEST_F(ClientTest, TakesAnErrorOfTheDaemonForAnError) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  Client client(path(), quick());
  const Result<Verdict> verdict = client.validate({"other", {}, {}}, "accepted");
  EXPECT_EQ(verdict.status(), CallStatus::daemon_error);
  EXPECT_EQ(verdict.error().daemon_error, DaemonError::unknown_api_service);
  EXPECT_TRUE(client.validate(kOrders, "accepted")->accepted());
  EXPECT_EQ(daemon.connection_count(), 1U);
  EXPECT_EQ(seen_.now().frames.size(), 2U);  // an answer is never asked for twice
}

TEST_F(ClientTest, SaysWhyItCannotConnect) {
  const auto start = Clock::now();
  Client nobody(path(), {.timeout_ms = 5000, .connect_timeout_ms = 0});
  const Result<Verdict> verdict = nobody.validate(kOrders, "accepted");
  EXPECT_EQ(verdict.status(), CallStatus::cannot_connect);
  EXPECT_EQ(verdict.error().system_errno, ENOENT);
  EXPECT_NE(verdict.error().text.find(path()), std::string::npos);
  EXPECT_EQ(nobody.connect().status(), CallStatus::cannot_connect);
  EXPECT_LT(ms_since(start), 2000);
  Client too_long(std::string(200, 'x'), quick());
  EXPECT_EQ(too_long.ping().error().system_errno, ENAMETOOLONG);
  Client with_nul(path() + std::string("\0x", 2), quick());
  EXPECT_EQ(with_nul.ping().error().system_errno, EINVAL);
}

TEST_F(ClientTest, FailsAtOnceWhileItBacksOff) {
  Client client(path(), {.timeout_ms = 5000, .connect_timeout_ms = 0, .backoff_ms_min = 60'000, .backoff_ms_max = 60'000});
  EXPECT_EQ(client.ping().status(), CallStatus::cannot_connect);
  FakeDaemon daemon(path(), test::by_name(seen_));
  const auto start = Clock::now();
  EXPECT_EQ(client.ping().status(), CallStatus::cannot_connect);
  EXPECT_LT(ms_since(start), 1000);
  EXPECT_EQ(daemon.connection_count(), 0U);
}

TEST_F(ClientTest, WaitsForADaemonThatStartsWithinTheConnectTimeout) {
  std::unique_ptr<FakeDaemon> daemon;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    daemon = std::make_unique<FakeDaemon>(path(), test::by_name(seen_));
  });
  Client client(path(), {.timeout_ms = 10'000, .connect_timeout_ms = 10'000, .backoff_ms_min = 2, .backoff_ms_max = 20});
  const Result<Verdict> verdict = client.validate(kOrders, "accepted");
  later.join();
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_TRUE(verdict->accepted());
}

TEST_F(ClientTest, TimesOutOnASilentDaemonAndThenDropsTheLateAnswer) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    const std::uint64_t late = peer.next_id();
    const std::uint64_t second = peer.next_id();
    peer.send(test::verdicts_frame(late, {Code::accepted}));  // nobody waits for it; it must not answer the second
    peer.send(test::verdicts_frame(second, {Code::expired}));
    peer.next_id();
  });
  Client client(path(), {.timeout_ms = 80});
  const auto start = Clock::now();
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::timed_out);
  EXPECT_GE(ms_since(start), 79);
  EXPECT_LT(ms_since(start), 3000);
  const Result<Verdict> second = client.validate(kOrders, "b");
  ASSERT_TRUE(second.ok()) << second.error().text;
  EXPECT_EQ(second->code, Code::expired);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

// A peer that sends a byte now and then does not stretch the call.
TEST_F(ClientTest, TimesOutOnADaemonThatDrips) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    Bytes frame(kRequestBytesMax);
    test::set_prefix(frame, static_cast<std::uint32_t>(frame.size() - 4));
    peer.next_id();
    peer.send_slowly(frame, 64);
  });
  Client client(path(), {.timeout_ms = 100});
  const auto start = Clock::now();
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::timed_out);
  EXPECT_LT(ms_since(start), 3000);
  client.close();
}

TEST_F(ClientTest, TellsTheDaemonHowLongItWaits) {
  std::atomic<std::uint32_t> deadline_ms = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    while (const std::optional<Bytes> frame = peer.frame()) {
      const wire::Envelope* envelope = test::envelope_of(*frame);
      deadline_ms = envelope->body_as_Validate()->deadline_ms();
      peer.send(test::verdicts_frame(envelope->id(), {Code::accepted}));
    }
  });
  Client client(path(), {.timeout_ms = 3000});
  ASSERT_TRUE(client.validate(kOrders, "a").ok());
  EXPECT_GT(deadline_ms, 0U);
  EXPECT_LE(deadline_ms, 3000U);
}

TEST_F(ClientTest, SendsAValidationOnceMoreWhenTheConnectionBreaks) {
  FakeDaemon daemon(path(), [&](Peer& peer) {
    const std::uint64_t id = peer.next_id();
    if (peer.index() > 0) peer.send(test::verdicts_frame(id, {Code::accepted}));
  });
  Client client(path(), quick());
  const Result<Verdict> verdict = client.validate(kOrders, "a");
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_TRUE(verdict->accepted());
  EXPECT_EQ(daemon.connection_count(), 2U);
}

TEST_F(ClientTest, SendsAValidationTwiceAtTheMost) {
  std::atomic<int> requests = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    if (peer.next_id() != 0) ++requests;
  });
  Client client(path(), quick());
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::connection_lost);
  EXPECT_EQ(requests, 2);
}

// Half an answer is no answer.
TEST_F(ClientTest, TakesABrokenAnswerForABrokenConnection) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    Bytes frame = test::verdicts_frame(peer.next_id(), {Code::accepted});
    frame.resize(frame.size() - 8);
    peer.send(frame);
  });
  Client client(path(), quick());
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::connection_lost);
  EXPECT_EQ(daemon.connection_count(), 2U);
}

TEST_F(ClientTest, NeverRepeatsAPing) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.next_id(); });
  Client client(path(), quick());
  EXPECT_EQ(client.ping().status(), CallStatus::connection_lost);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

TEST_F(ClientTest, NeverRepeatsAfterABadResponse) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted, Code::accepted})); });
  Client client(path(), quick());
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::bad_response);
  EXPECT_EQ(daemon.connection_count(), 1U);
}

TEST_F(ClientTest, NeverRepeatsAfterATimeout) {
  std::atomic<int> requests = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    while (peer.next_id() != 0) ++requests;
  });
  Client client(path(), {.timeout_ms = 60});
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::timed_out);
  EXPECT_EQ(requests, 1);
  client.close();
}

// The daemon has not looked at a request that it answers so; the one that comes after it shall.
TEST_F(ClientTest, TakesShuttingDownForABrokenConnection) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    const std::uint64_t id = peer.next_id();
    peer.send(peer.index() == 0 ? test::error_frame(0, wire::ErrorCode::shutting_down) : test::verdicts_frame(id, {Code::accepted}));
    peer.next_id();
  });
  Client client(path(), quick());
  const Result<Verdict> verdict = client.validate(kOrders, "a");
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
  EXPECT_EQ(daemon.connection_count(), 2U);
}

// A daemon that is full accepts, says so and closes: what it said is the answer, though the request could not be delivered.
TEST_F(ClientTest, HearsWhatWasSaidBeforeTheConnectionClosed) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::error_frame(0, wire::ErrorCode::too_many_connections)); });
  Client client(path(), quick());
  ASSERT_TRUE(client.connect().ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const std::string large(900'000, 'x');
  const Result<Verdict> verdict = client.validate(kOrders, large);
  EXPECT_EQ(verdict.status(), CallStatus::daemon_error);
  EXPECT_EQ(verdict.error().daemon_error, DaemonError::too_many_connections);
}

// A connection that an idle client lost costs no retry: also a ping gets through.
TEST_F(ClientTest, ConnectsAgainAfterTheConnectionWasClosedBetweenCalls) {
  FakeDaemon daemon(path(), [](Peer& peer) { peer.send(test::pong_frame(peer.next_id())); });
  Client client(path(), quick());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.ping().ok()) << i;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(daemon.connection_count(), 5U);
}

TEST_F(ClientTest, SurvivesARestartOfTheDaemon) {
  auto daemon = std::make_unique<FakeDaemon>(path(), [&](Peer& peer) { peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted})); });
  Client client(path(), quick());
  ASSERT_TRUE(client.validate(kOrders, "a").ok());
  daemon.reset();
  EXPECT_EQ(client.validate(kOrders, "a").status(), CallStatus::cannot_connect);
  daemon = std::make_unique<FakeDaemon>(path(), test::by_name(seen_));
  const Result<Verdict> verdict = client.validate(kOrders, "accepted");
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
}

// A full frame does not fit into a socket's buffer: it goes out in pieces, while the peer reads slowly and answers slowly.
TEST_F(ClientTest, WritesAndReadsInPieces) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    peer.read_slowly();
    const std::optional<Bytes> frame = peer.frame();
    const wire::Envelope* envelope = frame ? test::envelope_of(*frame) : nullptr;
    if (envelope == nullptr) return;
    peer.send_slowly(test::verdicts_frame(envelope->id(), std::vector<Code>(envelope->body_as_Validate()->tokens()->size(), Code::accepted)), 1000);
    peer.next_id();
  });
  Client client(path(), {.timeout_ms = 20'000});
  const std::vector<std::string> texts(256, std::string(3800, 't'));
  const std::vector<std::string_view> tokens(texts.begin(), texts.end());
  const Result<std::vector<Verdict>> verdicts = client.validate(kOrders, tokens);
  ASSERT_TRUE(verdicts.ok()) << verdicts.error().text;
  EXPECT_EQ(verdicts->size(), 256U);
}

// A request cut short by its time cannot be taken back: the connection goes with it, and the next call is not mistaken for the rest of it.
TEST_F(ClientTest, GivesUpAConnectionWhoseRequestWasCutShort) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    if (peer.index() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));  // reads nothing
    } else {
      peer.send(test::verdicts_frame(peer.next_id(), {Code::accepted}));
    }
  });
  Client client(path(), {.timeout_ms = 100, .connect_timeout_ms = 100, .backoff_ms_min = 1});
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(client.validate(kOrders, large).status(), CallStatus::timed_out);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Result<Verdict> verdict = client.validate(kOrders, "a");
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
}

TEST_F(ClientTest, RaisesNoSigpipe) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  FakeDaemon daemon(path(), [](Peer&) {});
  Client client(path(), quick());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(client.validate(kOrders, std::string(500'000, 'x')).ok());
}

void ignore_signal(int) {}

TEST_F(ClientTest, IsNotDisturbedBySignals) {
  struct sigaction action {};
  action.sa_handler = ignore_signal;  // without SA_RESTART: every system call may return EINTR
  sigaction(SIGUSR1, &action, nullptr);
  FakeDaemon daemon(path(), [](Peer& peer) {
    const std::uint64_t id = peer.next_id();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    peer.send(test::verdicts_frame(id, {Code::accepted}));
    peer.next_id();
  });
  const pthread_t self = pthread_self();
  std::atomic<bool> stop = false;
  std::thread disturber([&] {
    while (!stop) {
      pthread_kill(self, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  Client client(path(), {.timeout_ms = 5000});
  const Result<Verdict> verdict = client.validate(kOrders, "a");
  stop = true;
  disturber.join();
  ASSERT_TRUE(verdict.ok()) << verdict.error().text;
}

// Two processes on one connection would read each other's answers: a child makes its own.
TEST_F(ClientTest, ConnectsAnewAfterFork) {
  std::mutex mutex;
  std::vector<std::size_t> connections;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    while (const std::uint64_t id = peer.next_id()) {
      const std::lock_guard lock(mutex);
      connections.push_back(peer.index());
      peer.send(test::pong_frame(id));
      if (peer.index() == 0) return;
    }
  });
  Client client(path(), quick());
  ASSERT_TRUE(client.ping().ok());
  const pid_t child = fork();
  if (child == 0) _exit(client.ping().ok() ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(connections, (std::vector<std::size_t>{0, 1}));
}

// A change may have been made when its connection broke: repeating it is not the client's to decide.
TEST_F(ClientTest, NeverRepeatsAChange) {
  std::atomic<int> requests = 0;
  FakeDaemon daemon(path(), [&](Peer& peer) {
    if (peer.next_id() != 0) ++requests;
  });
  ControlClient client(path(), quick());
  const std::variant<Deployed, Refusal> deployed = client.deploy({.configuration = "{}"});
  EXPECT_EQ(std::get<Refusal>(deployed).error.status, CallStatus::connection_lost);
  EXPECT_EQ(requests, 1);
  const std::variant<Deployed, Refusal> rolled_back = client.rollback({});
  EXPECT_EQ(std::get<Refusal>(rolled_back).error.status, CallStatus::connection_lost);
  EXPECT_EQ(requests, 2);
  const std::variant<Pushed, Refusal> pushed = client.push_keys("corp", "{}");
  EXPECT_EQ(std::get<Refusal>(pushed).error.status, CallStatus::connection_lost);
  EXPECT_EQ(requests, 3);
}

// An error of the daemon leaves the connection in use, and what it says comes through.
TEST_F(ClientTest, ChangesThingsOverTheControlSocket) {
  FakeDaemon daemon(path(), test::by_name(seen_));
  ControlClient client(path(), quick());
  EXPECT_EQ(std::get<Refusal>(client.deploy({.configuration = "conflict"})).deployment, 7U);
  EXPECT_EQ(std::get<Refusal>(client.deploy({.configuration = "bad_configuration"})).faults.size(), 2U);
  EXPECT_EQ(std::get<Deployed>(client.deploy({.configuration = "{}"})).deployment, 4U);
  EXPECT_EQ(std::get<Deployed>(client.rollback({.deployment = 3, .dry_run = true})).deployment, 0U);
  EXPECT_TRUE(std::get<Pushed>(client.push_keys("corp", "{}", "https://id.example.com/jwks")).changed);
  EXPECT_EQ(seen_.now().pushed.at(2), "https://id.example.com/jwks");
  EXPECT_EQ(daemon.connection_count(), 1U);
}

TEST_F(ClientTest, TakesAStatusReportOfManyMegabytes) {
  FakeDaemon daemon(path(), [](Peer& peer) {
    peer.send(test::framed(peer.next_id(), wire::Body::StatusReport, [](test::Builder& b) {
      std::vector<flatbuffers::Offset<wire::OAuthServerStatus>> servers;
      for (int i = 0; i < 1024; ++i) {
        std::vector<flatbuffers::Offset<wire::KeyStatus>> keys;
        for (int k = 0; k < 64; ++k) keys.push_back(wire::CreateKeyStatusDirect(b, std::string(100, 'k').c_str(), true, nullptr, "RSA 2048", "thumbprint"));
        servers.push_back(wire::CreateOAuthServerStatusDirect(b, "server", nullptr, "jwks", true, &keys));
      }
      return wire::CreateStatusReportDirect(b, "1", 1, 2, 3, "reference", nullptr, &servers).Union();
    }));
  });
  ControlClient client(path(), {.timeout_ms = 20'000});
  const Result<StatusReport> report = client.status();
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_EQ(report->oauth_servers.size(), 1024U);
  EXPECT_EQ(report->oauth_servers.back().keys.size(), 64U);
}

}  // namespace
}  // namespace assay
