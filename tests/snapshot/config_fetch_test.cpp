// How a server's keys are fetched: the form of each member, and whether it may stand there.
#include "snapshot/config_fetch.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "config_fixture.h"
#include "public_keys.h"

namespace assay::test {
namespace {

using snapshot::FetchRules;
using snapshot::OAuthServerSettings;
using snapshot::SourceAccess;
using testing::_;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;
namespace limits = base::limits;

constexpr std::string_view kAllMembers =
    R"(,"ca_file":"/etc/ca.pem","client_certificate":"/etc/fetch.pem","client_key":"/etc/fetch.key","proxy":"http://proxy.example:3128","allow_http":true,)"
    R"("refresh_min":30,"refresh_max":7200,"stale_max":3600,"timeout_ms":1500)";

// A server with these members besides its name and issuer, and no API service.
std::string server_with(std::string_view members, std::string_view issuer = "https://idp.example") {
  return fmt::format(R"({{"oauth_servers":[{{"name":"idp","issuers":["{}"]{}}}],"api_services":[]}})", issuer, members);
}
std::string url_with(std::string_view members) { return server_with(fmt::format(R"(,"jwks_url":"https://idp.example/jwks"{})", members)); }

OAuthServerSettings settings_of(const std::string& document) { return config_of(Json::parse(document)).oauth_servers.at(0); }

auto beside_inline_keys(std::string_view member) {
  return IsFault(fmt::format("/oauth_servers/0/{}", member), "keys that stand in the configuration beside it", "only beside \"jwks_url\" or \"discovery\"");
}

TEST(ConfigFetch, IsReadWithUrlAndDiscovery) {
  const SourceAccess access{.ca_file = "/etc/ca.pem", .client_certificate = "/etc/fetch.pem", .client_key = "/etc/fetch.key", .proxy = "http://proxy.example:3128", .allow_http = true};
  const FetchRules rules{.refresh_min_s = 30, .refresh_max_s = 7200, .stale_max_s = 3600, .timeout_ms = 1500};
  for (const std::string_view source : {R"(,"jwks_url":"https://idp.example/jwks")", R"(,"discovery":true)"}) {
    const OAuthServerSettings settings = settings_of(server_with(fmt::format("{}{}", source, kAllMembers)));
    EXPECT_EQ(settings.key_source.access, access) << source;
    EXPECT_EQ(settings.fetch_rules, rules) << source;
  }
}

TEST(ConfigFetch, HasDefaults) {
  const OAuthServerSettings settings = settings_of(url_with(""));
  EXPECT_EQ(settings.key_source.access, SourceAccess());
  EXPECT_FALSE(settings.key_source.access.allow_http);
  EXPECT_EQ(settings.fetch_rules, (FetchRules{.refresh_min_s = 60, .refresh_max_s = 86'400, .stale_max_s = 86'400, .timeout_ms = 5'000}));
}

// Nothing is fetched for keys that stand in the document: what says how would have no effect.
TEST(ConfigFetch, IsRefusedBesideInlineKeys) {
  EXPECT_THAT(faults_of(server_with(R"(,"jwks":)" + jwks(jwk(kP256)) + std::string(kAllMembers))),
              UnorderedElementsAre(beside_inline_keys("ca_file"), beside_inline_keys("client_certificate"), beside_inline_keys("client_key"), beside_inline_keys("proxy"),
                                   beside_inline_keys("allow_http"), beside_inline_keys("refresh_min"), beside_inline_keys("refresh_max"), beside_inline_keys("stale_max"),
                                   beside_inline_keys("timeout_ms")));
  EXPECT_THAT(faults_of(server_with(R"(,"jwks_file":"/etc/keys","proxy":7)")), UnorderedElementsAre(IsFaultAt("/oauth_servers/0/jwks_file"), beside_inline_keys("proxy")));
  // A default that is written down is refused as well.
  EXPECT_THAT(faults_of(server_with(R"(,"jwks":)" + jwks(jwk(kP256)) + R"(,"allow_http":false)")), ElementsAre(beside_inline_keys("allow_http")));
}

// Where the sources are at fault, nobody knows whether these belong there; their values are looked at all the same.
TEST(ConfigFetch, IsNoFaultBecauseOfAnother) {
  EXPECT_THAT(faults_of(server_with(kAllMembers)), ElementsAre(IsFaultAt("/oauth_servers/0")));
  EXPECT_THAT(faults_of(url_with(R"(,"jwks":)" + jwks(jwk(kP256)) + std::string(kAllMembers))), ElementsAre(IsFaultAt("/oauth_servers/0")));
  EXPECT_THAT(faults_of(server_with(R"(,"timeout_ms":1)")), UnorderedElementsAre(IsFaultAt("/oauth_servers/0"), IsFaultAt("/oauth_servers/0/timeout_ms")));
}

TEST(ConfigFetch, ListsEveryFaultAtOnce) {
  const std::vector<Fault> faults = faults_of(url_with(R"(,"ca_file":"ca.pem","client_certificate":1,"client_key":"","proxy":"proxy","allow_http":0,)"
                                                       R"("refresh_min":9,"refresh_max":604801,"stale_max":59,"timeout_ms":99)"));
  EXPECT_THAT(faults, SizeIs(9));
  for (const std::string_view member : {"ca_file", "client_certificate", "client_key", "proxy", "allow_http", "refresh_min", "refresh_max", "stale_max", "timeout_ms"}) {
    EXPECT_THAT(faults, testing::Contains(IsFaultAt(fmt::format("/oauth_servers/0/{}", member)))) << member;
  }
}

TEST(ConfigFetch, TakesAbsolutePaths) {
  for (const std::string member : {"ca_file", "client_certificate", "client_key"}) {
    const auto other = [&](std::string_view value) {
      if (member == "ca_file") return fmt::format(R"(,"ca_file":{})", value);
      return fmt::format(R"(,"{}":{},"{}":"/x")", member, value, member == "client_key" ? "client_certificate" : "client_key");
    };
    const std::string longest = "/" + letters(limits::kPathBytesMax - 1);
    for (const std::string& good : {std::string("/"), std::string("/etc/a b/\\u00e9:%.pem"), longest}) {
      EXPECT_THAT(faults_of(url_with(other('"' + good + '"'))), IsEmpty()) << member << " " << good.substr(0, 40);
    }
    // 4,095 bytes, however many characters they are: 2,048 of two bytes and the slash are two too many.
    std::string wide = "/";
    for (std::size_t i = 0; i < (limits::kPathBytesMax + 1) / 2; ++i) wide += "\xc3\xa9";
    for (const std::string& bad : {std::string("\"\""), std::string("\"ca.pem\""), std::string("\"./ca.pem\""), std::string("\"~/ca.pem\""), std::string("\"file:///ca.pem\""),
                                   '"' + longest + "a\"", '"' + wide + '"', std::string(R"("/a\u0000b")"), std::string(R"("/a\nb")"), std::string(R"("/a\u001fb")"),
                                   std::string(R"("/a\u007fb")"), std::string("1"), std::string("null"), std::string("true"), std::string("[]"), std::string("{}")}) {
      EXPECT_THAT(faults_of(url_with(other(bad))), ElementsAre(IsFault("/oauth_servers/0/" + member, _, "an absolute path of 1 to 4095 bytes, without control characters")))
          << member << " " << bad.substr(0, 40);
    }
  }
}

// A private key that was pasted where its path belongs is not repeated.
TEST(ConfigFetch, DoesNotShowSecrets) {
  for (const std::string_view value : {R"("-----BEGIN PRIVATE KEY-----\nSECRET")", R"("SECRET")", R"("/SECRET\n")", R"(["SECRET"])", R"({"SECRET":"SECRET"})"}) {
    EXPECT_THAT(faults_of(url_with(fmt::format(R"(,"client_certificate":"/c","client_key":{})", value))),
                ElementsAre(IsFault("/oauth_servers/0/client_key", Not(HasSubstr("SECRET")), Not(HasSubstr("SECRET")))))
        << value;
  }
  for (const std::string_view value : {R"("http://me:SECRET@proxy.example:1")", R"("http://proxy.example:1/?SECRET")", R"("SECRET")", R"(["SECRET"])"}) {
    EXPECT_THAT(faults_of(url_with(fmt::format(R"(,"proxy":{})", value))), ElementsAre(IsFault("/oauth_servers/0/proxy", Not(HasSubstr("SECRET")), _))) << value;
  }
}

TEST(ConfigFetch, TakesCertificateAndKeyTogetherOnly) {
  constexpr std::string_view kTogether = "\"client_certificate\" and \"client_key\" together";
  EXPECT_THAT(faults_of(url_with(R"(,"client_certificate":"/c")")), ElementsAre(IsFault("/oauth_servers/0/client_certificate", "no \"client_key\" beside it", std::string(kTogether))));
  EXPECT_THAT(faults_of(url_with(R"(,"client_key":"/k")")), ElementsAre(IsFault("/oauth_servers/0/client_key", "no \"client_certificate\" beside it", std::string(kTogether))));
  EXPECT_THAT(faults_of(url_with(R"(,"client_certificate":"/c","client_key":"/k")")), IsEmpty());
}

TEST(ConfigFetch, TakesAProxyByHostAndPort) {
  EXPECT_THAT(faults_of(url_with(R"(,"proxy":"https://[::1]:3128/")")), IsEmpty());
  for (const std::string_view bad : {R"("http://proxy.example")", R"("socks5://proxy.example:1080")", R"("proxy.example:3128")", R"("")", "1", "null", "true", "[]"}) {
    EXPECT_THAT(faults_of(url_with(fmt::format(R"(,"proxy":{})", bad))),
                ElementsAre(IsFault("/oauth_servers/0/proxy", _, "a URL of scheme http or https, a host and a port alone, such as http://proxy.example:3128")))
        << bad;
  }
}

TEST(ConfigFetch, AllowsHttpWhereItIsSaid) {
  const auto url = [](std::string_view allow) { return server_with(fmt::format(R"(,"jwks_url":"http://idp.example/jwks"{})", allow)); };
  const auto discovery = [](std::string_view allow) { return server_with(fmt::format(R"(,"discovery":true{})", allow), "http://idp.example"); };
  for (const auto& [allow, accepted] : {std::pair{R"(,"allow_http":true)", true}, {R"(,"allow_http":false)", false}, {"", false}}) {
    if (accepted) {
      EXPECT_THAT(faults_of(url(allow)), IsEmpty());
      EXPECT_THAT(faults_of(discovery(allow)), IsEmpty());
    } else {
      EXPECT_THAT(faults_of(url(allow)), ElementsAre(IsFault("/oauth_servers/0/jwks_url", _, HasSubstr("or with \"allow_http\"")))) << allow;
      EXPECT_THAT(faults_of(discovery(allow)), ElementsAre(IsFault("/oauth_servers/0/discovery", _, HasSubstr("or with \"allow_http\"")))) << allow;
    }
  }
  // Only to http: everything else about the address stays as it is.
  for (const std::string_view bad : {"http://me@idp.example", "http://idp.example/#x", "ftp://idp.example", "http://"}) {
    EXPECT_THAT(faults_of(server_with(fmt::format(R"(,"jwks_url":"{}","allow_http":true)", bad))), ElementsAre(IsFaultAt("/oauth_servers/0/jwks_url"))) << bad;
  }
  // What is no boolean is one fault, and not another at the address.
  for (const std::string_view bad : {"1", R"("true")", "null", "[]"}) {
    EXPECT_THAT(faults_of(url(fmt::format(R"(,"allow_http":{})", bad))), ElementsAre(IsFault("/oauth_servers/0/allow_http", _, "true or false"))) << bad;
  }
}

TEST(ConfigFetch, LimitsItsTimes) {
  run({{kServer, "refresh_min", "10", true},    {kServer, "refresh_min", "9", false},          {kServer, "refresh_min", "86400", true},   {kServer, "refresh_min", "86401", false},
       {kServer, "refresh_min", "10.0", false}, {kServer, "refresh_min", "\"60\"", false},     {kServer, "refresh_max", "60", true},      {kServer, "refresh_max", "59", false},
       {kServer, "refresh_max", "9", false},    {kServer, "refresh_max", "604800", true},      {kServer, "refresh_max", "604801", false}, {kServer, "refresh_max", "null", false},
       {kServer, "stale_max", "60", true},      {kServer, "stale_max", "59", false},           {kServer, "stale_max", "2592000", true},   {kServer, "stale_max", "2592001", false},
       {kServer, "stale_max", "-60", false},    {kServer, "timeout_ms", "100", true},          {kServer, "timeout_ms", "99", false},      {kServer, "timeout_ms", "60000", true},
       {kServer, "timeout_ms", "60001", false}, {kServer, "timeout_ms", "1e3", false}});
}

// refresh_max is never below refresh_min, whether that is written down or not.
TEST(ConfigFetch, KeepsTheRefreshTimesInOrder) {
  const auto faults = [](std::string_view members) { return faults_of(url_with(members)); };
  EXPECT_THAT(faults(R"(,"refresh_min":10,"refresh_max":10)"), IsEmpty());
  EXPECT_THAT(faults(R"(,"refresh_min":3600,"refresh_max":3600)"), IsEmpty());
  EXPECT_THAT(faults(R"(,"refresh_min":3600,"refresh_max":3599)"),
              ElementsAre(IsFault("/oauth_servers/0/refresh_max", "3599, where \"refresh_min\" is 3600", "no less than \"refresh_min\"")));
  EXPECT_THAT(faults(R"(,"refresh_max":59)"), ElementsAre(IsFault("/oauth_servers/0/refresh_max", "59, where \"refresh_min\" is 60", _)));
  EXPECT_THAT(faults(R"(,"refresh_min":86400)"), IsEmpty());
  // A fault of one is none of the other.
  EXPECT_THAT(faults(R"(,"refresh_min":86401,"refresh_max":10)"), ElementsAre(IsFaultAt("/oauth_servers/0/refresh_min")));
  EXPECT_THAT(faults(R"(,"refresh_min":3600,"refresh_max":9)"), ElementsAre(IsFault("/oauth_servers/0/refresh_max", "9", AllOf(HasSubstr("10"), HasSubstr("604800")))));
}

TEST(ConfigFetch, IsWhatNamesTheSource) {
  const auto source = [](std::string_view members) { return settings_of(url_with(members)).key_source; };
  const snapshot::KeySource plain = source("");
  for (const std::string_view members : {R"(,"ca_file":"/a")", R"(,"client_certificate":"/c","client_key":"/k")", R"(,"proxy":"http://p:1")", R"(,"allow_http":true)"}) {
    EXPECT_FALSE(source(members) == plain) << members;
    EXPECT_TRUE(source(members) == source(members)) << members;
  }
  EXPECT_TRUE(source(R"(,"refresh_min":10,"refresh_max":20,"stale_max":60,"timeout_ms":100)") == plain);
}

// --- Rules of a source that several servers share ---

TEST(FetchRules, MergeToWhatSuitsAll) {
  const FetchRules a{.refresh_min_s = 10, .refresh_max_s = 500, .stale_max_s = 70, .timeout_ms = 100};
  const FetchRules b{.refresh_min_s = 20, .refresh_max_s = 400, .stale_max_s = 80, .timeout_ms = 200};
  const FetchRules both{.refresh_min_s = 10, .refresh_max_s = 400, .stale_max_s = 70, .timeout_ms = 200};
  EXPECT_EQ(merge(a, b), both);
  EXPECT_EQ(merge(b, a), both);
  EXPECT_EQ(merge(a, a), a);
}

// Of rules that are in order, the merged ones are.
TEST(FetchRules, StayInOrderWhenTheyMerge) {
  for (const std::uint64_t a_min : {10U, 20U, 30U}) {
    for (const std::uint64_t b_max : {10U, 20U, 30U}) {
      const FetchRules merged = snapshot::merge({.refresh_min_s = a_min, .refresh_max_s = 30}, {.refresh_min_s = 10, .refresh_max_s = b_max});
      EXPECT_LE(merged.refresh_min_s, merged.refresh_max_s) << a_min << " " << b_max;
    }
  }
}

}  // namespace
}  // namespace assay::test
