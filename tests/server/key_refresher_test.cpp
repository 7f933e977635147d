// The schedule at work: a peer that plays assay-fetch, a real deployer and ledger, and a clock that the test moves. When what is due is tests/sources' business; here it is what
// comes of it.
#include "server/key_refresher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <deque>
#include <optional>

#include "server/ledger_fixture.h"
#include "server/quota.h"

namespace assay::server {
namespace {

using test::config;
using test::Frame;
using test::Peer;

constexpr std::uint64_t kMinute = 60'000;

// HandClock: both readings are the test's.
class HandClock final : public base::Clock {
 public:
  std::int64_t realtime_s() const noexcept override { return static_cast<std::int64_t>(1'800'000'000 + boot_ms / 1000) + stepped_s; }
  std::uint64_t boottime_us() const noexcept override { return boot_ms * 1000; }
  std::uint64_t boot_ms = 1'000'000;
  std::int64_t stepped_s = 0;
};

class KeyRefresherTest : public testing::Test, private RefreshListener {
 protected:
  explicit KeyRefresherTest(std::string text = config({{"s", {}, "https://s/jwks?secret=1"}}, {{"a", {"s"}}})) : document(std::move(text)) {
    ::signal(SIGPIPE, SIG_IGN);
    start();
  }
  ~KeyRefresherTest() override { stop(); }

  // start(): a new process on the same disk.
  void start() {
    auto ledger = std::make_unique<Ledger>(LedgerParts{.identities = identities,
                                                       .clock = clock,
                                                       .log = log,
                                                       .workers = 1,
                                                       .draw_instance = [this] { return ++instances; },
                                                       .store = std::make_unique<store::Store>(std::make_unique<test::FakeFiles>(disk)),
                                                       .state_dir = "/state"});
    const base::Result<std::string, std::vector<snapshot::Fault>> file = document;
    ASSERT_TRUE(ledger->start(ConfigurationFile{"assayd.json", file}));
    auto first = ledger->first_snapshot();
    auto report = ledger->report();
    builder.emplace(main, std::move(ledger), nullptr);
    deployer.emplace(main, DeployerParts{.builder = *builder, .workers = {}, .quota = quota, .log = log, .snapshot = std::move(first), .report = std::move(report)});
    refresher.emplace(main, KeyRefresherParts{.clock = clock, .log = log, .deployer = *deployer, .jitter_seed = 1, .snapshot = deployer->current(), .report = deployer->report()});
    refresher->set_refresh_listener(this);
  }
  void stop() {
    refresher.reset();
    deployer.reset();
    builder.reset();
  }
  void on_refreshed(std::uint64_t ticket, const Refreshed& what) noexcept override { refreshed.emplace_back(ticket, what); }

  template <class Condition>
  bool run_until(Condition condition) {
    return test::eventually([&] {
      main.turn();
      return condition();
    });
  }
  void connect() {
    auto [descriptor, peer] = test::socket_pair();
    refresher->sink().adopt({.charge = *quota.charge(7), .descriptor = std::move(descriptor), .peer = {.uid = 7, .gid = 7, .groups = {}}});
    fetcher.emplace(std::move(peer));
  }
  // order(): the next one; null if none comes in the time of a few turns.
  const wire::Fetch* order() {
    for (int turn = 0; turn < 20 && !fetcher->readable(0); ++turn) main.turn();
    if (!fetcher->readable(0)) return nullptr;
    last_order = fetcher->answer();
    EXPECT_TRUE(last_order);
    return last_order ? last_order->envelope()->body_as_Fetch() : nullptr;
  }
  std::uint64_t number() const { return last_order->id(); }
  Frame fetched(const std::string& jwks, const std::string& etag = "\"1\"", std::uint64_t max_age = 600) {
    return test::framed(number(), wire::Body::Fetched, [&](test::Builder& b) {
      const auto text = b.CreateString(jwks);
      return wire::CreateFetched(b, text, b.CreateString(etag), max_age).Union();
    });
  }
  Frame failed(const std::string& reason) {
    return test::framed(number(), wire::Body::FetchFailed, [&](test::Builder& b) { return wire::CreateFetchFailed(b, b.CreateString(reason)).Union(); });
  }
  Frame not_modified() {
    return test::framed(number(), wire::Body::NotModified, [&](test::Builder& b) { return wire::CreateNotModified(b, 600).Union(); });
  }
  const snapshot::OAuthServer& server() const { return *deployer->current().oauth_servers().front(); }
  std::string kids() const {
    const snapshot::KeySet* keys = server().serving_keys();
    if (keys == nullptr) return "none";
    std::string all;
    for (const auto& one : keys->keys()) all += *one.kid + " ";
    return all;
  }
  sources::SourceReport report() const {
    StatusFigures figures;
    refresher->add_figures(figures);
    return figures.sources.empty() ? sources::SourceReport() : figures.sources.begin()->second;
  }
  std::vector<std::string> problems() const {
    StatusFigures figures;
    refresher->add_figures(figures);
    std::vector<std::string> texts;
    for (const Problem& problem : figures.problems) texts.push_back(problem.text);
    return texts;
  }
  // bring(numbers): the answer to the next order, and all that comes of it.
  void bring(const std::vector<int>& numbers) {
    ASSERT_NE(order(), nullptr);
    fetcher->send(fetched(test::jwks(numbers)));
    ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  }
  // advance(ms): time passes, and the schedule is looked at, as its timer would.
  void advance(std::uint64_t ms) {
    clock.boot_ms += ms;
    refresher->look();
  }

  struct Nobody final : ChangeListener {
    int done = 0;
    void on_change_done(std::uint64_t, const Outcome&) noexcept override { ++done; }
    void on_change_dropped(std::uint64_t) noexcept override {}
  };

  std::string document;
  HandClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  test::FakeDisk disk;
  std::uint64_t instances = 0;
  ConnectionQuota quota{100, 100};
  Nobody nobody;
  std::deque<std::pair<std::uint64_t, Refreshed>> refreshed;
  std::optional<Peer> fetcher;
  std::optional<test::Answer> last_order;
  loop::Loop main;
  std::optional<Builder> builder;
  std::optional<Deployer> deployer;
  std::optional<KeyRefresher> refresher;
};

TEST_F(KeyRefresherTest, PutsAFetchedSetInForce) {
  EXPECT_EQ(kids(), "none");
  connect();
  const wire::Fetch* fetch = order();
  ASSERT_NE(fetch, nullptr);
  EXPECT_EQ(fetch->kind(), wire::SourceKind::jwks_url);
  EXPECT_EQ(fetch->url()->string_view(), "https://s/jwks?secret=1");
  EXPECT_EQ(fetch->etag(), nullptr);
  EXPECT_EQ(fetch->timeout_ms(), 5'000U);
  EXPECT_EQ(report().state, sources::SourceState::fetching);
  fetcher->send(fetched(test::jwks({1, 2})));
  ASSERT_TRUE(run_until([&] { return kids() == "k1 k2 "; }));
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  EXPECT_EQ(report().etag, "\"1\"");
  EXPECT_EQ(log.count("keys fetched: OAuth server s (https://s/jwks)"), 1U) << log.all();
  EXPECT_EQ(log.count("changed: + key k1 of s"), 1U) << log.all();
  EXPECT_EQ(log.count("secret"), 0U) << log.all();
  EXPECT_THAT(log.events("keys_fetched"), testing::ElementsAre("keys_fetched URL=https://s/jwks OAUTH_SERVER=s"));
  EXPECT_EQ(order(), nullptr);
}

// An unchanged set publishes nothing: freshness is state of the source.
TEST_F(KeyRefresherTest, PublishesNothingForASetThatIsThereAlready) {
  connect();
  bring({1});
  const std::uint64_t generation = deployer->current().generation();
  advance(9 * kMinute);
  const wire::Fetch* fetch = order();
  ASSERT_NE(fetch, nullptr);
  ASSERT_NE(fetch->etag(), nullptr);
  EXPECT_EQ(fetch->etag()->string_view(), "\"1\"");
  fetcher->send(not_modified());
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  advance(9 * kMinute);
  bring({1});
  EXPECT_EQ(deployer->current().generation(), generation);
  EXPECT_EQ(log.count("keys fetched"), 1U) << log.all();
}

TEST_F(KeyRefresherTest, WithdrawsAKeyThatTheIssuerHasDropped) {
  connect();
  bring({1, 2});
  advance(9 * kMinute);
  bring({2, 3});
  EXPECT_EQ(kids(), "k2 k3 ");
  EXPECT_EQ(log.count("changed: - key k1 of s"), 1U) << log.all();
}

// A set without a usable key does not replace a good one.
TEST_F(KeyRefresherTest, KeepsWhatItHasWhenASetIsNoGood) {
  connect();
  bring({1});
  for (const std::string bad : {R"({"keys":[]})", R"({"keys":[{"kty":"oct","k":"AAAA"}]})", "[]", "<html>", ""}) {
    advance(9 * kMinute);
    ASSERT_NE(order(), nullptr) << bad;
    fetcher->send(fetched(bad));
    ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::failing; })) << bad;
    EXPECT_EQ(kids(), "k1 ") << bad;
    EXPECT_THAT(problems(), testing::ElementsAre("the last fetch of keys failed, of OAuth servers: s"));
    advance(5 * kMinute);
    bring({1});
  }
  EXPECT_EQ(log.count("fetch failed: OAuth server s"), 5U) << log.all();
  EXPECT_EQ(log.count("no usable key among its 1; keys/0: "), 1U) << log.all();
  EXPECT_EQ(log.count("keys recovered: OAuth server s"), 5U) << log.all();
}

// On failure the keys in hand serve on; past their time tokens are unavailable, never refused.
TEST_F(KeyRefresherTest, ServesStaleKeysNoMore) {
  connect();
  bring({1});
  advance(9 * kMinute);
  ASSERT_NE(order(), nullptr);
  fetcher->send(failed("connection refused\n"));
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::failing; }));
  EXPECT_EQ(report().last_error, "connection refused\\x0a");
  advance(23 * 60 * kMinute);
  EXPECT_EQ(kids(), "k1 ");
  advance(61 * kMinute);
  EXPECT_EQ(kids(), "none");
  EXPECT_THAT(problems(), testing::ElementsAre("keys are too old, tokens are unavailable, of OAuth servers: s"));
  EXPECT_EQ(log.count("keys too old: OAuth server s"), 1U) << log.all();
  EXPECT_THAT(log.events("fetch_failed"), testing::ElementsAre("fetch_failed URL=https://s/jwks OAUTH_SERVER=s REASON=connection refused\\x0a"));
  EXPECT_THAT(log.events("keys_stale"), testing::ElementsAre("keys_stale URL=https://s/jwks OAUTH_SERVER=s"));
  while (order() != nullptr) fetcher->send(failed("again"));
  advance(6 * kMinute);
  bring({1});
  EXPECT_EQ(kids(), "k1 ");
  EXPECT_EQ(log.count("keys recovered"), 1U) << log.all();
  EXPECT_THAT(log.events("keys_recovered"), testing::ElementsAre("keys_recovered URL=https://s/jwks OAUTH_SERVER=s"));
}

