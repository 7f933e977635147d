// Restarts of the real daemon on its real state directory: after a stop, after edits, and after kill -9 at random moments of deploys, pushes and rollbacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <random>
#include <thread>

#include "client/control.h"
#include "server/ledger_fixture.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

using test::config;
using test::jwks;
using testing::HasSubstr;

#ifndef ASSAY_KILLS
#define ASSAY_KILLS 25
#endif

constexpr ClientOptions kPatient{.timeout_ms = 120'000, .connect_timeout_ms = 1000};

StatusReport status_of(DaemonProcess& daemon) {
  ControlClient control(daemon.control(), kPatient);
  auto report = control.status();
  EXPECT_TRUE(report.ok()) << report.error().text << daemon.log();
  return report ? *report : StatusReport();
}

// summary(...): what is in force, in one line: the same of a report of the real daemon and of a ledger in this process.
std::string summary(std::uint64_t deployment, std::uint64_t generation, std::vector<std::string> parts) {
  std::ranges::sort(parts);
  std::string text = "deployment " + std::to_string(deployment) + " generation " + std::to_string(generation);
  for (const std::string& part : parts) text += "; " + part;
  return text;
}

std::string summary(const StatusReport& report) {
  std::vector<std::string> parts;
  for (const ApiServiceStatus& service : report.api_services) parts.push_back(service.name + " of " + std::to_string(service.deployment));
  for (const OAuthServerStatus& server : report.oauth_servers) {
    for (const std::string& service : server.api_services) {
      std::string part = service + " takes " + server.name + ":" + (server.available ? "" : " none");
      for (const KeyStatus& key : server.keys) part += " " + key.kid.value_or("-");
      parts.push_back(std::move(part));
    }
  }
  return summary(report.deployment, report.generation, std::move(parts));
}

// Twin: the same changes on a ledger in this process, whose disk is memory, and can be put back.
class Twin {
 public:
  explicit Twin(const std::string& file) { open(server::ConfigurationFile{"assayd.json", file}); }

  std::string summary() const {
    std::vector<std::string> parts;
    for (const auto& service : ledger_->state().in_force().api_services) parts.push_back(service.settings->name + " of " + std::to_string(service.document));
    for (const auto& service : snapshot_->api_services()) {
      for (const auto& server : service->oauth_servers()) {
        std::string part = service->name() + " takes " + server->name + ":" + (server->keys == nullptr ? " none" : "");
        for (std::size_t i = 0; server->keys != nullptr && i < server->keys->keys().size(); ++i) part += " " + server->keys->keys()[i].kid.value_or("-");
        parts.push_back(std::move(part));
      }
    }
    return tests::summary(snapshot_->deployment(), snapshot_->generation(), std::move(parts));
  }
  // apply(request): whether it was put in force, or needed nothing.
  bool apply(const server::ChangeRequest& request) {
    before_ = disk_;
    const server::Applied applied = ledger_->apply(std::span(&request, 1));
    if (applied.snapshot != nullptr) snapshot_ = applied.snapshot;
    return applied.outcomes.front().error == server::ErrorCode::unset;
  }
  // take_back(): the last change never was.
  void take_back() {
    disk_ = before_;
    open({});
  }

 private:
  void open(const std::optional<server::ConfigurationFile>& file) {
    ledger_ = std::make_unique<server::Ledger>(server::LedgerParts{.identities = identities_, .clock = clock_, .log = log_, .workers = 1, .draw_instance = [] { return 1U; },
                                                                   .store = std::make_unique<store::Store>(std::make_unique<test::FakeFiles>(disk_)), .state_dir = "twin"});
    EXPECT_TRUE(ledger_->start(file));
    snapshot_ = ledger_->first_snapshot();
  }
  test::FakeClock clock_;
  test::RecordingLog log_{base::LogLevel::alarm};
  NoIdentities identities_;
  test::FakeDisk disk_;
  test::FakeDisk before_;
  std::unique_ptr<server::Ledger> ledger_;
  std::shared_ptr<const snapshot::Snapshot> snapshot_;
};

// Two API services, an OAuth server with inline keys and one with a URL.
std::string random_document(std::mt19937_64& random) {
  const auto pick = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  std::vector<int> keys{99, pick(5)};  // one that stays, so that a rollback has something to bring
  if (pick(2) == 0) keys.push_back(5 + pick(5));
  return config({{"s", keys}, {"u", {}, pick(8) == 0 ? "https://v" : "https://u"}}, {{"a", {"s", "u"}, pick(2) == 0 ? R"(,"max_token_age":60)" : ""}, {"b", {"u"}}});
}

server::ChangeRequest random_change(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
    case 1: return server::DeployRequest{.document = random_document(random), .api_services = {}, .expected_deployment = {}};
    case 2: return server::DeployRequest{.document = random_document(random), .api_services = {random() % 2 == 0 ? "a" : "b"}, .expected_deployment = {}};
    case 3: return server::RollbackRequest{.deployment = 0, .expected_deployment = {}};
    default: {
      const int first = static_cast<int>(random() % 5);
      return server::PushRequest{.oauth_server = "u", .url = random() % 8 == 0 ? "https://v" : "", .jwks = random() % 2 == 0 ? jwks({first}) : jwks({first, first + 5})};
    }
  }
}

