// The whole daemon in this process: sockets in a folder, control and data.
#include "server/daemon.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/un.h>

#include <thread>

#include "server/fixture.h"
#include "server/limits.h"

namespace assay::server {
namespace {

using test::Answer;
using test::document;
using test::Frame;
using test::Peer;

class DaemonTest : public testing::Test {
 protected:
  explicit DaemonTest(std::string_view text = document(), const crypto::EngineSet* engines = nullptr) {
    ::signal(SIGPIPE, SIG_IGN);
    auto started = Daemon::start({.data_path = folder.file("data"), .control_path = folder.file("control"), .control_gid = {}, .keys_path = folder.file("keys"), .workers = 2, .version = "1.2.3"},
                                 {.clock = clock, .log = log, .hash_key = {1, 2}, .make_engine = [] { return crypto::make_reference_engine(); }, .tables = nullptr, .engines = engines,
                                  .ledger = test::ledger_of(std::string(text), clock, log, identities, 2)});
    EXPECT_TRUE(started) << started.error().what;
    daemon = std::move(*started);
    thread = std::thread([this] { daemon->run(); });
  }
  ~DaemonTest() override { stop(); }
  void stop() {
    if (!thread.joinable()) return;
    daemon->stop();
    thread.join();
    daemon.reset();
  }

