#include "server/reply.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/fixture.h"
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
  static const snapshot::OAuthServer server{.name = "corp", .issuers = {}, .algorithms = {}, .keys = nullptr};
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
  const Answer reply = answer(encoder.verdicts(5, 9, std::span(&verdict, 1)));
  EXPECT_EQ(reply.id(), 5U);
  ASSERT_NE(reply.verdicts(), nullptr);
  EXPECT_EQ(reply.verdicts()->generation(), 9U);
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
    const Answer reply = answer(encoder.verdicts(5, 9, std::span(&verdict, 1)));
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
  const Answer reply = answer(encoder.verdicts(5, 9, std::span(&verdict, 1)));
  EXPECT_EQ(reply.codes(), std::vector{wire::Code::unset});
  EXPECT_EQ(reply.verdicts()->verdicts()->Get(0)->subject(), nullptr);
}

TEST(Reply, TellsAnAbsentKidFromAnEmptyOne) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  verdict.kid = "";
  EXPECT_NE(answer(encoder.verdicts(5, 9, std::span(&verdict, 1))).verdicts()->verdicts()->Get(0)->kid(), nullptr);
  verdict.kid = std::nullopt;
  EXPECT_EQ(answer(encoder.verdicts(5, 9, std::span(&verdict, 1))).verdicts()->verdicts()->Get(0)->kid(), nullptr);
}

TEST(Reply, BecomesAnErrorWhenItDoesNotFit) {
  ReplyEncoder encoder(limits::kDataFrameBytesMax);
  const std::string large(12'000, 'x');
  const verdict::ClaimAnswerView claim{"/x", large};
  verdict::VerdictView verdict = full_verdict(schema::Code::accepted);
  verdict.claims = std::span(&claim, 1);
  std::vector<verdict::VerdictView> verdicts(80, verdict);
  bool too_large = true;
  EXPECT_EQ(answer(encoder.verdicts(5, 9, verdicts, &too_large)).codes().size(), 80U);
  EXPECT_FALSE(too_large);
  verdicts.resize(100, verdict);
  const Answer reply = answer(encoder.verdicts(5, 9, verdicts, &too_large));
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
    EXPECT_LE(encoder.verdicts(5, 9, std::span(&verdict, 1)).size(), 4096U) << bytes;
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
  const Answer pong = answer(encoder.pong(1, "1.2.3", 4));
  EXPECT_EQ(pong.envelope()->body_as_Pong()->version()->str(), "1.2.3");
  EXPECT_EQ(pong.envelope()->body_as_Pong()->generation(), 4U);
  const Answer deployed = answer(encoder.deployed(2, 5, 6));
  EXPECT_EQ(deployed.envelope()->body_as_Deployed()->deployment(), 5U);
  EXPECT_EQ(deployed.envelope()->body_as_Deployed()->generation(), 6U);
}

TEST(Reply, ReportsKeysUsedAndSkippedAndWhatHasBeenCounted) {
  std::string text = test::document();
  const std::string keys = "\"keys\": [";
  const std::size_t at = text.find(keys);
  const std::size_t compact_at = text.find("\"keys\":[");
  ASSERT_TRUE(at != std::string::npos || compact_at != std::string::npos) << text;
  text.insert(at != std::string::npos ? at + keys.size() : compact_at + keys.size() - 1, R"({"kty": "oct", "kid": "secret", "k": "AAAA"}, )");
  const auto snapshot = test::snapshot_of(text, 3);

  StatusFigures figures{.version = "1.2.3", .started_at_s = 1000, .engine = "reference", .workers = {}};
  Counters counters;
  counters.tokens.add(5);
  counters.count(schema::Code::expired);
  counters.count(ErrorCode::overloaded);
  counters.connections_dropped.add(2);
  figures.add_worker(counters, 3);
  figures.connections_refused = 4;
  ReplyEncoder encoder(limits::kControlFrameBytesMax);
  const Answer reply = answer(encoder.status(8, figures, *snapshot));
  const wire::StatusReport* report = reply.envelope()->body_as_StatusReport();
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->version()->str(), "1.2.3");
  EXPECT_EQ(report->started_at(), 1000);
  EXPECT_EQ(report->generation(), 3U);
  EXPECT_EQ(report->engine()->str(), "reference");
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
}

}  // namespace
}  // namespace assay::server
