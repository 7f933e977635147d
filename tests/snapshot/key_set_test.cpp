// Which keys are tried for a token.
#include "snapshot/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "public_keys.h"

namespace assay::test {
namespace {

using crypto::Algorithm;
using snapshot::KeySet;
using testing::ElementsAre;
using testing::IsEmpty;

KeySet key_set(const std::string& keys) {
  auto parsed = jose::parse_jwks(jwks(keys));
  EXPECT_TRUE(parsed.has_value());
  return KeySet(*std::move(parsed));
}

// The positions of the candidates.
std::vector<std::ptrdiff_t> candidates(const KeySet& keys, std::optional<std::string_view> kid, Algorithm algorithm) {
  const snapshot::Candidates found = keys.candidates(kid, algorithm);
  std::vector<std::ptrdiff_t> positions;
  for (std::size_t i = 0; i < found.count; ++i) positions.push_back(found.keys[i] - keys.keys().data());
  return positions;
}

std::string with_kid(std::string_view key, std::string_view kid, std::string_view more = "") {
  return jwk(key, ",\"kid\":\"" + std::string(kid) + '"' + std::string(more));
}

// RFC 7515 section 4.1.4: a token's kid names the key; one with another kid, or without, is not it.
TEST(KeySet, FindsKeysByKid) {
  const KeySet keys =
      key_set(with_kid(kP256, "a") + "," + with_kid(kP256, "b") + "," + jwk(kP256) + "," + with_kid(kP256, "") + "," + with_kid(kP256, "a"));
  EXPECT_THAT(candidates(keys, "a", Algorithm::es256), ElementsAre(0, 4));
  EXPECT_THAT(candidates(keys, "b", Algorithm::es256), ElementsAre(1));
  EXPECT_THAT(candidates(keys, "", Algorithm::es256), ElementsAre(3));
  for (const std::string_view other : {"c", "A", "a ", "aa"}) EXPECT_THAT(candidates(keys, other, Algorithm::es256), IsEmpty()) << other;
  EXPECT_THAT(candidates(keys, std::string_view("a\0", 2), Algorithm::es256), IsEmpty());
}

// Without a kid every key may be it, those with a kid too.
TEST(KeySet, TriesAllWithoutKid) {
  const KeySet keys = key_set(with_kid(kP256, "a") + "," + jwk(kRsaA) + "," + jwk(kP256) + "," + with_kid(kP256, "b"));
  EXPECT_THAT(candidates(keys, std::nullopt, Algorithm::es256), ElementsAre(0, 2, 3));
}

// RFC 7518 section 3.1, RFC 8037: a key serves the algorithms of its type and no other, whatever its kid.
TEST(KeySet, FitsTheAlgorithm) {
  std::string text;
  for (const std::string_view key : {kRsaA, kP256, kP384, kP521, kEd25519}) text += (text.empty() ? "" : ",") + with_kid(key, "k");
  const KeySet keys = key_set(text);
  for (const auto& [algorithm, position] : {std::pair{Algorithm::rs256, 0},
                                            {Algorithm::rs384, 0},
                                            {Algorithm::rs512, 0},
                                            {Algorithm::ps256, 0},
                                            {Algorithm::ps384, 0},
                                            {Algorithm::ps512, 0},
                                            {Algorithm::es256, 1},
                                            {Algorithm::es384, 2},
                                            {Algorithm::es512, 3},
                                            {Algorithm::eddsa, 4}}) {
    EXPECT_THAT(candidates(keys, "k", algorithm), ElementsAre(position));
    EXPECT_THAT(candidates(keys, std::nullopt, algorithm), ElementsAre(position));
  }
}

// RFC 7517 section 4.4: a key's alg narrows what it serves; Ed25519 and EdDSA name the same.
TEST(KeySet, ObeysTheKeysAlg) {
  const KeySet keys = key_set(with_kid(kRsaA, "a", R"(,"alg":"PS256")") + "," + with_kid(kEd25519, "a", R"(,"alg":"Ed25519")") + "," +
                              with_kid(kEd25519B, "a", R"(,"alg":"EdDSA")"));
  EXPECT_THAT(candidates(keys, "a", Algorithm::ps256), ElementsAre(0));
  EXPECT_THAT(candidates(keys, "a", Algorithm::rs256), IsEmpty());
  EXPECT_THAT(candidates(keys, "a", Algorithm::ps384), IsEmpty());
  EXPECT_THAT(candidates(keys, "a", Algorithm::eddsa), ElementsAre(1, 2));
}

TEST(KeySet, HasNothingForNoAlgorithm) {
  const KeySet keys = key_set(with_kid(kP256, "a"));
  EXPECT_THAT(candidates(keys, "a", Algorithm::unset), IsEmpty());
  EXPECT_THAT(candidates(keys, std::nullopt, Algorithm::unset), IsEmpty());
}

// At most four, the first in document order that fit: those that do not fit take no place.
TEST(KeySet, TriesTheFirstFour) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += (i == 0 ? "" : ",") + with_kid(kRsaA, "k") + "," + with_kid(kP256, "k") + "," + jwk(kP256);
  const KeySet keys = key_set(text);
  EXPECT_THAT(candidates(keys, "k", Algorithm::es256), ElementsAre(1, 4, 7, 10));
  EXPECT_THAT(candidates(keys, "k", Algorithm::rs256), ElementsAre(0, 3, 6, 9));
  EXPECT_THAT(candidates(keys, std::nullopt, Algorithm::es256), ElementsAre(1, 2, 4, 5));
}

TEST(KeySet, MayBeEmpty) {
  const KeySet keys = key_set("");
  EXPECT_THAT(candidates(keys, std::nullopt, Algorithm::rs256), IsEmpty());
  EXPECT_THAT(candidates(keys, "k", Algorithm::rs256), IsEmpty());
}

TEST(KeySet, KeepsWhatWasSkipped) {
  const KeySet keys = key_set(R"({"kty":"oct","k":"AAAA","kid":"s"},)" + jwk(kP256));
  EXPECT_EQ(keys.keys().size(), 1U);
  ASSERT_EQ(keys.skipped().size(), 1U);
  EXPECT_TRUE(keys.skipped()[0].alarm);
  EXPECT_THAT(candidates(keys, "s", Algorithm::es256), IsEmpty());
}

}  // namespace
}  // namespace assay::test
