// The control socket's rights, and which answer goes to whom.
#include "server/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <deque>

#include "server/ledger_fixture.h"
#include "server/quota.h"

namespace assay::server {
namespace {

using test::config;
using test::Peer;
using wire::ErrorCode;

constexpr std::uint32_t kStranger = 4242;
constexpr std::uint32_t kReader = 4243;
constexpr std::uint32_t kWriter = 4244;
constexpr std::uint32_t kGroup = 4250;

class ControlTest : public testing::Test, private StatusSource, private MetricsSource {
 protected:
  explicit ControlTest(const std::string& clients = R"(,"clients":[{"uid":4243,"control":"read"},{"uid":4244,"control":"write"},{"gid":4250,"control":"read"}])")
      : document(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}}, clients)) {
    ::signal(SIGPIPE, SIG_IGN);
    auto ledger = test::ledger_of(document, clock, log, identities);
    auto first = ledger->first_snapshot();
    auto report = ledger->report();
    builder.emplace(main, std::move(ledger), nullptr);
    deployer.emplace(main, DeployerParts{.builder = *builder, .workers = {}, .quota = quota, .log = log, .snapshot = std::move(first), .report = std::move(report)});
    refresher.emplace(main, KeyRefresherParts{.clock = clock, .log = log, .deployer = *deployer, .jitter_seed = 1, .snapshot = deployer->current(), .report = deployer->report()});
    control.emplace(main, ControlParts{.clock = clock, .log = log, .version = "1", .deployer = *deployer, .refresher = *refresher, .status = *this, .metrics = *this, .drained = {}});
  }
  ~ControlTest() override {
    control->drain();
    EXPECT_TRUE(test::eventually([this] {
      main.turn();
      return control->drained();
    }));
  }
  StatusFigures figures() const override { return {.version = "1", .engine = "none", .engines = {}, .workers = {}}; }

  std::string metrics_text() const override { return text; }

  Peer connect(std::uint32_t uid, std::vector<std::uint32_t> groups = {}) {
    auto [descriptor, peer] = test::socket_pair();
    control->adopt({.charge = *quota.charge(uid), .descriptor = std::move(descriptor), .peer = {.uid = uid, .gid = uid, .groups = std::move(groups)}});
    return std::move(peer);
  }
  test::Answer ask(Peer& peer, const test::Frame& frame) {
    EXPECT_TRUE(peer.send(frame));
    EXPECT_TRUE(test::eventually([&] {
      main.turn();
      return peer.readable(0);
    }));
    auto answer = peer.answer();
    EXPECT_TRUE(answer.has_value());
    return answer ? std::move(*answer) : test::Answer(test::Frame());
  }

  const std::string document;
  std::string text = "assay_generation 1\n";
  test::FakeClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  ConnectionQuota quota{100, 100};
  loop::Loop main;
  std::optional<Builder> builder;
  std::optional<Deployer> deployer;
  std::optional<KeyRefresher> refresher;
  std::optional<ControlServer> control;
};

test::Frame rollback_frame(std::uint64_t id) {
  return test::framed(id, wire::Body::Rollback, [](test::Builder& b) { return wire::CreateRollback(b).Union(); });
}

TEST_F(ControlTest, TakesNothingFromThoseWhomClientsDoesNotName) {
  // Told so at once, and sent away: nobody without rights takes a place.
  for (int i = 0; i < 3; ++i) {
    Peer peer = connect(kStranger);
    peer.send(test::deploy_frame(1, document));  // may fail: the other end has been closed
    const auto answer = peer.answer();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->error(), ErrorCode::forbidden);
    EXPECT_EQ(answer->id(), 0U);
    EXPECT_TRUE(peer.ended());
  }
  main.turn();
  EXPECT_EQ(control->counters().connections.value(), 0U);
  EXPECT_EQ(log.count("forbidden by clients; the latest of uid 4242"), 1U) << log.all();
  EXPECT_EQ(log.events("control_forbidden"), std::vector<std::string>{"control_forbidden COUNT=1 UID=4242"});
  EXPECT_EQ(deployer->current().generation(), 1U);
}

TEST_F(ControlTest, LetsReadersLookAndNothingElse) {
  std::vector<Peer> peers;
  peers.push_back(connect(kReader));
  peers.push_back(connect(kStranger, {7, kGroup}));
  for (Peer& peer : peers) {
    EXPECT_EQ(ask(peer, test::ping_frame(1)).kind(), wire::Body::Pong);
    EXPECT_EQ(ask(peer, test::status_frame(2)).kind(), wire::Body::StatusReport);
    EXPECT_EQ(ask(peer, test::metrics_frame(2)).envelope()->body_as_MetricsText()->text()->str(), text);
    for (const test::Frame& frame : {test::deploy_frame(3, document), test::deploy_frame(3, document, true), rollback_frame(4), test::push_frame(5, "s", test::jwks({1}))}) {
      EXPECT_EQ(ask(peer, frame).error(), ErrorCode::forbidden);
    }
  }
  EXPECT_EQ(deployer->current().generation(), 1U);
}

