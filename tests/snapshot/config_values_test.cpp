// Each member's type and range: at, below and above.
#include "snapshot/config.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "config_fixture.h"

namespace assay::test {
namespace {

using testing::_;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace limits = base::limits;

// --- OAuth servers ---

// Names count code points: 256 letters of two bytes are as long as 256 of one.
TEST(ConfigOAuthServer, LimitsItsTexts) {
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "\xc3\xa9";
  const auto quote = [](const std::string& text) { return '"' + text + '"'; };
  Json document = minimal();
  for (const auto& [name, accepted] :
       {std::pair{letters(1), true}, {letters(256), true}, {wide, true}, {letters(257), false}, {wide + "a", false}, {"", false}}) {
    document.at("/oauth_servers/0/name") = Json::string(name);
    document.at("/api_services/0/oauth_servers/0") = Json::string(name);
    if (accepted) EXPECT_THAT(faults_of(document), IsEmpty());
    else EXPECT_THAT(faults_of(document), Contains(IsFault("/oauth_servers/0/name", _, "a string of 1 to 256 characters")));
  }
  run({{kServer, "description", "\"\"", true},
       {kServer, "description", quote(letters(1024)), true},
       {kServer, "description", quote(letters(1025)), false},
       {kServer, "issuers", "[\"\"]", false, "/0"},
       {kServer, "issuers", "[\"a\"]", true},
       {kServer, "issuers", "[" + quote(letters(1024)) + "]", true},
       {kServer, "issuers", "[" + quote(letters(1025)) + "]", false, "/0"}});
}

TEST(ConfigOAuthServer, TakesOneToEightIssuers) {
  run({{kServer, "issuers", "[]", false},
       {kServer, "issuers", array_of(8, "\"i{}\""), true},
       {kServer, "issuers", array_of(9, "\"i{}\""), false},
       {kServer, "issuers", "\"i\"", false},
       {kServer, "issuers", "[\"i\",\"j\",\"i\"]", false, "/2"},
       {kServer, "issuers", "[\"i\",\"I\",\"i/\"]", true},
       {kServer, "issuers", "[\"i\",\"\\u0069\"]", false, "/1"}});
}

// design: an integer without fraction or exponent, 0 to 300 seconds.
TEST(ConfigOAuthServer, LimitsTheClockSkewTolerance) {
  run({{kServer, "clock_skew_tolerance", "0", true},
       {kServer, "clock_skew_tolerance", "300", true},
       {kServer, "clock_skew_tolerance", "301", false},
       {kServer, "clock_skew_tolerance", "-1", false},
       {kServer, "clock_skew_tolerance", "1.0", false},
       {kServer, "clock_skew_tolerance", "3e1", false},
       {kServer, "clock_skew_tolerance", "18446744073709551616", false},
       {kServer, "clock_skew_tolerance", "18446744073709551646", false},
       {kServer, "clock_skew_tolerance", "\"30\"", false},
       {kServer, "clock_skew_tolerance", "null", false},
       {kServer, "clock_skew_tolerance", "[30]", false}});
  EXPECT_EQ(config_of(with(kServer, "clock_skew_tolerance", "17")).oauth_servers[0].clock_skew_tolerance_s, 17);
}

// RFC 8725 section 3.1, RFC 9864: asymmetric algorithms by name; EdDSA and Ed25519 are one.
TEST(ConfigOAuthServer, TakesAlgorithmsByName) {
  run({{kServer, "algorithms", R"(["RS256","PS512","ES256","EdDSA"])", true},
       {kServer, "algorithms", R"(["RS256","RS384","RS512","PS256","PS384","PS512","ES256","ES384","ES512","Ed25519"])", true},
       {kServer, "algorithms", "[]", false},
       {kServer, "algorithms", R"("RS256")", false},
       {kServer, "algorithms", R"(["none"])", false, "/0"},
       {kServer, "algorithms", R"(["HS256"])", false, "/0"},
       {kServer, "algorithms", R"(["rs256"])", false, "/0"},
       {kServer, "algorithms", R"(["RS256",1])", false, "/1"},
       {kServer, "algorithms", R"(["RS256","RS256"])", false, "/1"},
       {kServer, "algorithms", R"(["EdDSA","Ed25519"])", false, "/1"}});
  crypto::AlgorithmSet expected;
  expected.insert(crypto::Algorithm::ps384);
  expected.insert(crypto::Algorithm::eddsa);
  EXPECT_EQ(config_of(with(kServer, "algorithms", R"(["PS384","Ed25519"])")).oauth_servers[0].algorithms, expected);
}

TEST(ConfigOAuthServer, TakesThreeTokenTypes) {
  using snapshot::TokenTypeRule;
  EXPECT_EQ(config_of(with(kServer, "token_type", "\"any\"")).oauth_servers[0].token_type, TokenTypeRule::any);
  EXPECT_EQ(config_of(with(kServer, "token_type", "\"jwt\"")).oauth_servers[0].token_type, TokenTypeRule::jwt);
  EXPECT_EQ(config_of(with(kServer, "token_type", "\"at+jwt\"")).oauth_servers[0].token_type, TokenTypeRule::at_jwt);
  run({{kServer, "token_type", "\"JWT\"", false}, {kServer, "token_type", "\"\"", false}, {kServer, "token_type", "true", false}});
}

TEST(ConfigOAuthServer, NeedsANameAndIssuers) {
  Json document = minimal();
  document.at(kServer).remove("issuers");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/oauth_servers/0", "no member \"issuers\"", "\"issuers\" is required")));
  document = Json::parse(R"({"oauth_servers":[{"issuers":["i"],"jwks_url":"https://a"}, 5, null],"api_services":[]})");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFaultAt("/oauth_servers/0"), IsFaultAt("/oauth_servers/1"), IsFaultAt("/oauth_servers/2")));
}

