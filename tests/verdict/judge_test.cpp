// judge, rule by rule, on verified facts made by hand.
#include "verdict/judge.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/policy.h"

namespace assay::verdict {
namespace {

using jose::NumericDate;
using schema::Code;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kSkew = 30;

std::string document(std::string_view policy) {
  return R"({"oauth_servers": [{"name": "s", "issuers": ["https://s"], "jwks_url": "https://s/jwks"}],
             "api_services": [{"name": "a", "audiences": ["x"], "oauth_servers": ["s"])" +
         std::string(policy) + "}]}";
}

// Case: a payload and a policy.
class JudgeRules : public ::testing::Test {
 protected:
  Code judged(std::string_view policy, std::string_view payload_json = "{}", std::vector<std::string_view> wanted = {}) {
    const auto snapshot = tests::snapshot_of(document(policy));
    facts_.scopes = scopes_;
    std::string padded(payload_json);
    padded.resize(payload_json.size() + jose::kJsonPaddingBytes);
    const auto bytes = base::as_bytes(std::string_view(padded).substr(0, payload_json.size()));
    const jose::PayloadView payload(bytes, workspace_, arena_);
    const auto verified = VerifiedFactsView::verified(facts_, key_, crypto::SignatureResult::valid);
    return judge(verified, &payload, *snapshot->api_services()[0], wanted, kSkew, kNow);
  }

  jose::FactsView facts_;
  jose::VerificationKey key_;
  std::vector<std::string_view> scopes_;
  base::Arena arena_;
  jose::JsonWorkspace workspace_{base::HashKey{1, 2}, 16384, 1024};
};

TEST_F(JudgeRules, AcceptsWhatNothingSpeaksAgainst) { EXPECT_EQ(judged(""), Code::accepted); }

// RFC 7800 section 3.
TEST_F(JudgeRules, RefusesATokenBoundToAProof) {
  facts_.has_confirmation = true;
  EXPECT_EQ(judged(""), Code::confirmation_required);
}

TEST_F(JudgeRules, RefusesATokenOlderThanItsMaximum) {
  constexpr std::string_view kPolicy = R"(, "max_token_age": 100)";
  EXPECT_EQ(judged(kPolicy), Code::no_issue_time);
  facts_.issued_at = NumericDate{kNow - 100 - kSkew, false};
  EXPECT_EQ(judged(kPolicy), Code::accepted);
  facts_.issued_at = NumericDate{kNow - 100 - kSkew - 1, true};  // a fraction rounds down here: towards refusal
  EXPECT_EQ(judged(kPolicy), Code::too_old);
  facts_.issued_at = NumericDate{kNow - 100 - kSkew - 1, false};
  EXPECT_EQ(judged(kPolicy), Code::too_old);
  EXPECT_EQ(judged(""), Code::accepted);
}

// RFC 6750 section 3.1.
TEST_F(JudgeRules, AsksForEveryScopeOfServiceAndRequest) {
  constexpr std::string_view kPolicy = R"(, "required_scopes": ["r", "w"])";
  scopes_ = {"r"};
  EXPECT_EQ(judged(kPolicy), Code::insufficient_scope);
  scopes_ = {"r", "w"};
  EXPECT_EQ(judged(kPolicy), Code::accepted);
  EXPECT_EQ(judged(kPolicy, "{}", {"r"}), Code::accepted);
  EXPECT_EQ(judged(kPolicy, "{}", {"admin"}), Code::insufficient_scope);
  scopes_ = {"r", "W"};
  EXPECT_EQ(judged(kPolicy), Code::insufficient_scope);
  scopes_ = {};
  EXPECT_EQ(judged("", "{}", {"r"}), Code::insufficient_scope);
}

TEST_F(JudgeRules, MatchesStringsIntegersAndBooleansExactly) {
  constexpr std::string_view kPolicy = R"(, "claim_rules": [{"claim": "/t", "any_of": ["a", 0, 7, -3, true]}])";
  for (const std::string_view good : {R"({"t":"a"})", R"({"t":"\u0061"})", R"({"t":0})", R"({"t":7})", R"({"t":-3})", R"({"t":true})", R"({"t": [1, "x", "a"]})",
                                      R"({"t":[false,true]})", R"({"t":[[],7]})"}) {
    EXPECT_EQ(judged(kPolicy, good), Code::accepted) << good;
  }
  for (const std::string_view bad : {"{}", R"({"t":"A"})", R"({"t":"0"})", R"({"t":-0})", R"({"t":7.0})", R"({"t":70e-1})", R"({"t":3})", R"({"t":false})",
                                     R"({"t":"true"})", R"({"t":null})", R"({"t":{"a":1}})", R"({"t":[]})", R"({"t":[["a"]]})", R"({"t":{"t":"a"}})", R"({"T":"a"})",
                                     R"({"x":{"t":"a"}})", R"({"t":["A",{"a":"a"}]})"}) {
    EXPECT_EQ(judged(kPolicy, bad), Code::claim_rule) << bad;
  }
}

// RFC 6901 section 4.
TEST_F(JudgeRules, FollowsPointersIntoObjectsAndArrays) {
  constexpr std::string_view kPolicy = R"(, "claim_rules": [{"claim": "/o/a~1b/1", "any_of": ["x"]}])";
  EXPECT_EQ(judged(kPolicy, R"({"o":{"a/b":["y","x"]}})"), Code::accepted);
  EXPECT_EQ(judged(kPolicy, R"({"o":{"a/b":["x","y"]}})"), Code::claim_rule);
  EXPECT_EQ(judged(kPolicy, R"({"o":{"a/b":["x"]}})"), Code::claim_rule);
  EXPECT_EQ(judged(kPolicy, R"({"o":{"a/b":{"1":"x"}}})"), Code::accepted);
}

TEST_F(JudgeRules, AsksForEveryRule) {
  constexpr std::string_view kPolicy = R"(, "claim_rules": [{"claim": "/a", "any_of": [1]}, {"claim": "/b", "any_of": [2]}])";
  EXPECT_EQ(judged(kPolicy, R"({"a":1,"b":2})"), Code::accepted);
  EXPECT_EQ(judged(kPolicy, R"({"a":1,"b":1})"), Code::claim_rule);
  EXPECT_EQ(judged(kPolicy, R"({"b":2})"), Code::claim_rule);
}

TEST_F(JudgeRules, RefusesARuleWithoutAPayload) {
  const auto snapshot = tests::snapshot_of(document(R"(, "claim_rules": [{"claim": "/a", "any_of": [1]}])"));
  const auto verified = VerifiedFactsView::verified(facts_, key_, crypto::SignatureResult::valid);
  EXPECT_EQ(judge(verified, nullptr, *snapshot->api_services()[0], {}, 0, kNow), Code::claim_rule);
}

TEST(VerifiedFacts, AreMadeOfNothingButAValidSignature) {
  const jose::FactsView facts;
  const jose::VerificationKey key;
  EXPECT_DEATH(VerifiedFactsView::verified(facts, key, crypto::SignatureResult::invalid), "CHECK");
  EXPECT_DEATH(VerifiedFactsView::verified(facts, key, crypto::SignatureResult::unset), "CHECK");
}

}  // namespace
}  // namespace assay::verdict
