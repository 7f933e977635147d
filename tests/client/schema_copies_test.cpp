// The client of today and a daemon with an older or a newer copy of the schema, both ways. docs/PROTOCOL.md, "Changes".
#include <gtest/gtest.h>

#include "client/core.h"
#include "client/frames.h"
#include "client/protocol_newer_generated.h"
#include "client/protocol_older_generated.h"

namespace assay::core {
namespace {

using test::Builder;
using test::Bytes;

const ValidationRequest kOrders{"orders", {"orders.read"}, {"/tenant"}};
constexpr std::string_view kTokens[] = {"a", "b", "c", "d"};

Answer answer(const Bytes& frame) {
  Core core(kDataLimits, 1);
  EXPECT_TRUE(core.validate(kOrders, kTokens, 5).ok());
  core.received(frame);
  core.closed(0);
  return std::move(core.take(1).value().answer);
}

template <class Make>
Bytes newer(wire_newer::Body kind, Make make) {
  Builder b;
  b.Align(8);
  const flatbuffers::Offset<void> body = make(b);
  wire_newer::FinishSizePrefixedEnvelopeBuffer(b, wire_newer::CreateEnvelopeDirect(b, 1, kind, body, "trace-1"));
  return test::bytes_of(b);
}

TEST(NewerSchema, FieldsThatThisClientDoesNotKnowAreIgnored) {
  const Answer given = answer(newer(wire_newer::Body::Verdicts, [](Builder& b) {
    using wire_newer::Code;
    const auto retry = wire_newer::CreateRetry(b, 5, b.CreateVectorOfStrings(std::vector<std::string>{"because"}));
    const std::vector<double> weights{1.5, 2.5};
    const std::vector<flatbuffers::Offset<wire_newer::Claim>> claims{wire_newer::CreateClaimDirect(b, "/tenant", "1", "integer")};
    const std::vector<flatbuffers::Offset<wire_newer::Verdict>> verdicts{
        wire_newer::CreateVerdictDirect(b, Code::accepted, true, "corp", "k", 10, 20, "alice", "app", nullptr, &claims, 0, retry, &weights),
        wire_newer::CreateVerdictDirect(b, Code::invented_refusal, true, "corp", "k", 10, 20, "alice"),
        wire_newer::CreateVerdictDirect(b, Code::invented_delay, true, nullptr, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr, 500),
        wire_newer::CreateVerdictDirect(b, Code::keys_unavailable, false, nullptr, nullptr, 0, 0, nullptr, nullptr, nullptr, nullptr, 500)};
    const std::vector<flatbuffers::Offset<wire_newer::Retry>> notes{retry};
    return wire_newer::CreateVerdictsDirect(b, 9, &verdicts, 17, "host-1", &notes).Union();
  }));
  const std::vector<Verdict>& verdicts = std::get<std::vector<Verdict>>(given);
  EXPECT_TRUE(verdicts.at(0).accepted());
  EXPECT_EQ(verdicts.at(0).instance, 17U);
  EXPECT_EQ(verdicts.at(0).subject, "alice");
  EXPECT_EQ(verdicts.at(0).claims.at(0).json, "1");
  // Codes that it does not know: refused, also where the newer daemon meant something milder.
  EXPECT_EQ(verdicts.at(1).outcome(), Outcome::refused);
  EXPECT_EQ(verdicts.at(1).code, Code::unset);
  EXPECT_FALSE(verdicts.at(1).subject.has_value());
  EXPECT_EQ(verdicts.at(2).outcome(), Outcome::refused);
  EXPECT_EQ(verdicts.at(2).retry_after_ms, 0U);
  EXPECT_EQ(verdicts.at(3).outcome(), Outcome::unavailable);
  EXPECT_EQ(verdicts.at(3).retry_after_ms, 500U);
}

TEST(NewerSchema, AKindThatThisClientDoesNotKnowIsNoAnswer) {
  const Answer given = answer(newer(wire_newer::Body::Explanation, [](Builder& b) { return wire_newer::CreateExplanationDirect(b, "why").Union(); }));
  EXPECT_EQ(std::get<Refusal>(given).error.status, CallStatus::bad_response);
}

TEST(NewerSchema, AnErrorThatThisClientDoesNotKnowIsAnError) {
  const Answer given = answer(newer(wire_newer::Body::Error, [](Builder& b) {
    return wire_newer::CreateErrorDirect(b, wire_newer::ErrorCode::invented, "something new", nullptr, 7, wire_newer::CreateRetry(b, 5)).Union();
  }));
  const Error& error = std::get<Refusal>(given).error;
  EXPECT_EQ(error.status, CallStatus::daemon_error);
  EXPECT_EQ(error.daemon_error, DaemonError::unset);
  EXPECT_EQ(error.text, "something new");
  EXPECT_FALSE(std::get<Refusal>(given).deployment.has_value());
}

TEST(NewerSchema, ReadsTheRequestsOfThisClient) {
  Core core(kDataLimits, 3);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 5).ok());
  const Bytes frame(core.output().begin(), core.output().end());
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
  ASSERT_TRUE(wire_newer::VerifySizePrefixedEnvelopeBuffer(verifier));
  const wire_newer::Validate* request = wire_newer::GetSizePrefixedEnvelope(frame.data())->body_as_Validate();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->tokens()->size(), std::size(kTokens));
  EXPECT_EQ(request->tenant(), nullptr);
}

TEST(OlderSchema, FieldsThatAreNotThereAreAbsent) {
  Builder b;
  b.Align(8);
  std::vector<flatbuffers::Offset<wire_older::Verdict>> verdicts;
  for (int i = 0; i < 3; ++i) verdicts.push_back(wire_older::CreateVerdictDirect(b, wire_older::Code::accepted, true, "corp", "k"));
  verdicts.push_back(wire_older::CreateVerdictDirect(b, wire_older::Code::expired, true));
  const auto body = wire_older::CreateVerdictsDirect(b, 9, &verdicts).Union();
  wire_older::FinishSizePrefixedEnvelopeBuffer(b, wire_older::CreateEnvelope(b, 1, wire_older::Body::Verdicts, body));
  const Answer given = answer(test::bytes_of(b));
  const std::vector<Verdict>& read = std::get<std::vector<Verdict>>(given);
  EXPECT_TRUE(read.at(0).accepted());
  EXPECT_EQ(read.at(0).kid, "k");
  EXPECT_EQ(read.at(0).instance, 0U);
  EXPECT_EQ(read.at(0).expires_at, 0);
  EXPECT_FALSE(read.at(0).subject.has_value());
  EXPECT_TRUE(read.at(0).claims.empty());
  EXPECT_EQ(read.at(0).retry_after_ms, 0U);
  EXPECT_EQ(read.at(3).code, Code::expired);
}

TEST(OlderSchema, ReadsTheRequestsOfThisClient) {
  Core core(kDataLimits, 3);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 5).ok());
  const Bytes frame(core.output().begin(), core.output().end());
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size());
  ASSERT_TRUE(wire_older::VerifySizePrefixedEnvelopeBuffer(verifier));
  EXPECT_EQ(wire_older::GetSizePrefixedEnvelope(frame.data())->body_as_Validate()->tokens()->size(), std::size(kTokens));
}

}  // namespace
}  // namespace assay::core
