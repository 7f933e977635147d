// The document as a whole, its defaults, and the limits that it sets itself.
#include "snapshot/config.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "config_fixture.h"

namespace assay::test {
namespace {

using testing::_;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;
namespace limits = base::limits;

// --- The document ---

// RFC 8259: anything else is refused with the line and column (in bytes) where it stops being JSON.
TEST(ConfigDocument, RefusesWhatIsNoJsonAndSaysWhere) {
  EXPECT_THAT(faults_of("{\n  \"oauth_servers\": [],\n  oops\n}"), ElementsAre(IsFault("", HasSubstr("line 3, column 3"), HasSubstr("RFC 8259"))));
  for (const std::string_view text : {"", " ", "{", "{}}", "{\"a\":1,}", "// comment\n{}", "{'a':1}", "{\"a\":01}", "{\"a\":\"\\ud800\"}",
                                      "{\"a\":\"\xff\"}", "\xef\xbb\xbf{\"oauth_servers\":[],\"api_services\":[]}", "{\"a\":NaN}"}) {
    EXPECT_THAT(faults_of(text), ElementsAre(IsFault("", HasSubstr("not JSON"), _))) << text;
  }
}

// What is no JSON may be anything, a private key too: nothing of it is shown.
TEST(ConfigDocument, ShowsNothingOfWhatIsNoJson) {
  EXPECT_THAT(faults_of("SECRET SECRET"), ElementsAre(IsFault("", Not(HasSubstr("SECRET")), Not(HasSubstr("SECRET")))));
}

// limits.h: 32 levels, of which the outermost object is the first.
TEST(ConfigDocument, RefusesMoreThan32Levels) {
  const auto nested = [](std::size_t levels) {
    return fmt::format(R"({{"oauth_servers":[],"api_services":[],"x":{}{}}})", std::string(levels - 1, '['), std::string(levels - 1, ']'));
  };
  EXPECT_THAT(faults_of(nested(32)), ElementsAre(IsFaultAt("/x")));
  EXPECT_THAT(faults_of(nested(33)), ElementsAre(IsFault("", HasSubstr("too many levels"), HasSubstr("32"))));
}

TEST(ConfigDocument, RefusesMoreBytesThanAControlFrameHolds) {
  std::string text = R"({"oauth_servers":[],"api_services":[]})";
  text.resize(limits::kConfigBytesMax, ' ');
  EXPECT_THAT(faults_of(text), IsEmpty());
  text += ' ';
  EXPECT_THAT(faults_of(text),
              ElementsAre(IsFault("", HasSubstr(std::to_string(limits::kConfigBytesMax + 1)), HasSubstr(std::to_string(limits::kConfigBytesMax)))));
}

TEST(ConfigDocument, RefusesARootThatIsNoObject) {
  for (const std::string_view text : {"null", "[]", "\"x\"", "1", "true"})
    EXPECT_THAT(faults_of(text), ElementsAre(IsFault("", _, "an object"))) << text;
}

// An empty deployment is one that somebody has written down: the members are not optional.
TEST(ConfigDocument, TakesEmptyListsButNotMissingOnes) {
  EXPECT_THAT(faults_of(R"({"oauth_servers":[],"api_services":[]})"), IsEmpty());
  EXPECT_THAT(faults_of("{}"), ElementsAre(IsFault("", "no member \"oauth_servers\"", _), IsFault("", "no member \"api_services\"", _)));
}

TEST(ConfigDocument, NamesTheMemberThatIsMisspelt) {
  Json document = minimal();
  document.at(kServer).set("isuers", Json::parse("[]"));
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/oauth_servers/0/isuers", "the unknown member \"isuers\"",
                                                       AllOf(HasSubstr("one of name,"), HasSubstr("did you mean issuers?")))));
  document = minimal();
  document.set("zzz", Json::parse(R"({"secret":"hunter2"})"));
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/zzz", Not(HasSubstr("hunter2")), Not(HasSubstr("did you mean")))));
}

// RFC 8259 section 4: names should be unique; here they must be, at any depth, known or not, by escape too.
TEST(ConfigDocument, RefusesMembersThatStandTwice) {
  const std::string text =
      R"({"oauth_servers":[{"name":"idp","n\u0061me":"x","issuers":["i"],"jwks_url":"https://a"}],"oauth_servers":[],"api_services":[],"x":{"y":[{"z":1,"z":2}]}})";
  EXPECT_THAT(faults_of(text),
              UnorderedElementsAre(IsFault("/oauth_servers", HasSubstr("twice"), _), IsFault("/oauth_servers/0/name", HasSubstr("twice"), _),
                                   IsFault("/x/y/0/z", HasSubstr("twice"), _), IsFault("/x", HasSubstr("unknown"), _)));
}

