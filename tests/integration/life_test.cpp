// Start, stop and failure of the real daemon, as an operator sees them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <ctime>
#include <memory>
#include <thread>

#include "assay/client.h"
#include "client/control.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"
#include "support/pipeline_client.h"

namespace assay::tests {
namespace {

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

const ValidationRequest kOrders{.api_service = "orders", .required_scopes = {}, .claims = {}};

std::string good_token() { return fixture().orders.good_token("EdDSA", std::time(nullptr)); }

// connect(2) wants a path; the sockets of a daemon that is gone must be, too.
bool exists(const std::string& path) {
  struct stat entry{};
  return lstat(path.c_str(), &entry) == 0;
}

TEST(Life, AnswersWhatItHasReadBeforeItStops) {
  DaemonProcess daemon({.configuration = fixture().configuration()});
  ASSERT_TRUE(daemon.running()) << daemon.log();
  PipelineClient client(daemon.socket(), 1);
  constexpr std::size_t kRequests = 40;
  const std::string token = good_token();
  const std::string_view view = token;
  for (std::size_t i = 0; i < kRequests; ++i) ASSERT_TRUE(client.core().validate(kOrders, std::span(&view, 1), 0).ok());
  ASSERT_TRUE(client.flush());
  ASSERT_TRUE(client.next().has_value());  // one write, so the daemon has read them all

  const Exited exited = daemon.stop(SIGTERM);
  EXPECT_EQ(exited.status, 0) << exited.output;
  std::size_t accepted = 1;
  while (const auto response = client.next()) {
    const auto* verdicts = std::get_if<std::vector<Verdict>>(&response->answer);
    if (verdicts == nullptr) break;
    if (verdicts->at(0).accepted()) ++accepted;
  }
  EXPECT_EQ(accepted, kRequests);
  EXPECT_FALSE(exists(daemon.socket()));
  EXPECT_FALSE(exists(daemon.control()));
}

TEST(Life, StopsWithIdleAndStuckConnectionsOpen) {
  DaemonProcess daemon({.configuration = fixture().configuration()});
  RawConnection idle(daemon.socket());
  RawConnection half_a_frame(daemon.socket());
  ASSERT_TRUE(half_a_frame.send(std::string("\x40\0\0\0ab", 6)));
  RawConnection control(daemon.control());
  const Exited exited = daemon.stop(SIGTERM);
  EXPECT_EQ(exited.status, 0) << exited.output;
}

// The sockets are there before the loop runs: a signal in between must not be lost, nor kill.
TEST(Life, StopsWhenToldSoInItsFirstMoment) {
  for (int i = 0; i < 20; ++i) {
    DaemonProcess daemon({.configuration = fixture().configuration()});
    const Exited exited = daemon.stop(SIGTERM);
    ASSERT_EQ(exited.status, 0) << exited.output;
  }
}

// Four candidates for each of 256 tokens, with the slowest algorithm: a legal request that keeps a worker busy for seconds, and eight of them for half a minute. A
// stop does not wait for them; the bound is far from the 5 s that it promises, for the machine may be busy.
TEST(Life, StopsInTimeWhateverAWorkerIsDoing) {
  mint::Service service;
  service.api_service = "slow";
  service.oauth_server = "slow";
  service.issuer = "https://slow.example.com";
  service.audience = "https://slow.example.com";
  for (int i = 0; i < 4; ++i) service.keys.push_back(mint::Key::generate("ES512", {.kid = "k" + std::to_string(i)}));
  const mint::Key stranger = mint::Key::generate("ES512");
  const std::string token = mint::token(stranger, service.good_claims(std::time(nullptr)), {.with_kid = false});
  DaemonProcess daemon({.configuration = mint::configuration({service})});
  ASSERT_TRUE(daemon.running()) << daemon.log();
  const std::vector<std::string_view> tokens(256, token);
  std::vector<std::unique_ptr<PipelineClient>> clients;
  for (std::uint64_t i = 1; i <= 8; ++i) {
    clients.push_back(std::make_unique<PipelineClient>(daemon.socket(), i));
    ASSERT_TRUE(clients.back()->core().validate({.api_service = "slow", .required_scopes = {}, .claims = {}}, tokens, 0).ok());
    ASSERT_TRUE(clients.back()->flush());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Exited exited = daemon.stop(SIGTERM);
  EXPECT_EQ(exited.status, 0) << exited.output;
  EXPECT_LT(exited.took, std::chrono::seconds(8)) << exited.output;
}

TEST(Life, OpensItsSocketsAsNarrowlyAsItSays) {
  DaemonProcess daemon({.configuration = fixture().configuration()});
  struct stat entry{};
  ASSERT_EQ(stat(daemon.socket().c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 07777, 0660U);
  ASSERT_EQ(stat(daemon.control().c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 07777, 0600U);
}

TEST(Life, TakesAStaleSocketOverAndNoLiveOne) {
  const TemporaryFolder folder;
  const std::string config = folder.write("assayd.json", fixture().configuration());
  const std::string socket = (folder.path() / "data.sock").string();
  const std::string control = (folder.path() / "control.sock").string();
  DaemonProcess first({.configuration = fixture().configuration(), .more_arguments = {}});
  // The second wants the first one's sockets.
  const Exited second = run({ASSAYD, "--config", config, "--socket", first.socket(), "--control", control});
  EXPECT_EQ(second.status, 2) << second.output;
  EXPECT_NE(second.output.find(first.socket()), std::string::npos) << second.output;
  Client client(first.socket());
  EXPECT_TRUE(client.ping().ok());

  // Killed, it leaves its socket files; the next one takes them over.
  const std::string data_path = first.socket();
  first.stop(SIGKILL);
  EXPECT_TRUE(exists(data_path));
  const auto next = run({"/bin/sh", "-c",
                         std::string("'") + ASSAYD + "' --config '" + config + "' --socket '" + data_path + "' --control '" + first.control() +
                             "' & pid=$!; for i in $(seq 100); do '" + ASSAYCTL + "' ping --socket '" + data_path +
                             "' >/dev/null 2>&1 && break; sleep 0.05; done; '" + ASSAYCTL + "' ping --socket '" + data_path + "'; echo ping=$?; kill -TERM $pid; wait $pid; echo exit=$?"});
  EXPECT_NE(next.output.find("ping=0"), std::string::npos) << next.output;
  EXPECT_NE(next.output.find("exit=0"), std::string::npos) << next.output;

  // Never anything but a socket.
  const std::string file = folder.write("precious", "data");
  const Exited refused = run({ASSAYD, "--config", config, "--socket", file, "--control", control});
  EXPECT_EQ(refused.status, 2) << refused.output;
  EXPECT_TRUE(exists(file));
}

TEST(Life, RefusesABadStartWithOneLineAFault) {
  const TemporaryFolder folder;
  const std::string bad = folder.write("bad.json", R"({"oauth_servers": [{"name": "", "issuers": []}], "api_services": [], "extra": 1})");
  const std::string good = folder.write("good.json", fixture().configuration());
  const auto has = [](const Exited& exited, std::string_view text) { return exited.output.find(text) != std::string::npos; };

  const Exited started = run({ASSAYD, "--config", bad, "--socket", (folder.path() / "d").string(), "--control", (folder.path() / "c").string()});
  EXPECT_EQ(started.status, 2);
  for (const std::string_view pointer : {"/oauth_servers/0/name", "/oauth_servers/0/issuers", "/extra"}) EXPECT_TRUE(has(started, pointer)) << pointer << started.output;
  EXPECT_FALSE(exists((folder.path() / "d").string()));

  const Exited checked = run({ASSAYD, "--check", bad});
  EXPECT_EQ(checked.status, 2);
  EXPECT_TRUE(has(checked, "/extra")) << checked.output;
  EXPECT_EQ(run({ASSAYD, "--check", good}).status, 0);
  EXPECT_EQ(run({ASSAYD, "--check", (folder.path() / "absent.json").string()}).status, 2);
  EXPECT_EQ(run({ASSAYD, "--version"}).status, 0);
  EXPECT_EQ(run({ASSAYD, "--workers", "0"}).status, 2);
  EXPECT_EQ(run({ASSAYD, "--workers", "many"}).status, 2);
  EXPECT_EQ(run({ASSAYD, "--no-such-option"}).status, 2);
  EXPECT_EQ(run({ASSAYD, "--log-level", "loud"}).status, 2);
}

// A deploy is refused as a whole: what served before serves on.
TEST(Life, KeepsServingWhenADeployIsRefused) {
  DaemonProcess daemon({.configuration = fixture().configuration()});
  Client client(daemon.socket());
  ControlClient control(daemon.control(), {.timeout_ms = 10'000});
  const std::string token = good_token();
  ASSERT_TRUE(client.validate(kOrders, token).ok());
  const auto refused = control.deploy({.configuration = R"({"oauth_servers": 1})"});
  ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
  EXPECT_EQ(std::get<Refusal>(refused).error.daemon_error, DaemonError::bad_configuration);
  EXPECT_FALSE(std::get<Refusal>(refused).faults.empty());
  const auto dry = control.deploy({.configuration = fixture().configuration(), .dry_run = true});
  ASSERT_TRUE(std::holds_alternative<Deployed>(dry));
  EXPECT_EQ(std::get<Deployed>(dry).deployment, 0U);
  const auto verdict = client.validate(kOrders, token);
  ASSERT_TRUE(verdict.ok());
  EXPECT_TRUE(verdict->accepted());
  EXPECT_EQ(verdict->generation, 1U);
}

TEST(Life, ClientsFindTheNextDaemon) {
  auto daemon = std::make_unique<DaemonProcess>(DaemonProcess::Options{.configuration = fixture().configuration()});
  Client client(daemon->socket(), {.timeout_ms = 5000, .connect_timeout_ms = 100});
  ASSERT_TRUE(client.ping().ok());
  daemon->stop(SIGKILL);
  const auto lost = client.validate(kOrders, good_token());
  EXPECT_FALSE(lost.ok());
}

}  // namespace
}  // namespace assay::tests