  Peer connect(std::string_view name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder.file(name);
    std::copy(path.begin(), path.end(), address.sun_path);
    Fd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(descriptor.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << path;
    return Peer(std::move(descriptor));
  }
  Answer ask(Peer& peer, const Frame& frame) {
    EXPECT_TRUE(peer.send(frame));
    auto answer = peer.answer();
    EXPECT_TRUE(answer.has_value());
    return answer ? std::move(*answer) : Answer(Frame());
  }

  test::SocketFolder folder;
  test::FakeClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  std::unique_ptr<Daemon> daemon;
  std::thread thread;
};

// Hashes that are all zero: no algorithm passes its known answers.
crypto::EngineSet& engines_that_failed() {
  static crypto::EngineSet set(crypto::EngineChoice::scalar, {.mode = crypto::CrossCheckMode::off}, [](crypto::EngineLevel level) {
    static const crypto::sha2::Sha256Code kLazy256{"lazy", [](crypto::sha2::Sha256State*, const std::byte*, std::size_t) noexcept {}, nullptr, 1};
    static const crypto::sha2::Sha512Code kLazy512{"lazy", [](crypto::sha2::Sha512State*, const std::byte* const*, std::size_t) noexcept {}, nullptr, 1};
    auto kernels = crypto::Kernels::of(level);
    kernels->sha256 = &kLazy256;
    kernels->sha512 = &kLazy512;
    return kernels;
  });
  return set;
}

class DaemonOfFailedEngines : public DaemonTest {
 protected:
  DaemonOfFailedEngines() : DaemonTest(document(), &engines_that_failed()) {}
};

// Even if all algorithms run alike, it is not what was chosen.
TEST_F(DaemonOfFailedEngines, RaisesAnAlarmForEachAlgorithm) {
  Peer control = connect("control");
  const Answer answer = ask(control, test::status_frame(1));
  int alarms = 0;
  for (const wire::Problem* problem : *answer.envelope()->body_as_StatusReport()->problems()) {
    if (problem->text()->string_view().find("scalar gave wrong answers") != std::string_view::npos) ++alarms;
  }
  EXPECT_EQ(alarms, static_cast<int>(crypto::kAlgorithmCount));
}

TEST_F(DaemonTest, AnswersPingOnBothSockets) {
  Peer data = connect("data");
  EXPECT_EQ(ask(data, test::ping_frame(1)).kind(), wire::Body::Pong);
  Peer control = connect("control");
  const Answer pong = ask(control, test::ping_frame(2));
  EXPECT_EQ(pong.envelope()->body_as_Pong()->version()->str(), "1.2.3");
  EXPECT_EQ(pong.envelope()->body_as_Pong()->generation(), 1U);
}

TEST_F(DaemonTest, DeploysAndJudgesByIt) {
  Peer data = connect("data");
  Peer control = connect("control");
  const Answer deployed = ask(control, test::deploy_frame(5, document()));
  ASSERT_EQ(deployed.kind(), wire::Body::Deployed);
  EXPECT_EQ(deployed.id(), 5U);
  EXPECT_EQ(deployed.envelope()->body_as_Deployed()->deployment(), 2U);
  EXPECT_EQ(deployed.envelope()->body_as_Deployed()->generation(), 2U);
  EXPECT_EQ(ask(data, test::validate_frame(6, {.tokens = {test::good_token()}})).verdicts()->generation(), 2U);
}

TEST_F(DaemonTest, ListsTheFaultsOfARefusedDeploy) {
  Peer control = connect("control");
  const Answer refused = ask(control, test::deploy_frame(5, R"({"extra": 1})"));
  EXPECT_EQ(refused.error(), wire::ErrorCode::bad_configuration);
  EXPECT_EQ(refused.id(), 5U);
  bool named = false;
  for (const wire::Fault* fault : *refused.envelope()->body_as_Error()->faults()) named = named || fault->pointer()->str() == "/extra";
  EXPECT_TRUE(named);
}

TEST_F(DaemonTest, AnswersADryRunWithoutADeployment) {
  Peer control = connect("control");
  const Answer dry = ask(control, test::deploy_frame(5, document(), true));
  ASSERT_EQ(dry.kind(), wire::Body::Deployed);
  EXPECT_EQ(dry.envelope()->body_as_Deployed()->deployment(), 0U);
  EXPECT_EQ(dry.envelope()->body_as_Deployed()->generation(), 1U);
}

// A connection's next frame is looked at once the one before is answered.
TEST_F(DaemonTest, AnswersPipelinedControlFramesInTheirOrder) {
  Peer control = connect("control");
  control.send(test::deploy_frame(1, document()) + test::ping_frame(2) + test::deploy_frame(3, document()) + test::status_frame(4));
  for (std::uint64_t id = 1; id <= 4; ++id) EXPECT_EQ(control.answer()->id(), id);
}

TEST_F(DaemonTest, AnswersAClientThatHasEndedItsOutput) {
  Peer control = connect("control");
  control.send(test::deploy_frame(1, document()));
  control.end_output();
  EXPECT_EQ(control.answer()->kind(), wire::Body::Deployed);
  EXPECT_TRUE(control.ended());
}

TEST_F(DaemonTest, DeploysForAClientThatHasGone) {
  {
    Peer control = connect("control");
    control.send(test::deploy_frame(1, document()));
    control.close();
  }
  Peer data = connect("data");
  std::uint64_t id = 1;
  EXPECT_TRUE(test::eventually([&] { return ask(data, test::ping_frame(++id)).envelope()->body_as_Pong()->generation() == 2; }));
}

TEST_F(DaemonTest, TakesADocumentOfManyMegabytes) {
  Peer control = connect("control");
  std::string text = document();
  text.insert(0, std::string(20 << 20, ' '));
  std::thread sender([&] { control.send(test::deploy_frame(1, text)); });
  EXPECT_EQ(control.answer()->kind(), wire::Body::Deployed);
  sender.join();
}

TEST_F(DaemonTest, TakesNoValidationOnTheControlSocket) {
  Peer control = connect("control");
  const Answer answer = ask(control, test::validate_frame(5, {.tokens = {test::good_token()}}));
  EXPECT_EQ(answer.error(), wire::ErrorCode::unknown_request);
  EXPECT_EQ(ask(control, test::strange_frame(6, 90)).error(), wire::ErrorCode::unknown_request);
  EXPECT_EQ(ask(control, test::ping_frame(7)).id(), 7U);
}

TEST_F(DaemonTest, ClosesAControlConnectionThatSpeaksNonsense) {
  Peer control = connect("control");
  const Answer answer = ask(control, Frame(16));
  EXPECT_EQ(answer.error(), wire::ErrorCode::bad_frame);
  EXPECT_EQ(answer.id(), 0U);
  EXPECT_TRUE(control.ended());
}

TEST_F(DaemonTest, ReportsItsStatus) {
  Peer data = connect("data");
  ask(data, test::validate_frame(1, {.tokens = {test::good_token(), "nonsense"}}));
  ask(data, test::validate_frame(2, {.api_service = "nobody", .tokens = {"t"}}));
  Peer control = connect("control");
  const Answer answer = ask(control, test::status_frame(3));
  const wire::StatusReport* report = answer.envelope()->body_as_StatusReport();
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->version()->str(), "1.2.3");
  EXPECT_EQ(report->engine()->str(), "reference");
  EXPECT_EQ(report->generation(), 1U);
  EXPECT_EQ(report->deployment(), 1U);
  ASSERT_EQ(report->workers()->size(), 2U);
  std::uint64_t tokens = 0;
  std::uint64_t connections = 0;
  for (const wire::WorkerStatus* worker : *report->workers()) {
    tokens += worker->tokens();
    connections += worker->connections();
    EXPECT_EQ(worker->generation(), 1U);
  }
  EXPECT_EQ(tokens, 2U);
  EXPECT_EQ(connections, 1U);
  EXPECT_EQ(report->verdicts()->size(), 2U);
  EXPECT_EQ(report->errors()->size(), 1U);
  EXPECT_EQ(report->api_services()->Get(0)->oauth_servers()->Get(0)->str(), "corp");
}

TEST_F(DaemonTest, SpreadsConnectionsOverItsWorkers) {
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(connect("data"));
    ask(peers.back(), test::ping_frame(1));
  }
  Peer control = connect("control");
  const Answer answer = ask(control, test::status_frame(3));
  for (const wire::WorkerStatus* worker : *answer.envelope()->body_as_StatusReport()->workers()) EXPECT_EQ(worker->connections(), 5U);
}

TEST_F(DaemonTest, RemovesItsSocketsAndEndsConnectionsWhenItStops) {
  Peer data = connect("data");
  Peer control = connect("control");
  ask(data, test::ping_frame(1));
  ask(control, test::ping_frame(1));
  stop();
  EXPECT_TRUE(data.ended());
  EXPECT_TRUE(control.ended());
  EXPECT_FALSE(std::filesystem::exists(folder.file("data")));
  EXPECT_FALSE(std::filesystem::exists(folder.file("control")));
}

TEST_F(DaemonTest, DoesNotStartOnSocketsInUse) {
  const auto second = Daemon::start({.data_path = folder.file("other"), .control_path = folder.file("control"), .control_gid = {}, .keys_path = folder.file("keys"), .workers = 1, .version = "1"},
                                    {.clock = clock, .log = log, .hash_key = {1, 2}, .make_engine = [] { return crypto::make_reference_engine(); },
                                     .ledger = test::ledger_of(document(), clock, log, identities)});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().what.find("already in use"), std::string::npos) << second.error().what;
  EXPECT_FALSE(std::filesystem::exists(folder.file("other")));
  Peer control = connect("control");
  EXPECT_EQ(ask(control, test::ping_frame(1)).id(), 1U);
}