// send(control, request): whether the daemon did it; nothing if no answer came.
std::optional<bool> send(ControlClient& control, const server::ChangeRequest& change) {
  const auto outcome = [](const auto& answer) -> std::optional<bool> {
    const Refusal* refusal = std::get_if<Refusal>(&answer);
    if (refusal == nullptr) return true;
    return refusal->error.status == CallStatus::daemon_error ? std::optional(false) : std::nullopt;
  };
  if (const auto* deploy = std::get_if<server::DeployRequest>(&change)) return outcome(control.deploy({.configuration = deploy->document, .api_services = deploy->api_services}));
  if (std::get_if<server::RollbackRequest>(&change) != nullptr) return outcome(control.rollback({}));
  const auto& push = std::get<server::PushRequest>(change);
  return outcome(control.push_keys(push.oauth_server, push.jwks, push.url));
}

// Issue 3: kill -9 at random moments during deploys, pushes and rollbacks: the state before or the state after, whole, and the daemon says which. What was answered
// is the state before: nothing that was answered is lost.
TEST(Restart, ServesTheStateBeforeOrAfterWheneverItIsKilled) {
  constexpr std::uint64_t kSeed = 20261126;
  std::mt19937_64 random(kSeed);
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::string state_dir = (folder.path() / "state").string();
  const std::string first = random_document(random);
  Twin twin(first);
  std::string instance;
  std::size_t killed_in_a_change = 0;
  std::size_t after = 0;
  std::int64_t change_us = 1000;  // how long a change takes about here; a kill comes within that time
  for (int kill = 0; kill < ASSAY_KILLS; ++kill) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", kill " + std::to_string(kill));
    DaemonProcess daemon({.configuration = first, .more_arguments = {"--state-dir", state_dir}});
    ASSERT_TRUE(daemon.running()) << daemon.log();
    const StatusReport report = status_of(daemon);
    ASSERT_EQ(summary(report), twin.summary());
    ASSERT_TRUE(report.kept);
    for (const Problem& problem : report.problems) ASSERT_THAT(problem.text, testing::Not(HasSubstr("stored state"))) << daemon.log();
    if (instance.empty()) instance = std::to_string(report.instance);
    ASSERT_EQ(std::to_string(report.instance), instance);

    ControlClient control(daemon.control(), kPatient);
    for (std::uint64_t i = random() % 3; i > 0; --i) {
      const server::ChangeRequest change = random_change(random);
      const auto begin = std::chrono::steady_clock::now();
      const std::optional<bool> done = send(control, change);
      const auto took = std::chrono::steady_clock::now() - begin;
      ASSERT_EQ(done, std::optional(twin.apply(change)));
      change_us = (7 * change_us + std::chrono::duration_cast<std::chrono::microseconds>(took).count()) / 8;
    }
    const server::ChangeRequest last = random_change(random);
    const std::string before = twin.summary();
    auto answered = std::async(std::launch::async, [&] { return send(control, last); });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % static_cast<std::uint64_t>(change_us + 1)));
    daemon.stop(SIGKILL);
    const std::optional<bool> answer = answered.get();
    const bool done = twin.apply(last);
    if (answer) {
      ASSERT_EQ(*answer, done);
      continue;
    }
    // No answer: either. What the next daemon serves decides which, and the twin follows.
    ++killed_in_a_change;
    const std::string changed = twin.summary();
    DaemonProcess next({.configuration = first, .more_arguments = {"--state-dir", state_dir}});
    ASSERT_TRUE(next.running()) << next.log();
    const std::string found = summary(status_of(next));
    EXPECT_THAT(next.log(), HasSubstr(found.substr(0, found.find(" generation")))) << next.log();
    if (found == changed) {
      ++after;
    } else {
      ASSERT_EQ(found, before) << "and the state after would be " << changed;
      twin.take_back();
    }
    next.stop(SIGKILL);
  }
  std::printf("%d kills, %zu in the middle of a change, %zu of those kept it\n", ASSAY_KILLS, killed_in_a_change, after);
  EXPECT_GE(killed_in_a_change, std::size_t{ASSAY_KILLS} / 10);
}

