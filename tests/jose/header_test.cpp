#include "jose/header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "jose/algorithm_names.h"
#include "jose/json_fixture.h"
#include "jose/json_samples.h"

namespace assay::jose {
namespace {

using crypto::Algorithm;
using schema::Code;

class JoseHeader : public testing::Test {
 protected:
  base::Result<HeaderView, Code> parse(std::string_view json) {
    rig_.arena.reset();
    return parse_header(rig_.text.put(json), rig_.workspace, rig_.arena);
  }
  Code code(std::string_view json) {
    const auto header = parse(json);
    return header ? Code::accepted : header.error();
  }
  JsonRig rig_;
};

// RFC 7515 section 4.1.
TEST_F(JoseHeader, ReadsTheMembersThatCount) {
  const auto header = parse(R"({"typ":"at+jwt","alg":"RS256","kid":"a\u0062c"})");
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->algorithm, Algorithm::rs256);
  EXPECT_EQ(header->type, TypeClass::at_jwt);
  EXPECT_EQ(header->kid, "abc");
}

TEST_F(JoseHeader, TellsAbsentFromEmpty) {
  const auto bare = parse(R"({"alg":"ES256"})");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->kid, std::nullopt);
  EXPECT_EQ(bare->type, TypeClass::absent);
  const auto empty = parse(R"({"alg":"ES256","kid":"","typ":""})");
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(empty->kid, "");
  EXPECT_EQ(empty->type, TypeClass::other);
}

// RFC 7515 section 5.2, step 3: a JSON object of valid UTF-8.
TEST_F(JoseHeader, RefusesWhatIsNoObject) {
  for (const std::string_view json : {"", " ", "null", "true", "1", "\"alg\"", "\"RS256\"", "[]", R"(["alg","RS256"])", R"([{"alg":"RS256"}])",
      R"({"alg":"RS256")", R"({"alg":"RS256"}{})", R"({"alg":"RS256"} x)",
      R"({'alg':'RS256'})", R"({"alg":"RS256",})", "{\"alg\":\"RS256\",\"kid\":\"\xFF\"}",
      "\xEF\xBB\xBF{\"alg\":\"RS256\"}", R"({"alg":"RS256","kid":"\uD800"})", "{\"alg\":\"RS256\",\"kid\":\"\n\"}"}) {
    EXPECT_EQ(code(json), Code::bad_header) << json;
  }
}