class LimitedDaemonTest : public DaemonTest {
 protected:
  LimitedDaemonTest() : DaemonTest(with_limit()) {}
  static std::string with_limit() {
    std::string text = document();
    return text.insert(text.find(R"("request_age_ms")"), R"("connections": 2,)");
  }
};

TEST_F(LimitedDaemonTest, RefusesConnectionsOverTheLimitUntilADeployRaisesIt) {
  Peer first = connect("data");
  Peer second = connect("data");
  ask(first, test::ping_frame(1));
  ask(second, test::ping_frame(1));
  Peer third = connect("data");
  EXPECT_EQ(third.answer()->error(), wire::ErrorCode::too_many_connections);
  EXPECT_TRUE(third.ended());
  Peer control = connect("control");
  EXPECT_EQ(ask(control, test::status_frame(1)).envelope()->body_as_StatusReport()->connections_refused(), 1U);
  EXPECT_EQ(ask(control, test::deploy_frame(2, document())).kind(), wire::Body::Deployed);
  Peer fourth = connect("data");
  EXPECT_EQ(ask(fourth, test::ping_frame(1)).kind(), wire::Body::Pong);
}

// SIGTERM and SIGINT are how systemd and a person at a terminal stop it.
TEST(DaemonSignals, StopIt) {
  for (const int number : {SIGTERM, SIGINT}) {
    const test::SocketFolder folder;
    const test::FakeClock clock;
    test::RecordingLog log;
    const test::NoIdentities identities;
    auto daemon = Daemon::start({.data_path = folder.file("data"), .control_path = folder.file("control"), .control_gid = {}, .keys_path = folder.file("keys"), .workers = 1, .version = "1"},
                                {.clock = clock, .log = log, .hash_key = {1, 2}, .make_engine = [] { return crypto::make_reference_engine(); },
                                 .ledger = test::ledger_of(document(), clock, log, identities)});
    ASSERT_TRUE(daemon);
    ::kill(::getpid(), number);
    (*daemon)->run();
    EXPECT_EQ(log.count("stopped"), 1U);
    EXPECT_EQ(log.events("ready"), std::vector<std::string>{"ready VERSION=1 DEPLOYMENT=1 GENERATION=1 WORKERS=1 ENGINE=reference"});
    EXPECT_EQ(log.events("stopping").size(), 1U);
    EXPECT_EQ(log.events("stopped").size(), 1U);
  }
}

// The last resort of a stop that hangs; destroyed in time, it does nothing.
TEST(StopLimit, EndsTheProcessUnlessItIsDestroyed) {
  const auto wait = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  EXPECT_EXIT(
      {
        StopLimit limit;
        limit.start(50);
        for (;;) wait(10);
      },
      ::testing::ExitedWithCode(0), "the stop took too long");
  {
    StopLimit limit;
    limit.start(50);
  }
  wait(200);
}

}  // namespace
}  // namespace assay::server
