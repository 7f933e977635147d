#include "server/reply.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/fixture.h"
#include "server/change_request.h"
#include "server/limits.h"
#include "server/status.h"

namespace assay::server {
namespace {

using test::Answer;

Answer answer(base::Bytes frame) {
  EXPECT_EQ(frame.size() % 8, 0U);
  return Answer({frame.begin(), frame.end()});
}

verdict::VerdictView full_verdict(schema::Code code) {
  static const snapshot::OAuthServer server{.name = "corp", .algorithms = {}, .keys = nullptr, .uses = {}, .settings = nullptr};
  static constexpr std::string_view kScopes[] = {"orders.read", "orders.write"};
  static constexpr verdict::ClaimAnswerView kClaims[] = {{"/tenant", "\"a\""}};
  verdict::VerdictView verdict;
  verdict.code = code;
  verdict.signature_verified = true;
  verdict.oauth_server = &server;
  verdict.kid = "key-1";
  verdict.valid_until_s = 2'000'000'000;
  verdict.expires_at_s = 1'999'999'970;
  verdict.subject = "alice";
  verdict.client_id = "app";
  verdict.scopes = kScopes;
  verdict.claims = kClaims;
  return verdict;
}

TEST(Reply, CarriesAllOfAnAcceptedVerdict) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  const verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  const Answer reply = answer(encoder.verdicts(5, 77, 9, std::span(&verdict, 1)));
  EXPECT_EQ(reply.id(), 5U);
  ASSERT_NE(reply.verdicts(), nullptr);
  EXPECT_EQ(reply.verdicts()->generation(), 9U);
  EXPECT_EQ(reply.verdicts()->instance(), 77U);
  const wire::Verdict& sent = *reply.verdicts()->verdicts()->Get(0);
  EXPECT_EQ(sent.code(), wire::Code::accepted);
  EXPECT_TRUE(sent.signature_verified());
  EXPECT_EQ(sent.oauth_server()->str(), "corp");
  EXPECT_EQ(sent.kid()->str(), "key-1");
  EXPECT_EQ(sent.valid_until(), 2'000'000'000);
  EXPECT_EQ(sent.expires_at(), 1'999'999'970);
  EXPECT_EQ(sent.subject()->str(), "alice");
  EXPECT_EQ(sent.client_id()->str(), "app");
  EXPECT_EQ(sent.scopes()->size(), 2U);
  EXPECT_EQ(sent.scopes()->Get(1)->str(), "orders.write");
  EXPECT_EQ(sent.claims()->Get(0)->pointer()->str(), "/tenant");
  EXPECT_EQ(sent.claims()->Get(0)->json()->str(), "\"a\"");
}

// A refusal returns nothing from the token and no expected value, whatever the view holds.
TEST(Reply, CarriesNothingOfATokenThatIsNotAccepted) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  for (const schema::CodeInfo& info : schema::kCodes) {
    if (info.code == schema::Code::accepted) continue;
    const verdict::VerdictView verdict = full_verdict(info.code);
    const Answer reply = answer(encoder.verdicts(5, 77, 9, std::span(&verdict, 1)));
    ASSERT_NE(reply.verdicts(), nullptr);
    const wire::Verdict& sent = *reply.verdicts()->verdicts()->Get(0);
    EXPECT_EQ(static_cast<std::uint8_t>(sent.code()), static_cast<std::uint8_t>(info.code)) << info.name;
    EXPECT_TRUE(sent.signature_verified());
    EXPECT_EQ(sent.oauth_server(), nullptr) << info.name;
    EXPECT_EQ(sent.kid(), nullptr) << info.name;
    EXPECT_EQ(sent.valid_until(), 0) << info.name;
    EXPECT_EQ(sent.expires_at(), 0) << info.name;
    EXPECT_EQ(sent.subject(), nullptr) << info.name;
    EXPECT_EQ(sent.client_id(), nullptr) << info.name;
    EXPECT_EQ(sent.scopes(), nullptr) << info.name;
    EXPECT_EQ(sent.claims(), nullptr) << info.name;
  }
}

TEST(Reply, NeverCallsATokenAcceptedWithoutItsSignature) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  verdict.signature_verified = false;
  const Answer reply = answer(encoder.verdicts(5, 77, 9, std::span(&verdict, 1)));
  EXPECT_EQ(reply.codes(), std::vector{wire::Code::unset});
  EXPECT_EQ(reply.verdicts()->verdicts()->Get(0)->subject(), nullptr);
}

TEST(Reply, TellsAnAbsentKidFromAnEmptyOne) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  verdict.kid = "";
  EXPECT_NE(answer(encoder.verdicts(5, 77, 9, std::span(&verdict, 1))).verdicts()->verdicts()->Get(0)->kid(), nullptr);
  verdict.kid = std::nullopt;
  EXPECT_EQ(answer(encoder.verdicts(5, 77, 9, std::span(&verdict, 1))).verdicts()->verdicts()->Get(0)->kid(), nullptr);
}

