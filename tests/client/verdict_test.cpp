// The public values: what is absent or forgotten reads as refused, or as no success.
#include "assay/verdict.h"

#include <gtest/gtest.h>

#include <utility>

#include "assay/result.h"

namespace assay {
namespace {

// conventions, "Errors": 0 is unset and counts as refused.
TEST(Verdict, OfNothingIsRefused) {
  const Verdict verdict;
  EXPECT_FALSE(verdict.accepted());
  EXPECT_EQ(verdict.outcome(), Outcome::refused);
  EXPECT_EQ(verdict.info().http_status, 401);
}

TEST(Verdict, IsAcceptedOnlyByCodeAndSignatureTogether) {
  for (const CodeInfo& info : schema::kCodes) {
    for (const bool signature_verified : {false, true}) {
      Verdict verdict;
      verdict.code = info.code;
      verdict.signature_verified = signature_verified;
      const bool accepted = info.code == Code::accepted && signature_verified;
      EXPECT_EQ(verdict.accepted(), accepted);
      EXPECT_EQ(verdict.outcome() == Outcome::accepted, accepted);
      EXPECT_EQ(verdict.info().http_status == 200, accepted);
      EXPECT_NE(verdict.outcome(), Outcome::unset);
      EXPECT_EQ(verdict.outcome() == Outcome::unavailable, info.outcome == Outcome::unavailable);
    }
  }
}

TEST(Verdict, OfAnUnknownCodeIsRefused) {
  Verdict verdict;
  verdict.signature_verified = true;
  verdict.code = static_cast<Code>(199);
  EXPECT_EQ(verdict.outcome(), Outcome::refused);
  EXPECT_EQ(verdict.info().code, Code::unset);
}

// RFC 9110 section 10.2.3: Retry-After is a number of whole seconds. Asked sooner than it said the daemon has nothing new.
TEST(Verdict, RoundsTheSecondsOfRetryAfterUp) {
  Verdict verdict;
  EXPECT_EQ(verdict.retry_after_s(), 0U);
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {{0, 0}, {1, 1}, {250, 1}, {999, 1}, {1000, 1}, {1001, 2}, {59'001, 60}, {kRetryAfterMsMax, 60}, {UINT32_MAX, 4'294'968}};
  for (const auto& [ms, s] : cases) {
    verdict.retry_after_ms = ms;
    EXPECT_EQ(verdict.retry_after_s(), s) << ms;
  }
}

TEST(Outcome, IsNamedRefusedWhenUnset) {
  EXPECT_EQ(name(Outcome::unset), "refused");
  EXPECT_EQ(name(static_cast<Outcome>(77)), "refused");
  EXPECT_EQ(name(Outcome::accepted), "accepted");
  EXPECT_EQ(name(Outcome::unavailable), "unavailable");
}

TEST(Result, IsOkOnlyWithAValue) {
  const Result<int> value(3);
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(value.status(), CallStatus::ok);
  EXPECT_EQ(*value, 3);
  const Result<int> unset{Error{}};
  EXPECT_FALSE(unset.ok());
  EXPECT_EQ(unset.status(), CallStatus::unset);
}

TEST(Result, OfAnErrorThatSaysOkIsNoSuccess) {
  Error error;
  error.status = CallStatus::ok;
  const Result<int> result(error);
  EXPECT_FALSE(result);
  EXPECT_EQ(result.status(), CallStatus::unset);
}

TEST(ResultDeathTest, EndsTheProcessWhenAskedForAnAbsentValue) {
  const Result<Verdict> result{Error{}};
  EXPECT_DEATH(static_cast<void>(result.value()), "");
  EXPECT_DEATH(static_cast<void>(result->accepted()), "");
}

}  // namespace
}  // namespace assay