TEST(ConfigDocument, FindsAllFaultsAtOnce) {
  const std::string text = R"({
    "oauth_servers": [
      {"name": "a", "issuers": ["i", "i"], "jwks_url": "http://idp.example/jwks", "clock_skew_tolerance": 301, "token_type": "JWT"},
      {"name": "a", "issuers": [], "algorithms": ["none"], "jwks_url": "https://idp.example/jwks", "discovery": true},
      {"name": "c", "issuers": ["i"], "jwks": {"keys": []}}],
    "api_services": [
      {"name": "", "audiences": [""], "oauth_servers": ["a", "c", "nobody"], "required_scopes": ["a b"], "max_token_age": 0,
       "claim_rules": [{"claim": "tenant", "any_of": [1.5]}]},
      7],
    "clients": [{"user": "u", "uid": 1, "api_services": ["gone"]}],
    "daemon": {"limits": {"connections": 0}},
    "more": 1, "more": 2})";
  EXPECT_THAT(faults_of(text),
              UnorderedElementsAre(
                  IsFaultAt("/oauth_servers/0/issuers/1"), IsFaultAt("/oauth_servers/0/jwks_url"), IsFaultAt("/oauth_servers/0/clock_skew_tolerance"),
                  IsFaultAt("/oauth_servers/0/token_type"), IsFaultAt("/oauth_servers/1/name"), IsFaultAt("/oauth_servers/1/issuers"),
                  IsFaultAt("/oauth_servers/1/algorithms/0"), IsFaultAt("/oauth_servers/1"), IsFaultAt("/oauth_servers/2/jwks"),
                  IsFaultAt("/api_services/0/name"), IsFaultAt("/api_services/0/audiences/0"), IsFaultAt("/api_services/0/oauth_servers/1"),
                  IsFaultAt("/api_services/0/oauth_servers/2"), IsFaultAt("/api_services/0/required_scopes/0"),
                  IsFaultAt("/api_services/0/max_token_age"), IsFaultAt("/api_services/0/claim_rules/0/claim"),
                  IsFaultAt("/api_services/0/claim_rules/0/any_of/0"), IsFaultAt("/api_services/1"), IsFaultAt("/clients/0"),
                  IsFaultAt("/clients/0/api_services/0"), IsFaultAt("/daemon/limits/connections"), IsFaultAt("/more"), IsFaultAt("/more")));
}

TEST(ConfigDocument, ListsAtMostAHundredFaults) {
  for (const std::size_t count : {99U, 100U, 101U, 5000U}) {
    std::string text = R"({"oauth_servers":[],"api_services":[])";
    for (std::size_t i = 0; i < count; ++i) text += fmt::format(",\"x{}\":0", i);
    EXPECT_THAT(faults_of(text + "}"), SizeIs(std::min<std::size_t>(count, 100)));
  }
}