TEST(Reply, BecomesAnErrorWhenItDoesNotFit) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  const std::string large(12'000, 'x');
  const verdict::ClaimAnswerView claim{"/x", large};
  verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  verdict.claims = std::span(&claim, 1);
  std::vector<verdict::VerdictView> verdicts(80, verdict);
  bool too_large = true;
  EXPECT_EQ(answer(encoder.verdicts(5, 77, 9, verdicts, &too_large)).codes().size(), 80U);
  EXPECT_FALSE(too_large);
  verdicts.resize(100, verdict);
  const Answer reply = answer(encoder.verdicts(5, 77, 9, verdicts, &too_large));
  EXPECT_TRUE(too_large);
  EXPECT_EQ(reply.error(), wire::ErrorCode::response_too_large);
  EXPECT_EQ(reply.id(), 5U);
}

// At every size around the limit the answer is a frame within it, or the Error.
TEST(Reply, NeverOutgrowsItsFrame) {
  for (std::size_t bytes = 3500; bytes < 4200; bytes += 3) {
    ReplyEncoder encoder(4096);
    const std::string large(bytes, 'x');
    const verdict::ClaimAnswerView claim{"/x", large};
    verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
    verdict.claims = std::span(&claim, 1);
    EXPECT_LE(encoder.verdicts(5, 77, 9, std::span(&verdict, 1)).size(), 4096U) << bytes;
  }
}

TEST(Reply, CarriesErrorsWithTheirFaults) {
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const std::vector<snapshot::Fault> faults{{"/a", "found", "allowed"}};
  const Answer reply = answer(encoder.error(3, ErrorCode::bad_configuration, {}, faults));
  EXPECT_EQ(reply.error(), wire::ErrorCode::bad_configuration);
  EXPECT_EQ(reply.error_text(), text_of(ErrorCode::bad_configuration));
  const wire::Fault& fault = *reply.envelope()->body_as_Error()->faults()->Get(0);
  EXPECT_EQ(fault.pointer()->str(), "/a");
  EXPECT_EQ(fault.found()->str(), "found");
  EXPECT_EQ(fault.allowed()->str(), "allowed");
}

// Without an id no field of 8 bytes asks for the alignment.
TEST(Reply, IsAMultipleOfEightWithoutAnIdToo) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  for (std::size_t length = 0; length < 16; ++length) {
    const Answer reply = answer(encoder.error(0, ErrorCode::bad_frame, std::string(length + 1, 'x')));
    EXPECT_EQ(reply.error(), wire::ErrorCode::bad_frame);
  }
}

TEST(Reply, CarriesPongAndDeployed) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  const Answer pong = answer(encoder.pong(1, "1.2.3", 77, 4));
  EXPECT_EQ(pong.envelope()->body_as_Pong()->version()->str(), "1.2.3");
  EXPECT_EQ(pong.envelope()->body_as_Pong()->generation(), 4U);
  EXPECT_EQ(pong.envelope()->body_as_Pong()->instance(), 77U);
}