// The clock that stepped ahead may be right.
TEST_F(KeyRefresherTest, TakesAStepOfTheClockForTime) {
  connect();
  bring({1});
  clock.stepped_s = 25 * 3600;
  advance(1);
  EXPECT_EQ(kids(), "none");
  bring({1});
  EXPECT_EQ(kids(), "k1 ");
}

TEST_F(KeyRefresherTest, AnswersUnknownKidsByWhatTheScheduleKnows) {
  connect();
  bring({1});
  snapshot::SourceSignals& signals = *server().signals;
  // The set is young, but tries are to be had: one is made, and the others are planned.
  const snapshot::UnknownKid first = signals.unknown_kid();
  EXPECT_FALSE(first.is_refused);
  EXPECT_TRUE(first.must_wake);
  EXPECT_GT(first.retry_after_ms, 0U);
  EXPECT_FALSE(signals.unknown_kid().must_wake);  // only the rising edge
  EXPECT_EQ(order(), nullptr);
  refresher->on_unknown_kids();
  ASSERT_NE(order(), nullptr);
  fetcher->send(fetched(test::jwks({1})));
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  const snapshot::UnknownKid planned = signals.unknown_kid();
  EXPECT_FALSE(planned.is_refused);
  EXPECT_FALSE(planned.must_wake);
  EXPECT_GE(planned.retry_after_ms, 2'000U);
  for (const std::uint64_t gap : {std::uint64_t{2'000}, std::uint64_t{10'000}}) {
    advance(gap);
    bring({1});
  }
  // No try is left, and the set is young.
  EXPECT_TRUE(signals.unknown_kid().is_refused);
  EXPECT_TRUE(signals.unknown_kid().is_refused);
  EXPECT_EQ(order(), nullptr);
  // When that is true no longer, the next such token asks again.
  advance(31'000);
  const snapshot::UnknownKid again = signals.unknown_kid();
  EXPECT_FALSE(again.is_refused);
  EXPECT_TRUE(again.must_wake);
  refresher->on_unknown_kids();
  bring({1, 2});
  EXPECT_EQ(kids(), "k1 k2 ");
}

TEST_F(KeyRefresherTest, ForgetsOrdersWithTheConnectionAndGivesThemAgain) {
  connect();
  ASSERT_NE(order(), nullptr);
  const std::uint64_t before = number();
  fetcher->close();
  ASSERT_TRUE(run_until([&] { return log.count("assay-fetch is gone") == 1; }));
  EXPECT_THAT(log.events("fetcher_connected"), testing::ElementsAre("fetcher_connected UID=7"));
  EXPECT_THAT(log.events("fetcher_gone"), testing::ElementsAre("fetcher_gone"));
  EXPECT_THAT(problems(), testing::Contains("assay-fetch is not connected: no keys are fetched"));
  clock.boot_ms += 5 * kMinute;
  connect();
  ASSERT_NE(order(), nullptr);
  EXPECT_GT(number(), before);
  fetcher->send(fetched(test::jwks({1})));
  ASSERT_TRUE(run_until([&] { return kids() == "k1 "; }));
}

// It faces the network: what it says that is no answer ends its connection, and nothing else.
TEST_F(KeyRefresherTest, EndsTheConnectionOnWhatIsNoAnswer) {
  for (int round = 0; round < 3; ++round) {
    connect();
    ASSERT_NE(order(), nullptr) << round;
    switch (round) {
      case 0: fetcher->send(test::ping_frame(1)); break;
      case 1: fetcher->send(test::deploy_frame(number(), document)); break;
      default: fetcher->send(Frame(64, std::byte{0xFF})); break;
    }
    ASSERT_TRUE(run_until([&] { return fetcher->readable(0) && fetcher->ended(); })) << round;
    clock.boot_ms += 5 * kMinute;
  }
  EXPECT_EQ(log.count("the connection of assay-fetch is ended"), 3U) << log.all();
  EXPECT_EQ(kids(), "none");
  EXPECT_EQ(deployer->current().generation(), 1U);
}

TEST_F(KeyRefresherTest, IgnoresAnswersThatNobodyWaitsFor) {
  connect();
  ASSERT_NE(order(), nullptr);
  const Frame answer = fetched(test::jwks({1}));
  fetcher->send(test::framed(number() + 7, wire::Body::NotModified, [](test::Builder& b) { return wire::CreateNotModified(b).Union(); }));
  fetcher->send(answer);
  fetcher->send(answer);
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  EXPECT_EQ(log.count("keys fetched"), 1U);
  // A 304 to a question without an entity tag is no answer to it.
  EXPECT_EQ(refresher->refresh(snapshot::source_id(server().settings->key_source), 1), ErrorCode::unset);
  ASSERT_NE(order(), nullptr);
  fetcher->send(failed("no"));
  ASSERT_TRUE(run_until([&] { return !refreshed.empty(); }));
  EXPECT_EQ(refreshed.front().second.failure, "no");
}

TEST_F(KeyRefresherTest, TellsWhoAskedForAFetchWhatCameOfIt) {
  const snapshot::SourceId source = snapshot::source_id(server().settings->key_source);
  EXPECT_EQ(refresher->refresh(source, 1), ErrorCode::no_fetcher);
  connect();
  ASSERT_NE(order(), nullptr);
  // One under way may have been answered already: it does not count.
  EXPECT_EQ(refresher->refresh(source, 2), ErrorCode::unset);
  fetcher->send(fetched(test::jwks({1})));
  ASSERT_TRUE(run_until([&] { return fetcher->readable(0); }));
  ASSERT_NE(order(), nullptr);
  EXPECT_TRUE(refreshed.empty());
  fetcher->send(fetched(test::jwks({1, 2})));
  ASSERT_TRUE(run_until([&] { return !refreshed.empty(); }));
  EXPECT_EQ(refreshed.front().first, 2U);
  EXPECT_EQ(refreshed.front().second.failure, "");
  EXPECT_TRUE(refreshed.front().second.outcome.changed);
  EXPECT_EQ(refreshed.front().second.outcome.generation, deployer->current().generation());
  refreshed.clear();
  EXPECT_EQ(refresher->refresh(source, 3), ErrorCode::unset);
  ASSERT_NE(order(), nullptr);
  fetcher->close();
  ASSERT_TRUE(run_until([&] { return !refreshed.empty(); }));
  EXPECT_EQ(refreshed.front().second.failure, "assay-fetch is gone");
  EXPECT_EQ(refresher->refresh({.kind = snapshot::KeySource::Kind::jwks_url, .url = "https://other", .access = {}}, 4), ErrorCode::no_fetcher);
}

TEST_F(KeyRefresherTest, StopsAskingForASourceThatHasLeft) {
  connect();
  bring({1});
  ASSERT_EQ(refresher->refresh(snapshot::source_id(server().settings->key_source), 1), ErrorCode::unset);
  ASSERT_NE(order(), nullptr);
  deployer->change(nobody, 1, DeployRequest{.document = config({{"s", {5}}}, {{"a", {"s"}}}), .api_services = {}, .expected_deployment = {}});
  ASSERT_TRUE(run_until([&] { return !refreshed.empty(); }));
  EXPECT_EQ(refreshed.front().second.failure, "no OAuth server in force has this source any more");
  fetcher->send(fetched(test::jwks({1, 2})));
  advance(60 * kMinute);
  EXPECT_EQ(kids(), "k5 ");
  EXPECT_EQ(order(), nullptr);
  EXPECT_THAT(problems(), testing::IsEmpty());
}

// An order has one answer. A second one would be a job of its own, as many as anybody cares to send, and could say something else.
TEST_F(KeyRefresherTest, TakesOneAnswerToAnOrder) {
  connect();
  ASSERT_NE(order(), nullptr);
  fetcher->send(fetched(test::jwks({1})));
  fetcher->send(failed("and yet not"));
  fetcher->send(fetched(test::jwks({2})));
  ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  advance(1);
  EXPECT_EQ(kids(), "k1 ");
  EXPECT_EQ(deployer->current().generation(), 2U);
  EXPECT_TRUE(report().stale_until_s);
}

// Two changes that are made together show only their end: a source that has left and come again has lost its keys, and is asked for all of them.
TEST_F(KeyRefresherTest, BeginsAnewWithASourceThatWasAwayForAMoment) {
  connect();
  bring({1});
  for (const std::string& text : {config({{"s", {5}}}, {{"a", {"s"}}}), document}) {
    deployer->change(nobody, 1, DeployRequest{.document = text, .api_services = {}, .expected_deployment = {}});
  }
  ASSERT_TRUE(run_until([this] { return nobody.done == 2; }));
  nobody.done = 0;
  EXPECT_EQ(kids(), "none");
  const wire::Fetch* fetch = order();
  ASSERT_NE(fetch, nullptr);
  EXPECT_EQ(fetch->etag(), nullptr);
  fetcher->send(fetched(test::jwks({2})));
  ASSERT_TRUE(run_until([&] { return kids() == "k2 "; }));
}

// What a source said to unknown kids before it left must not be what it says for ever.
TEST_F(KeyRefresherTest, AsksAgainAfterASourceWasAway) {
  connect();
  bring({1});
  const std::shared_ptr<snapshot::SourceSignals> signals = server().signals;  // somebody still judges by the old snapshot
  signals->answer_refused();
  for (const std::string& text : {config({{"s", {5}}}, {{"a", {"s"}}}), document}) {
    deployer->change(nobody, 1, DeployRequest{.document = text, .api_services = {}, .expected_deployment = {}});
    ASSERT_TRUE(run_until([this] { return nobody.done > 0; }));
    nobody.done = 0;
  }
  EXPECT_FALSE(server().signals->unknown_kid().is_refused);
}

// An order that is given up is an answer to whoever has asked for it.
TEST_F(KeyRefresherTest, TellsWhoAskedThatNoAnswerCame) {
  connect();
  bring({1});
  ASSERT_EQ(refresher->refresh(snapshot::source_id(server().settings->key_source), 9), ErrorCode::unset);
  ASSERT_NE(order(), nullptr);
  advance(7'000);
  ASSERT_EQ(refreshed.size(), 1U);
  EXPECT_EQ(refreshed.front().first, 9U);
  EXPECT_EQ(refreshed.front().second.failure, "assay-fetch did not answer in time");
}

// A push is an operator's word: it counts at once, and the schedule goes on from there.
TEST_F(KeyRefresherTest, TakesAPushForAFetch) {
  connect();
  bring({1});
  deployer->change(nobody, 1, PushRequest{.oauth_server = "s", .url = {}, .jwks = test::jwks({3})});
  ASSERT_TRUE(run_until([&] { return nobody.done > 0; }));
  nobody.done = 0;
  refresher->pushed(snapshot::source_id(server().settings->key_source));
  EXPECT_EQ(kids(), "k3 ");
  EXPECT_EQ(report().etag, "");
  advance(9 * kMinute);
  ASSERT_NE(order(), nullptr);
  EXPECT_EQ(last_order->envelope()->body_as_Fetch()->etag(), nullptr);
}

// Keys outlive the process, and so does their age, within a part of the time that they serve.
TEST_F(KeyRefresherTest, ServesStoredKeysAfterARestartAsLongAsTheirTimeLasts) {
  connect();
  bring({1});
  for (int hour = 0; hour < 3; ++hour) {
    advance(60 * kMinute);
    ASSERT_NE(order(), nullptr);
    fetcher->send(not_modified());
    ASSERT_TRUE(run_until([&] { return report().state == sources::SourceState::fresh; }));
  }
  // The builder has done what came before this.
  deployer->change(nobody, 1, PushRequest{.oauth_server = "nobody", .url = {}, .jwks = {}});
  ASSERT_TRUE(run_until([this] { return nobody.done > 0; }));
  stop();
  fetcher.reset();
  clock.boot_ms += 22 * 60 * kMinute;
  start();
  EXPECT_EQ(kids(), "k1 ");
  stop();
  clock.boot_ms += 3 * 60 * kMinute;
  start();
  EXPECT_EQ(kids(), "none");  // and from the first request on
  connect();
  bring({1});
  EXPECT_EQ(kids(), "k1 ");
}

}  // namespace
}  // namespace assay::server
