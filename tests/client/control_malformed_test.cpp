// On the control socket too: what was asked for, whole, or no answer at all.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "client/control_asks.h"

namespace assay::core {
namespace {

using test::Bytes;

// Whatever was asked: the kind that belongs to it is an answer, an Error a refusal, everything else the end of the connection.
TEST(MalformedControlAnswer, OfAnotherKindIsNone) {
  struct Case {
    Ask ask;
    wire::Body kind;
    bool dry_run;
  };
  const std::vector<Case> asked{{ask_deploy, wire::Body::Deployed, false},    {ask_rollback, wire::Body::Deployed, false},
                                {ask_dry_deploy, wire::Body::Deployed, true}, {ask_dry_rollback, wire::Body::Deployed, true},
                                {ask_push, wire::Body::Pushed, false},        {ask_refresh, wire::Body::Refreshed, false},
                                {ask_status, wire::Body::StatusReport, false}, {ask_metrics, wire::Body::MetricsText, false}, {ask_ping, wire::Body::Pong, false}};
  struct Given {
    wire::Body kind;
    bool dry_run;
    Bytes frame;
  };
  const std::vector<Given> given{{wire::Body::Deployed, false, test::full_deployed_frame(kId, 4)}, {wire::Body::Deployed, true, test::full_deployed_frame(kId, 0)},
                                 {wire::Body::Pushed, false, test::pushed_frame(kId, true, true)},
                                 {wire::Body::Refreshed, false, test::refreshed_frame(kId, true, nullptr)}, {wire::Body::StatusReport, false, test::status_frame(kId)},
                                 {wire::Body::MetricsText, false, test::metrics_frame(kId, "assay_generation 1\n")}, {wire::Body::Pong, false, test::pong_frame(kId)},
                                 {wire::Body::Verdicts, false, test::verdicts_frame(kId, {Code::accepted})}};
  std::size_t answers = 0;
  for (const Case& ask : asked) {
    for (const Given& frame : given) {
      const bool fits = ask.kind == frame.kind && ask.dry_run == frame.dry_run;
      answers += fits ? 1 : 0;
      EXPECT_EQ(status_of(answer(ask.ask, frame.frame)), fits ? CallStatus::ok : CallStatus::bad_response)
          << wire::EnumNameBody(ask.kind) << " got " << wire::EnumNameBody(frame.kind);
    }
    EXPECT_EQ(status_of(answer(ask.ask, test::error_frame(kId, wire::ErrorCode::not_kept))), CallStatus::daemon_error);
    // A request is no answer, not even to itself.
    for (const wire::Body kind : {wire::Body::Deploy, wire::Body::Rollback, wire::Body::PushKeys, wire::Body::Refresh, wire::Body::Status, wire::Body::Metrics}) {
      EXPECT_EQ(status_of(answer(ask.ask, test::framed(kId, kind, [](test::Builder& b) { return wire::CreateStatus(b).Union(); }))), CallStatus::bad_response);
    }
  }
  EXPECT_EQ(answers, asked.size());
}

// conventions, "Errors": nothing that is absent, zeroed or forgotten may read as success.
TEST(MalformedControlAnswer, ThatSaysNothingIsNone) {
  for (const wire::Body kind : {wire::Body::Deployed, wire::Body::Pushed, wire::Body::Refreshed, wire::Body::StatusReport, wire::Body::MetricsText}) {
    const Bytes without = test::framed(kId, kind, [](test::Builder&) { return flatbuffers::Offset<void>(); });
    for (const Ask& ask : {Ask(ask_deploy), Ask(ask_dry_deploy), Ask(ask_rollback), Ask(ask_push), Ask(ask_refresh), Ask(ask_status), Ask(ask_metrics)}) {
      EXPECT_EQ(status_of(answer(ask, without)), CallStatus::bad_response);
    }
  }
  const Bytes deployed = test::framed(kId, wire::Body::Deployed, [](test::Builder& b) { return wire::CreateDeployed(b).Union(); });
  EXPECT_EQ(status_of(answer(ask_deploy, deployed)), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_rollback, deployed)), CallStatus::bad_response);
  const Bytes pushed = test::framed(kId, wire::Body::Pushed, [](test::Builder& b) { return wire::CreatePushed(b).Union(); });
  EXPECT_EQ(status_of(answer(ask_push, pushed)), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_metrics, test::metrics_frame(kId, ""))), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_refresh, test::refreshed_frame(kId, true, nullptr, 0))), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_refresh, test::refreshed_frame(kId, false, nullptr, 0))), CallStatus::bad_response);
}

