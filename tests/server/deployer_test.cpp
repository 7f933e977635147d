#include "server/deployer.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <deque>

#include "server/fixture.h"

namespace assay::server {
namespace {

using test::document;

std::string thread_name() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return name;
}

// Ending: the thread on which a snapshot ended.
struct Ending {
  std::mutex mutex;
  std::string thread;
  void write(std::string name) {
    const std::scoped_lock lock(mutex);
    thread = std::move(name);
  }
  std::string read() {
    const std::scoped_lock lock(mutex);
    return thread;
  }
};

// watched(snapshot, ending): the snapshot, whose last reference writes down where it ends.
std::shared_ptr<const snapshot::Snapshot> watched(std::shared_ptr<const snapshot::Snapshot> snapshot, std::shared_ptr<Ending> ending) {
  const snapshot::Snapshot* bare = snapshot.get();
  return {bare, [keep = std::move(snapshot), ending = std::move(ending)](const snapshot::Snapshot*) mutable {
            keep.reset();
            ending->write(thread_name());
          }};
}

class DeployerTest : public testing::Test, public ChangeListener {
 protected:
  DeployerTest() {
    for (std::size_t i = 0; i < 2; ++i) {
      gates.push_back(std::make_shared<test::GatedEngine::Gate>());
      workers.push_back(std::make_unique<Worker>(i, WorkerParts{.clock = clock, .log = log, .hash_key = {1, 2}, .version = "1", .engine = std::make_unique<test::GatedEngine>(gates[i]), .tally = tally,
                                                                .snapshot = first, .bin = builder, .wake = wake}));
    }
    deployer.emplace(main, DeployerParts{.builder = builder, .workers = workers, .quota = quota, .log = log, .snapshot = std::move(first), .report = first_report, .late_ms = 30});
  }
  ~DeployerTest() override {
    for (const auto& gate : gates) gate->set(true);
  }
  void on_change_done(std::uint64_t done, const Outcome& outcome) noexcept override {
    tickets.push_back(done);
    outcomes.push_back(outcome);
  }
  void on_change_dropped(std::uint64_t gone) noexcept override { dropped.push_back(gone); }
  void on_wake() noexcept {
    if (deployer) deployer->on_worker_progress();
  }

  // run_until(condition): turns the main loop meanwhile.
  template <class Condition>
  bool run_until(Condition condition) {
    return test::eventually([&] {
      main.turn();
      return condition();
    });
  }
  // deploy(document, dry_run): its outcome.
  Outcome deploy(std::string text, bool dry_run = false) {
    deployer->change(*this, ++ticket, DeployRequest{.document = std::move(text), .api_services = {}, .expected_deployment = {}, .dry_run = dry_run});
    EXPECT_TRUE(run_until([this] { return !outcomes.empty(); }));
    if (outcomes.empty()) return {};
    Outcome outcome = std::move(outcomes.front());
    outcomes.pop_front();
    EXPECT_EQ(tickets.back(), ticket);
    return outcome;
  }
  void begin(std::uint64_t number, std::string text) {
    deployer->change(*this, number, DeployRequest{.document = std::move(text), .api_services = {}, .expected_deployment = {}});
  }
  // occupy(worker): makes it wait in the middle of a batch.
  test::Peer occupy(std::size_t worker) {
    gates[worker]->set(false);
    auto [descriptor, peer] = test::socket_pair();
    workers[worker]->adopt({.charge = *quota.charge(7), .descriptor = std::move(descriptor), .peer = {.uid = 7, .gid = 7, .groups = {}}});
    peer.send(test::validate_frame(1, {.tokens = {test::good_token()}}));
    EXPECT_TRUE(test::eventually([&] { return gates[worker]->somebody_waits(); }));
    return std::move(peer);
  }