// RFC 7515 section 5.2, step 4 (the stricter choice).
TEST_F(JoseHeader, RefusesDuplicateMembersAtEveryDepth) {
  for (const std::string_view json : {R"({"alg":"RS256","alg":"RS256"})", R"({"alg":"none","alg":"RS256"})", R"({"alg":"RS256","\u0061lg":"none"})",
      R"({"alg":"RS256","x":1,"x":1})", R"({"alg":"RS256","x":{"y":1,"y":2}})",
      R"({"alg":"RS256","x":[{"y":1,"\u0079":2}]})", R"({"alg":"RS256","kid":"a","kid":"b"})"}) {
    EXPECT_EQ(code(json), Code::duplicate_header_member) << json;
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string members(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += ",\"" + std::to_string(i) + "\":0";
  return out;
}

TEST_F(JoseHeader, RefusesWhatIsTooDeepOrTooMany) {
  using namespace base::limits;
  EXPECT_EQ(code(R"({"alg":"RS256","x":)" + nested(kTokenDepthMax - 1) + "}"), Code::accepted);
  EXPECT_EQ(code(R"({"alg":"RS256","x":)" + nested(kTokenDepthMax) + "}"), Code::header_too_complex);
  EXPECT_EQ(code(R"({"alg":"RS256")" + members(kTokenMembersPerObjectMax - 1) + "}"), Code::accepted);
  EXPECT_EQ(code(R"({"alg":"RS256")" + members(kTokenMembersPerObjectMax) + "}"), Code::header_too_complex);
}

// RFC 7515 section 4.1.1.
TEST_F(JoseHeader, RefusesAlgorithmsThatAreMissingOrUnknown) {
  for (const std::string_view json : {"{}", R"({"kid":"a"})", R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS256"})", R"({"alg":""})",
      R"({"alg":"rs256"})", R"({"alg":"RS256 "})", R"({"alg":null})", R"({"alg":256})", R"({"alg":true})",
      R"({"alg":["RS256"]})", R"({"alg":{"alg":"RS256"}})", R"({"Alg":"RS256"})", R"({"ALG":"RS256"})",
      R"({"x":{"alg":"RS256"}})", R"({"alg":"RS256\u0000"})", R"({"alg ":"RS256"})"}) {
    EXPECT_EQ(code(json), Code::unknown_algorithm) << json;
  }
  EXPECT_EQ(code(R"({"\u0061lg":"\u0052S256"})"), Code::accepted);
}

// RFC 7515 section 4.1.11: nothing that crit could name is implemented, so any crit refuses, well-formed or not.
TEST_F(JoseHeader, RefusesCritOfEveryShape) {
  for (const std::string_view value : {R"(["exp"])", R"(["b64"])", "[]", "null", "\"exp\"", "1", "{}", "true", R"(["alg"])",
      R"([["exp"]])"}) EXPECT_EQ(code(R"({"alg":"RS256","crit":)" + std::string(value) + "}"), Code::critical_header) << value;
  EXPECT_EQ(code(R"({"alg":"RS256","\u0063rit":["exp"]})"), Code::critical_header);
}

// RFC 7797 section 3; RFC 7516 section 4.1.3 (zip is for encrypted tokens).
TEST_F(JoseHeader, RefusesB64AndZipOfEveryShape) {
  for (const std::string_view value : {"false", "true", "null", "\"DEF\"", "[]", "{}", "0"}) {
    EXPECT_EQ(code(R"({"alg":"RS256","b64":)" + std::string(value) + "}"), Code::unencoded_payload) << value;
    EXPECT_EQ(code(R"({"alg":"RS256","zip":)" + std::string(value) + "}"), Code::compressed) << value;
  }
}

// RFC 7515 sections 4.1.4 and 4.1.9: strings.
TEST_F(JoseHeader, RefusesKidAndTypThatAreNoStrings) {
  for (const std::string_view value : {"null", "1", "true", "false", "[]", R"(["a"])", "{}", R"({"kid":"a"})"}) {
    EXPECT_EQ(code(R"({"alg":"RS256","kid":)" + std::string(value) + "}"), Code::bad_header_member) << value;
    EXPECT_EQ(code(R"({"alg":"RS256","typ":)" + std::string(value) + "}"), Code::bad_header_member) << value;
  }
}

// header.h: the order of refusals. Each text has a fault of every later kind as well, wherever it stands in the text.
TEST_F(JoseHeader, RefusesInTheStatedOrder) {
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"b64":1,"crit":1,"alg":"none","x":{"y":1,"y":2}} x)"), Code::duplicate_header_member);
  EXPECT_EQ(code(R"([{"typ":1,"zip":1,"b64":1,"crit":1,"alg":"none"}])"), Code::bad_header);
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"b64":1,"crit":1,"alg":"none","kid":1)" + members(256) + "}"), Code::header_too_complex);
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"b64":1,"crit":1,"alg":"none","kid":1})"), Code::unknown_algorithm);
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"b64":1,"crit":1,"alg":"RS256","kid":1})"), Code::critical_header);
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"b64":1,"alg":"RS256","kid":1})"), Code::unencoded_payload);
  EXPECT_EQ(code(R"({"typ":1,"zip":1,"alg":"RS256","kid":1})"), Code::compressed);
  EXPECT_EQ(code(R"({"typ":1,"alg":"RS256"})"), Code::bad_header_member);
}

// RFC 8725 section 3.1: the attacker's keys are not followed, and say nothing about the token.
TEST_F(JoseHeader, IgnoresKeysThatTheTokenBrings) {
  for (const std::string_view name : {"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "cty", "enc", "epk", "whatever"}) {
    for (const std::string_view value : {"\"https://attacker.example/\"", R"({"kty":"oct","k":"AAAA"})", R"(["MIIB"])", "null", "1", "false"}) {
      const auto header = parse(R"({"alg":"ES256","kid":"k",")" + std::string(name) + "\":" + std::string(value) + "}");
      ASSERT_TRUE(header.has_value()) << name << value;
      EXPECT_EQ(header->kid, "k");
      EXPECT_EQ(header->algorithm, Algorithm::es256);
    }
  }
}

