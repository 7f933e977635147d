// Tokens and configurations: what is put in can be read back.
#include "mint/token.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "mint/base64url.h"
#include "mint/fixture.h"

namespace assay::mint {
namespace {

// RFC 7515 section 3.3: header and payload come back as they were, and the signature is over the text.
TEST(MintToken, DecodesToWhatWasSigned) {
  const Key key = Key::generate("ES256");
  const JsonObject given = claims("https://id.example.com", "https://api.example.com", 1700000000, 300, {{"scope", quote("a b")}, {"sub", "null"}});
  const auto parts = decode(token(key, given));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->header, R"({"alg":"ES256","kid":"es256","typ":"at+jwt"})");
  EXPECT_EQ(parts->payload, given.text());
  EXPECT_TRUE(parts->payload.contains(R"("iat":1700000000,"exp":1700000300)"));
  EXPECT_TRUE(parts->payload.contains(R"("sub":null)"));
  EXPECT_TRUE(key.verify(parts->signing_input, parts->signature));
}

TEST(MintToken, HeaderHoldsWhatIsAskedFor) {
  const Key key = Key::generate("EdDSA");
  HeaderOptions options;
  options.algorithm = "Ed25519";
  options.with_kid = false;
  options.type = std::nullopt;
  options.extras = {{"jku", quote("https://x")}};
  EXPECT_EQ(header(key, options).text(), R"({"alg":"Ed25519","jku":"https://x"})");
  const auto parts = decode(token(key, "{}", options));
  ASSERT_TRUE(parts);
  EXPECT_TRUE(key.verify(parts->signing_input, parts->signature));
}

// RFC 7519 section 4.1.7.
TEST(MintToken, TokenIdsDiffer) {
  EXPECT_NE(claims("i", "a", 0, 1).text(), claims("i", "a", 0, 1).text());
}

TEST(MintTokenBuilder, WritesPartsAsTheyAreGiven) {
  EXPECT_EQ(TokenBuilder().header_part("=").payload_part(" ").signature_part("").text(), "=. .");
  EXPECT_EQ(TokenBuilder().header("f").payload("fo").signature("foo").text(), "Zg.Zm8.Zm9v");
  EXPECT_FALSE(decode("=. ."));
  EXPECT_FALSE(decode("Zg.Zm8"));
}

TEST(MintJson, ObjectKeepsOrderAndDuplicates) {
  JsonObject object{{"b", "1"}, {"a", "2"}};
  EXPECT_EQ(object.set("b", "3").append("a", "4").set("c", 5).text(), R"({"b":3,"a":2,"a":4,"c":5})");
  EXPECT_EQ(object.remove("a").text(), R"({"b":3,"c":5})");
}

// RFC 8259 section 7.
TEST(MintJson, QuotesWhatMustBeQuoted) {
  EXPECT_EQ(quote(std::string("a\"\\\n\0\x1f/\xc3\xa9", 9)), "\"a\\\"\\\\\\u000a\\u0000\\u001f/\xc3\xa9\"");
  EXPECT_EQ(array({"a", "b"}), R"(["a","b"])");
}

TEST(MintJson, PrettyTextIsTheSameJsonWithoutControls) {
  const std::string text = R"({"a":[1,{"b":"x,y:{\"}"},[],{ }],"c":null})";
  const std::string shown = pretty(text);
  EXPECT_TRUE(is_json(shown)) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 10);
  EXPECT_EQ(pretty("\"\x1b[2J\""), "\"\\x1b[2J\"");
  EXPECT_EQ(pretty("]]}"), "\n]\n]\n}");
  EXPECT_FALSE(is_json("{"));
}

// The fixture's configuration is JSON with the members that docs/CONFIGURATION.md names; that assayd takes it is shown by the daemon's own tests.
TEST(MintFixture, ConfigurationNamesServersServicesAndKeys) {
  const Fixture fixture = Fixture::generate();
  const std::string text = fixture.configuration();
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ASSERT_EQ(parser.parse(text).get(root), simdjson::SUCCESS);
  simdjson::dom::array servers, services, keys;
  ASSERT_EQ(root["oauth_servers"].get(servers), simdjson::SUCCESS);
  ASSERT_EQ(root["api_services"].get(services), simdjson::SUCCESS);
  ASSERT_EQ(root.at_pointer("/oauth_servers/0/jwks/keys").get(keys), simdjson::SUCCESS);
  EXPECT_EQ(servers.size(), 2U);
  EXPECT_EQ(services.size(), 2U);
  EXPECT_EQ(keys.size(), std::size(kAlgorithms));
  std::string_view first, second;
  ASSERT_EQ(root.at_pointer("/oauth_servers/0/issuers/0").get(first), simdjson::SUCCESS);
  ASSERT_EQ(root.at_pointer("/oauth_servers/1/issuers/0").get(second), simdjson::SUCCESS);
  EXPECT_EQ(first, second);
  // An inline JWKS may have 16 KiB as written.
  EXPECT_LT(jwks(fixture.orders.keys).size() * 2, 16384U);
  EXPECT_FALSE(text.contains(R"("d":)"));
}

TEST(MintFixture, GoodTokensVerifyUnderTheirKeys) {
  const Fixture fixture = Fixture::generate();
  for (const std::string_view algorithm : kAlgorithms) {
    const auto parts = decode(fixture.orders.good_token(algorithm, 1700000000));
    ASSERT_TRUE(parts);
    EXPECT_TRUE(fixture.orders.key(algorithm).verify(parts->signing_input, parts->signature)) << algorithm;
  }
  EXPECT_THROW(fixture.payments.key("PS512"), std::runtime_error);
}

}  // namespace
}  // namespace assay::mint
