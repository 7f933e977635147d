// screen, rule by rule, on facts made by hand: every edge of every tolerance.
#include "verdict/screen.h"

#include <gtest/gtest.h>

#include "support/policy.h"

namespace assay::verdict {
namespace {

using jose::NumericDate;
using jose::TypeClass;
using schema::Code;
using snapshot::TokenTypeRule;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kSkew = 30;

constexpr std::string_view kDocument = R"({
  "oauth_servers": [{"name": "s", "issuers": ["https://s"], "jwks_url": "https://s/jwks", "clock_skew_tolerance": 30}],
  "api_services": [{"name": "a", "audiences": ["https://a", "https://b/"], "oauth_servers": ["s"]}]})";

class Screen : public ::testing::Test {
 protected:
  Screen() : snapshot_(tests::snapshot_of(kDocument)), server_(*snapshot_->oauth_servers()[0]) {
    server_.algorithms = crypto::AlgorithmSet();
    server_.algorithms.insert(crypto::Algorithm::es256);
    facts_.algorithm = crypto::Algorithm::es256;
    facts_.type = TypeClass::absent;
    facts_.expires_at = NumericDate{kNow + 100, false};
    audience("https://a");
  }
  void audience(std::string_view value) {
    audience_ = value;
    facts_.audiences = std::span(&audience_, 1);
  }
  Code screened() const { return screen(facts_, *snapshot_->api_services()[0], server_, kNow); }

  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  snapshot::OAuthServer server_;
  jose::FactsView facts_;
  std::string_view audience_;
};

TEST_F(Screen, AcceptsWhatNothingSpeaksAgainst) { EXPECT_EQ(screened(), Code::accepted); }

// RFC 8725 section 3.1: only the algorithms that were chosen.
TEST_F(Screen, RefusesAnAlgorithmThatTheServerDoesNotUse) {
  facts_.algorithm = crypto::Algorithm::rs256;
  EXPECT_EQ(screened(), Code::algorithm_not_allowed);
  facts_.algorithm = crypto::Algorithm::unset;
  EXPECT_EQ(screened(), Code::algorithm_not_allowed);
}

// RFC 8725 section 3.11, RFC 9068 section 4.
TEST_F(Screen, TakesTheTypesOfEachRule) {
  struct Case {
    TokenTypeRule rule;
    bool absent, jwt, at_jwt, other;
  };
  for (const Case& c : {Case{TokenTypeRule::any, true, true, true, true}, Case{TokenTypeRule::jwt, true, true, true, false},
                        Case{TokenTypeRule::at_jwt, false, false, true, false}, Case{TokenTypeRule::unset, false, false, false, false}}) {
    server_.token_type = c.rule;
    const auto expect = [&](TypeClass type, bool taken) {
      facts_.type = type;
      EXPECT_EQ(screened(), taken ? Code::accepted : Code::type_not_allowed) << static_cast<int>(c.rule) << ' ' << static_cast<int>(type);
    };
    expect(TypeClass::absent, c.absent);
    expect(TypeClass::jwt, c.jwt);
    expect(TypeClass::at_jwt, c.at_jwt);
    expect(TypeClass::other, c.other);
  }
}

// RFC 7519 section 4.1.4: "on or after" exp a token is refused; the tolerance moves that moment, and nothing else.
TEST_F(Screen, ExpiresAtTheEdgeOfTheSkew) {
  facts_.expires_at = NumericDate{kNow - kSkew + 1, false};
  EXPECT_EQ(screened(), Code::accepted);
  facts_.expires_at = NumericDate{kNow - kSkew, false};
  EXPECT_EQ(screened(), Code::expired);
  facts_.expires_at = NumericDate{kNow - kSkew, true};  // half a second later still rounds down
  EXPECT_EQ(screened(), Code::expired);
  facts_.expires_at = NumericDate{0, false};
  EXPECT_EQ(screened(), Code::expired);
  facts_.expires_at.reset();
  EXPECT_EQ(screened(), Code::no_expiry);
}

// RFC 7519 section 4.1.5.
TEST_F(Screen, BeginsAtTheEdgeOfTheSkew) {
  facts_.not_before = NumericDate{kNow + kSkew, false};
  EXPECT_EQ(screened(), Code::accepted);
  facts_.not_before = NumericDate{kNow + kSkew, true};  // a fraction rounds up
  EXPECT_EQ(screened(), Code::not_yet_valid);
  facts_.not_before = NumericDate{kNow + kSkew + 1, false};
  EXPECT_EQ(screened(), Code::not_yet_valid);
}

// RFC 7519 section 4.1.6.
TEST_F(Screen, RefusesATokenFromTheFuture) {
  facts_.issued_at = NumericDate{kNow + kSkew, false};
  EXPECT_EQ(screened(), Code::accepted);
  facts_.issued_at = NumericDate{kNow + kSkew, true};
  EXPECT_EQ(screened(), Code::issued_in_future);
  facts_.issued_at = NumericDate{kNow + kSkew + 1, false};
  EXPECT_EQ(screened(), Code::issued_in_future);
}

TEST_F(Screen, RefusesATokenThatEndsBeforeItBegins) {
  // All of these lie within the skew, so only the comparison among themselves can refuse them.
  facts_.expires_at = NumericDate{kNow + 10, false};
  facts_.issued_at = NumericDate{kNow + 10, false};
  EXPECT_EQ(screened(), Code::contradictory_times);
  facts_.issued_at = NumericDate{kNow + 9, true};
  EXPECT_EQ(screened(), Code::contradictory_times);
  facts_.issued_at = NumericDate{kNow + 9, false};
  EXPECT_EQ(screened(), Code::accepted);
  facts_.not_before = NumericDate{kNow + 10, false};
  EXPECT_EQ(screened(), Code::contradictory_times);
  facts_.not_before = NumericDate{kNow + 9, false};
  EXPECT_EQ(screened(), Code::accepted);
}

// RFC 7519 section 4.1.3; never a prefix, never case-insensitive, never "unchecked".
TEST_F(Screen, ComparesAudiencesByteForByte) {
  for (const std::string_view wrong : {"https://A", "https://a/", "https://b", "http://a", "https://", ""}) {
    audience(wrong);
    EXPECT_EQ(screened(), Code::wrong_audience) << wrong;
  }
  audience(std::string_view("https://a\0", 10));
  EXPECT_EQ(screened(), Code::wrong_audience);
  facts_.audiences = {};
  EXPECT_EQ(screened(), Code::wrong_audience);
  const std::array<std::string_view, 3> several{"x", "https://b/", ""};
  facts_.audiences = several;
  EXPECT_EQ(screened(), Code::accepted);
}

}  // namespace
}  // namespace assay::verdict