// Members of nested objects are not the header's.
TEST_F(JoseHeader, LooksOnlyAtTheOutermostMembers) {
  const auto header = parse(R"({"x":{"alg":"none","kid":1,"typ":2,"crit":[],"b64":false,"zip":"DEF"},"alg":"ES256","y":[{"crit":1,"kid":"z"}]})");
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->kid, std::nullopt);
  EXPECT_EQ(header->type, TypeClass::absent);
}

// RFC 7515 section 4.1.9 and RFC 9068 section 4: case folded; `application/` may stand before the type.
TEST_F(JoseHeader, SortsTypesIntoClasses) {
  const std::vector<std::pair<std::string_view, TypeClass>> cases{
      {"JWT", TypeClass::jwt}, {"jwt", TypeClass::jwt}, {"Jwt", TypeClass::jwt}, {"application/jwt", TypeClass::jwt}, {"APPLICATION/JWT",
      TypeClass::jwt}, {"at+jwt", TypeClass::at_jwt}, {"AT+JWT", TypeClass::at_jwt},
      {"At+Jwt", TypeClass::at_jwt}, {"application/at+jwt", TypeClass::at_jwt}, {"Application/AT+jwt", TypeClass::at_jwt},
      {"", TypeClass::other}, {"JWS", TypeClass::other}, {"jwt ", TypeClass::other}, {" jwt", TypeClass::other}, {"at-jwt", TypeClass::other},
      {"atjwt", TypeClass::other}, {"application/", TypeClass::other}, {"application", TypeClass::other},
      {"application/application/jwt", TypeClass::other}, {"text/jwt", TypeClass::other}, {"/jwt", TypeClass::other}, {"application/jwt;q=1",
      TypeClass::other}, {"dpop+jwt", TypeClass::other}, {"logout+jwt", TypeClass::other}, {"id_token", TypeClass::other},
      {"at+jwt\\u0000", TypeClass::other}, {"aT\\u002bjwt", TypeClass::at_jwt}, {"JOSE", TypeClass::other}, {"at+jw\\u0165", TypeClass::other},
      {"\\u212Aat+jwt", TypeClass::other}, {"J\xCE\xA9T", TypeClass::other},
  };
  for (const auto& [typ, type] : cases) {
    const auto header = parse(R"({"alg":"RS256","typ":")" + std::string(typ) + "\"}");
    ASSERT_TRUE(header.has_value()) << typ;
    EXPECT_EQ(header->type, type) << typ;
  }
}

TEST_F(JoseHeader, TakesKidsOfAnyText) {
  const std::string long_kid(base::limits::kHeaderBytesMax - 1024, 'k');
  const std::vector<std::pair<std::string, std::string>> kids{{"../../etc/passwd", "../../etc/passwd"}, {"' OR 1=1 --", "' OR 1=1 --"}, {"a\\u0000b",
      std::string("a\0b", 3)}, {"\\n", "\n"}, {long_kid, long_kid}, {"\xF0\x9F\x94\x91", "\xF0\x9F\x94\x91"}};
  for (const auto& [written, kid] : kids) {
    const auto header = parse(R"({"alg":"RS256","kid":")" + written + "\"}");
    ASSERT_TRUE(header.has_value()) << written;
    EXPECT_EQ(header->kid, kid);
  }
}

// Whatever the JSON samples say: bad texts are refused by the code of their fault, good ones are no header with an algorithm.
TEST_F(JoseHeader, RefusesEverySample) {
  for (const JsonSample& sample : json_samples()) {
    const Code expected = sample.fault == JsonFault::malformed ? Code::bad_header : sample.fault == JsonFault::duplicate_member
        ? Code::duplicate_header_member : Code::header_too_complex;
    const Code found = code(sample.text);
    if (sample.fault != JsonFault::none) EXPECT_EQ(found, expected) << sample.text.substr(0, 100);
    else EXPECT_TRUE(found == Code::bad_header || found == Code::unknown_algorithm) << sample.text.substr(0, 100);
  }
}

}  // namespace
}  // namespace assay::jose
