// Tokens from files and from the mint.
#include "load/workload.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>

#include "load/failure.h"
#include "mint/token.h"
#include "schema/codes.h"

namespace assay::load {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

std::uint8_t value(schema::Code code) { return static_cast<std::uint8_t>(code); }

TEST(TokenFile, OneTokenALineWithPerhapsItsCode) {
  const std::vector<Token> tokens = parse_tokens("a.b.c\n\n# no token\r\nd.e.f expired\r\n g.h.i\tany\n", "f");
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokens[0].text, "a.b.c");
  EXPECT_EQ(tokens[0].expected, value(schema::Code::accepted));
  EXPECT_EQ(tokens[1].text, "d.e.f");
  EXPECT_EQ(tokens[1].expected, value(schema::Code::expired));
  EXPECT_EQ(tokens[2].expected, kAnyCode);
}

// A token must not appear in a message that ends up in a log.
TEST(TokenFile, RefusalsNameTheLineAndNeverTheToken) {
  for (const char* text : {"", "#\n", "secret nonsense", "secret accepted more", "secret unset"}) {
    try {
      parse_tokens(text, "tokens.txt");
      ADD_FAILURE() << text;
    } catch (const Usage& error) {
      EXPECT_NE(std::string(error.what()).find("tokens.txt"), std::string::npos);
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
  EXPECT_THROW(read_workload("/nonexistent/file", "a"), Usage);
}

TEST(Shares, AddUpAndFollowTheWeights) {
  EXPECT_EQ(shares(10, {50, 50}), (std::vector<std::size_t>{5, 5}));
  EXPECT_EQ(shares(100, {97, 1, 1, 1}), (std::vector<std::size_t>{97, 1, 1, 1}));
  EXPECT_EQ(shares(3, {1, 0, 1}), (std::vector<std::size_t>{2, 0, 1}));
}

TEST(MintedWorkload, HasTheMixThatWasAskedFor) {
  Mix mix;
  mix.algorithms = {{"RS256", 1}, {"ES256", 2}, {"EdDSA", 1}};
  mix.issuers = 2;
  mix.keys = 2;
  mix.token_count = 400;
  mix.bad = {0, 10, 5, 5};
  const Workload workload = mint_workload(mix, 1, kNow);
  ASSERT_EQ(workload.tokens.size(), 400U);
  std::map<std::string, int> algorithms;
  std::map<int, int> codes;
  std::set<std::string> texts, kids, issuers;
  simdjson::dom::parser parser;
  for (const Token& token : workload.tokens) {
    const auto parts = mint::decode(token.text);
    ASSERT_TRUE(parts);
    simdjson::dom::element header;
    ASSERT_EQ(parser.parse(parts->header).get(header), simdjson::SUCCESS);
    ++algorithms[std::string(header["alg"])];
    kids.insert(std::string(header["kid"]));
    simdjson::dom::object claims;
    ASSERT_EQ(parser.parse(parts->payload).get(claims), simdjson::SUCCESS);
    EXPECT_EQ(claims.size(), 20U);
    issuers.insert(std::string(claims["iss"]));
    ++codes[token.expected];
    texts.insert(token.text);
    EXPECT_NEAR(static_cast<double>(token.text.size()), 960, 4);
  }
  EXPECT_EQ(algorithms, (std::map<std::string, int>{{"RS256", 100}, {"ES256", 200}, {"EdDSA", 100}}));
  EXPECT_EQ(codes, (std::map<int, int>{{value(schema::Code::accepted), 320}, {value(schema::Code::expired), 40}, {value(schema::Code::wrong_audience), 20}, {value(schema::Code::bad_signature), 20}}));
  EXPECT_EQ(texts.size(), 400U);
  EXPECT_EQ(kids.size(), 12U);
  EXPECT_EQ(issuers.size(), 2U);
}

TEST(MintedWorkload, SameSeedSamePayloads) {
  Mix mix;
  mix.algorithms = {{"EdDSA", 1}};
  mix.token_count = 20;
  const Workload one = mint_workload(mix, 9, kNow), two = mint_workload(mix, 9, kNow), other = mint_workload(mix, 10, kNow);
  EXPECT_EQ(mint::decode(one.tokens[7].text)->payload, mint::decode(two.tokens[7].text)->payload);
  EXPECT_NE(mint::decode(one.tokens[7].text)->payload, mint::decode(other.tokens[7].text)->payload);
}

TEST(MintedWorkload, TooManyKeysForAConfigurationAreRefused) {
  Mix mix;
  mix.algorithms = {{"ES512", 1}};
  mix.keys = 64;
  mix.token_count = 1;
  EXPECT_THROW(mint_workload(mix, 1, kNow), Usage);
}

}  // namespace
}  // namespace assay::load
