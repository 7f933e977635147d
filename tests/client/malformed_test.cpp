// Everything that is not the answer asked for is an error of the call, and never an accepted verdict.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "client/core.h"
#include "client/frames.h"

namespace assay::core {
namespace {

using test::Bytes;

const ValidationRequest kOrders{"orders", {}, {}};
constexpr std::string_view kTokens[] = {"a", "b"};

// answer(frame): what a Validate with id 1 and two tokens comes to when these bytes arrive and the stream then ends.
Answer answer(const Bytes& bytes) {
  Core core(kDataLimits, 1);
  EXPECT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  core.received(bytes);
  core.closed(0);
  std::optional<Response> response = core.take(1);
  EXPECT_TRUE(response.has_value()) << "a request was left without a response";
  return response ? std::move(response->answer) : Answer{};
}

CallStatus status_of(const Bytes& bytes) {
  const Answer given = answer(bytes);
  const Refusal* refusal = std::get_if<Refusal>(&given);
  return refusal == nullptr ? CallStatus::ok : refusal->error.status;
}

Bytes good() { return test::verdicts_frame(1, {Code::accepted, Code::accepted}); }

// The yardstick: without a defect the same frame is two accepted verdicts, so each case below fails for its own reason.
TEST(MalformedResponse, IsNotWhatTheYardstickIs) {
  const Answer given = answer(good());
  ASSERT_TRUE(std::holds_alternative<std::vector<Verdict>>(given));
  EXPECT_TRUE(std::get<std::vector<Verdict>>(given).at(1).accepted());
}

// docs/PROTOCOL.md, "Frames".
TEST(MalformedResponse, OfAWrongLengthIsAnError) {
  for (const std::uint32_t length : {0U, 1U, 4U, 8U, 11U, static_cast<std::uint32_t>(good().size() - 5), static_cast<std::uint32_t>(good().size() - 3),
                                     static_cast<std::uint32_t>(kDataLimits.frame_bytes_max + 4), 0x7FFFFFFCU, 0x80000004U, 0xFFFFFFFCU, 0xFFFFFFFFU}) {
    Bytes frame = good();
    test::set_prefix(frame, length);
    EXPECT_EQ(status_of(frame), CallStatus::bad_response) << length;
  }
}

TEST(MalformedResponse, OfALengthThatIsGoodButNotItsOwnIsAnError) {
  Bytes shorter = good();
  test::set_prefix(shorter, static_cast<std::uint32_t>(shorter.size() - 4 - 8));
  EXPECT_EQ(status_of(shorter), CallStatus::bad_response);
  Bytes longer = good();
  test::set_prefix(longer, static_cast<std::uint32_t>(longer.size() - 4 + 8));
  EXPECT_EQ(status_of(longer), CallStatus::connection_lost);  // the rest never came
}

TEST(MalformedResponse, ThatEndsEarlyIsAnError) {
  const Bytes whole = good();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(status_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), CallStatus::connection_lost) << size;
  }
}

TEST(MalformedResponse, WithAnotherIdentifierIsAnError) {
  for (std::size_t i = 8; i < 12; ++i) {
    Bytes frame = good();
    frame[i] ^= std::byte{0x20};
    EXPECT_EQ(status_of(frame), CallStatus::bad_response);
  }
}

// Offsets that point outside: the FlatBuffers verifier refuses them.
TEST(MalformedResponse, WithABadOffsetIsAnError) {
  Bytes frame = good();
  for (const unsigned value : {0x00U, 0xFFU}) {
    for (std::size_t i = 4; i < 8; ++i) frame[i] = static_cast<std::byte>(value);  // the root's
    EXPECT_EQ(status_of(frame), CallStatus::bad_response);
  }
}

TEST(MalformedResponse, WithMoreTablesThanTheLimitIsAnError) {
  Limits few = kDataLimits;
  few.tables_max = 3;  // the envelope, Verdicts, and one of two verdicts
  Core core(few, 1);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  core.received(test::verdicts_frame(1, {Code::expired, Code::expired}));
  EXPECT_EQ(std::get<Refusal>(core.take(1).value().answer).error.status, CallStatus::bad_response);
}