// --- API services ---

TEST(ConfigApiService, LimitsItsTexts) {
  const auto text = [](std::size_t characters) { return '"' + letters(characters) + '"'; };
  run({{kService, "name", text(1), true},
       {kService, "name", text(256), true},
       {kService, "name", text(257), false},
       {kService, "name", "\"\"", false},
       {kService, "name", "1", false},
       {kService, "audiences", "[" + text(1024) + "]", true},
       {kService, "audiences", "[" + text(1025) + "]", false, "/0"}});
}

// RFC 7519 section 4.1.3: there is no API service without an audience, and no empty one.
TEST(ConfigApiService, NeedsAudiences) {
  run({{kService, "audiences", "[]", false},
       {kService, "audiences", "null", false},
       {kService, "audiences", "\"a\"", false},
       {kService, "audiences", "[\"\"]", false, "/0"},
       {kService, "audiences", "[\"a\",\"b\",\"a\"]", false, "/2"},
       {kService, "audiences", array_of(64, "\"a{}\""), true},
       {kService, "audiences", array_of(65, "\"a{}\""), false}});
  Json document = minimal();
  document.at(kService).remove("audiences");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/api_services/0", "no member \"audiences\"", _)));
}

// RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
TEST(ConfigApiService, TakesScopeTokens) {
  run({{kService, "required_scopes", "[]", true},
       {kService, "required_scopes", R"(["orders.read","https://x/y","!#[]~"])", true},
       {kService, "required_scopes", R"([""])", false, "/0"},
       {kService, "required_scopes", R"(["a b"])", false, "/0"},
       {kService, "required_scopes", R"([" "])", false, "/0"},
       {kService, "required_scopes", R"(["a\tb"])", false, "/0"},
       {kService, "required_scopes", R"(["a\"b"])", false, "/0"},
       {kService, "required_scopes", R"(["a\\b"])", false, "/0"},
       {kService, "required_scopes", "[\"\xc3\xa9\"]", false, "/0"},
       {kService, "required_scopes", R"(["a","a"])", false, "/1"},
       {kService, "required_scopes", R"("a")", false},
       {kService, "required_scopes", "[\"" + letters(256) + "\"]", true},
       {kService, "required_scopes", "[\"" + letters(257) + "\"]", false, "/0"},
       {kService, "required_scopes", array_of(64, "\"s{}\""), true},
       {kService, "required_scopes", array_of(65, "\"s{}\""), false}});
}

TEST(ConfigApiService, LimitsTheTokenAge) {
  run({{kService, "max_token_age", "0", false},
       {kService, "max_token_age", "1", true},
       {kService, "max_token_age", std::to_string(limits::kTokenAgeSecondsMax), true},
       {kService, "max_token_age", std::to_string(limits::kTokenAgeSecondsMax + 1), false},
       {kService, "max_token_age", "null", false},
       {kService, "max_token_age", "1.5", false}});
  EXPECT_EQ(config_of(with(kService, "max_token_age", "3600")).api_services[0].max_token_age_s, 3600);
}

// --- Claim rules ---

Json with_rule(std::string_view claim, std::string_view any_of) {
  return with(kService, "claim_rules", fmt::format(R"([{{"claim":{},"any_of":{}}}])", claim, any_of));
}

