// The attacks as tokens: that each is what its name says as far as it can be told without a daemon. Their verdicts are the daemon's tests' business.
#include "mint/attacks.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "mint/forge.h"
#include "mint/token.h"

namespace assay::mint {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;

// Keys are costly to make: one fixture for all cases.
const Target& target() {
  static const Target made{.fixture = Fixture::generate(), .now_s = kNow};
  return made;
}
const std::vector<Attack>& all() {
  static const std::vector<Attack> made = attacks(target());
  return made;
}
const Attack& named(std::string_view name) {
  const Attack* const attack = find_attack(all(), name);
  if (attack == nullptr) throw std::runtime_error("no attack " + std::string(name));
  return *attack;
}

// Whether the signature is one by a key of either API service over the very text, as OpenSSL sees it.
bool is_signed(const Attack& attack) {
  const auto parts = decode(attack.token);
  if (!parts) return false;
  const Fixture& fixture = target().fixture;
  for (const auto* keys : {&fixture.orders.keys, &fixture.payments.keys}) {
    for (const Key& key : *keys) {
      if (key.verify(parts->signing_input, parts->signature)) return true;
    }
  }
  return false;
}

TEST(MintAttacks, NamesAreUniqueAndKebabCase) {
  const std::regex kebab("[a-z0-9]+(-[a-z0-9]+)*");
  std::set<std::string> names;
  for (const Attack& attack : all()) {
    EXPECT_TRUE(names.insert(attack.name).second) << attack.name << " stands twice";
    EXPECT_TRUE(std::regex_match(attack.name, kebab)) << attack.name;
  }
  // A number to be raised by hand when attacks are added, so that none gets lost unnoticed.
  EXPECT_EQ(all().size(), 1542U);
}

TEST(MintAttacks, EachSaysWhatItIs) {
  for (const Attack& attack : all()) {
    EXPECT_NE(attack.expected, schema::Code::unset) << attack.name;
    EXPECT_TRUE(attack.what.ends_with('.')) << attack.name;
    EXPECT_TRUE(attack.rfc.starts_with("RFC ")) << attack.name;
    EXPECT_TRUE(attack.api_service == "orders" || attack.api_service == "payments") << attack.name;
  }
  EXPECT_EQ(find_attack(all(), "no-such-attack"), nullptr);
}

// Of the codes that a token alone can bring about, each is expected of some attack; so is acceptance, in every file of attacks.
TEST(MintAttacks, EveryCodeIsExpectedOfSome) {
  std::map<schema::Code, int> counts;
  for (const Attack& attack : all()) ++counts[attack.expected];
  for (const schema::CodeInfo& info : schema::kCodes) {
    const bool possible = info.code != schema::Code::unset && info.outcome != schema::Outcome::unavailable;
    EXPECT_EQ(counts.contains(info.code), possible) << info.name;
  }
  EXPECT_GT(counts[schema::Code::accepted], 100);
}

// What is to be accepted, or refused for its claims alone, is well signed; what is to be refused for its signature is not, by OpenSSL's lights, but for
// three sorts: keys of the other API service; a neutral R, which OpenSSL takes; a hash that another algorithm of the same RSA numbers uses.
TEST(MintAttacks, SignaturesAreGoodExactlyWhereTheyShouldBe) {
  for (const Attack& attack : all()) {
    SCOPED_TRACE(attack.name);
    if (attack.expected == schema::Code::accepted || attack.expected >= schema::Code::confirmation_required) {
      EXPECT_TRUE(is_signed(attack));
    } else if (attack.expected == schema::Code::bad_signature) {
      const bool excused = attack.name.contains("other-server") || attack.name == "eddsa-r-neutral" || attack.name == "rs256-sha512" ||
                           attack.name == "rs256-padding-sha512" || attack.name.ends_with("-hash-other");
      EXPECT_EQ(is_signed(attack), excused);
    }
  }
}

// Attacks on claims, times and JSON would be accepted if the one thing in question did not count: they are signed well, so that nothing else refuses
// them.
TEST(MintAttacks, RefusalsBeforeTheKeyAreWellSigned) {
  using schema::Code;
  for (const Attack& attack : all()) {
    const bool by_content = attack.expected == Code::bad_header || attack.expected == Code::duplicate_header_member ||
                            attack.expected == Code::critical_header || attack.expected == Code::unencoded_payload ||
                            attack.expected == Code::bad_header_member ||
                            (attack.expected >= Code::bad_payload && attack.expected <= Code::wrong_audience);
    if (by_content && !attack.name.contains("attacker") && attack.name != "payments-algorithm-without-key") {
      EXPECT_TRUE(is_signed(attack)) << attack.name;
    }
  }
}

// RFC 7515 section 7.1: sizes count on the text.
TEST(MintAttacks, LimitsAreMetToTheCharacter) {
  const auto header_bytes = [](const Attack& attack) { return attack.token.find('.'); };
  EXPECT_EQ(named("token-size-below").token.size(), 16383U);
  EXPECT_EQ(named("token-size-at").token.size(), 16384U);
  EXPECT_EQ(named("token-size-above").token.size(), 16385U);
  EXPECT_EQ(header_bytes(named("header-size-below")), 4095U);
  EXPECT_EQ(header_bytes(named("header-size-at")), 4096U);
  EXPECT_EQ(header_bytes(named("header-size-above")), 4098U);
  EXPECT_EQ(named("dots-16-kib").token.size(), 16384U);
  for (const Attack& attack : all()) {
    const bool large = attack.expected == schema::Code::token_too_large;
    EXPECT_EQ(attack.token.size() > 16384, large) << attack.name;
    if (!large && decode(attack.token)) {
      EXPECT_EQ(header_bytes(attack) > 4096, attack.expected == schema::Code::header_too_large) << attack.name;
    }
  }
}

// RFC 8259 section 2: members and depth counted apart from the code that made them.
TEST(MintAttacks, DepthAndMembersAreWhatTheirNamesSay) {
  const auto count = [](std::string_view name, bool depth) {
    const auto parts = decode(named(name).token);
    const std::string& text = name.starts_with("header") ? parts->header : parts->payload;
    std::size_t level = 0, deepest = 0, members = 0;
    bool in_string = false;
    for (const char c : text) {
      if (c == '"') in_string = !in_string;
      if (in_string) continue;
      if (c == '{' || c == '[') deepest = std::max(deepest, ++level);
      if (c == '}' || c == ']') --level;
      if (c == ':') ++members;
    }
    return depth ? deepest : members;
  };
  EXPECT_EQ(count("header-depth-16", true), 16U);
  EXPECT_EQ(count("header-depth-17-arrays", true), 17U);
  EXPECT_EQ(count("payload-depth-16-arrays", true), 16U);
  EXPECT_EQ(count("payload-depth-16-scalar", true), 16U);
  EXPECT_EQ(count("payload-depth-17", true), 17U);
  EXPECT_EQ(count("header-members-256", false), 256U);
  EXPECT_EQ(count("payload-members-256", false), 256U);
  EXPECT_EQ(count("payload-members-257", false), 257U);
  EXPECT_EQ(count("payload-members-in-all-1024", false), 1024U);
  EXPECT_EQ(count("payload-members-in-all-1025", false), 1025U);
  EXPECT_EQ(count("payload-members-1500", false), 1500U);
}

// RFC 8725 section 2.1: the MAC is right under the public key's text, so a confused verifier would take it.
TEST(MintAttacks, ConfusedMacsAreRightUnderThePublicKey) {
  const auto parts = decode(named("hs256-rs256-pem").token);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->signature, hmac("256", target().fixture.orders.key("RS256").public_pem(), parts->signing_input));
}