// A reading that does not fit into a frame is refused, and the next request is answered.
TEST_F(ControlTest, RefusesMetricsThatDoNotFitIntoAFrame) {
  Peer peer = connect(kReader);
  text.assign(limits::kControlFrameBytesMax + 1, 'x');
  EXPECT_EQ(ask(peer, test::metrics_frame(1)).error(), ErrorCode::response_too_large);
  text.resize(limits::kControlFrameBytesMax - 8);  // it would fit alone, but not with what is around it
  EXPECT_EQ(ask(peer, test::metrics_frame(2)).error(), ErrorCode::response_too_large);
  text = "x\n";
  EXPECT_EQ(ask(peer, test::metrics_frame(3)).envelope()->body_as_MetricsText()->text()->str(), text);
}

TEST_F(ControlTest, LetsWritersRootAndItsOwnUserDoEverything) {
  std::uint64_t generation = 1;
  for (const std::uint32_t uid : {kWriter, std::uint32_t{0}, static_cast<std::uint32_t>(::geteuid())}) {
    Peer peer = connect(uid);
    const test::Answer deployed = ask(peer, test::deploy_frame(1, document));
    ASSERT_EQ(deployed.kind(), wire::Body::Deployed) << uid;
    EXPECT_EQ(deployed.envelope()->body_as_Deployed()->generation(), ++generation);
  }
}

// Rights are those of the configuration in force, also for a connection that is open.
TEST_F(ControlTest, LooksRightsUpAgainWithEachSnapshot) {
  Peer reader = connect(kReader);
  Peer writer = connect(kWriter);
  EXPECT_EQ(ask(reader, test::ping_frame(1)).kind(), wire::Body::Pong);
  EXPECT_EQ(ask(writer, test::deploy_frame(1, config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}}, R"(,"clients":[{"uid":4242,"control":"write"}])"))).kind(),
            wire::Body::Deployed);
  EXPECT_EQ(ask(reader, test::ping_frame(2)).error(), ErrorCode::forbidden);
  EXPECT_EQ(ask(writer, test::deploy_frame(2, document)).error(), ErrorCode::forbidden);
  Peer stranger = connect(kStranger);
  EXPECT_EQ(ask(stranger, test::deploy_frame(3, document)).kind(), wire::Body::Deployed);
}

class OpenControlTest : public ControlTest {
 protected:
  OpenControlTest() : ControlTest("") {}
};

TEST_F(OpenControlTest, TakesEverythingFromWhoeverCanOpenItWithoutClients) {
  Peer peer = connect(kStranger);
  EXPECT_EQ(ask(peer, test::deploy_frame(1, document)).kind(), wire::Body::Deployed);
}

// Two sources with one URL: the status of each server is that of its own.
TEST_F(OpenControlTest, ReportsTheKeysOfTheSourceThatTheSettingsName) {
  Peer peer = connect(kStranger);
  const std::string two = test::config({{"s", {}, "https://same/jwks"}, {"t", {}, "https://same/jwks", R"(,"ca_file":"/etc/ca.pem")"}}, {{"a", {"s"}}, {"b", {"t"}}});
  ASSERT_EQ(ask(peer, test::deploy_frame(1, two)).kind(), wire::Body::Deployed);
  ASSERT_EQ(ask(peer, test::push_frame(2, "t", test::jwks({1}))).kind(), wire::Body::Pushed);
  const test::Answer status = ask(peer, test::status_frame(3));
  const auto* servers = status.envelope()->body_as_StatusReport()->oauth_servers();
  ASSERT_EQ(servers->size(), 2U);
  for (const wire::OAuthServerStatus* server : *servers) EXPECT_EQ(server->keys_changed_at() != 0, server->name()->string_view() == "t") << server->name()->string_view();
}

