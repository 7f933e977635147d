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

// Whether a key serves is whether it would be tried: for every key of a set, every algorithm, with a kid and without.
void expect_serving_as_candidates(const KeySet& keys) {
  for (const jose::VerificationKey& key : keys.keys()) {
    for (std::size_t i = 0; i <= crypto::kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      for (const bool has_kid : {false, true}) {
        // Keys of one id are the same in all that matters: the first that is tried stands for them.
        const jose::VerificationKey* expected = nullptr;
        if (!has_kid || key.kid) {
          const snapshot::Candidates tried = keys.candidates(has_kid ? std::optional<std::string_view>(*key.kid) : std::nullopt, algorithm);
          for (std::size_t k = tried.count; k-- > 0;) {
            if (tried.keys[k]->id == key.id) expected = tried.keys[k];
          }
        }
        EXPECT_EQ(keys.serving(key.id, has_kid, algorithm), expected)
            << "key " << &key - keys.keys().data() << ", algorithm " << i << (has_kid ? ", with kid" : ", without kid");
      }
    }
  }
}

TEST(KeySet, ServesByTheKeysThatItWouldTry) {
  std::string text;
  const auto add = [&text](const std::string& key) { text += (text.empty() ? "" : ",") + key; };
  for (const std::string_view key : {kRsaA, kP256, kP384, kP521, kEd25519}) {
    add(with_kid(key, "k"));
    add(jwk(key));
  }
  add(with_kid(kRsaB, "k", R"(,"alg":"PS256")"));
  add(with_kid(kEd25519B, "", R"(,"alg":"EdDSA")"));
  add(with_kid(kEd25519B, ""));
  add(with_kid(kP256, "a"));
  add(with_kid(kP256, "k"));
  expect_serving_as_candidates(key_set(text));
  expect_serving_as_candidates(key_set(""));
  for (const std::string_view key : {kRsaA, kP256, kP384, kP521, kEd25519}) {
    expect_serving_as_candidates(key_set(jwk(key)));
    expect_serving_as_candidates(key_set(with_kid(key, "k")));
  }
}

// The fifth of a kid is not tried for tokens with it, nor the fifth of all for those without; what does not fit takes no place before them.
TEST(KeySet, DoesNotServeByTheFifth) {
  std::string text = with_kid(kRsaA, "k");
  std::vector<std::string> algs{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};
  for (const std::string& alg : algs) text += "," + with_kid(kRsaB, "k", R"(,"alg":")" + alg + '"');
  for (int i = 0; i < 3; ++i) text += "," + with_kid(i % 2 == 0 ? kRsaA : kRsaB, "k" + std::to_string(i));
  text += "," + with_kid(kRsaB, "k");
  text += "," + jwk(kRsaB);
  const KeySet keys = key_set(text);
  expect_serving_as_candidates(keys);

  const KeySet five = key_set(with_kid(kP256, "a") + "," + with_kid(kP256, "b") + "," + with_kid(kP256, "c") + "," + jwk(kP256) + "," + with_kid(kP256, "e"));
  expect_serving_as_candidates(five);
  const jose::VerificationKey& fifth = five.keys()[4];
  EXPECT_EQ(five.serving(fifth.id, true, Algorithm::es256), &fifth);
  EXPECT_EQ(five.serving(fifth.id, false, Algorithm::es256), nullptr);
  const jose::VerificationKey& nameless = five.keys()[3];
  EXPECT_EQ(five.serving(nameless.id, true, Algorithm::es256), nullptr);
  EXPECT_EQ(five.serving(nameless.id, false, Algorithm::es256), &nameless);

  std::string same_kid;
  for (const std::string_view key : {kRsaA, kRsaB, kRsaA, kRsaB}) same_kid += with_kid(key, "k", R"(,"alg":"RS256")") + ",";
  const KeySet behind = key_set(same_kid + with_kid(kRsaA, "k") + "," + with_kid(kEd25519, "k"));
  expect_serving_as_candidates(behind);
  const jose::VerificationKey& last_rsa = behind.keys()[4];
  EXPECT_EQ(behind.serving(last_rsa.id, true, Algorithm::rs256), nullptr);
  EXPECT_EQ(behind.serving(last_rsa.id, true, Algorithm::rs384), &last_rsa);
  EXPECT_EQ(behind.serving(behind.keys()[5].id, true, Algorithm::eddsa), &behind.keys()[5]);
}

// A key that stands there twice serves if either place is among the first four.
TEST(KeySet, ServesByAKeyThatStandsThereTwice) {
  const std::string first = with_kid(kP256, "k");
  std::string others;
  for (int i = 0; i < 4; ++i) others += with_kid(kP256, "o" + std::to_string(i)) + ",";
  const KeySet keys = key_set(first + "," + others + first);
  ASSERT_EQ(keys.keys().front().id, keys.keys().back().id);
  expect_serving_as_candidates(keys);
  EXPECT_EQ(keys.serving(keys.keys().back().id, true, Algorithm::es256), &keys.keys().front());
  EXPECT_EQ(keys.serving(keys.keys().back().id, false, Algorithm::es256), &keys.keys().front());
  const KeySet last = key_set(others + first + "," + first);
  expect_serving_as_candidates(last);
  EXPECT_EQ(last.serving(last.keys().back().id, false, Algorithm::es256), nullptr);
}

// An id is content: of a key that is not there, of the same numbers under another kid or alg, or of any other 128 bits.
TEST(KeySet, ServesByNoOtherKey) {
  const KeySet keys = key_set(with_kid(kRsaA, "a"));
  for (const std::string& other : {with_kid(kRsaA, "b"), jwk(kRsaA), with_kid(kRsaA, "a", R"(,"alg":"RS256")"), with_kid(kRsaB, "a"), with_kid(kP256, "a")}) {
    const KeySet there = key_set(other);
    for (std::size_t i = 0; i <= crypto::kAlgorithmCount; ++i) {
      for (const bool has_kid : {false, true}) EXPECT_EQ(keys.serving(there.keys()[0].id, has_kid, static_cast<Algorithm>(i)), nullptr) << other;
    }
  }
  for (std::size_t bit = 0; bit < 8 * sizeof(jose::KeyId); ++bit) {
    jose::KeyId id = keys.keys()[0].id;
    ASSERT_NE(keys.serving(id, true, Algorithm::rs256), nullptr);
    id[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    EXPECT_EQ(keys.serving(id, true, Algorithm::rs256), nullptr) << bit;
    EXPECT_EQ(keys.serving(id, false, Algorithm::rs256), nullptr) << bit;
  }
}

}  // namespace
}  // namespace assay::test
