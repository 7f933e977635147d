// The requests of the control socket as bytes, and what their answers hold.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/control_asks.h"

namespace assay::core {
namespace {

using test::Bytes;

// sent(ask): the frame of the one request, and the body that the generated code finds in it.
template <class Body>
const Body* sent(const Ask& ask, Bytes& frame) {
  Core core(kControlLimits, kId);
  EXPECT_TRUE(ask(core).ok());
  frame.assign(core.output().begin(), core.output().end());
  const wire::Envelope* envelope = test::envelope_of(frame);
  EXPECT_NE(envelope, nullptr);
  EXPECT_EQ(envelope->id(), kId);
  return envelope->body_as<Body>();
}

// docs/PROTOCOL.md, "Deploy".
TEST(ControlRequests, CarryEveryFieldOfADeploy) {
  Bytes frame;
  const DeployRequest request{
      .configuration = "{\"a\":\"\xff\"}", .api_services = {"orders", "b"}, .expected_deployment = 7, .dry_run = true, .allow_volatile = true};
  const wire::Deploy* deploy = sent<wire::Deploy>([&](Core& core) { return core.deploy(request); }, frame);
  ASSERT_NE(deploy, nullptr);
  EXPECT_EQ(deploy->configuration()->str(), request.configuration);
  ASSERT_EQ(deploy->api_services()->size(), 2U);
  EXPECT_EQ(deploy->api_services()->Get(1)->str(), "b");
  EXPECT_EQ(deploy->expected_deployment(), flatbuffers::Optional<std::uint64_t>(7));
  EXPECT_TRUE(deploy->dry_run());
  EXPECT_TRUE(deploy->allow_volatile());
}

// An expected deployment of 0 (none in force) is not the same as none expected.
TEST(ControlRequests, LeaveOutWhatIsNotAsked) {
  Bytes frame;
  const wire::Deploy* deploy = sent<wire::Deploy>(ask_deploy, frame);
  ASSERT_NE(deploy, nullptr);
  EXPECT_EQ(deploy->api_services(), nullptr);
  EXPECT_FALSE(deploy->expected_deployment().has_value());
  EXPECT_FALSE(deploy->dry_run() || deploy->allow_volatile());
  Bytes zero;
  EXPECT_EQ(sent<wire::Deploy>([](Core& core) { return core.deploy({.expected_deployment = 0}); }, zero)->expected_deployment(),
            flatbuffers::Optional<std::uint64_t>(0));
  EXPECT_EQ(sent<wire::Rollback>([](Core& core) { return core.rollback({.expected_deployment = 0}); }, zero)->expected_deployment(),
            flatbuffers::Optional<std::uint64_t>(0));
  EXPECT_FALSE(sent<wire::Rollback>(ask_rollback, zero)->expected_deployment().has_value());
  EXPECT_EQ(sent<wire::PushKeys>(ask_push, zero)->url(), nullptr);
  EXPECT_EQ(sent<wire::Refresh>(ask_refresh, zero)->url(), nullptr);
}

TEST(ControlRequests, CarryEveryFieldOfARollback) {
  Bytes frame;
  const RollbackRequest request{.deployment = UINT64_MAX, .expected_deployment = 9, .dry_run = true, .allow_volatile = true};
  const wire::Rollback* rollback = sent<wire::Rollback>([&](Core& core) { return core.rollback(request); }, frame);
  ASSERT_NE(rollback, nullptr);
  EXPECT_EQ(rollback->deployment(), UINT64_MAX);
  EXPECT_EQ(rollback->expected_deployment(), flatbuffers::Optional<std::uint64_t>(9));
  EXPECT_TRUE(rollback->dry_run());
  EXPECT_TRUE(rollback->allow_volatile());
}

TEST(ControlRequests, CarryEveryFieldOfAPush) {
  Bytes frame;
  const std::string jwks("{\"keys\":[]}\0\xff", 13);
  const wire::PushKeys* push = sent<wire::PushKeys>([&](Core& core) { return core.push_keys("corp", jwks, "https://id.example.com/jwks"); }, frame);
  ASSERT_NE(push, nullptr);
  EXPECT_EQ(push->oauth_server()->str(), "corp");
  EXPECT_EQ(push->jwks()->str(), jwks);
  EXPECT_EQ(push->url()->str(), "https://id.example.com/jwks");
}

TEST(ControlRequests, CarryEveryFieldOfARefresh) {
  Bytes frame;
  const wire::Refresh* refresh = sent<wire::Refresh>([](Core& core) { return core.refresh("corp", "https://id.example.com/jwks"); }, frame);
  ASSERT_NE(refresh, nullptr);
  EXPECT_EQ(refresh->oauth_server()->str(), "corp");
  EXPECT_EQ(refresh->url()->str(), "https://id.example.com/jwks");
}

// schema/protocol.fbs: a JWK Set of up to 256 KiB; frames of up to 32 MiB.
TEST(ControlRequests, BeyondALimitAreBadArgumentsAndSendNothing) {
  Core core(kControlLimits, 1);
  const auto refused = [&](const Result<std::uint64_t>& id) { return id.status() == CallStatus::bad_argument && core.output().empty() && core.open_count() == 0; };
  const std::string huge(kControlLimits.frame_bytes_max, 'x');
  EXPECT_TRUE(refused(core.push_keys("", "{}", {})));
  EXPECT_TRUE(refused(core.push_keys("corp", std::string(kPushedJwksBytesMax + 1, ' '), {})));
  EXPECT_TRUE(refused(core.push_keys(huge, "{}", {})));
  EXPECT_TRUE(refused(core.push_keys("corp", "{}", huge)));
  EXPECT_TRUE(refused(core.refresh("", {})));
  EXPECT_TRUE(refused(core.refresh(huge, {})));
  EXPECT_TRUE(refused(core.refresh("corp", huge)));
  EXPECT_TRUE(refused(core.deploy({.configuration = "{}", .api_services = {huge}})));
  EXPECT_TRUE(refused(core.deploy({.configuration = std::string(kConfigurationBytesMax + 1, ' ')})));
  EXPECT_TRUE(core.push_keys("corp", std::string(kPushedJwksBytesMax, ' '), {}).ok());
}

void expect_sample(const std::vector<Change>& changes) {
  ASSERT_EQ(changes.size(), 7U);
  EXPECT_EQ(changes[0].subject, Subject::api_service);
  EXPECT_EQ(changes[0].kind, ChangeKind::added);
  EXPECT_EQ(changes[0].name, "orders");
  EXPECT_TRUE(changes[0].details.empty());
  EXPECT_EQ(changes[1].subject, Subject::oauth_server);
  EXPECT_EQ(changes[1].kind, ChangeKind::altered);
  EXPECT_EQ(changes[1].details, (std::vector<std::string>{"issuers", "algorithms"}));
  EXPECT_EQ(changes[2].subject, Subject::key);
  EXPECT_EQ(changes[2].kind, ChangeKind::removed);
  EXPECT_EQ(changes[2].kid, "es256");
  EXPECT_FALSE(changes[3].kid.has_value());
  EXPECT_EQ(changes[4].subject, Subject::clients);
  EXPECT_EQ(changes[5].subject, Subject::daemon);
  // What a newer daemon may say: shown as unknown, and never as something that it is not.
  EXPECT_EQ(changes[6].subject, Subject::unset);
  EXPECT_EQ(changes[6].kind, ChangeKind::unset);
}

TEST(ControlAnswers, CarryEverythingOfADeployment) {
  for (const Ask& ask : {Ask(ask_deploy), Ask(ask_rollback), Ask(ask_dry_deploy), Ask(ask_dry_rollback)}) {
    const Answer wet = answer(ask, test::full_deployed_frame(kId, 4));
    const Answer dry = answer(ask, test::full_deployed_frame(kId, 0, false));
    // A deployment has a number and a dry run has none: exactly one of the two is an answer to each.
    ASSERT_NE(std::holds_alternative<Deployed>(wet), std::holds_alternative<Deployed>(dry));
    const Deployed& deployed = std::get<Deployed>(std::holds_alternative<Deployed>(wet) ? wet : dry);
    EXPECT_EQ(deployed.generation, 5U);
    EXPECT_EQ(deployed.instance, test::kInstance);
    EXPECT_EQ(deployed.kept, deployed.deployment == 4);
    expect_sample(deployed.changes);
    ASSERT_EQ(deployed.behind.size(), 1U);
    EXPECT_EQ(deployed.behind[0].api_service, "billing");
    EXPECT_TRUE(deployed.behind[0].own_settings);
    EXPECT_EQ(deployed.behind[0].oauth_servers, (std::vector<std::string>{"corp", "partners"}));
    EXPECT_EQ(deployed.notes, (std::vector<std::string>{"OAuth server \x1b[31m is used by no API service"}));
    EXPECT_EQ(deployed.restores, 0U);
  }
}

TEST(ControlAnswers, SayWhatARollbackRestores) {
  EXPECT_EQ(std::get<Deployed>(answer(ask_rollback, test::full_deployed_frame(kId, 4, true, UINT64_MAX))).restores, UINT64_MAX);
  EXPECT_EQ(std::get<Deployed>(answer(ask_dry_rollback, test::full_deployed_frame(kId, 0, false, 2))).restores, 2U);
}

// Of a JWK Set as of a configuration.
TEST(ControlAnswers, CarryTheFaultsOfKeys) {
  const Answer given = answer(ask_push, test::faults_frame(kId, wire::ErrorCode::bad_keys, "text", {{"/keys/0", "found", "allowed"}}));
  const Refusal& refusal = std::get<Refusal>(given);
  EXPECT_EQ(refusal.error.daemon_error, DaemonError::bad_keys);
  ASSERT_EQ(refusal.faults.size(), 1U);
  EXPECT_EQ(refusal.faults[0].pointer, "/keys/0");
  EXPECT_EQ(refusal.faults[0].found, "found");
  EXPECT_EQ(refusal.faults[0].allowed, "allowed");
}

TEST(ControlAnswers, CarryEverythingOfAPush) {
  const Answer given = answer(ask_push, test::pushed_frame(kId, true, true));
  const Pushed& pushed = std::get<Pushed>(given);
  EXPECT_EQ(pushed.generation, 6U);
  EXPECT_EQ(pushed.instance, test::kInstance);
  EXPECT_TRUE(pushed.changed && pushed.kept);
  expect_sample(pushed.changes);
  ASSERT_EQ(pushed.skipped.size(), 2U);
  EXPECT_EQ(pushed.skipped[0].index, 2U);
  EXPECT_EQ(pushed.skipped[0].kid, "old\x1b");
  EXPECT_TRUE(pushed.skipped[0].alarm);
  EXPECT_FALSE(pushed.skipped[1].kid.has_value());
  EXPECT_FALSE(pushed.skipped[1].alarm);
  EXPECT_EQ(pushed.notes, (std::vector<std::string>{"no key is left\x1b"}));
  const Answer same = answer(ask_push, test::pushed_frame(kId, false, false));
  EXPECT_FALSE(std::get<Pushed>(same).changed || std::get<Pushed>(same).kept);
}

TEST(ControlAnswers, CarryEverythingOfARefresh) {
  const Answer given = answer(ask_refresh, test::refreshed_frame(kId, true, nullptr));
  const Refreshed& refreshed = std::get<Refreshed>(given);
  EXPECT_EQ(refreshed.generation, 6U);
  EXPECT_EQ(refreshed.instance, test::kInstance);
  EXPECT_TRUE(refreshed.changed);
  EXPECT_FALSE(refreshed.failure.has_value());
  expect_sample(refreshed.changes);
  ASSERT_EQ(refreshed.skipped.size(), 2U);
  EXPECT_EQ(refreshed.skipped[0].kid, "old\x1b");
  EXPECT_TRUE(refreshed.skipped[0].alarm);
  const Answer same = answer(ask_refresh, test::refreshed_frame(kId, false, nullptr));
  EXPECT_FALSE(std::get<Refreshed>(same).changed || std::get<Refreshed>(same).failure.has_value());
}

// conventions, "Errors": a failure that was not put into words is one all the same.
TEST(ControlAnswers, OfARefreshThatFailedSayWhy) {
  for (const char* why : {"the issuer answered 500\x1b", ""}) {
    for (const std::uint64_t generation : {0U, 6U}) {
      const Answer given = answer(ask_refresh, test::refreshed_frame(kId, false, why, generation));
      EXPECT_EQ(std::get<Refreshed>(given).failure, why);
      EXPECT_FALSE(std::get<Refreshed>(given).changed);
    }
  }
}

TEST(ControlAnswers, CarryEverythingOfAStatusReport) {
  const Answer given = answer(ask_status, test::status_frame(kId, {.problems = {{wire::Severity::warning, "w"}, {static_cast<wire::Severity>(9), "?"}}}));
  const StatusReport& report = std::get<StatusReport>(given);
  EXPECT_EQ(report.instance, test::kInstance);
  EXPECT_EQ(report.state_dir, "/var/lib/assay");
  EXPECT_TRUE(report.kept);
  ASSERT_EQ(report.problems.size(), 2U);
  EXPECT_EQ(report.problems[0].severity, Severity::warning);
  EXPECT_EQ(report.problems[0].text, "w");
  EXPECT_EQ(report.problems[1].severity, Severity::unset);
  ASSERT_EQ(report.deployments.size(), 3U);
  EXPECT_EQ(report.deployments[0].kind, DeploymentKind::full);
  EXPECT_EQ(report.deployments[0].bytes, 4321U);
  EXPECT_EQ(report.deployments[1].kind, DeploymentKind::staged);
  EXPECT_EQ(report.deployments[1].staged, (std::vector<std::string>{"orders", "b\x1b"}));
  EXPECT_EQ(report.deployments[2].kind, DeploymentKind::rollback);
  EXPECT_EQ(report.deployments[2].restores, 1U);
  EXPECT_EQ(report.deployments[2].api_services, 2U);
  EXPECT_EQ(report.deployments[2].deployed_at, 1'700'000'050);
  ASSERT_EQ(report.api_services.size(), 1U);
  EXPECT_EQ(report.api_services[0].deployed_at, 1'700'000'000);
  EXPECT_TRUE(report.api_services[0].own_settings_behind);
  EXPECT_EQ(report.api_services[0].behind, (std::vector<std::string>{"corp"}));
  ASSERT_EQ(report.oauth_servers.size(), 2U);
  EXPECT_FALSE(report.oauth_servers[0].url.has_value());
  const OAuthServerStatus& server = report.oauth_servers[1];
  EXPECT_EQ(server.url, "https://id.example.com/jwks");
  EXPECT_EQ(server.keys_changed_at, 1'700'000'100);
  EXPECT_EQ(server.keys_checked_at, 1'700'000'300);
  EXPECT_EQ(server.api_services, (std::vector<std::string>{"orders"}));
  ASSERT_EQ(server.keys.size(), 2U);
  EXPECT_EQ(server.keys[0].since, 1'700'000'100);
  EXPECT_EQ(server.keys[0].last_used, 1'700'000'200);
  EXPECT_EQ(server.keys[0].verified, 1'234'567U);
}

TEST(ControlAnswers, CarryTheFiguresOfTheTokenCacheIfThereIsOne) {
  EXPECT_FALSE(std::get<StatusReport>(answer(ask_status, test::status_frame(kId))).token_cache.has_value());
  const Answer given = answer(ask_status, test::status_frame(kId, {.token_cache = true}));
  const std::optional<TokenCache>& cache = std::get<StatusReport>(given).token_cache;
  ASSERT_TRUE(cache.has_value());
  EXPECT_EQ(cache->bytes, 67'000'000U);
  EXPECT_EQ(cache->capacity, 128'000U);
  EXPECT_EQ(cache->entries, 5'000U);
  EXPECT_EQ(cache->hits, 1'234'567U);
  EXPECT_EQ(cache->misses, 8'765U);
  EXPECT_EQ(cache->keys_gone, 4U);
  EXPECT_EQ(cache->evicted, 3U);
  EXPECT_EQ(cache->expired, 2U);
  EXPECT_EQ(cache->oversized, 1U);
  EXPECT_EQ(cache->busy, 9U);
  EXPECT_EQ(cache->passed, 8U);
}

TEST(ControlAnswers, CarryHowTheSourcesStand) {
  const test::SourceSample failing{.state = wire::SourceState::failing,
                                   .fetched_at = 1,
                                   .fresh_until = 2,
                                   .stale_until = 3,
                                   .next_try_in_ms = 0,
                                   .etag = "\"a\x1b\"",
                                   .last_error = "timed out\x1b",
                                   .failed_at = 4,
                                   .failures = UINT64_MAX};
  const test::SourceSample fetching{.state = wire::SourceState::fetching, .next_try_in_ms = flatbuffers::nullopt};
  const test::SourceSample newer{.state = static_cast<wire::SourceState>(7)};
  const Answer given = answer(ask_status, test::status_frame(kId, {.servers = {{.name = "a", .source = failing}, {.name = "b", .source = fetching}, {.name = "c", .source = newer}},
                                                                   .fetcher_connected = true}));
  const StatusReport& report = std::get<StatusReport>(given);
  EXPECT_TRUE(report.fetcher_connected);
  ASSERT_EQ(report.oauth_servers.size(), 5U);
  const std::optional<SourceStatus>& source = report.oauth_servers[2].source;
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->state, SourceState::failing);
  EXPECT_EQ(source->fetched_at, 1);
  EXPECT_EQ(source->fresh_until, 2);
  EXPECT_EQ(source->stale_until, 3);
  EXPECT_EQ(source->next_try_in_ms, 0U);
  EXPECT_EQ(source->etag, "\"a\x1b\"");
  EXPECT_EQ(source->last_error, "timed out\x1b");
  EXPECT_EQ(source->failed_at, 4);
  EXPECT_EQ(source->failures, UINT64_MAX);
  // 0 is a try at the next occasion; what is absent is a fetch under way.
  EXPECT_FALSE(report.oauth_servers[3].source.value().next_try_in_ms.has_value());
  EXPECT_FALSE(report.oauth_servers[3].source.value().etag || report.oauth_servers[3].source.value().last_error);
  EXPECT_EQ(report.oauth_servers[4].source.value().state, SourceState::unset);
  // A daemon that fetches nothing, such as an older one, says nothing of it.
  const Answer older = answer(ask_status, test::status_frame(kId));
  EXPECT_FALSE(std::get<StatusReport>(older).fetcher_connected);
  EXPECT_FALSE(std::get<StatusReport>(older).oauth_servers.at(1).source.has_value());
}

TEST(ControlAnswers, OfAConflictSayWhatIsInForce) {
  for (const std::uint64_t deployment : {0U, 7U}) {
    const Answer given = answer(ask_deploy, test::conflict_frame(kId, deployment));
    EXPECT_EQ(std::get<Refusal>(given).error.daemon_error, DaemonError::conflict);
    EXPECT_EQ(std::get<Refusal>(given).deployment, deployment);
  }
  const Answer other = answer(ask_deploy, test::framed(kId, wire::Body::Error, [](test::Builder& b) {
                                return wire::CreateErrorDirect(b, wire::ErrorCode::not_kept, "text", nullptr, 7).Union();
                              }));
  EXPECT_FALSE(std::get<Refusal>(other).deployment.has_value());
}

// schema/protocol.fbs: ours have its names and values.
TEST(ControlEnumerations, AreThoseOfTheSchema) {
  for (const wire::Subject value : wire::EnumValuesSubject()) EXPECT_EQ(name(static_cast<Subject>(value)), wire::EnumNameSubject(value));
  for (const wire::ChangeKind value : wire::EnumValuesChangeKind()) EXPECT_EQ(name(static_cast<ChangeKind>(value)), wire::EnumNameChangeKind(value));
  for (const wire::DeploymentKind value : wire::EnumValuesDeploymentKind()) EXPECT_EQ(name(static_cast<DeploymentKind>(value)), wire::EnumNameDeploymentKind(value));
  for (const wire::SourceState value : wire::EnumValuesSourceState()) EXPECT_EQ(name(static_cast<SourceState>(value)), wire::EnumNameSourceState(value));
  for (const wire::Severity value : wire::EnumValuesSeverity()) {
    if (value != wire::Severity::unset) {
      EXPECT_EQ(name(static_cast<Severity>(value)), wire::EnumNameSeverity(value));
    }
  }
  EXPECT_EQ(name(Severity::unset), "alarm");
  EXPECT_EQ(static_cast<unsigned>(wire::Subject::MAX), static_cast<unsigned>(Subject::daemon));
  EXPECT_EQ(static_cast<unsigned>(wire::ChangeKind::MAX), static_cast<unsigned>(ChangeKind::altered));
  EXPECT_EQ(static_cast<unsigned>(wire::DeploymentKind::MAX), static_cast<unsigned>(DeploymentKind::rollback));
  EXPECT_EQ(static_cast<unsigned>(wire::Severity::MAX), static_cast<unsigned>(Severity::alarm));
  EXPECT_EQ(static_cast<unsigned>(wire::SourceState::MAX), static_cast<unsigned>(SourceState::stale));
}

}  // namespace
}  // namespace assay::core