// A fetch that failed has changed nothing: an answer that says both is about neither.
TEST(MalformedControlAnswer, ThatContradictsItselfIsNone) {
  EXPECT_EQ(status_of(answer(ask_refresh, test::refreshed_frame(kId, true, "failed"))), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_refresh, test::refreshed_frame(kId, true, ""))), CallStatus::bad_response);
}

// Tables within an answer may lack everything: texts are then empty, lists too, and what is a doubt stays one.
TEST(MalformedControlAnswer, MayHoldTablesThatAreEmpty) {
  const Answer deployed = answer(ask_deploy, test::framed(kId, wire::Body::Deployed, [](test::Builder& b) {
                                   const auto changes = test::tables<wire::Change>(b, {wire::CreateChange(b)});
                                   const auto behind = test::tables<wire::Behind>(b, {wire::CreateBehind(b)});
                                   return wire::CreateDeployed(b, 1, 1, 0, false, changes, behind).Union();
                                 }));
  EXPECT_EQ(std::get<Deployed>(deployed).changes.at(0).subject, Subject::unset);
  EXPECT_EQ(std::get<Deployed>(deployed).behind.at(0).api_service, "");
  const Answer status = answer(ask_status, test::framed(kId, wire::Body::StatusReport, [](test::Builder& b) {
                                 const std::vector<flatbuffers::Offset<wire::ApiServiceStatus>> services{wire::CreateApiServiceStatus(b)};
                                 const std::vector<flatbuffers::Offset<wire::OAuthServerStatus>> servers{
                                     wire::CreateOAuthServerStatus(b, 0, 0, 0, false, 0, 0, 0, 0, 0, 0, wire::CreateSourceStatus(b))};
                                 const std::vector<flatbuffers::Offset<wire::Problem>> problems{wire::CreateProblem(b)};
                                 const std::vector<flatbuffers::Offset<wire::DeploymentStatus>> deployments{wire::CreateDeploymentStatus(b)};
                                 return wire::CreateStatusReportDirect(b, nullptr, 0, 0, 0, nullptr, &services, &servers, nullptr, nullptr, nullptr, 0, 0, 0,
                                                                       nullptr, false, &problems, &deployments)
                                     .Union();
                               }));
  const StatusReport& report = std::get<StatusReport>(status);
  EXPECT_FALSE(report.state_dir.has_value());
  EXPECT_FALSE(report.kept);
  EXPECT_FALSE(report.oauth_servers.at(0).available);
  EXPECT_EQ(report.oauth_servers.at(0).source.value().state, SourceState::unset);
  EXPECT_EQ(name(report.problems.at(0).severity), "alarm");
  EXPECT_EQ(report.deployments.at(0).kind, DeploymentKind::unset);
}

