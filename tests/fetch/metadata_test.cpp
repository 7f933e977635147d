// Addresses of metadata, and what it says.
#include "fetch/metadata.h"

#include <gtest/gtest.h>

namespace assay::fetch {
namespace {

constexpr std::string_view kIssuer = "https://id.example/am";

std::string document(std::string_view issuer, std::string_view jwks_uri) {
  return std::string(R"({"issuer":")").append(issuer).append(R"(","jwks_uri":")").append(jwks_uri).append("\"}");
}

std::string fault_of(std::string_view metadata, bool allow_http = false) {
  const auto uri = read_jwks_uri(metadata, kIssuer, allow_http);
  return uri ? "taken: " + *uri : uri.error().what;
}

// OpenID Connect Discovery 1.0 section 4: any terminating slash is removed, then the path appended.
TEST(MetadataUrl, OfOpenIdConnectStandsBehindTheIssuer) {
  EXPECT_EQ(openid_configuration_url("https://id.example"), "https://id.example/.well-known/openid-configuration");
  EXPECT_EQ(openid_configuration_url("https://id.example/"), "https://id.example/.well-known/openid-configuration");
  EXPECT_EQ(openid_configuration_url("https://id.example:8443/a/b/"), "https://id.example:8443/a/b/.well-known/openid-configuration");
  EXPECT_EQ(openid_configuration_url("https://id.example/a//"), "https://id.example/a//.well-known/openid-configuration");
}

// RFC 8414 section 3.1: inserted between host and path.
TEST(MetadataUrl, OfOAuthStandsBetweenHostAndPath) {
  EXPECT_EQ(oauth_metadata_url("https://id.example"), "https://id.example/.well-known/oauth-authorization-server");
  EXPECT_EQ(oauth_metadata_url("https://id.example/"), "https://id.example/.well-known/oauth-authorization-server");
  EXPECT_EQ(oauth_metadata_url("https://id.example:8443/a/b/"), "https://id.example:8443/.well-known/oauth-authorization-server/a/b");
  EXPECT_EQ(oauth_metadata_url("http://[::1]:80/a"), "http://[::1]:80/.well-known/oauth-authorization-server/a");
}

// An issuer of the network must not have this host's own services asked, nor let them give its keys.
TEST(Metadata, StaysOnHttps) {
  EXPECT_EQ(fault_of(document(kIssuer, "http://127.0.0.1:8080/jwks")), "its jwks_uri is not https, as the issuer is");
  EXPECT_EQ(fault_of(document(kIssuer, "http://[::1]/jwks")), "its jwks_uri is not https, as the issuer is");
}

TEST(Metadata, NamesTheKeysOfItsIssuer) {
  EXPECT_EQ(fault_of(document(kIssuer, "https://keys.example/jwks?v=1")), "taken: https://keys.example/jwks?v=1");
  // The value counts, not its spelling.
  EXPECT_EQ(fault_of(document("https:\\/\\/id.example\\u002fam", "https:\\/\\/keys.example")), "taken: https://keys.example");
  EXPECT_EQ(fault_of(R"( {"x":{"issuer":1,"issuer":2},"jwks_uri":"https://keys.example/","issuer":"https://id.example/am"} )"), "taken: https://keys.example/");
}

// RFC 8414 section 3.3: identical, code point for code point (section 4).
TEST(Metadata, OfAnotherIssuerIsRefused) {
  EXPECT_EQ(fault_of(document("https://id.example/am/", "https://keys.example/")), "its issuer is another one, by a slash at the end");
  for (const std::string_view other : {"", "https://id.example/am//", "https://id.example/AM", "HTTPS://id.example/am", "https://id.example:443/am",
                                       "https://id.example/%61m", "http://id.example/am", "https://id.example/am\\u0000"}) {
    EXPECT_EQ(fault_of(document(other, "https://keys.example/")), "its issuer is another one") << other;
  }
}

TEST(Metadata, MustLeadToAnAddressThatKeysMayComeFrom) {
  for (const std::string_view uri : {"http://keys.example/", "https://a@keys.example/", "https://keys.example/#a", "HTTPS://keys.example/",
                                     "//keys.example/", "https://", "https://keys.example/\\u0000", "https://keys.example/\\r\\nX: y"}) {
    EXPECT_EQ(fault_of(document(kIssuer, uri)), "its jwks_uri is none that keys may be fetched from") << uri;
  }
  EXPECT_EQ(fault_of(document(kIssuer, "http://keys.example/"), true), "taken: http://keys.example/");
}

TEST(Metadata, IsAStrictJsonObject) {
  EXPECT_EQ(fault_of(""), "an empty body");
  EXPECT_EQ(fault_of("[]"), "JSON, but no object");
  EXPECT_EQ(fault_of("{}"), "no issuer that is a string");
  EXPECT_EQ(fault_of(R"({"issuer":1})"), "no issuer that is a string");
  EXPECT_EQ(fault_of(R"({"issuer":"https://id.example/am"})"), "no jwks_uri that is a string");
  EXPECT_EQ(fault_of(R"({"issuer":"https://id.example/am","jwks_uri":[]})"), "no jwks_uri that is a string");
  EXPECT_EQ(fault_of(R"({"issuer":"https://id.example/am","jwks_uri":"https://a/","jwks_uri":"https://b/"})"), "a member stands twice");
  EXPECT_TRUE(fault_of("<html>").starts_with("not JSON: ")) << fault_of("<html>");
  EXPECT_TRUE(fault_of(document(kIssuer, "https://keys.example/") + "}").starts_with("not JSON: "));
}

TEST(JsonFault, IsFoundInWhateverIsNoObject) {
  EXPECT_EQ(find_json_fault("{}"), "");
  EXPECT_EQ(find_json_fault(R"({"a":1,"a":2})"), "");  // assayd's to judge
  EXPECT_EQ(find_json_fault(""), "an empty body");
  EXPECT_EQ(find_json_fault("null"), "JSON, but no object");
  EXPECT_NE(find_json_fault("{"), "");
  EXPECT_NE(find_json_fault(std::string(40, '[') + std::string(40, ']')), "");
}

}  // namespace
}  // namespace assay::fetch