// RFC 6901 section 3.
TEST(ConfigClaimRule, TakesWellFormedPointers) {
  const std::string longest = "\"/" + letters(limits::kPointerBytesMax - 1) + '"';
  const std::string too_long = "\"/" + letters(limits::kPointerBytesMax) + '"';
  for (const std::string& good : std::vector<std::string>{R"("/tenant")", R"("/")", R"("/a//b/0/-")", R"("/~0~1")", longest}) {
    EXPECT_THAT(faults_of(with_rule(good, "[1]")), IsEmpty()) << good;
  }
  for (const std::string& bad :
       std::vector<std::string>{R"("")", R"("tenant")", R"("/~")", R"("/~2")", R"("/a~/b")", R"("#/a")", "7", "null", too_long}) {
    EXPECT_THAT(faults_of(with_rule(bad, "[1]")), ElementsAre(IsFaultAt("/api_services/0/claim_rules/0/claim"))) << bad;
  }
}

// design, "Rulings": an integer is a number without fraction or exponent; -0 is not 0; a string is not the number that it spells.
TEST(ConfigClaimRule, TakesStringsIntegersAndBooleans) {
  const Config config = config_of(with_rule("\"/x\"", R"(["", "a", "1", 1, 0, -0, -7, 123456789012345678901234567890, true, false, "true"])"));
  ASSERT_THAT(config.api_services[0].claim_rules, SizeIs(1));
  const auto& any_of = config.api_services[0].claim_rules[0].any_of;
  using Kind = snapshot::RuleValue::Kind;
  const std::vector<std::pair<Kind, std::string>> expected{
      {Kind::string, ""},      {Kind::string, "a"},      {Kind::string, "1"},   {Kind::integer, "1"},
      {Kind::integer, "0"},    {Kind::integer, "-0"},    {Kind::integer, "-7"}, {Kind::integer, "123456789012345678901234567890"},
      {Kind::boolean, "true"}, {Kind::boolean, "false"}, {Kind::string, "true"}};
  ASSERT_THAT(any_of, SizeIs(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(std::pair(any_of[i].kind, any_of[i].text), expected[i]);
}

TEST(ConfigClaimRule, RefusesOtherValues) {
  for (const std::string_view bad : {"1.5", "1.0", "1e3", "1E3", "null", "{}", "[]", "[1]"}) {
    EXPECT_THAT(faults_of(with_rule("\"/x\"", fmt::format("[1,{}]", bad))), ElementsAre(IsFaultAt("/api_services/0/claim_rules/0/any_of/1"))) << bad;
  }
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "[\"" + letters(1024) + "\"]")), IsEmpty());
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "[\"" + letters(1025) + "\"]")), ElementsAre(IsFaultAt("/api_services/0/claim_rules/0/any_of/0")));
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "[1" + std::string(1023, '0') + "]")), IsEmpty());
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "[1" + std::string(1024, '0') + "]")), ElementsAre(IsFaultAt("/api_services/0/claim_rules/0/any_of/0")));
}

TEST(ConfigClaimRule, LimitsAndComparesItsValues) {
  const std::string place = "/api_services/0/claim_rules/0/any_of";
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "[]")), ElementsAre(IsFaultAt(place)));
  EXPECT_THAT(faults_of(with_rule("\"/x\"", "1")), ElementsAre(IsFaultAt(place)));
  EXPECT_THAT(faults_of(with_rule("\"/x\"", array_of(256, "{}"))), IsEmpty());
  EXPECT_THAT(faults_of(with_rule("\"/x\"", array_of(257, "{}"))), ElementsAre(IsFaultAt(place)));
  EXPECT_THAT(faults_of(with_rule("\"/x\"", R"(["a",1,"a"])")), ElementsAre(IsFaultAt(place + "/2")));
  EXPECT_THAT(faults_of(with_rule("\"/x\"", R"([1,true,1,true])")), ElementsAre(IsFaultAt(place + "/2"), IsFaultAt(place + "/3")));
}

TEST(ConfigClaimRule, LimitsTheirNumber) {
  const std::string rule = R"({{"claim":"/c{}","any_of":[1]}})";
  run({{kService, "claim_rules", "[]", true},
       {kService, "claim_rules", array_of(32, rule), true},
       {kService, "claim_rules", array_of(33, rule), false},
       {kService, "claim_rules", "{}", false},
       {kService, "claim_rules", "[1]", false, "/0"},
       {kService, "claim_rules", R"([{"claim":"/x"}])", false, "/0"},
       {kService, "claim_rules", R"([{"any_of":[1]}])", false, "/0"}});
}

// --- Clients ---