TEST_F(OpenControlTest, PushesAndRollsBack) {
  Peer peer = connect(kStranger);
  const test::Answer pushed = ask(peer, test::push_frame(1, "s", test::jwks({1})));
  ASSERT_EQ(pushed.kind(), wire::Body::Pushed);
  EXPECT_TRUE(pushed.envelope()->body_as_Pushed()->changed());
  EXPECT_EQ(pushed.envelope()->body_as_Pushed()->generation(), 2U);
  EXPECT_EQ(deployer->current().generation(), 2U);
  const test::Answer again = ask(peer, test::push_frame(2, "s", test::jwks({1})));
  EXPECT_FALSE(again.envelope()->body_as_Pushed()->changed());
  EXPECT_EQ(ask(peer, test::push_frame(3, "x", test::jwks({1}))).error(), ErrorCode::bad_key_source);
  EXPECT_EQ(ask(peer, test::push_frame(4, "s", "{}")).error(), ErrorCode::bad_keys);
  EXPECT_EQ(ask(peer, rollback_frame(5)).error(), ErrorCode::no_such_deployment);
  EXPECT_EQ(ask(peer, test::deploy_frame(6, document)).kind(), wire::Body::Deployed);
  const test::Answer rolled = ask(peer, rollback_frame(7));
  ASSERT_EQ(rolled.kind(), wire::Body::Deployed);
  EXPECT_EQ(rolled.envelope()->body_as_Deployed()->deployment(), 3U);
  const test::Answer status = ask(peer, test::status_frame(8));
  const wire::StatusReport* report = status.envelope()->body_as_StatusReport();
  EXPECT_EQ(report->deployments()->size(), 3U);
  EXPECT_EQ(report->deployments()->Get(2)->kind(), wire::DeploymentKind::rollback);
  EXPECT_EQ(report->deployments()->Get(2)->restores(), 1U);
  EXPECT_EQ(report->oauth_servers()->Get(0)->url()->str(), "https://s/jwks");
  EXPECT_NE(report->oauth_servers()->Get(0)->keys_changed_at(), 0);
  EXPECT_EQ(report->oauth_servers()->Get(0)->api_services()->Get(0)->str(), "a");
  EXPECT_EQ(log.events("change_asked").front(), "change_asked CHANGE=push-keys UID=4242 OAUTH_SERVER=s");
  EXPECT_EQ(log.events("change_asked").back(), "change_asked CHANGE=rollback DRY_RUN=false UID=4242");
  const std::vector<std::string> refused = log.events("change_refused");
  ASSERT_EQ(refused.size(), 3U);
  EXPECT_TRUE(refused[0].starts_with("change_refused CHANGE=push-keys REASON=")) << refused[0];
  EXPECT_TRUE(refused[2].starts_with("change_refused CHANGE=rollback REASON=")) << refused[2];
  EXPECT_EQ(log.events("change_in_force").front(), "change_in_force DEPLOYMENT=1 GENERATION=2");
}

// A stop does not say of a change that is under way that it was not looked at.
TEST_F(OpenControlTest, AnswersAChangeThatIsUnderWayWhenItStops) {
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect(kStranger));
  std::string large = document;
  large.insert(0, std::string(8 << 20, ' '));
  std::vector<std::thread> senders;
  for (Peer& peer : peers) senders.emplace_back([&] { peer.send(test::deploy_frame(1, large)); });
  EXPECT_TRUE(test::eventually([&] {
    main.turn();
    return log.count("deploy asked for") == peers.size();
  }));
  control->drain();
  for (std::thread& sender : senders) sender.join();
  std::size_t deployed = 0;
  std::size_t refused = 0;
  EXPECT_TRUE(test::eventually([&] {
    main.turn();
    for (Peer& peer : peers) {
      if (peer.descriptor() < 0 || !peer.readable(0)) continue;
      const auto answer = peer.answer();
      if (answer && answer->kind() == wire::Body::Deployed) ++deployed;
      if (answer && answer->error() == ErrorCode::shutting_down) ++refused;
      peer.close();
    }
    return deployed + refused == peers.size();
  }));
  EXPECT_EQ(deployer->current().deployment(), 1 + deployed);
}

// More changes than may wait are told so; each of the others gets its own answer.
TEST_F(OpenControlTest, AnswersOverloadedWhenTooManyChangesWait) {
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < limits::kChangesQueuedMax + 2; ++i) peers.push_back(connect(kStranger));
  for (Peer& peer : peers) peer.send(test::deploy_frame(1, document));
  std::size_t deployed = 0;
  std::size_t overloaded = 0;
  EXPECT_TRUE(test::eventually([&] {
    main.turn();
    for (Peer& peer : peers) {
      if (!peer.readable(0)) continue;
      const auto answer = peer.answer();
      if (!answer) continue;
      if (answer->kind() == wire::Body::Deployed) ++deployed;
      if (answer->error() == ErrorCode::overloaded) ++overloaded;
    }
    return deployed + overloaded == peers.size();
  }));
  EXPECT_GE(deployed, limits::kChangesQueuedMax);
}

}  // namespace
}  // namespace assay::server