  test::FakeClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  ConnectionQuota quota{100, 100};
  VerdictTally tally{2};
  std::unique_ptr<Ledger> ledger = test::ledger_of(document(), clock, log, identities, 2);
  std::shared_ptr<Ending> first_ending = std::make_shared<Ending>();
  std::shared_ptr<const snapshot::Snapshot> first = watched(ledger->first_snapshot(), first_ending);
  std::shared_ptr<const StateReport> first_report = ledger->report();
  std::weak_ptr<const snapshot::Snapshot> first_life = first;
  std::vector<std::shared_ptr<test::GatedEngine::Gate>> gates;
  std::vector<std::uint64_t> tickets;
  std::vector<std::uint64_t> dropped;
  std::deque<Outcome> outcomes;
  std::uint64_t ticket = 0;
  loop::Loop main;
  loop::Async wake{main, loop::bind<&DeployerTest::on_wake>(this)};
  Builder builder{main, std::move(ledger), nullptr};
  std::vector<std::unique_ptr<Worker>> workers;
  std::optional<Deployer> deployer;
};

TEST_F(DeployerTest, PublishesToIdleWorkers) {
  const Outcome outcome = deploy(document());
  EXPECT_TRUE(outcome.faults.empty());
  EXPECT_EQ(outcome.deployment, 2U);
  EXPECT_EQ(outcome.generation, 2U);
  for (const auto& worker : workers) EXPECT_EQ(worker->generation(), 2U);
  EXPECT_EQ(deployer->current().generation(), 2U);
}

TEST_F(DeployerTest, AnswersOnlyOnceEveryWorkerHasTakenItUp) {
  const test::Peer peer = occupy(0);
  begin(1, document());
  ASSERT_TRUE(run_until([this] { return workers[1]->generation() == 2; }));
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (std::chrono::steady_clock::now() < until) main.turn();
  EXPECT_TRUE(outcomes.empty());
  gates[0]->set(true);
  ASSERT_TRUE(run_until([this] { return !outcomes.empty(); }));
  EXPECT_EQ(workers[0]->generation(), 2U);
}

TEST_F(DeployerTest, ReportsALateWorkerOnce) {
  const test::Peer peer = occupy(0);
  begin(1, document());
  ASSERT_TRUE(run_until([this] { return log.count("worker 0 has not taken up generation 2") == 1; })) << log.all();
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(120);
  while (std::chrono::steady_clock::now() < until) main.turn();
  EXPECT_EQ(log.count("has not taken up"), 1U) << log.all();
  EXPECT_EQ(log.events("worker_late"), std::vector<std::string>{"worker_late WORKER=0 GENERATION=2"});
  gates[0]->set(true);
  ASSERT_TRUE(run_until([this] { return !outcomes.empty(); }));
}

TEST_F(DeployerTest, ChangesNothingWhenItRefuses) {
  const Outcome refused = deploy(R"({"oauth_servers": 1, "extra": 2})");
  EXPECT_GE(refused.faults.size(), 2U);
  EXPECT_EQ(refused.deployment, 0U);
  EXPECT_EQ(deployer->current().generation(), 1U);
  EXPECT_EQ(deploy(document()).generation, 2U);  // and no number is lost
}

TEST_F(DeployerTest, ChangesNothingInADryRun) {
  const Outcome good = deploy(document(), true);
  EXPECT_TRUE(good.faults.empty());
  EXPECT_EQ(good.deployment, 0U);
  EXPECT_EQ(good.generation, 1U);
  EXPECT_FALSE(deploy("{", true).faults.empty());
  EXPECT_EQ(deployer->current().generation(), 1U);
  EXPECT_EQ(deploy(document()).deployment, 2U);
}

TEST_F(DeployerTest, AnswersDeploysInTheirOrder) {
  for (std::uint64_t i = 1; i <= 5; ++i) begin(i, i == 3 ? "{" : document());
  ASSERT_TRUE(run_until([this] { return outcomes.size() == 5; }));
  EXPECT_EQ(tickets, (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  std::vector<std::uint64_t> deployments;
  std::vector<std::uint64_t> generations;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.changed) continue;
    deployments.push_back(outcome.deployment);
    generations.push_back(outcome.generation);
  }
  EXPECT_EQ(deployments, (std::vector<std::uint64_t>{2, 3, 4, 5}));
  // Those that met in the builder's queue share a generation.
  EXPECT_TRUE(std::ranges::is_sorted(generations));
  EXPECT_LE(generations.back(), 5U);
}

TEST_F(DeployerTest, TakesUpTheLimitsOfTheSnapshot) {
  std::string text = document();
  text.insert(text.find(R"("request_age_ms")"), R"("connections": 1,)");
  deploy(text);
  const auto charge = quota.charge(1);
  EXPECT_TRUE(charge);
  EXPECT_FALSE(quota.charge(2));
}

TEST_F(DeployerTest, FreesOldSnapshotsOnTheBuilderThread) {
  ASSERT_FALSE(first_life.expired());
  const test::Peer peer = occupy(0);
  begin(1, document());
  ASSERT_TRUE(run_until([this] { return workers[1]->generation() == 2; }));
  EXPECT_FALSE(first_life.expired());  // worker 0 still judges by it
  gates[0]->set(true);
  EXPECT_TRUE(run_until([this] { return first_life.expired(); }));
  EXPECT_TRUE(test::eventually([this] { return !first_ending->read().empty(); }));
  EXPECT_EQ(first_ending->read(), "assay-builder");
}

// A key that should never have been published is named once for each set, and not for a dry run.
TEST_F(DeployerTest, LogsTheKeysItDoesNotUse) {
  std::string text = document();
  const std::size_t at = text.find('[', text.find("\"keys\""));
  text.insert(at + 1, R"({"kty": "oct", "kid": "shared\nsecret", "k": "AAAA"}, )");
  deploy(text, true);
  EXPECT_EQ(log.count("is not used"), 0U) << log.all();
  deploy(text);
  EXPECT_EQ(log.count("OAuth server corp: key 0 (kid shared\\x0asecret) is not used"), 1U) << log.all();
  deploy(text);
  EXPECT_EQ(log.count("is not used"), 1U) << log.all();
  const std::vector<std::string> alarms = log.events("secret_published");
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_TRUE(alarms[0].starts_with("secret_published OAUTH_SERVER=corp REASON=") && alarms[0].ends_with(" KID=shared\\x0asecret")) << alarms[0];
  EXPECT_TRUE(log.events("key_unusable").empty());
}

}  // namespace
}  // namespace assay::server