// Whatever a document holds, its faults are short and printable.
TEST(ConfigDocument, KeepsFaultsShortAndPrintable) {
  Json document = minimal();
  const std::string hostile = "\x1b[2J\n\x7f\xc2\x9b" + letters(100'000);
  document.set(hostile, Json::string(hostile));
  document.at(kServer).set("token_type", Json::string(hostile));
  document.at(kServer).set("clock_skew_tolerance", Json::parse("1" + std::string(100'000, '0')));
  document.at(kService).set("name", Json::string(hostile));
  const std::vector<Fault> faults = faults_of(document);
  EXPECT_THAT(faults, UnorderedElementsAre(IsFaultAt(""), IsFaultAt("/oauth_servers/0/token_type"),
                                           IsFaultAt("/oauth_servers/0/clock_skew_tolerance"), IsFaultAt("/api_services/0/name")));
  for (const Fault& fault : faults) {
    for (const std::string& text : {fault.pointer, fault.found, fault.allowed}) {
      EXPECT_LE(text.size(), 250U);
      EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; })) << text;
    }
  }
}

// RFC 6901 section 3: ~ and / of a name are written ~0 and ~1.
TEST(ConfigDocument, EscapesPointers) { EXPECT_THAT(faults_of(with("", "a/b~c", "1")), ElementsAre(IsFaultAt("/a~1b~0c"))); }

// --- Defaults ---

TEST(ConfigDefaults, AreThoseOfTheManual) {
  const Config config = config_of(minimal());
  ASSERT_THAT(config.oauth_servers, SizeIs(1));
  const auto& server = config.oauth_servers[0];
  EXPECT_EQ(server.description, "");
  EXPECT_EQ(server.clock_skew_tolerance_s, 0);
  EXPECT_EQ(server.algorithms, crypto::AlgorithmSet::all());
  EXPECT_EQ(server.token_type, snapshot::TokenTypeRule::jwt);
  ASSERT_THAT(config.api_services, SizeIs(1));
  const auto& service = config.api_services[0];
  EXPECT_THAT(service.required_scopes, IsEmpty());
  EXPECT_THAT(service.claim_rules, IsEmpty());
  EXPECT_EQ(service.max_token_age_s, std::nullopt);
  EXPECT_FALSE(config.clients.has_value());
  EXPECT_EQ(config.daemon.limits.connections, limits::kConnectionsMax);
  EXPECT_EQ(config.daemon.limits.connections_per_uid, limits::kConnectionsPerUidMax);
  EXPECT_EQ(config.daemon.limits.tokens_per_request, limits::kTokensPerRequestMax);
  EXPECT_EQ(config.daemon.limits.request_age_ms, limits::kRequestAgeMs);
  EXPECT_EQ(config.daemon.limits.oauth_servers, limits::kOAuthServersMax);
  EXPECT_EQ(config.daemon.limits.api_services, limits::kApiServicesMax);
}

// --- daemon ---

TEST(ConfigDaemon, NamesAnEngine) {
  const std::vector<std::pair<std::string_view, crypto::EngineChoice>> choices{{"auto", crypto::EngineChoice::automatic},
                                                                               {"ifma", crypto::EngineChoice::ifma},
                                                                               {"simd", crypto::EngineChoice::simd},
                                                                               {"scalar", crypto::EngineChoice::scalar},
                                                                               {"reference", crypto::EngineChoice::reference}};
  for (const auto& [name, choice] : choices) {
    EXPECT_EQ(config_of(with("", "daemon", fmt::format(R"({{"engine":"{}"}})", name))).daemon.engine, choice) << name;
  }
  EXPECT_EQ(config_of(minimal()).daemon.engine, crypto::EngineChoice::automatic);
  for (const std::string_view bad : {R"("none")", R"("AUTO")", R"("")", "1", "null"}) {
    EXPECT_THAT(faults_of(with("", "daemon", fmt::format(R"({{"engine":{}}})", bad))), ElementsAre(IsFaultAt("/daemon/engine"))) << bad;
  }
}

TEST(ConfigDaemon, SaysHowFarTheEnginesAreTrusted) {
  const std::vector<std::pair<std::string_view, crypto::CrossCheckMode>> modes{
      {"off", crypto::CrossCheckMode::off}, {"sample", crypto::CrossCheckMode::sample}, {"inline", crypto::CrossCheckMode::inline_}};
  for (const auto& [name, mode] : modes) {
    EXPECT_EQ(config_of(with("", "daemon", fmt::format(R"({{"cross_check":"{}"}})", name))).daemon.cross_check, mode) << name;
  }
  EXPECT_EQ(config_of(minimal()).daemon.cross_check, crypto::CrossCheckMode::sample);
  EXPECT_EQ(config_of(minimal()).daemon.cross_check_percent, 1U);
  EXPECT_EQ(config_of(with("", "daemon", R"({"cross_check_percent":100})")).daemon.cross_check_percent, 100U);
  for (const std::string_view bad : {R"("on")", R"("")", "true", "null"}) {
    EXPECT_THAT(faults_of(with("", "daemon", fmt::format(R"({{"cross_check":{}}})", bad))), ElementsAre(IsFaultAt("/daemon/cross_check"))) << bad;
  }
  for (const std::string_view bad : {"0", "101", "1.5", R"("1")"}) {
    EXPECT_THAT(faults_of(with("", "daemon", fmt::format(R"({{"cross_check_percent":{}}})", bad))), ElementsAre(IsFaultAt("/daemon/cross_check_percent"))) << bad;
  }
}

TEST(ConfigDaemon, HasBudgetsForTablesAndTokens) {
  const auto daemon_of = [](std::string_view name, std::string_view value) { return with("", "daemon", fmt::format(R"({{"{}":{}}})", name, value)); };
  for (const std::uint64_t good : {std::uint64_t{0}, std::uint64_t{1} << 30, std::uint64_t{1} << 40}) {
    EXPECT_EQ(config_of(daemon_of("key_table_budget", std::to_string(good))).daemon.key_table_budget_bytes, good);
    EXPECT_EQ(config_of(daemon_of("token_cache_budget", std::to_string(good))).daemon.token_cache_budget_bytes, good);
  }
  EXPECT_EQ(config_of(minimal()).daemon.key_table_budget_bytes, limits::kKeyTableBudgetBytes);
  EXPECT_EQ(config_of(minimal()).daemon.token_cache_budget_bytes, limits::kTokenCacheBudgetBytes);
  for (const std::string_view bad : {"-1", "1.0", "1099511627777", R"("256M")"}) {
    EXPECT_THAT(faults_of(daemon_of("key_table_budget", bad)), ElementsAre(IsFaultAt("/daemon/key_table_budget"))) << bad;
    EXPECT_THAT(faults_of(daemon_of("token_cache_budget", bad)), ElementsAre(IsFaultAt("/daemon/token_cache_budget"))) << bad;
  }
}

// --- daemon.limits ---

TEST(ConfigLimits, HaveRanges) {
  const std::vector<std::pair<std::string_view, long long>> maxima{
      {"connections", 65536}, {"connections_per_uid", 65536}, {"tokens_per_request", 256}, {"request_age_ms", 60000}, {"oauth_servers", 8192}, {"api_services", 8192}};
  for (const auto& [name, max] : maxima) {
    const std::string place = fmt::format("/daemon/limits/{}", name);
    for (const std::string& good : {std::string("1"), std::to_string(max)}) {
      EXPECT_THAT(faults_of(with("", "daemon", fmt::format(R"({{"limits":{{"{}":{}}}}})", name, good))), IsEmpty()) << name;
    }
    for (const std::string& bad : {std::string("0"), std::string("-1"), std::string("1.0"), std::string("null"), std::to_string(max + 1)}) {
      EXPECT_THAT(faults_of(with("", "daemon", fmt::format(R"({{"limits":{{"{}":{}}}}})", name, bad))), ElementsAre(IsFaultAt(place))) << name << bad;
    }
  }
}

TEST(ConfigLimits, AreReadEachIntoItsOwn) {
  const Config config = config_of(
      with("", "daemon", R"({"limits":{"connections":11,"connections_per_uid":12,"tokens_per_request":13,"request_age_ms":16,"oauth_servers":14,"api_services":15}})"));
  EXPECT_EQ(config.daemon.limits.connections, 11U);
  EXPECT_EQ(config.daemon.limits.connections_per_uid, 12U);
  EXPECT_EQ(config.daemon.limits.tokens_per_request, 13U);
  EXPECT_EQ(config.daemon.limits.request_age_ms, 16U);
  EXPECT_EQ(config.daemon.limits.oauth_servers, 14U);
  EXPECT_EQ(config.daemon.limits.api_services, 15U);
}

TEST(ConfigLimits, ApplyToTheirOwnDocument) {
  const auto document = [](std::size_t servers, std::size_t services, std::string_view daemon) {
    return fmt::format(R"({{"oauth_servers":{},"api_services":{}{}}})",
                       array_of(servers, R"({{"name":"s{0}","issuers":["i{0}"],"jwks_url":"https://idp.example/{0}"}})"),
                       array_of(services, R"({{"name":"a{0}","audiences":["a"],"oauth_servers":["s0"]}})"), daemon);
  };
  EXPECT_THAT(faults_of(document(1024, 1024, "")), IsEmpty());
  EXPECT_THAT(faults_of(document(1025, 1, "")), ElementsAre(IsFault("/oauth_servers", "an array of 1025 elements", HasSubstr("1024"))));
  EXPECT_THAT(faults_of(document(1, 1025, "")), ElementsAre(IsFault("/api_services", "an array of 1025 elements", HasSubstr("1024"))));
  EXPECT_THAT(faults_of(document(1025, 1026, R"(,"daemon":{"limits":{"oauth_servers":1025,"api_services":1026}})")), IsEmpty());
  EXPECT_THAT(faults_of(document(3, 4, R"(,"daemon":{"limits":{"oauth_servers":2,"api_services":3}})")),
              ElementsAre(IsFaultAt("/oauth_servers"), IsFaultAt("/api_services")));
  // A faulty limit is one fault, whatever it would have limited.
  EXPECT_THAT(faults_of(document(1025, 1, R"(,"daemon":{"limits":{"oauth_servers":"2000"}})")),
              ElementsAre(IsFaultAt("/daemon/limits/oauth_servers")));
}

TEST(ConfigDaemon, IsAnObjectOfObjects) {
  run({{"", "daemon", "{}", true},
       {"", "daemon", R"({"limits":{}})", true},
       {"", "daemon", "null", false},
       {"", "daemon", "[]", false},
       {"", "daemon", R"({"limits":[]})", false, "/limits"},
       {"", "daemon", R"({"limits":{"workers":1}})", false, "/limits/workers"}});
}

}  // namespace
}  // namespace assay::test