// A frame whose strings share their bytes may unfold to far more than its size.
TEST(MalformedResponse, ThatUnfoldsBeyondTheLimitIsAnError) {
  const Bytes frame = test::framed(1, wire::Body::Verdicts, [](test::Builder& b) {
    const auto scope = b.CreateString(std::string(100'000, 's'));
    const std::vector<flatbuffers::Offset<flatbuffers::String>> scopes(1000, scope);
    const auto shared = b.CreateVector(scopes);
    const std::vector<flatbuffers::Offset<wire::Verdict>> verdicts(2, wire::CreateVerdict(b, wire::Code::accepted, true, 0, 0, 0, 0, 0, 0, shared));
    return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
  });
  ASSERT_LT(frame.size(), kDataLimits.frame_bytes_max);
  EXPECT_EQ(status_of(frame), CallStatus::bad_response);
}

TEST(MalformedResponse, WithAnIdThatWasNotAskedIsAnError) {
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{2}, UINT64_MAX}) {
    EXPECT_EQ(status_of(test::verdicts_frame(id, {Code::accepted, Code::accepted})), CallStatus::bad_response) << id;
  }
}

TEST(MalformedResponse, GivenTwiceIsAnErrorTheSecondTime) {
  Core core(kDataLimits, 1);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  ASSERT_TRUE(core.ping().ok());
  core.received(good());
  core.received(good());
  EXPECT_TRUE(std::holds_alternative<std::vector<Verdict>>(core.take(1).value().answer));
  EXPECT_EQ(std::get<Refusal>(core.take(2).value().answer).error.status, CallStatus::bad_response);
  ASSERT_NE(core.failure(), nullptr);
}

TEST(MalformedResponse, WithTooFewOrTooManyVerdictsIsAnError) {
  for (const std::size_t count : {0U, 1U, 3U, 255U}) {
    EXPECT_EQ(status_of(test::verdicts_frame(1, std::vector<Code>(count, Code::accepted))), CallStatus::bad_response) << count;
  }
  EXPECT_EQ(status_of(test::framed(1, wire::Body::Verdicts, [](test::Builder& b) { return wire::CreateVerdicts(b, 7).Union(); })), CallStatus::bad_response);
}

TEST(MalformedResponse, OfAnotherKindIsAnError) {
  EXPECT_EQ(status_of(test::pong_frame(1)), CallStatus::bad_response);
  EXPECT_EQ(status_of(test::deployed_frame(1, 1, 1)), CallStatus::bad_response);
  EXPECT_EQ(status_of(test::framed(1, wire::Body::Ping, [](test::Builder& b) { return wire::CreatePing(b).Union(); })), CallStatus::bad_response);
  EXPECT_EQ(status_of(test::framed(1, wire::Body::StatusReport, [](test::Builder& b) { return wire::CreateStatusReport(b).Union(); })),
            CallStatus::bad_response);
}

// A union member of a newer schema passes the verifier, which cannot know it.
TEST(MalformedResponse, OfAnUnknownKindIsAnError) {
  for (const int kind : {4, 12, 27, 255}) {
    const Bytes frame = test::framed(1, static_cast<wire::Body>(kind), [](test::Builder& b) { return wire::CreatePing(b).Union(); });
    EXPECT_EQ(status_of(frame), CallStatus::bad_response) << kind;
  }
}

TEST(MalformedResponse, WithoutABodyIsAnError) {
  for (const wire::Body kind : {wire::Body::NONE, wire::Body::Verdicts}) {
    EXPECT_EQ(status_of(test::framed(1, kind, [](test::Builder&) { return flatbuffers::Offset<void>(); })), CallStatus::bad_response);
  }
  EXPECT_EQ(status_of(test::framed(1, wire::Body::Error, [](test::Builder&) { return flatbuffers::Offset<void>(); })), CallStatus::daemon_error);
}

// schema/protocol.fbs: 0 is unset and never means success; a value of a newer daemon is refused.
TEST(VerdictCode, UnsetOrUnknownIsRefused) {
  for (unsigned value = 0; value < 256; ++value) {
    const bool known = std::any_of(schema::kCodes.begin(), schema::kCodes.end(), [&](const CodeInfo& info) { return static_cast<unsigned>(info.code) == value; });
    const Bytes frame = test::framed(1, wire::Body::Verdicts, [&](test::Builder& b) {
      const auto verdict = wire::CreateVerdict(b, static_cast<wire::Code>(value), true);
      const std::vector<flatbuffers::Offset<wire::Verdict>> verdicts{verdict, wire::CreateVerdict(b)};  // the second never set its code
      return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
    });
    const Answer given = answer(frame);
    const std::vector<Verdict>& verdicts = std::get<std::vector<Verdict>>(given);
    EXPECT_EQ(verdicts.at(0).accepted(), value == 1) << value;
    if (!known) {
      EXPECT_EQ(verdicts.at(0).code, Code::unset) << value;
      EXPECT_EQ(verdicts.at(0).outcome(), Outcome::refused) << value;
    }
    EXPECT_EQ(verdicts.at(1).outcome(), Outcome::refused);
  }
}

