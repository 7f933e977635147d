#include "server/service_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/ledger_fixture.h"
#include "server/quota.h"
#include "server/recording_manager.h"

namespace assay::server {
namespace {

using test::config;
using test::RecordingManager;
using testing::ElementsAre;

class ServiceReportTest : public testing::Test, protected StatusSource, private ChangeListener {
 protected:
  ServiceReportTest() {
    auto ledger = test::ledger_of(config({{"s", {1}}}, {{"a", {"s"}}}), clock, log, identities);
    auto first = ledger->first_snapshot();
    auto report = ledger->report();
    builder.emplace(main, std::move(ledger), nullptr);
    deployer.emplace(main, DeployerParts{.builder = *builder, .workers = {}, .quota = quota, .log = log, .snapshot = std::move(first), .report = std::move(report)});
  }
  StatusFigures figures() const override { return {.version = "1", .engine = "none", .engines = {}, .workers = {}, .fetcher_connected = fetcher_connected, .problems = problems}; }
  void on_change_done(std::uint64_t, const Outcome&) noexcept override { done = true; }
  void on_change_dropped(std::uint64_t) noexcept override {}
  void deploy(const std::string& document) {
    done = false;
    deployer->change(*this, 1, DeployRequest{.document = document});
    ASSERT_TRUE(test::eventually([this] {
      main.turn();
      return done;
    }));
  }

  test::FakeClock clock;
  test::RecordingLog log;
  test::NoIdentities identities;
  ConnectionQuota quota{10, 10};
  bool fetcher_connected = false;
  std::vector<Problem> problems;
  bool done = false;
  loop::Loop main;
  std::optional<Builder> builder;
  std::optional<Deployer> deployer;
  RecordingManager manager;
};

TEST_F(ServiceReportTest, TellsHowItStandsWhenThatChanges) {
  ServiceReport report(main, &manager, *this, *deployer);
  report.ready();
  report.look();  // nothing has changed
  fetcher_connected = true;
  report.look();
  report.look();
  problems = {{Problem::Severity::alarm, "p"}};
  report.look();
  deploy(config({{"s", {1}}}, {{"a", {"s"}}, {"b", {"s"}}}));
  report.look();
  report.look();
  // One problem more than `problems` has: nothing is kept on disk.
  EXPECT_THAT(manager.told(), ElementsAre("ready: deployment 1, generation 1, 1 API service; 1 problem: assayctl status; assay-fetch is not connected",
                                          "status: deployment 1, generation 1, 1 API service; 1 problem: assayctl status; assay-fetch is connected",
                                          "status: deployment 1, generation 1, 1 API service; 2 problems: assayctl status; assay-fetch is connected",
                                          "status: deployment 2, generation 2, 2 API services; 2 problems: assayctl status; assay-fetch is connected"));
}

// To systemd a service is reloading until it says that it is ready.
TEST_F(ServiceReportTest, IsReadyAgainWhenTheLastOfSeveralReloadsHasEnded) {
  ServiceReport report(main, &manager, *this, *deployer);
  report.ready();
  const std::string ready = manager.told().front();
  for (int i = 0; i < 2; ++i) {
    report.reload_begun();
    report.reload_begun();
    report.reload_ended();
    EXPECT_EQ(manager.told().back(), "reloading");
    report.reload_ended();
  }
  EXPECT_THAT(manager.told(), ElementsAre(ready, "reloading", ready, "reloading", ready));
}

// A change that was begun ends during a stop, too; but what stops is not ready.
TEST_F(ServiceReportTest, IsNotReadyAgainOnceItStops) {
  ServiceReport report(main, &manager, *this, *deployer);
  report.ready();
  report.reload_begun();
  report.stopping();
  report.reload_ended();
  EXPECT_EQ(manager.told().back(), "stopping");
}

TEST_F(ServiceReportTest, TellsNobodyWhereThereIsNoManager) {
  ServiceReport report(main, nullptr, *this, *deployer);
  report.ready();
  report.reload_begun();
  report.reload_ended();
  report.stopping();
}

}  // namespace
}  // namespace assay::server
