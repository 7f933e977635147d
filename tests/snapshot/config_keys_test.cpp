// Where an OAuth server's keys come from.
#include "snapshot/config_keys.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "config_fixture.h"
#include "public_keys.h"

namespace assay::test {
namespace {

using snapshot::KeySource;
using testing::_;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kJwks = "/oauth_servers/0/jwks";

// minimal() with these members in place of its jwks_url.
std::string with_source(std::string_view members, std::string_view issuers = R"(["https://idp.example"])") {
  return fmt::format(R"({{"oauth_servers":[{{"name":"idp","issuers":{}{}}}],"api_services":[]}})", issuers, members);
}
std::string with_jwks(std::string_view jwks_text, std::string_view more = "") { return with_source(fmt::format(R"(,"jwks":{}{})", jwks_text, more)); }

TEST(ConfigKeySource, IsExactlyOne) {
  EXPECT_THAT(faults_of(with_source("")),
              ElementsAre(IsFault("/oauth_servers/0", "none of them", HasSubstr("exactly one of jwks, jwks_url, discovery"))));
  EXPECT_THAT(faults_of(with_source(R"(,"jwks_url":"https://a","discovery":true)")),
              ElementsAre(IsFault("/oauth_servers/0", "jwks_url, discovery", _)));
  EXPECT_THAT(faults_of(with_source(R"(,"jwks_url":"https://a","jwks":)" + jwks(jwk(kP256)))),
              ElementsAre(IsFault("/oauth_servers/0", "jwks, jwks_url", _)));
}

// The wire takes no paths: whoever reads the document from disk puts the file in.
TEST(ConfigKeySource, RefusesAFileThatNobodyPutIn) {
  EXPECT_THAT(faults_of(with_source(R"(,"jwks_file":"/etc/keys")")),
              ElementsAre(IsFault("/oauth_servers/0/jwks_file", "\"/etc/keys\"", AllOf(HasSubstr("\"jwks\""), HasSubstr("assayctl")))));
}

TEST(ConfigKeySource, KeepsTheUrl) {
  auto config = parse_config(with_source(R"(,"jwks_url":"https://idp.example:8443/jwks?v=1")"));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->oauth_servers[0].key_source.kind, KeySource::Kind::jwks_url);
  EXPECT_EQ(config->oauth_servers[0].key_source.url, "https://idp.example:8443/jwks?v=1");
  EXPECT_EQ(config->oauth_servers[0].key_source.inline_keys, nullptr);
}

TEST(ConfigKeySource, RefusesOtherUrls) {
  for (const std::string_view bad : {R"("")", R"("http://idp.example/jwks")", R"("http://localhost/jwks")", R"("https://idp.example/#x")",
                                     R"("file:///etc/keys")", "1", "null", "[]"}) {
    EXPECT_THAT(faults_of(with_source(fmt::format(R"(,"jwks_url":{})", bad))),
                ElementsAre(IsFault("/oauth_servers/0/jwks_url", _, HasSubstr("an https URL"))))
        << bad;
  }
  const std::string longest = "https://idp.example/" + letters(base::limits::kUrlBytesMax - 20);
  EXPECT_THAT(faults_of(with_source(fmt::format(R"(,"jwks_url":"{}")", longest))), IsEmpty());
  EXPECT_THAT(faults_of(with_source(fmt::format(R"(,"jwks_url":"{}a")", longest))),
              ElementsAre(IsFault("/oauth_servers/0/jwks_url", HasSubstr("2049 bytes"), HasSubstr("2048"))));
}

// A password, or a key that was pasted into the wrong member, is not repeated.
TEST(ConfigKeySource, DoesNotShowSecretsOfUrls) {
  for (const std::string_view bad : {"https://user:SECRET@idp.example/", "https://SECRET@idp.example", "http://idp.example/?key=SECRET", "SECRET"}) {
    EXPECT_THAT(faults_of(with_source(fmt::format(R"(,"jwks_url":"{}")", bad))),
                ElementsAre(IsFault("/oauth_servers/0/jwks_url", Not(HasSubstr("SECRET")), _)))
        << bad;
  }
}

// OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3: the metadata is found through the issuer, which is one URL.
TEST(ConfigKeySource, DiscoversByOneIssuer) {
  auto config = parse_config(with_source(R"(,"discovery":true)"));
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->oauth_servers[0].key_source.kind, KeySource::Kind::discovery);
  EXPECT_EQ(config->oauth_servers[0].key_source.url, "https://idp.example");

  const std::string_view discovery = R"(,"discovery":true)";
  EXPECT_THAT(faults_of(with_source(discovery, R"(["https://a.example","https://b.example"])")),
              ElementsAre(IsFault("/oauth_servers/0/discovery", HasSubstr("2 issuers"), _)));
  for (const std::string_view bad : {"urn:x", "http://idp.example", "https://idp.example/#a", "https://u:p@idp.example", "https://idp.example?x=1"}) {
    EXPECT_THAT(faults_of(with_source(discovery, fmt::format(R"(["{}"])", bad))), ElementsAre(IsFaultAt("/oauth_servers/0/discovery"))) << bad;
  }
  for (const std::string_view bad : {"false", "1", "null", R"("true")"}) {
    EXPECT_THAT(faults_of(with_source(fmt::format(R"(,"discovery":{})", bad))),
                ElementsAre(IsFault("/oauth_servers/0/discovery", _, HasSubstr("true"))))
        << bad;
  }
  // An issuer list with a fault of its own is not faulted again.
  EXPECT_THAT(faults_of(with_source(discovery, "[]")), ElementsAre(IsFaultAt("/oauth_servers/0/issuers")));
  EXPECT_THAT(faults_of(with_source(discovery, R"([""])")), ElementsAre(IsFaultAt("/oauth_servers/0/issuers/0")));
}

// --- Inline keys ---

TEST(ConfigInlineKeys, AreReadInDocumentOrder) {
  auto config = parse_config(with_jwks(jwks(jwk(kRsaA, R"(,"kid":"r")") + "," + jwk(kP256) + "," + jwk(kEd25519, R"(,"kid":"")"))));
  ASSERT_TRUE(config.has_value()) << testing::PrintToString(config.error());
  const KeySource& source = config->oauth_servers[0].key_source;
  EXPECT_EQ(source.kind, KeySource::Kind::jwks);
  ASSERT_THAT(source.inline_keys->keys(), SizeIs(3));
  EXPECT_EQ(source.inline_keys->keys()[0].kid, "r");
  EXPECT_EQ(source.inline_keys->keys()[1].kid, std::nullopt);
  EXPECT_EQ(source.inline_keys->keys()[2].kid, "");
}

// RFC 7517 section 5.
TEST(ConfigInlineKeys, StandInAJwkSet) {
  for (const std::string_view bad : {"null", R"("SECRET")", "[]", "7", "{}", R"({"keys":{}})", R"({"keys":"SECRET"})"}) {
    EXPECT_THAT(faults_of(with_jwks(bad)), ElementsAre(IsFault(kJwks, Not(HasSubstr("SECRET")), HasSubstr("RFC 7517")))) << bad;
  }
}

// 16,384 bytes of the JWKS as written, white space included.
TEST(ConfigInlineKeys, AreLimitedAsWritten) {
  std::string text = jwks(jwk(kP256));
  const auto padded = [&](std::size_t bytes) { return "{" + std::string(bytes - text.size(), ' ') + text.substr(1); };
  EXPECT_THAT(faults_of(with_jwks(padded(16383))), IsEmpty());
  EXPECT_THAT(faults_of(with_jwks(padded(16384))), IsEmpty());
  EXPECT_THAT(faults_of(with_jwks(padded(16385))), ElementsAre(IsFault(kJwks, "a JWK Set of 16385 bytes", "at most 16384 bytes as written")));
}

TEST(ConfigInlineKeys, NeedAUsableKey) {
  EXPECT_THAT(faults_of(with_jwks(jwks(""))), ElementsAre(IsFault(kJwks, "no key at all", "at least one usable public key")));
  EXPECT_THAT(faults_of(with_jwks(jwks(R"({"kty":"AKP"},3)"))),
              ElementsAre(IsFault(kJwks, AllOf(HasSubstr("none of 2 keys"), HasSubstr("keys/0: "), HasSubstr("keys/1: ")), _)));
  // One that can be used is enough; the others are skipped with a reason.
  auto config = parse_config(with_jwks(jwks(R"({"kty":"AKP"},)" + jwk(kP384))));
  ASSERT_TRUE(config.has_value());
  EXPECT_THAT(config->oauth_servers[0].key_source.inline_keys->keys(), SizeIs(1));
  ASSERT_THAT(config->oauth_servers[0].key_source.inline_keys->skipped(), SizeIs(1));
  EXPECT_EQ(config->oauth_servers[0].key_source.inline_keys->skipped()[0].index, 0U);
}

// Private and symmetric keys are never used, and never shown.
TEST(ConfigInlineKeys, NeverShowPrivateKeys) {
  const std::string secret = "U0VDUkVUU0VDUkVUU0VDUkVU";
  for (const std::string& key :
       {jwk(kP256, R"(,"d":")" + secret + '"'), jwk(kRsaA, R"(,"p":")" + secret + '"'), R"({"kty":"oct","k":")" + secret + "\"}"}) {
    EXPECT_THAT(faults_of(with_jwks(jwks(key))), ElementsAre(IsFault(kJwks, AllOf(HasSubstr("keys/0"), Not(HasSubstr(secret))), _))) << key;
  }
  EXPECT_THAT(faults_of(with_jwks('"' + secret + '"')), ElementsAre(IsFault(kJwks, Not(HasSubstr(secret)), _)));
}

TEST(ConfigInlineKeys, RefuseMembersThatStandTwice) {
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kP256, R"(,"kid":"a","kid":"b")") + "," + jwk(kP384)))),
              ElementsAre(IsFault("/oauth_servers/0/jwks/keys/0/kid", HasSubstr("twice"), _)));
}

// An algorithm that is written down and that no key fits could never be used.
TEST(ConfigInlineKeys, FitEachListedAlgorithm) {
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA) + "," + jwk(kEd25519)), R"(,"algorithms":["RS256","PS512","Ed25519"])")), IsEmpty());
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA)), R"(,"algorithms":["RS256","ES256","EdDSA"])")),
              ElementsAre(IsFault("/oauth_servers/0/algorithms/1", HasSubstr("\"ES256\""), _),
                          IsFault("/oauth_servers/0/algorithms/2", HasSubstr("\"EdDSA\""), _)));
  // RFC 7517 section 4.4: a key's own alg narrows what it fits.
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA, R"(,"alg":"PS256")")), R"(,"algorithms":["PS256","RS256"])")),
              ElementsAre(IsFaultAt("/oauth_servers/0/algorithms/1")));
}

TEST(ConfigInlineKeys, FitOneOfTheAlgorithms) {
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA) + "," + jwk(kP256)), R"(,"algorithms":["ES384","ES512"])")),
              ElementsAre(IsFault(kJwks, HasSubstr("2 usable keys, none of which fits"), _)));
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA)), R"(,"algorithms":["ES384"])")), ElementsAre(IsFaultAt(kJwks)));
  // A key that fits none of them is no fault beside one that does; nor is anything without `algorithms`.
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kRsaA) + "," + jwk(kP256)), R"(,"algorithms":["ES256"])")), IsEmpty());
  EXPECT_THAT(faults_of(with_jwks(jwks(jwk(kP521)))), IsEmpty());
}

// What is not known of a key source that is fetched cannot be a fault.
TEST(ConfigInlineKeys, AreNotAskedOfUrls) { EXPECT_THAT(faults_of(with_source(R"(,"jwks_url":"https://a","algorithms":["ES512"])")), IsEmpty()); }

}  // namespace
}  // namespace assay::test
