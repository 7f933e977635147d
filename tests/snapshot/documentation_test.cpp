// docs/CONFIGURATION.md says what the code does: its example is parsed, its numbers are those of limits.h, and it has the text of every fault (those
// about a member's type are looked for by schema_test.cpp).
#include "base/limits.h"
#include "manual.h"

namespace assay::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ConfigurationManual, HasAnExampleThatIsTaken) {
  const std::string example = manual_example();
  EXPECT_THAT(faults_of(with_key_files(example)), IsEmpty());
  // As it stands it is for those who read it from disk.
  EXPECT_THAT(faults_of(example), ElementsAre(IsFaultAt("/oauth_servers/1/jwks_file")));
}

TEST(ConfigurationManual, HasAnExampleOfEveryKeySource) {
  const Config config = config_of(Json::parse(with_key_files(manual_example())));
  ASSERT_THAT(config.oauth_servers, SizeIs(4));
  using Kind = snapshot::KeySource::Kind;
  EXPECT_EQ(config.oauth_servers[0].key_source.kind, Kind::jwks_url);
  EXPECT_EQ(config.oauth_servers[1].key_source.kind, Kind::jwks);
  EXPECT_EQ(config.oauth_servers[2].key_source.kind, Kind::discovery);
  EXPECT_EQ(config.oauth_servers[3].key_source.kind, Kind::jwks);
}

// The example of a private authority, which is one OAuth server by itself.
TEST(ConfigurationManual, HasAnExampleOfMutualTls) {
  const std::string manual = read_source("docs/CONFIGURATION.md");
  const std::size_t end = manual.rfind("\n```\n");
  const std::size_t begin = manual.rfind("```json\n", end) + 8;
  const Config config = config_of(Json::parse(R"({"oauth_servers":[)" + manual.substr(begin, end - begin) + R"(],"api_services":[]})"));
  ASSERT_THAT(config.oauth_servers, SizeIs(1));
  EXPECT_EQ(config.oauth_servers[0].name, "plant");
  EXPECT_FALSE(config.oauth_servers[0].key_source.access.client_key.empty());
}

TEST(ConfigurationManual, NamesTheLimitsOfTheDocument) {
  const std::string manual = read_source("docs/CONFIGURATION.md");
  for (const std::size_t limit : {base::limits::kConfigBytesMax, base::limits::kDocumentMembersMax, jose::kJsonDepthMax,
                                  base::limits::kConfigFaultsMax, base::limits::kInlineJwksBytesMax}) {
    EXPECT_TRUE(manual.contains(" " + std::to_string(limit) + " ")) << limit;
  }
}

// What a fault says looks as the manual shows it.
TEST(ConfigurationManual, ShowsAFaultAsItIs) {
  const std::vector<Fault> faults = faults_of(with("/oauth_servers/0", "clock_skew_tolerance", "900"));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(read_source("docs/CONFIGURATION.md"),
              HasSubstr(faults[0].pointer + ": found " + faults[0].found + ", allowed " + faults[0].allowed + "\n"));
}

// Texts of faults that are not about one member's type.
TEST(ConfigurationManual, HasTheTextOfEveryFault) {
  const std::string manual = read_source("docs/CONFIGURATION.md");
  const std::string text = R"({
    "oauth_servers": [
      {"name": "a", "issuers": ["i", "i"], "algorithms": ["EdDSA", "Ed25519"], "jwks": {"keys": []}},
      {"name": "b", "issuers": ["i", "j"], "algorithms": ["RS256"], "discovery": true},
      {"name": "c", "issuers": ["k"], "algorithms": ["RS256"], "jwks": KEYS},
      {"name": "d", "issuers": ["l"], "algorithms": ["RS256", "ES256"], "jwks": KEYS},
      {"name": "e", "issuers": ["l"], "jwks": LONG},
      {"name": "f", "issuers": ["l"]},
      {"name": "g", "issuers": ["l"], "jwks": KEYS, "proxy": "http://p:1"},
      {"name": "h", "issuers": ["l"], "jwks_url": "https://l", "client_key": "/k", "refresh_max": 20}],
    "api_services": [
      {"name": "x", "audiences": ["a", "a"], "oauth_servers": ["a", "b", "b", "none"], "required_scopes": ["s", "s"],
       "claim_rules": [{"claim": "/a", "any_of": [1, 1]}]}],
    "clients": [{"api_services": ["x", "x", "gone"]}]})";
  const auto replaced = [](std::string in, std::string_view from, const std::string& to) {
    for (std::size_t at = in.find(from); at != std::string::npos; at = in.find(from, at + to.size())) in.replace(at, from.size(), to);
    return in;
  };
  const std::string keys = jwks(jwk(kP256));
  const std::vector<Fault> faults = faults_of(replaced(replaced(text, "KEYS", keys), "LONG", "{" + std::string(20'000, ' ') + keys.substr(1)));
  EXPECT_THAT(faults, SizeIs(20));
  for (const Fault& fault : faults) EXPECT_TRUE(manual.contains(fault.allowed)) << testing::PrintToString(fault);
}

}  // namespace
}  // namespace assay::test