Outcome full_outcome() {
  using snapshot::Change;
  Outcome outcome;
  outcome.deployment = 5;
  outcome.changed = true;
  outcome.kept = true;
  outcome.changes = {{Change::Subject::api_service, Change::Kind::altered, "orders", {}, {"audiences"}}, {Change::Subject::key, Change::Kind::removed, "corp", "k1", {"P-256", "thumb"}}};
  outcome.behind = {{"billing", true, {"corp"}}};
  outcome.notes = {"a note"};
  outcome.restores = 3;
  outcome.skipped = {{.index = 3, .kid = "s", .reason = "why", .alarm = true}};
  outcome.instance = 77;
  outcome.generation = 6;
  return outcome;
}

TEST(Reply, CarriesWhatCameOfADeploy) {
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const Answer reply = answer(encoder.deployed(2, full_outcome()));
  const wire::Deployed* deployed = reply.envelope()->body_as_Deployed();
  ASSERT_NE(deployed, nullptr);
  EXPECT_EQ(deployed->deployment(), 5U);
  EXPECT_EQ(deployed->generation(), 6U);
  EXPECT_EQ(deployed->instance(), 77U);
  EXPECT_TRUE(deployed->kept());
  ASSERT_EQ(deployed->changes()->size(), 2U);
  EXPECT_EQ(deployed->changes()->Get(0)->subject(), wire::Subject::api_service);
  EXPECT_EQ(deployed->changes()->Get(0)->kind(), wire::ChangeKind::altered);
  EXPECT_EQ(deployed->changes()->Get(0)->kid(), nullptr);
  EXPECT_EQ(deployed->changes()->Get(0)->details()->Get(0)->str(), "audiences");
  EXPECT_EQ(deployed->changes()->Get(1)->kid()->str(), "k1");
  EXPECT_EQ(deployed->behind()->Get(0)->api_service()->str(), "billing");
  EXPECT_TRUE(deployed->behind()->Get(0)->own_settings());
  EXPECT_EQ(deployed->behind()->Get(0)->oauth_servers()->Get(0)->str(), "corp");
  EXPECT_EQ(deployed->notes()->Get(0)->str(), "a note");
  EXPECT_EQ(deployed->restores(), 3U);
}

TEST(Reply, CarriesWhatCameOfAPush) {
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const Answer reply = answer(encoder.pushed(2, full_outcome()));
  const wire::Pushed* pushed = reply.envelope()->body_as_Pushed();
  ASSERT_NE(pushed, nullptr);
  EXPECT_EQ(pushed->generation(), 6U);
  EXPECT_EQ(pushed->instance(), 77U);
  EXPECT_TRUE(pushed->changed());
  EXPECT_TRUE(pushed->kept());
  EXPECT_EQ(pushed->changes()->size(), 2U);
  EXPECT_EQ(pushed->skipped()->Get(0)->index(), 3U);
  EXPECT_TRUE(pushed->skipped()->Get(0)->alarm());
  EXPECT_EQ(pushed->notes()->Get(0)->str(), "a note");
}

// What is in force is never answered with an error: a list that does not fit is cut, and says so.
TEST(Reply, CutsTheListsOfALargeChange) {
  ReplyEncoder encoder(64 * 1024);
  Outcome outcome = full_outcome();
  outcome.changes.assign(5000, outcome.changes[0]);
  outcome.behind.assign(5000, outcome.behind[0]);
  for (const bool is_push : {false, true}) {
    const base::Bytes frame = is_push ? encoder.pushed(2, outcome) : encoder.deployed(2, outcome);
    EXPECT_LE(frame.size(), 64U * 1024);
    const Answer reply = answer(frame);
    ASSERT_EQ(reply.kind(), is_push ? wire::Body::Pushed : wire::Body::Deployed);
    const auto* changes = is_push ? reply.envelope()->body_as_Pushed()->changes() : reply.envelope()->body_as_Deployed()->changes();
    const auto* notes = is_push ? reply.envelope()->body_as_Pushed()->notes() : reply.envelope()->body_as_Deployed()->notes();
    EXPECT_GT(changes->size(), 100U);
    EXPECT_NE(notes->Get(1)->str().find("of 5000 changes are listed"), std::string::npos) << notes->Get(1)->str();
  }
}

