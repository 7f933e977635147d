// Tokens that look like one that is known, to the cache or to a careless reader.
#include <gtest/gtest.h>

#include <algorithm>

#include "verdict/validator_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;

TEST_F(ValidatorCache, RefusesAnotherPayloadUnderAKnownSignature) {
  const auto snapshot = simple({es256()});
  const std::string first = good(es256(), JsonObject{{"sub", R"("alice")"}, {"jti", R"("1")"}});
  const std::string second = good(es256(), JsonObject{{"sub", R"("mallo")"}, {"jti", R"("1")"}});
  ASSERT_EQ(first.size(), second.size());
  EXPECT_EQ(judged(snapshot, "a", first), kVerified);
  const std::string forged = second.substr(0, second.rfind('.')) + first.substr(first.rfind('.'));
  const TokenCache::Place place = cache_->place_of(first);
  ASSERT_EQ(cache_->place_of(forged).set, place.set);
  ASSERT_EQ(cache_->place_of(forged).tag, place.tag);
  EXPECT_NE(cache_->look(cache_->place_of(forged)), 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(judged(snapshot, "a", forged), (Judged{Code::bad_signature, How::verified}));
    EXPECT_EQ(judged(snapshot, "a", first), kRecalled);
  }
  EXPECT_EQ(cache_->figures().entries, 1U);
}

// Another header over the same payload and signature: what is remembered is the token, not its parts.
TEST_F(ValidatorCache, RefusesAnotherHeaderUnderAKnownSignature) {
  const auto snapshot = simple({es256(), eddsa()});
  const std::string token = good(es256());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  const mint::Decoded parts = *mint::decode(token);
  for (const JsonObject& header : {mint::header(es256(), {.type = "JWT"}), mint::header(es256(), {.with_kid = false}), mint::header(eddsa())}) {
    mint::TokenBuilder forged;
    forged.header(header.text()).payload(parts.payload).signature(parts.signature);
    EXPECT_EQ(judged(snapshot, "a", forged.text()), (Judged{Code::bad_signature, How::verified})) << header.text();
  }
  EXPECT_EQ(judged(snapshot, "a", token), kRecalled);
}

TEST_F(ValidatorCache, RefusesTruncatedAndExtendedTokens) {
  const auto snapshot = simple({eddsa()});
  const std::string token = good(eddsa());
  EXPECT_EQ(judged(snapshot, "a", token), kVerified);
  const auto refused = [&](std::string_view other) {
    const Judged answer = judged(snapshot, "a", other);
    EXPECT_NE(answer.code, Code::accepted) << other;
    EXPECT_NE(answer.how, How::recalled) << other;
  };
  for (std::size_t length = 0; length < token.size(); ++length) {
    refused(std::string_view(token).substr(0, length));
    refused(std::string_view(token).substr(token.size() - length));
  }
  for (const std::string_view more : {"A", "AA", "=", "==", ".", ".A", " ", "\n", "\r\n"}) {
    refused(token + std::string(more));
    refused(std::string(more) + token);
  }
  refused(token + std::string(1, '\0'));
  refused(token + token);
  refused(token + "." + token);
  refused(token + std::string(base::limits::kTokenBytesMax, 'A'));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    refused(other);
  }
  EXPECT_EQ(judged(snapshot, "a", token), kRecalled);
  EXPECT_EQ(cache_->figures().entries, 1U);
}

// In a cache of one set all tokens meet; those of one end also in their tags.
TEST_F(ValidatorCache, TellsTokensOfOneSetApart) {
  const auto small = TokenCache::make(8 * 1024, base::HashKey{5, 6}, 1);
  ASSERT_EQ(small->figures().capacity, TokenCache::kWays);
  tests::Judge judge(small.get());
  const auto snapshot = simple({eddsa()});
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(good(eddsa(), JsonObject{{"sub", mint::quote("user " + std::to_string(i))}}));
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      for (int again = 0; again < 3; ++again) {
        const VerdictView verdict = judge.verdict(*snapshot, "a", tokens[i], kNow);
        EXPECT_EQ(verdict.code, Code::accepted);
        EXPECT_EQ(verdict.subject, "user " + std::to_string(i));
        EXPECT_EQ(judge.code(*snapshot, "a", altered(tokens[i]), kNow), plain_.code(*snapshot, "a", altered(tokens[i]), kNow));
      }
    }
  }
  EXPECT_GE(small->figures().hits, 5 * tokens.size());
  EXPECT_GT(small->figures().evicted, 0U);
}

// Tokens that come once, however many, do not push out what was there before them, used or not; one that comes again does.
TEST_F(ValidatorCache, LetsStrangersPass) {
  const auto small = TokenCache::make(8 * 1024, base::HashKey{5, 6}, 1);
  tests::Judge judge(small.get());
  const auto snapshot = simple({eddsa()});
  const std::string token = good(eddsa());
  const auto present = [&](const std::string& text) { EXPECT_EQ(judge.code(*snapshot, "a", text, kNow), Code::accepted); };
  for (int i = 0; i < 2; ++i) present(token);
  std::vector<std::string> early;
  for (int i = 0; i < 7; ++i) present(early.emplace_back(good(eddsa())));
  EXPECT_EQ(small->figures().entries, 8U);
  constexpr std::uint64_t kStrangers = 200;
  for (std::uint64_t i = 0; i < kStrangers; ++i) present(good(eddsa()));
  // One in thirty looks as if it had come before.
  const TokenCacheFigures after = small->figures();
  EXPECT_EQ(after.passed + after.evicted, kStrangers);
  EXPECT_LT(after.evicted, kStrangers / 8);
  EXPECT_EQ(after.hits, 1U);
  present(token);
  EXPECT_EQ(small->figures().hits, 2U);

  const std::string newcomer = good(eddsa());
  for (int i = 0; i < 3; ++i) present(newcomer);
  EXPECT_EQ(small->figures().hits, 3U);
}

}  // namespace
}  // namespace assay::verdict