// RFC 8032 section 5.1.7: S + L is congruent to a good S.
TEST(MintAttacks, ScalarsAboveTheOrderAreCongruent) {
  const auto parts = decode(named("eddsa-s-plus-1-l").token);
  ASSERT_TRUE(parts);
  std::string s(parts->signature.rbegin(), parts->signature.rbegin() + 32);
  s = subtract(s, from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"), 32);
  EXPECT_TRUE(target().fixture.orders.key("EdDSA").verify(parts->signing_input, parts->signature.substr(0, 32) + std::string(s.rbegin(), s.rend())));
}

// RFC 8017 section 5.2.2: s + n is congruent to a good s.
TEST(MintAttacks, RsaNumbersAboveTheModulusAreCongruent) {
  const auto parts = decode(named("rs256-number-plus-n-long").token);
  ASSERT_TRUE(parts);
  const Key& key = target().fixture.orders.key("RS256");
  ASSERT_EQ(parts->signature.size(), 257U);
  EXPECT_TRUE(key.verify(parts->signing_input, subtract(parts->signature, key.public_octets(), 256)));
}

// The clock matters only where it is said to.
TEST(MintAttacks, OnlyEdgesAreTimeSensitive) {
  for (const Attack& attack : all()) {
    if (attack.time_sensitive) {
      EXPECT_TRUE(attack.name.contains("edge") || attack.name == "exp-now") << attack.name;
    }
  }
  EXPECT_TRUE(named("exp-edge").time_sensitive);
  EXPECT_FALSE(named("expired").time_sensitive);
}

}  // namespace
}  // namespace assay::mint