// A daemon without a cache of tokens says so by leaving it out: zeros would be one that is of no use.
TEST(Reply, LeavesOutATokenCacheThatIsNotThere) {
  const test::FakeClock clock;
  test::RecordingLog log;
  const test::NoIdentities identities;
  const auto ledger = test::ledger_of(test::document(), clock, log, identities);
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const Answer reply = answer(encoder.status(8, {.version = "1", .engine = "e", .engines = {}, .workers = {}}, *ledger->report(), *ledger->first_snapshot()));
  ASSERT_NE(reply.envelope()->body_as_StatusReport(), nullptr);
  EXPECT_EQ(reply.envelope()->body_as_StatusReport()->token_cache(), nullptr);
}

TEST(Reply, AnswersAnErrorForAStatusThatDoesNotFit) {
  const test::FakeClock clock;
  test::RecordingLog log;
  const test::NoIdentities identities;
  const auto ledger = test::ledger_of(test::document(), clock, log, identities);
  const auto snapshot = ledger->first_snapshot();
  for (const std::size_t bytes : {128U, 512U}) {
    ReplyEncoder encoder(bytes);
    EXPECT_EQ(answer(encoder.status(8, {.version = "1", .engine = "e", .engines = {}, .workers = {}}, *ledger->report(), *snapshot)).error(), wire::ErrorCode::response_too_large);
  }
}

TEST(Reply, SaysWhyAChangeWasRefused) {
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  Outcome refused = full_outcome();
  refused.error = ErrorCode::conflict;
  refused.error_text = "deployment 4 is in force";
  refused.in_force = 4;
  const Answer reply = answer(encoder.deployed(2, refused));
  EXPECT_EQ(reply.error(), wire::ErrorCode::conflict);
  EXPECT_EQ(reply.error_text(), "deployment 4 is in force");
  EXPECT_EQ(reply.envelope()->body_as_Error()->deployment(), 4U);
  refused.error = ErrorCode::bad_keys;
  EXPECT_EQ(answer(encoder.pushed(2, refused)).error(), wire::ErrorCode::bad_keys);
}

