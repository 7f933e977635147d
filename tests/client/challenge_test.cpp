// WWW-Authenticate: RFC 6750 section 3, RFC 9110 section 5.6.4.
#include "assay/challenge.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay {
namespace {

Verdict verdict_of(Code code, bool signature_verified = false) {
  Verdict verdict;
  verdict.code = code;
  verdict.signature_verified = signature_verified;
  return verdict;
}

// RFC 6750 section 3.1: invalid_token.
TEST(Challenge, NamesInvalidTokenAndWhy) {
  EXPECT_EQ(www_authenticate(verdict_of(Code::expired), "orders"),
            R"(Bearer realm="orders", error="invalid_token", error_description="the token has expired")");
}

// RFC 6750 section 3.1: insufficient_scope MAY carry the scope that is needed.
TEST(Challenge, NamesTheScopesThatAreNeeded) {
  EXPECT_EQ(www_authenticate(verdict_of(Code::insufficient_scope, true), "orders", "orders.read orders.write"),
            R"(Bearer realm="orders", error="insufficient_scope", error_description="the token lacks a required scope", scope="orders.read orders.write")");
  EXPECT_EQ(www_authenticate(verdict_of(Code::insufficient_scope, true), "orders").find("scope=\""), std::string::npos);
}

// Naming scopes would not help a token that has them all.
TEST(Challenge, NamesNoScopesWhereNoneIsMissing) {
  EXPECT_EQ(www_authenticate(verdict_of(Code::claim_rule, true), "orders", "orders.read").find("scope=\""), std::string::npos);
  EXPECT_EQ(www_authenticate(verdict_of(Code::expired, true), "orders", "orders.read").find("scope=\""), std::string::npos);
}

TEST(Challenge, IsEmptyWhenAcceptedOrUnavailable) {
  EXPECT_EQ(www_authenticate(verdict_of(Code::accepted, true), "orders"), "");
  EXPECT_EQ(www_authenticate(verdict_of(Code::keys_unavailable), "orders"), "");
  EXPECT_EQ(www_authenticate(verdict_of(Code::key_refreshing), "orders"), "");
}

TEST(Challenge, IsThereForEveryRefusal) {
  for (const CodeInfo& info : schema::kCodes) {
    const std::string value = www_authenticate(verdict_of(info.code), "orders");
    const bool due = info.outcome != Outcome::unavailable;  // accepted without a verified signature is a refusal
    EXPECT_EQ(!value.empty(), due) << info.name;
    EXPECT_EQ(value.find(", error=\"") != std::string::npos, due) << info.name;
    // RFC 6750 section 3: error_description is made of %x20-21 / %x23-5B / %x5D-7E.
    EXPECT_TRUE(std::all_of(info.text.begin(), info.text.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; })) << info.name;
  }
  EXPECT_NE(www_authenticate(Verdict{}, "orders").find("invalid_token"), std::string::npos);
}

// RFC 6750 section 3: nothing of the token.
TEST(Challenge, HoldsNothingOfTheToken) {
  Verdict verdict = verdict_of(Code::insufficient_scope, true);
  verdict.subject = "SECRET";
  verdict.kid = "SECRET";
  verdict.scopes = {"SECRET"};
  EXPECT_EQ(www_authenticate(verdict, "orders", "a").find("SECRET"), std::string::npos);
}

// RFC 9110 section 5.6.4: quoted-pair; controls cannot be carried, and a line break would end the header.
TEST(Challenge, EscapesTheRealm) {
  EXPECT_EQ(www_authenticate("a\"b\\c", ""), R"(Bearer realm="a\"b\\c")");
  const std::string value = www_authenticate(std::string_view("x\r\nSet-Cookie: y\0z\x7f", 19), "");
  EXPECT_EQ(value.find_first_of(std::string_view("\r\n\0\x7f", 4)), std::string::npos);
  EXPECT_EQ(www_authenticate("", ""), R"(Bearer realm="")");
}

// RFC 6750 section 3: scope-token; a name that cannot be one is left out.
TEST(Challenge, LeavesOutWhatIsNoScopeName) {
  EXPECT_EQ(www_authenticate("r", "a  b\"c d\r\n e "), R"(Bearer realm="r", scope="a e")");
  EXPECT_EQ(www_authenticate("r", "\xc3\xa4"), R"(Bearer realm="r")");
}

// RFC 6750 section 3.1: a request without authentication gets no error code.
TEST(Challenge, HasNoErrorWithoutAToken) {
  EXPECT_EQ(www_authenticate("orders", "orders.read"), R"(Bearer realm="orders", scope="orders.read")");
}

}  // namespace
}  // namespace assay
