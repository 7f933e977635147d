// The protocol core without any I/O: what it sends, and how answers find their requests.
#include "client/core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "client/frames.h"

namespace assay::core {
namespace {

using test::Bytes;

Bytes sent_by(Core& core) {
  const Bytes out(core.output().begin(), core.output().end());
  core.sent(out.size());
  return out;
}

const ValidationRequest kOrders{"orders", {"orders.read"}, {"/tenant", "/a~1b"}};

// docs/PROTOCOL.md, "Limits": the client's limits are the daemon's.
TEST(CoreLimits, AreThoseOfTheDaemon) {
  EXPECT_EQ(kTokensPerRequestMax, base::limits::kTokensPerRequestMax);
  EXPECT_EQ(kScopesPerRequestMax, base::limits::kScopesPerRequestMax);
  EXPECT_EQ(kClaimsPerRequestMax, base::limits::kClaimsPerRequestMax);
  EXPECT_EQ(kRequestBytesMax, base::limits::kDataFrameBytesMax);
  EXPECT_EQ(kControlLimits.frame_bytes_max, base::limits::kControlFrameBytesMax);
  EXPECT_EQ(kConfigurationBytesMax, base::limits::kConfigBytesMax);
  EXPECT_EQ(kDepthMax, base::limits::kFrameDepthMax);
  EXPECT_EQ(kFrameAlignBytes, base::limits::kFrameAlignBytes);
  EXPECT_EQ(kFramePrefixBytes, base::limits::kFramePrefixBytes);
}

// docs/PROTOCOL.md, "Frames": prefix and frame together are a multiple of 8 bytes, whatever they hold.
TEST(CoreRequests, AreFramedToMultiplesOfEightBytes) {
  for (std::size_t length = 0; length < 32; ++length) {
    Core core(kDataLimits, 1);
    const std::string token(length, 'x');
    const std::string_view tokens[] = {token};
    ASSERT_TRUE(core.validate({"o" + std::string(length % 5, 'o'), {}, {}}, tokens, 0).ok());
    const Bytes frame = sent_by(core);
    EXPECT_EQ(frame.size() % 8, 0U);
    EXPECT_NE(test::envelope_of(frame), nullptr);
  }
  Core core(kControlLimits, 1);
  ASSERT_TRUE(core.ping().ok());
  EXPECT_NE(test::envelope_of(sent_by(core)), nullptr);
  ASSERT_TRUE(core.status().ok());
  EXPECT_NE(test::envelope_of(sent_by(core)), nullptr);
  ASSERT_TRUE(core.deploy({.configuration = "{}"}).ok());
  EXPECT_NE(test::envelope_of(sent_by(core)), nullptr);
  ASSERT_TRUE(core.rollback({}).ok());
  EXPECT_NE(test::envelope_of(sent_by(core)), nullptr);
  ASSERT_TRUE(core.push_keys("corp", "{}", {}).ok());
  EXPECT_NE(test::envelope_of(sent_by(core)), nullptr);
}

TEST(CoreRequests, CarryEveryFieldAndTokensOfAnyBytes) {
  Core core(kDataLimits, 41);
  const std::string odd("a\0\n\xff.b.c", 8);
  const std::array<std::string_view, 3> tokens{odd, "", "h.p.s"};
  const Result<std::uint64_t> id = core.validate(kOrders, tokens, 250);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, 41U);
  const Bytes frame = sent_by(core);
  const wire::Envelope* envelope = test::envelope_of(frame);
  ASSERT_NE(envelope, nullptr);
  EXPECT_EQ(envelope->id(), 41U);
  const wire::Validate* request = envelope->body_as_Validate();
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->api_service()->str(), "orders");
  ASSERT_EQ(request->tokens()->size(), 3U);
  EXPECT_EQ(request->tokens()->Get(0)->str(), odd);
  EXPECT_EQ(request->tokens()->Get(1)->str(), "");
  EXPECT_EQ(request->tokens()->Get(2)->str(), "h.p.s");
  ASSERT_EQ(request->required_scopes()->size(), 1U);
  EXPECT_EQ(request->required_scopes()->Get(0)->str(), "orders.read");
  ASSERT_EQ(request->claims()->size(), 2U);
  EXPECT_EQ(request->claims()->Get(1)->str(), "/a~1b");
  EXPECT_EQ(request->deadline_ms(), 250U);
}