TEST(Restart, DeploysAnEditedFileAndOutlivesABrokenOne) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::vector<std::string> arguments{"--state-dir", (folder.path() / "state").string()};
  const std::string one = config({{"s", {1}}}, {{"a", {"s"}}});
  const std::string two = config({{"s", {2}}}, {{"a", {"s"}}});
  {
    DaemonProcess daemon({.configuration = one, .more_arguments = arguments});
    EXPECT_THAT(summary(status_of(daemon)), HasSubstr("a takes s: k1"));
    ControlClient control(daemon.control(), kPatient);
    ASSERT_TRUE(std::holds_alternative<Deployed>(control.deploy({.configuration = two})));
    EXPECT_EQ(daemon.stop(SIGTERM).status, 0) << daemon.log();
  }
  {
    DaemonProcess daemon({.configuration = one, .more_arguments = arguments});  // the file is the one that was deployed from it
    EXPECT_EQ(summary(status_of(daemon)), "deployment 2 generation 2; a of 2; a takes s: k2") << daemon.log();
  }
  {
    DaemonProcess daemon({.configuration = config({{"s", {3}}}, {{"a", {"s"}}}), .more_arguments = arguments});
    EXPECT_EQ(summary(status_of(daemon)), "deployment 3 generation 3; a of 3; a takes s: k3") << daemon.log();
  }
  {
    DaemonProcess daemon({.configuration = "{\"oauth_servers\":1", .more_arguments = arguments});
    ASSERT_TRUE(daemon.running()) << daemon.log();
    const StatusReport report = status_of(daemon);
    EXPECT_EQ(summary(report), "deployment 3 generation 3; a of 3; a takes s: k3");
    ASSERT_FALSE(report.problems.empty());
    EXPECT_THAT(report.problems[0].text, HasSubstr("assayd.json was not deployed at the start, the stored deployment 3 serves"));
    // Until then a client's verdicts go on naming the same instance and generation.
    EXPECT_EQ(daemon.stop(SIGTERM).status, 0) << daemon.log();
  }
}

TEST(Restart, RefusesAStateDirectoryThatIsInUse) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::vector<std::string> arguments{"--state-dir", (folder.path() / "state").string()};
  DaemonProcess daemon({.configuration = config({{"s", {1}}}, {{"a", {"s"}}}), .more_arguments = arguments});
  ASSERT_TRUE(daemon.running()) << daemon.log();
  DaemonProcess second({.configuration = config({{"s", {1}}}, {{"a", {"s"}}}), .more_arguments = arguments});
  EXPECT_FALSE(second.running());
  EXPECT_THAT(second.log(), HasSubstr("another daemon"));
  EXPECT_EQ(second.stop(SIGTERM).status, 2);
}

// The seam with systemd: StateDirectory= names the folder in the environment.
TEST(Restart, KeepsItsStateWhereSystemdSays) {
  const TemporaryFolder folder = TemporaryFolder::in_memory();
  const std::string state_dir = (folder.path() / "state").string();
  ::setenv("STATE_DIRECTORY", (state_dir + ":/nowhere").c_str(), 1);
  DaemonProcess daemon({.configuration = config({{"s", {1}}}, {{"a", {"s"}}})});
  ::unsetenv("STATE_DIRECTORY");
  EXPECT_EQ(status_of(daemon).state_dir, state_dir);
  EXPECT_TRUE(std::filesystem::exists(state_dir + "/state"));
}

}  // namespace
}  // namespace assay::tests