// An acceptance without a verified signature contradicts itself: nobody may read it as one, not even by the code alone.
TEST(VerdictCode, AcceptedWithoutAVerifiedSignatureIsRefused) {
  const Answer given = answer(test::framed(1, wire::Body::Verdicts, [](test::Builder& b) {
    const std::vector<flatbuffers::Offset<wire::Verdict>> verdicts(2, wire::CreateVerdictDirect(b, wire::Code::accepted, false, "corp", "k", 1, 1, "alice"));
    return wire::CreateVerdictsDirect(b, 7, &verdicts).Union();
  }));
  for (const Verdict& verdict : std::get<std::vector<Verdict>>(given)) {
    EXPECT_FALSE(verdict.accepted());
    EXPECT_EQ(verdict.code, Code::unset);
    EXPECT_EQ(verdict.outcome(), Outcome::refused);
    EXPECT_FALSE(verdict.subject.has_value());
  }
}

TEST(ErrorResponse, IsAnErrorWhateverItsCode) {
  for (unsigned value = 0; value < 256; ++value) {
    const Answer given = answer(test::error_frame(1, static_cast<wire::ErrorCode>(value)));
    const Refusal& refusal = std::get<Refusal>(given);
    EXPECT_EQ(refusal.error.status, CallStatus::daemon_error) << value;
    EXPECT_EQ(static_cast<unsigned>(refusal.error.daemon_error), value <= 16 ? value : 0) << value;
    EXPECT_EQ(refusal.error.text, "said by the test");
  }
  const Answer silent = answer(test::framed(1, wire::Body::Error, [](test::Builder& b) { return wire::CreateError(b).Union(); }));
  EXPECT_FALSE(std::get<Refusal>(silent).error.text.empty());
}

TEST(ErrorResponse, KnowsEveryCodeOfTheSchemaByItsName) {
  for (const wire::ErrorCode code : wire::EnumValuesErrorCode()) {
    EXPECT_EQ(name(static_cast<DaemonError>(code)), wire::EnumNameErrorCode(code));
  }
  EXPECT_EQ(static_cast<unsigned>(wire::ErrorCode::MAX), static_cast<unsigned>(DaemonError::no_fetcher));
}

// docs/PROTOCOL.md, "Errors": id 0 is about the connection; it ends every request on it.
TEST(ErrorResponse, WithIdZeroEndsEveryRequest) {
  Core core(kDataLimits, 1);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  ASSERT_TRUE(core.ping().ok());
  core.received(test::error_frame(0, wire::ErrorCode::too_many_connections));
  for (const std::uint64_t id : {1U, 2U}) {
    EXPECT_EQ(std::get<Refusal>(core.take(id).value().answer).error.daemon_error, DaemonError::too_many_connections);
  }
  ASSERT_NE(core.failure(), nullptr);
  core.received(good());  // no byte is taken any more
  EXPECT_FALSE(core.take_any().has_value());
}

// One bad answer must not pass for the answer of a request that it did not come for; the others may be asked again elsewhere.
TEST(MalformedResponse, LosesTheConnectionForTheOtherRequests) {
  Core core(kDataLimits, 1);
  ASSERT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  ASSERT_TRUE(core.validate(kOrders, kTokens, 0).ok());
  core.received(test::pong_frame(1));
  EXPECT_EQ(std::get<Refusal>(core.take(1).value().answer).error.status, CallStatus::bad_response);
  EXPECT_EQ(std::get<Refusal>(core.take(2).value().answer).error.status, CallStatus::connection_lost);
}

// Whatever bytes come: no crash (the sanitizers watch), always a response, always as many verdicts as tokens.
TEST(MalformedResponse, OfRandomDefectsIsHarmless) {
  std::mt19937 random(20240601);  // NOLINT: the same every time
  const std::vector<Bytes> seeds{good(), test::error_frame(1, wire::ErrorCode::overloaded), test::verdicts_frame(1, {Code::expired, Code::unset})};
  for (int round = 0; round < 30'000; ++round) {
    Bytes frame = seeds[random() % seeds.size()];
    for (unsigned defects = 1 + random() % 4; defects > 0; --defects) frame[4 + random() % (frame.size() - 4)] = static_cast<std::byte>(random());
    const Answer given = answer(frame);
    if (const auto* verdicts = std::get_if<std::vector<Verdict>>(&given)) {
      ASSERT_EQ(verdicts->size(), 2U);
    }
  }
}

}  // namespace
}  // namespace assay::core