// docs/PROTOCOL.md, "Limits": at them and one past them.
TEST(CoreRequests, BeyondALimitAreBadArgumentsAndSendNothing) {
  Core core(kDataLimits, 1);
  const auto refused = [&](const ValidationRequest& request, std::span<const std::string_view> tokens) {
    const Result<std::uint64_t> id = core.validate(request, tokens, 0);
    return id.status() == CallStatus::bad_argument && core.output().empty() && core.open_count() == 0;
  };
  const std::vector<std::string_view> tokens(kTokensPerRequestMax + 1, "t");
  EXPECT_TRUE(refused(kOrders, {}));
  EXPECT_TRUE(refused(kOrders, tokens));
  EXPECT_TRUE(refused({"", {}, {}}, std::span(tokens).first(1)));
  EXPECT_TRUE(refused({"o", std::vector<std::string>(kScopesPerRequestMax + 1, "s"), {}}, std::span(tokens).first(1)));
  EXPECT_TRUE(refused({"o", {}, std::vector<std::string>(kClaimsPerRequestMax + 1, "/c")}, std::span(tokens).first(1)));
  const std::string large(kRequestBytesMax, 'x');
  const std::string_view too_large[] = {large};
  EXPECT_TRUE(refused(kOrders, too_large));
  const std::string_view nearly[] = {std::string_view(large).substr(0, kRequestBytesMax - 64)};  // the tokens fit, the frame around them does not
  EXPECT_TRUE(refused(kOrders, nearly));

  EXPECT_TRUE(core.validate(kOrders, std::span(tokens).first(kTokensPerRequestMax), 0).ok());
  EXPECT_TRUE(core.validate({"o", std::vector<std::string>(kScopesPerRequestMax, "s"), std::vector<std::string>(kClaimsPerRequestMax, "/c")},
                            std::span(tokens).first(1), 0)
                  .ok());
  const std::string_view fits[] = {std::string_view(large).substr(0, kRequestBytesMax - 256)};
  EXPECT_TRUE(core.validate(kOrders, fits, 0).ok());
  EXPECT_EQ(core.deploy({.configuration = std::string(kConfigurationBytesMax + 1, ' ')}).status(), CallStatus::bad_argument);
  Core control(kControlLimits, 1);
  EXPECT_TRUE(control.deploy({.configuration = std::string(kConfigurationBytesMax, ' ')}).ok());
  EXPECT_LE(control.output().size(), kControlLimits.frame_bytes_max);
}

// schema/protocol.fbs: the id is never 0 in a request.
TEST(CoreRequests, NeverHaveIdZero) {
  Core at_zero(kDataLimits, 0);
  EXPECT_EQ(*at_zero.ping(), 1U);
  Core at_the_end(kDataLimits, UINT64_MAX);
  EXPECT_EQ(*at_the_end.ping(), UINT64_MAX);
  EXPECT_EQ(*at_the_end.ping(), 1U);
}