// A frame whose strings share their bytes may unfold to far more than its size.
TEST(MalformedControlAnswer, ThatUnfoldsBeyondTheLimitIsNone) {
  Limits few = kControlLimits;
  few.unfolded_bytes_max = 100'000;
  const auto shared = [](test::Builder& b) {
    const auto text = b.CreateString(std::string(1000, 's'));
    return b.CreateVector(std::vector<flatbuffers::Offset<flatbuffers::String>>(200, text));
  };
  const Bytes deployed = test::framed(kId, wire::Body::Deployed, [&](test::Builder& b) { return wire::CreateDeployed(b, 4, 5, 6, true, 0, 0, shared(b)).Union(); });
  const Bytes pushed = test::framed(kId, wire::Body::Pushed, [&](test::Builder& b) {
    const auto changes = test::tables<wire::Change>(b, {wire::CreateChange(b, wire::Subject::key, wire::ChangeKind::added, 0, 0, shared(b))});
    return wire::CreatePushed(b, 4, 5, true, true, changes).Union();
  });
  EXPECT_EQ(status_of(answer(ask_deploy, deployed)), CallStatus::ok);
  EXPECT_EQ(status_of(answer(ask_deploy, deployed, few)), CallStatus::bad_response);
  EXPECT_EQ(status_of(answer(ask_push, pushed)), CallStatus::ok);
  EXPECT_EQ(status_of(answer(ask_push, pushed, few)), CallStatus::bad_response);
  const Bytes noted = test::framed(kId, wire::Body::Pushed, [&](test::Builder& b) { return wire::CreatePushed(b, 4, 5, true, true, 0, 0, shared(b)).Union(); });
  EXPECT_EQ(status_of(answer(ask_push, noted)), CallStatus::ok);
  EXPECT_EQ(status_of(answer(ask_push, noted, few)), CallStatus::bad_response);
  const Bytes refreshed = test::framed(kId, wire::Body::Refreshed, [&](test::Builder& b) {
    const auto changes = test::tables<wire::Change>(b, {wire::CreateChange(b, wire::Subject::key, wire::ChangeKind::added, 0, 0, shared(b))});
    return wire::CreateRefreshed(b, 4, 5, true, 0, changes).Union();
  });
  EXPECT_EQ(status_of(answer(ask_refresh, refreshed)), CallStatus::ok);
  EXPECT_EQ(status_of(answer(ask_refresh, refreshed, few)), CallStatus::bad_response);
}

// Whatever bytes come: no crash (the sanitizers watch), always a response, and of a deploy never one without a number.
TEST(MalformedControlAnswer, OfRandomDefectsIsHarmless) {
  std::mt19937 random(20240602);  // NOLINT: the same every time
  const std::vector<std::pair<Ask, Bytes>> seeds{{ask_deploy, test::full_deployed_frame(kId, 4)},
                                                 {ask_push, test::pushed_frame(kId, true, true)},
                                                 {ask_refresh, test::refreshed_frame(kId, true, nullptr)},
                                                 {ask_refresh, test::refreshed_frame(kId, false, "failed")},
                                                 {ask_status, test::status_frame(kId, {.problems = {{wire::Severity::alarm, "a"}}})},
                                                 {ask_status, test::status_frame(kId, {.servers = {{.name = "a", .source = test::SourceSample{.etag = "e", .last_error = "l"}}}})},
                                                 {ask_deploy, test::conflict_frame(kId, 7)}};
  for (int round = 0; round < 20'000; ++round) {
    const auto& [ask, good] = seeds[random() % seeds.size()];
    Bytes frame = good;
    for (unsigned defects = 1 + random() % 4; defects > 0; --defects) frame[4 + random() % (frame.size() - 4)] = static_cast<std::byte>(random());
    const Answer given = answer(ask, frame);
    if (const Deployed* deployed = std::get_if<Deployed>(&given)) {
      ASSERT_NE(deployed->deployment, 0U);
    }
    if (const Pushed* pushed = std::get_if<Pushed>(&given)) {
      ASSERT_NE(pushed->generation, 0U);
    }
    if (const Refreshed* refreshed = std::get_if<Refreshed>(&given)) {
      ASSERT_TRUE(refreshed->generation != 0 || refreshed->failure);
      ASSERT_FALSE(refreshed->changed && refreshed->failure);
    }
  }
}

}  // namespace
}  // namespace assay::core