TEST(Reply, ReportsKeysUsedAndSkippedAndWhatHasBeenCounted) {
  std::string text = test::document();
  const std::string keys = "\"keys\": [";
  const std::size_t at = text.find(keys);
  const std::size_t compact_at = text.find("\"keys\":[");
  ASSERT_TRUE(at != std::string::npos || compact_at != std::string::npos) << text;
  text.insert(at != std::string::npos ? at + keys.size() : compact_at + keys.size() - 1, R"({"kty": "oct", "kid": "secret", "k": "AAAA"}, )");
  const test::FakeClock clock;
  test::RecordingLog log;
  const test::NoIdentities identities;
  const auto ledger = test::ledger_of(text, clock, log, identities);
  const auto snapshot = ledger->first_snapshot();

  StatusFigures figures{.version = "1.2.3", .started_at_s = 1000, .engine = "reference", .engines = {}, .workers = {}};
  WorkerCounters counters;
  counters.batch_tokens.add(5);
  figures.add(std::vector{VerdictCount{.kind = {.code = schema::Code::expired}, .count = 1}});
  counters.count(ErrorCode::overloaded);
  counters.connections_dropped.add(2);
  figures.add_worker(counters, 3);
  figures.engines = {{crypto::Algorithm::rs256, crypto::EngineLevel::simd}, {crypto::Algorithm::es256, crypto::EngineLevel::scalar}};
  figures.tables = crypto::TableFigures{.tables = 5, .bytes = 6, .curve_bytes = 7, .keys_without = 8};
  figures.token_cache = verdict::TokenCacheFigures{.bytes = 11, .capacity = 12, .entries = 13, .hits = 14, .misses = 15, .keys_gone = 16, .evicted = 17,
                                                         .expired = 18, .oversized = 19, .busy = 20, .passed = 21};
  figures.connections_refused = 4;
  figures.problems.push_back({Problem::Severity::warning, "a late worker"});
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const Answer reply = answer(encoder.status(8, figures, *ledger->report(), *snapshot));
  const wire::StatusReport* report = reply.envelope()->body_as_StatusReport();
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->version()->str(), "1.2.3");
  EXPECT_EQ(report->started_at(), 1000);
  EXPECT_EQ(report->generation(), 1U);
  EXPECT_EQ(report->instance(), test::kInstance);
  EXPECT_EQ(report->state_dir(), nullptr);
  EXPECT_FALSE(report->kept());
  EXPECT_EQ(report->deployments()->Get(0)->deployment(), 1U);
  EXPECT_EQ(report->deployments()->Get(0)->kind(), wire::DeploymentKind::full);
  EXPECT_EQ(report->deployments()->Get(0)->bytes(), text.size());
  EXPECT_EQ(report->engine()->str(), "reference");
  ASSERT_EQ(report->engines()->size(), 2U);
  EXPECT_EQ(report->engines()->Get(1)->algorithm()->str(), "ES256");
  EXPECT_EQ(report->engines()->Get(1)->engine()->str(), "scalar");
  EXPECT_EQ(report->key_tables()->budget(), snapshot->daemon().key_table_budget_bytes);
  EXPECT_EQ(report->key_tables()->tables(), 5U);
  EXPECT_EQ(report->key_tables()->bytes(), 6U);
  EXPECT_EQ(report->key_tables()->curve_bytes(), 7U);
  EXPECT_EQ(report->key_tables()->keys_without(), 8U);
  ASSERT_NE(report->token_cache(), nullptr);
  EXPECT_EQ(report->token_cache()->bytes(), 11U);
  EXPECT_EQ(report->token_cache()->capacity(), 12U);
  EXPECT_EQ(report->token_cache()->entries(), 13U);
  EXPECT_EQ(report->token_cache()->hits(), 14U);
  EXPECT_EQ(report->token_cache()->misses(), 15U);
  EXPECT_EQ(report->token_cache()->keys_gone(), 16U);
  EXPECT_EQ(report->token_cache()->evicted(), 17U);
  EXPECT_EQ(report->token_cache()->expired(), 18U);
  EXPECT_EQ(report->token_cache()->oversized(), 19U);
  EXPECT_EQ(report->token_cache()->busy(), 20U);
  EXPECT_EQ(report->token_cache()->passed(), 21U);
  ASSERT_EQ(report->oauth_servers()->size(), 1U);
  const wire::OAuthServerStatus& server = *report->oauth_servers()->Get(0);
  EXPECT_TRUE(server.available());
  EXPECT_EQ(server.key_source()->str(), "jwks");
  ASSERT_EQ(server.keys()->size(), 1U);
  EXPECT_EQ(server.keys()->Get(0)->type()->str(), "Ed25519");
  EXPECT_EQ(server.keys()->Get(0)->algorithms()->Get(0)->str(), "EdDSA");
  EXPECT_EQ(server.keys()->Get(0)->thumbprint()->size(), 43U);
  ASSERT_EQ(server.skipped()->size(), 1U);
  EXPECT_EQ(server.skipped()->Get(0)->kid()->str(), "secret");
  EXPECT_TRUE(server.skipped()->Get(0)->alarm());
  ASSERT_EQ(report->api_services()->size(), 1U);
  EXPECT_EQ(report->api_services()->Get(0)->name()->str(), "orders");
  EXPECT_EQ(report->workers()->Get(0)->tokens(), 5U);
  ASSERT_EQ(report->verdicts()->size(), 1U);
  EXPECT_EQ(report->verdicts()->Get(0)->code(), wire::Code::expired);
  EXPECT_EQ(report->verdicts()->Get(0)->count(), 1U);
  EXPECT_EQ(report->errors()->Get(0)->error(), wire::ErrorCode::overloaded);
  EXPECT_EQ(report->connections_refused(), 4U);
  EXPECT_EQ(report->connections_dropped(), 2U);
  // The worst first: the published secret, the late worker, and that nothing is kept.
  ASSERT_EQ(report->problems()->size(), 3U);
  EXPECT_EQ(report->problems()->Get(0)->severity(), wire::Severity::alarm);
  EXPECT_EQ(report->problems()->Get(1)->text()->str(), "a late worker");
  EXPECT_EQ(report->problems()->Get(2)->severity(), wire::Severity::notice);
}

}  // namespace
}  // namespace assay::server