TEST(CoreAnswers, CarryEverythingOfAnAcceptedVerdict) {
  Core core(kDataLimits, 5);
  const std::array<std::string_view, 3> tokens{"a", "b", "c"};
  ASSERT_TRUE(core.validate(kOrders, tokens, 0).ok());
  core.received(test::verdicts_frame(5, {Code::accepted, Code::expired, Code::keys_unavailable}, 9));
  std::optional<Response> response = core.take(5);
  ASSERT_TRUE(response.has_value());
  const auto* verdicts = std::get_if<std::vector<Verdict>>(&response->answer);
  ASSERT_NE(verdicts, nullptr);
  ASSERT_EQ(verdicts->size(), 3U);
  const Verdict& accepted = (*verdicts)[0];
  EXPECT_TRUE(accepted.accepted());
  for (const Verdict& verdict : *verdicts) {
    EXPECT_EQ(verdict.generation, 9U);
    EXPECT_EQ(verdict.instance, test::kInstance);
  }
  EXPECT_EQ(accepted.oauth_server, "corp");
  EXPECT_EQ(accepted.kid, "key-1");
  EXPECT_EQ(accepted.valid_until, 2'000'000'000);
  EXPECT_EQ(accepted.expires_at, 2'000'000'030);
  EXPECT_EQ(accepted.subject, "alice");
  EXPECT_EQ(accepted.client_id, "app");
  EXPECT_EQ(accepted.scopes, (std::vector<std::string>{"orders.read", "orders.write"}));
  ASSERT_EQ(accepted.claims.size(), 1U);
  EXPECT_EQ(accepted.claims[0].pointer, "/tenant");
  EXPECT_EQ(accepted.claims[0].json, "\"a\"");
  EXPECT_EQ((*verdicts)[1].outcome(), Outcome::refused);
  EXPECT_EQ((*verdicts)[1].code, Code::expired);
  EXPECT_EQ((*verdicts)[2].outcome(), Outcome::unavailable);
  EXPECT_FALSE(core.take(5).has_value());  // handed out once
}

// docs/PROTOCOL.md, "Validate": when to ask again belongs to unavailable verdicts alone. Whoever obeys it stays away no longer than a minute.
TEST(CoreAnswers, SayWhenToAskAgainOfUnavailableVerdictsAlone) {
  constexpr std::uint32_t kSaid[] = {0, 1, 60'000, 60'001, UINT32_MAX};
  const std::vector<std::string_view> tokens(schema::kCodes.size() * std::size(kSaid), "a");
  Core core(kDataLimits, 1);
  ASSERT_TRUE(core.validate(kOrders, tokens, 0).ok());
  core.received(test::framed(1, wire::Body::Verdicts, [&](test::Builder& b) {
    std::vector<flatbuffers::Offset<wire::Verdict>> verdicts;
    for (const schema::CodeInfo& info : schema::kCodes) {
      for (const std::uint32_t said : kSaid) {
        verdicts.push_back(wire::CreateVerdict(b, static_cast<wire::Code>(info.code), info.code == Code::accepted, 0, 0, 0, 0, 0, 0, 0, 0, said));
      }
    }
    return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
  }));
  const std::optional<Response> response = core.take(1);
  ASSERT_TRUE(response.has_value());
  const auto& verdicts = std::get<std::vector<Verdict>>(response->answer);
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool unavailable = verdicts[i].outcome() == Outcome::unavailable;
    EXPECT_EQ(unavailable, verdicts[i].code == Code::keys_unavailable || verdicts[i].code == Code::key_refreshing);
    EXPECT_EQ(verdicts[i].retry_after_ms, unavailable ? std::min(kSaid[i % std::size(kSaid)], 60'000U) : 0U) << verdicts[i].info().name;
  }
}

// design: all but code, signature_verified, generation and instance belongs to accepted verdicts alone.
TEST(CoreAnswers, TakeNothingOfATokenFromARefusal) {
  Core core(kDataLimits, 1);
  const std::string_view tokens[] = {"a"};
  ASSERT_TRUE(core.validate(kOrders, tokens, 0).ok());
  core.received(test::framed(1, wire::Body::Verdicts, [](test::Builder& b) {
    const std::vector<flatbuffers::Offset<wire::Verdict>> verdicts{
        wire::CreateVerdictDirect(b, wire::Code::expired, true, "corp", "key-1", 1, 1, "alice", "app")};
    return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
  }));
  const std::optional<Response> response = core.take(1);
  const Verdict& verdict = std::get<std::vector<Verdict>>(response.value().answer).at(0);
  EXPECT_TRUE(verdict.signature_verified);
  EXPECT_EQ(verdict.oauth_server, "");
  EXPECT_FALSE(verdict.kid || verdict.subject || verdict.client_id);
  EXPECT_EQ(verdict.expires_at, 0);
}

// An absent kid and an empty one differ (RFC 7515 section 4.1.4: kid is any string).
TEST(CoreAnswers, TellAbsentTextsFromEmptyOnes) {
  Core core(kDataLimits, 1);
  const std::string_view tokens[] = {"a"};
  ASSERT_TRUE(core.validate(kOrders, tokens, 0).ok());
  core.received(test::framed(1, wire::Body::Verdicts, [](test::Builder& b) {
    const std::vector<flatbuffers::Offset<wire::Verdict>> verdicts{wire::CreateVerdictDirect(b, wire::Code::accepted, true, "corp", "")};
    return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
  }));
  const std::optional<Response> response = core.take(1);
  const Verdict& verdict = std::get<std::vector<Verdict>>(response.value().answer).at(0);
  EXPECT_EQ(verdict.kid, "");
  EXPECT_FALSE(verdict.subject.has_value());
}

// docs/PROTOCOL.md, "Pipelining": answers come in any order, cut anywhere.
TEST(CoreAnswers, FindTheirRequestsInAnyOrderAndAnyPieces) {
  for (const std::size_t piece : {1U, 3U, 7U, 64U, 4096U}) {
    Core core(kDataLimits, 100);
    const std::array<std::string_view, 2> two{"a", "b"};
    ASSERT_TRUE(core.validate(kOrders, std::span(two).first(1), 0).ok());
    ASSERT_TRUE(core.ping().ok());
    ASSERT_TRUE(core.validate(kOrders, two, 0).ok());
    Bytes stream;
    for (const Bytes& frame : {test::verdicts_frame(102, {Code::accepted, Code::expired}), test::pong_frame(101), test::verdicts_frame(100, {Code::bad_signature})}) {
      stream.insert(stream.end(), frame.begin(), frame.end());
    }
    for (std::size_t at = 0; at < stream.size(); at += piece) core.received(std::span(stream).subspan(at, std::min(piece, stream.size() - at)));
    EXPECT_EQ(core.open_count(), 0U);
    const std::optional<Response> first = core.take(100);
    EXPECT_EQ(std::get<std::vector<Verdict>>(first.value().answer).at(0).code, Code::bad_signature);
    EXPECT_EQ(core.take_any().value().id, 102U);
    const DaemonInfo info = std::get<DaemonInfo>(core.take_any().value().answer);
    EXPECT_EQ(info.version, "1.2.3");
    EXPECT_EQ(info.instance, test::kInstance);
    EXPECT_FALSE(core.take_any().has_value());
    EXPECT_EQ(core.failure(), nullptr);
  }
}

TEST(CoreAnswers, ThatWereAbandonedAreDropped) {
  Core core(kDataLimits, 1);
  ASSERT_TRUE(core.ping().ok());
  ASSERT_TRUE(core.ping().ok());
  core.abandon(1);
  core.received(test::pong_frame(1));
  EXPECT_FALSE(core.take_any().has_value());
  EXPECT_EQ(core.failure(), nullptr);
  core.received(test::pong_frame(2));
  EXPECT_TRUE(core.take(2).has_value());
}

TEST(CoreAnswers, AreRefusalsForAllOpenRequestsWhenTheStreamEnds) {
  Core core(kDataLimits, 1);
  const std::string_view tokens[] = {"a"};
  ASSERT_TRUE(core.validate(kOrders, tokens, 0).ok());
  ASSERT_TRUE(core.ping().ok());
  const Bytes pong = test::pong_frame(2);
  core.received(std::span(pong).first(20));
  core.closed(ECONNRESET);
  for (const std::uint64_t id : {1U, 2U}) {
    const std::optional<Response> response = core.take(id);
    const Refusal& refusal = std::get<Refusal>(response.value().answer);
    EXPECT_EQ(refusal.error.status, CallStatus::connection_lost);
    EXPECT_EQ(refusal.error.system_errno, ECONNRESET);
  }
  EXPECT_EQ(core.ping().status(), CallStatus::connection_lost);  // of no more use
}

// schema/protocol.fbs: deployment is 0 for a dry run, and only then.
TEST(CoreAnswers, ToADeployMustSayThatItWasDone) {
  const auto answer_to = [](bool dry_run, std::uint64_t deployment) {
    Core core(kControlLimits, 1);
    EXPECT_TRUE(core.deploy({.configuration = "{}", .dry_run = dry_run}).ok());
    core.received(test::deployed_frame(1, deployment, 5));
    return core.take(1).value().answer;
  };
  EXPECT_EQ(std::get<Deployed>(answer_to(false, 4)).deployment, 4U);
  EXPECT_EQ(std::get<Deployed>(answer_to(true, 0)).generation, 5U);
  EXPECT_EQ(std::get<Refusal>(answer_to(false, 0)).error.status, CallStatus::bad_response);
  EXPECT_EQ(std::get<Refusal>(answer_to(true, 4)).error.status, CallStatus::bad_response);
}

// A frame that is made once and sent later says the same as a request that is made for the connection.
TEST(CoreFrame, IsTheRequestWithItsIdAndDeadline) {
  const ValidationRequest request{"orders", {"orders.read"}, {"/tenant"}};
  const std::vector<std::string_view> tokens{"a.b.c", "d"};
  const Result<ValidationFrame> frame = frame_of(request, tokens, kDataLimits);
  ASSERT_TRUE(frame.ok());
  Core made(kDataLimits, 1000);
  Core framed(kDataLimits, 1000);
  for (const std::uint32_t deadline_ms : {500U, 70'000U}) {  // as often as it is sent, each time with another id
    const Result<std::uint64_t> id = framed.validate(*frame, deadline_ms);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(*id, *made.validate(request, tokens, deadline_ms));
  }
  EXPECT_TRUE(std::ranges::equal(made.output(), framed.output()));
  EXPECT_EQ(framed.open_count(), 2U);
}

TEST(CoreFrame, RefusesWhatARequestRefuses) {
  const std::string_view token = "a";
  EXPECT_EQ(frame_of({"", {}, {}}, std::span(&token, 1), kDataLimits).status(), CallStatus::bad_argument);
  EXPECT_EQ(frame_of({"orders", {}, {}}, {}, kDataLimits).status(), CallStatus::bad_argument);
  const std::string large(kRequestBytesMax - 8, 'x');  // by itself within the limit, but not with its frame
  const std::string_view too_large = large;
  EXPECT_EQ(frame_of({"orders", {}, {}}, std::span(&too_large, 1), kDataLimits).status(), CallStatus::bad_argument);
  Core closed(kDataLimits, 1);
  closed.closed(0);
  EXPECT_EQ(closed.validate(*frame_of({"orders", {}, {}}, std::span(&token, 1), kDataLimits), 1).status(), CallStatus::connection_lost);
}

// What is sent in pieces, while more is added, is the same stream.
TEST(CoreOutput, IsOneStreamHoweverItIsSent) {
  Core whole(kDataLimits, 7);
  Core pieces(kDataLimits, 7);
  std::vector<std::byte> stream;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string text(i * 3 + 1, 'x');
    const std::string_view token = text;
    const Result<ValidationFrame> frame = frame_of({"orders", {}, {}}, std::span(&token, 1), kDataLimits);
    ASSERT_TRUE(whole.validate(*frame, 1).ok() && pieces.validate(*frame, 1).ok());
    const std::size_t count = std::min<std::size_t>(i * 7 % 401, pieces.output().size());
    stream.insert(stream.end(), pieces.output().begin(), pieces.output().begin() + static_cast<std::ptrdiff_t>(count));
    pieces.sent(count);
  }
  stream.insert(stream.end(), pieces.output().begin(), pieces.output().end());
  EXPECT_TRUE(std::ranges::equal(stream, whole.output()));
}

}  // namespace
}  // namespace assay::core