TEST(ConfigClients, NameExactlyOneOfFour) {
  const auto client = [](std::string_view who) { return with("", "clients", fmt::format(R"([{{{}"api_services":["orders"]}}])", who)); };
  for (const std::string_view good : {R"("user":"u",)", R"("uid":0,)", R"("group":"DOMAIN\\staff members",)", R"("gid":4294967294,)"}) {
    EXPECT_THAT(faults_of(client(good)), IsEmpty()) << good;
  }
  EXPECT_THAT(faults_of(client("")), ElementsAre(IsFault("/clients/0", "none of them", "exactly one of user, uid, group, gid")));
  EXPECT_THAT(faults_of(client(R"("user":"u","gid":1,)")), ElementsAre(IsFault("/clients/0", "user, gid", _)));
  EXPECT_THAT(faults_of(client(R"("uid":1,"user":"u","gid":1,"group":"g",)")), ElementsAre(IsFault("/clients/0", "user, uid, group, gid", _)));
}

TEST(ConfigClients, LimitTheirMembers) {
  const auto faulty = [](std::string_view who, std::string_view at) {
    EXPECT_THAT(faults_of(with("", "clients", fmt::format(R"([{{{},"api_services":["orders"]}}])", who))), ElementsAre(IsFaultAt(at))) << who;
  };
  faulty(R"("user":"")", "/clients/0/user");
  faulty(R"("user":1)", "/clients/0/user");
  // A NUL would end the name for whoever looks it up.
  faulty(R"("user":"root\u0000x")", "/clients/0/user");
  faulty(R"("group":"a:b")", "/clients/0/group");
  faulty(R"("group":"a\nb")", "/clients/0/group");
  faulty("\"user\":\"" + letters(257) + '"', "/clients/0/user");
  faulty(R"("uid":-1)", "/clients/0/uid");
  // chown(2): 2^32 - 1 is no id.
  faulty(R"("uid":4294967295)", "/clients/0/uid");
  faulty(R"("gid":4294967296)", "/clients/0/gid");
  faulty(R"("gid":"0")", "/clients/0/gid");
}

TEST(ConfigClients, OpenSomething) {
  const auto client = [](std::string_view services) { return with("", "clients", fmt::format(R"([{{"uid":1{}}}])", services)); };
  EXPECT_THAT(faults_of(client("")), ElementsAre(IsFault("/clients/0", "neither \"api_services\" nor \"control\"", _)));
  EXPECT_THAT(faults_of(client(R"(,"control":"read")")), IsEmpty());
  EXPECT_THAT(faults_of(client(R"(,"control":"write","api_services":["orders"])")), IsEmpty());
  for (const std::string_view control : {"\"none\"", "\"Read\"", "true", "[\"read\"]", "null"}) {
    EXPECT_THAT(faults_of(client(fmt::format(R"(,"control":{})", control))), ElementsAre(IsFault("/clients/0/control", _, "one of read, write"))) << control;
  }
  EXPECT_THAT(faults_of(client(R"(,"api_services":[])")), ElementsAre(IsFaultAt("/clients/0/api_services")));
  EXPECT_THAT(faults_of(client(R"(,"api_services":"orders")")), ElementsAre(IsFaultAt("/clients/0/api_services")));
  EXPECT_THAT(faults_of(client(R"(,"api_services":["orders","orders"])")), ElementsAre(IsFaultAt("/clients/0/api_services/1")));
  EXPECT_THAT(faults_of(client(R"(,"api_services":[1])")), ElementsAre(IsFaultAt("/clients/0/api_services/0")));
}

TEST(ConfigClients, AreKeptAsWritten) {
  const Config config = config_of(with("", "clients", R"([{"user":"u","api_services":["orders"]},{"uid":7,"api_services":["orders"]},
                                                          {"group":"g","api_services":["orders"]},{"gid":8,"api_services":["orders"]}])"));
  ASSERT_TRUE(config.clients.has_value());
  ASSERT_THAT(*config.clients, SizeIs(4));
  EXPECT_EQ((*config.clients)[0].user, "u");
  EXPECT_EQ((*config.clients)[1].uid, 7U);
  EXPECT_EQ((*config.clients)[2].group, "g");
  EXPECT_EQ((*config.clients)[3].gid, 8U);
  EXPECT_EQ((*config.clients)[3].uid, std::nullopt);
  EXPECT_THAT((*config.clients)[0].api_services, ElementsAre("orders"));
  // Nobody at all is not the same as no list.
  const Config nobody = config_of(with("", "clients", "[]"));
  ASSERT_TRUE(nobody.clients.has_value());
  EXPECT_THAT(*nobody.clients, IsEmpty());
}

TEST(ConfigClients, LimitTheirNumber) {
  const std::string client = R"({{"uid":{},"api_services":["orders"]}})";
  run({{"", "clients", array_of(1024, client), true}, {"", "clients", array_of(1025, client), false}, {"", "clients", "{}", false}});
}

}  // namespace
}  // namespace assay::test
