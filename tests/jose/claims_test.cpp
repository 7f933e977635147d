#include "jose/claims.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "jose/json_fixture.h"
#include "jose/json_samples.h"

namespace assay::jose {
namespace {

using schema::Code;
using Names = std::vector<std::string>;

constexpr HeaderView kHeader{.algorithm = crypto::Algorithm::es384, .type = TypeClass::at_jwt, .kid = "k"};

Names names(std::span<const std::string_view> list) { return {list.begin(), list.end()}; }

class Claims : public testing::Test {
 protected:
  base::Result<FactsView, Code> parse(std::string_view json) {
    rig_.arena.reset();
    return parse_claims(kHeader, rig_.text.put(json), rig_.workspace, rig_.arena);
  }
  Code code(std::string_view json) {
    const auto facts = parse(json);
    return facts ? Code::accepted : facts.error();
  }
  Code code_with(std::string_view name, std::string_view value) { return code("{\"" + std::string(name) + "\":" + std::string(value) + "}"); }
  Names scopes(std::string_view json) {
    const auto facts = parse(json);
    return facts ? names(facts->scopes) : Names{"refused"};
  }
  JsonRig rig_;
};

// RFC 7519 section 4.1, RFC 9068 section 2.2, RFC 7800 section 3.
TEST_F(Claims, BecomeFacts) {
  const auto facts = parse(R"({"iss":"https://id.example.com/am","sub":"al\u0069ce","aud":["a","b"],"exp":2000000000.5,)"
      R"("nbf":1,"iat":0,"jti":"j","client_id":"c","scope":"r w","cnf":{"jkt":"x"},"other":[1,{"iss":2}]})");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->algorithm, crypto::Algorithm::es384);
  EXPECT_EQ(facts->type, TypeClass::at_jwt);
  EXPECT_EQ(facts->issuer, "https://id.example.com/am");
  EXPECT_EQ(facts->subject, "alice");
  EXPECT_EQ(names(facts->audiences), (Names{"a", "b"}));
  EXPECT_EQ(facts->expires_at->rounded_down(), 2'000'000'000);
  EXPECT_EQ(facts->expires_at->rounded_up(), 2'000'000'001);
  EXPECT_EQ(facts->not_before->seconds, 1);
  EXPECT_EQ(facts->issued_at->seconds, 0);
  EXPECT_EQ(facts->token_id, "j");
  EXPECT_EQ(facts->client_id, "c");
  EXPECT_EQ(names(facts->scopes), (Names{"r", "w"}));
  EXPECT_TRUE(facts->has_confirmation);
}

TEST_F(Claims, MayBeAbsent) {
  const auto facts = parse("{}");
  ASSERT_TRUE(facts.has_value());
  EXPECT_FALSE(facts->issuer || facts->subject || facts->token_id || facts->client_id || facts->expires_at || facts->not_before || facts->issued_at ||
      facts->has_confirmation);
  EXPECT_TRUE(facts->audiences.empty());
  EXPECT_TRUE(facts->scopes.empty());
}

// Our ruling: an empty string counts as present.
TEST_F(Claims, ArePresentWhenEmpty) {
  const auto facts = parse(R"({"iss":"","sub":"","aud":"","jti":"","client_id":"","scope":""})");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->issuer, "");
  EXPECT_EQ(facts->subject, "");
  EXPECT_EQ(facts->token_id, "");
  EXPECT_EQ(facts->client_id, "");
  EXPECT_EQ(names(facts->audiences), Names{""});
  EXPECT_TRUE(facts->scopes.empty());
}

// RFC 7519 section 7.2, step 10: a JSON object.
TEST_F(Claims, RefuseAPayloadThatIsNoObject) {
  for (const std::string_view json : {"", "null", "1", "\"iss\"", "[]", R"(["iss","x"])", R"([{"iss":"x"}])", R"({"iss":"x")", "{} {}",
      "{\"iss\":\"\xFF\"}", R"({"iss":"\uDC00"})", R"({"x":"\uDC00"})", "{\"iss\":\"a\tb\"}", "\xEF\xBB\xBF{}", "{\"iss\":\"a\"}\n\v"}) {
    EXPECT_EQ(code(json), Code::bad_payload) << json;
  }
}

// RFC 7519 section 4.
TEST_F(Claims, RefuseDuplicatesAtEveryDepth) {
  for (const std::string_view json : {R"({"iss":"a","iss":"a"})", R"({"aud":"a","\u0061ud":"b"})", R"({"x":1,"x":1})", R"({"x":{"y":1,"y":1}})",
      R"({"x":[[{"y":1,"y":1}]]})", R"({"":1,"":2})"}) EXPECT_EQ(code(json), Code::duplicate_claim) << json;
  // A duplicate is named even where an earlier claim has the wrong type.
  EXPECT_EQ(code(R"({"iss":1,"x":1,"x":1})"), Code::duplicate_claim);
  EXPECT_EQ(code(R"({"iss":1} x)"), Code::bad_payload);
}

std::string object_of(std::size_t members) {
  std::string out = "{";
  for (std::size_t i = 0; i < members; ++i) out.append(i == 0 ? "\"m" : ",\"m").append(std::to_string(i)).append("\":0");
  return out + "}";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// docs/ARCHITECTURE.md, "Validation, in order", 3: depth 16, 256 members an object, 1,024 in all.
TEST_F(Claims, RefuseWhatIsTooDeepOrTooMany) {
  using namespace base::limits;
  EXPECT_EQ(code(R"({"x":)" + nested(kTokenDepthMax - 1) + "}"), Code::accepted);
  EXPECT_EQ(code(R"({"x":)" + nested(kTokenDepthMax) + "}"), Code::payload_too_complex);
  EXPECT_EQ(code(object_of(kTokenMembersPerObjectMax - 1)), Code::accepted);
  EXPECT_EQ(code(object_of(kTokenMembersPerObjectMax)), Code::accepted);
  EXPECT_EQ(code(object_of(kTokenMembersPerObjectMax + 1)), Code::payload_too_complex);
  // Five members here and four objects: 1,023, 1,024 and 1,025 in all.
  const auto payload = [](std::size_t last) { return R"({"a":)" + object_of(256) + R"(,"b":)" + object_of(256) + R"(,"c":)" + object_of(256) +
      R"(,"d":)" + object_of(last) + "}"; };
  EXPECT_EQ(code(payload(1023 - 4 - 768)), Code::accepted);
  EXPECT_EQ(code(payload(1024 - 4 - 768)), Code::accepted);
  EXPECT_EQ(code(payload(1025 - 4 - 768)), Code::payload_too_complex);
  std::string one_letter = "{";
  for (int i = 0; i < 2400; ++i) one_letter += "\"" + std::string(1, static_cast<char>('a' + i % 26)) + "\":0,";
  EXPECT_EQ(code(one_letter + "\"z\":0}"), Code::duplicate_claim);
}

// Our ruling: claims in use, of the wrong type, refuse at every service.
TEST_F(Claims, RefuseStringsThatAreNone) {
  for (const std::string_view name : {"iss", "sub", "jti", "client_id", "scope"}) {
    for (const std::string_view value : {"null", "0", "1.5", "true", "false", "[]", R"(["a"])", "{}", R"({"a":"b"})"}) EXPECT_EQ(code_with(name,
        value), Code::bad_claim) << name << " " << value;
    EXPECT_EQ(code_with(name, "\"a\""), Code::accepted);
  }
}

// RFC 7519 section 4.1.3: a string or an array of strings.
TEST_F(Claims, TakeAudiencesOfTwoShapes) {
  for (const std::string_view value : {"null", "0", "true", "{}", "[1]", "[null]", "[true]", R"(["a",1])", R"(["a",null])", R"(["a",["b"]])",
      R"([[]])", R"(["a",{}])", R"([{"a":"b"}])", R"({"a":"b"})"}) {
    EXPECT_EQ(code_with("aud", value), Code::bad_claim) << value;
    EXPECT_EQ(code_with("scp", value), Code::bad_claim) << value;
  }
  const auto audiences = [this](std::string_view value) { return names(parse("{\"aud\":" + std::string(value) + ",\"x\":[\"no\"]}")->audiences); };
  EXPECT_EQ(audiences("\"a b\""), Names{"a b"});
  EXPECT_EQ(audiences("[]"), Names{});
  EXPECT_EQ(audiences(R"(["a","","\u0062","a"])"), (Names{"a", "", "b", "a"}));
}

// RFC 7519 section 2: a number. What values it may have is numeric_date_test.cpp's business.
TEST_F(Claims, RefuseTimesThatAreNoNumericDates) {
  for (const std::string_view name : {"exp", "nbf", "iat"}) {
    for (const std::string_view value : {"null", "true", "false", "\"1\"", "\"2000000000\"", "\"\"", "[]", "[1]", "{}", R"({"a":1})", "-1", "-1e-9",
        "1e400", "253402300800", "253402300799.5", "18446744073709551616", "9223372036854775808", "9007199254740993"}) {
      EXPECT_EQ(code_with(name, value), Code::bad_claim) << name << " " << value;
    }
    for (const std::string_view value : {"0", "-0", "1.5", "1e9", "2147483648", "253402300799"}) EXPECT_EQ(code_with(name, value), Code::accepted)
        << name << " " << value;
    EXPECT_EQ(code_with(name, "01"), Code::bad_payload);
  }
}

// RFC 7800 section 3.1: an object. What it holds is not looked at: that it is there refuses later.
TEST_F(Claims, RefuseConfirmationsThatAreNoObject) {
  for (const std::string_view value : {"null", "0", "true", "\"a\"", "[]", "[{}]"}) EXPECT_EQ(code_with("cnf", value), Code::bad_claim) << value;
  for (const std::string_view value : {"{}", R"({"jkt":1})", R"({"jwk":{"kty":"EC"},"x5t#S256":null,"a":[1,[2]]})"}) {
    const auto facts = parse("{\"cnf\":" + std::string(value) + "}");
    ASSERT_TRUE(facts.has_value()) << value;
    EXPECT_TRUE(facts->has_confirmation);
  }
}

// Our ruling: the union of scope and scp; only U+0020 separates; an array's elements are not split; empty names are ignored. facts.h:
// scope's first.
TEST_F(Claims, JoinScopes) {
  EXPECT_EQ(scopes(R"({"scope":"a b c"})"), (Names{"a", "b", "c"}));
  EXPECT_EQ(scopes(R"({"scope":"  a   b "})"), (Names{"a", "b"}));
  EXPECT_EQ(scopes(R"({"scope":" "})"), Names{});
  EXPECT_EQ(scopes(R"({"scope":"a\tb\nc\u00a0d\u2003e,f"})"), Names{"a\tb\nc\xC2\xA0" "d\xE2\x80\x83" "e,f"});
  EXPECT_EQ(scopes(R"({"scope":"a\u0020b"})"), (Names{"a", "b"}));
  EXPECT_EQ(scopes(R"({"scp":"a b"})"), (Names{"a", "b"}));
  EXPECT_EQ(scopes(R"({"scp":["a b","","c"]})"), (Names{"a b", "c"}));
  EXPECT_EQ(scopes(R"({"scp":[]})"), Names{});
  EXPECT_EQ(scopes(R"({"scope":"a b","scp":"c"})"), (Names{"a", "b", "c"}));
  EXPECT_EQ(scopes(R"({"scope":"a b","scp":["c","d"]})"), (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(scopes(R"({"scp":["c","d"],"scope":"a b"})"), (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(scopes(R"({"scp":"c d","scope":"a b"})"), (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(scopes(R"({"scope":"a","scp":"a"})"), (Names{"a", "a"}));
}

// The lists of one token must not reach the next.
TEST_F(Claims, ForgetTheLastToken) {
  EXPECT_EQ(scopes(R"({"scp":["a","b"],"aud":["x","y"]})"), (Names{"a", "b"}));
  EXPECT_EQ(code(R"({"scp":["a","b"],"aud":["x",1]})"), Code::bad_claim);
  const auto facts = parse(R"({"aud":"z"})");
  EXPECT_EQ(names(facts->audiences), Names{"z"});
  EXPECT_TRUE(facts->scopes.empty());
}

// Names are compared as they are unescaped, in full, with their case, and only at the top.
TEST_F(Claims, AreKnownByTheirExactNames) {
  const auto facts = parse(R"({"ISS":1,"Iss":2,"iss ":3,"issu":4,"is":5,"x":{"iss":6,"exp":"no","aud":7,"cnf":8},)"
      R"("y":[{"sub":9}],"iss\u0000":10,"\u0069ss":"it"})");
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->issuer, "it");
  EXPECT_FALSE(facts->has_confirmation);
}

// Our ruling: numbers in claims not in use are checked for syntax only.
TEST_F(Claims, NotInUseMayHoldAnything) {
  EXPECT_EQ(code(R"({"a":1e400,"b":123456789012345678901234567890,"c":-0.0e-999999,"d":null,)"
      R"("e":[{"exp":"x"}],"nonce":5,"azp":[],"amr":{},"auth_time":"x"})"), Code::accepted);
  EXPECT_EQ(code(R"({"a":1e})"), Code::bad_payload);
}

TEST_F(Claims, RefuseEveryBadSample) {
  for (const JsonSample& sample : json_samples()) {
    const Code found = code(sample.text);
    const Code expected = sample.fault == JsonFault::malformed ? Code::bad_payload : sample.fault == JsonFault::duplicate_member
        ? Code::duplicate_claim : Code::payload_too_complex;
    if (sample.fault != JsonFault::none) EXPECT_EQ(found, expected) << sample.text.substr(0, 100);
    else EXPECT_EQ(found, sample.text.find_first_not_of(" \t\r\n") == sample.text.find('{') ? Code::accepted : Code::bad_payload)
        << sample.text.substr(0, 100);
  }
}

}  // namespace
}  // namespace assay::jose
