#include "jose/base64url.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "jose/base64url_groups.h"
#include "jose/slow_base64url.h"

namespace assay::jose {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<std::string> decode(std::string_view text) {
  const auto octets = base64url_decode(text);
  if (!octets) return std::nullopt;
  return std::string(base::as_text(*octets));
}

std::string encode(std::string_view octets) { return base64url_encode(base::as_bytes(octets)); }

// RFC 4648 section 10: the test vectors, without padding.
TEST(Base64url, DecodesAndEncodesTheVectorsOfTheRfc) {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : vectors) {
    EXPECT_EQ(decode(text), octets);
    EXPECT_EQ(encode(octets), text);
  }
}

// RFC 7515 appendix C.
TEST(Base64url, UsesTheAlphabetOfUrls) {
  EXPECT_EQ(encode(std::string("\x03\xEC\xFF\xE0\xC1")), "A-z_4ME");
  EXPECT_EQ(decode("A-z_4ME"), std::string("\x03\xEC\xFF\xE0\xC1"));
  EXPECT_EQ(decode("A+z/4ME"), std::nullopt);
}

// RFC 7515 section 2: no padding, line breaks, white space or other characters.
TEST(Base64url, RefusesEveryOtherCharacterInEveryPlace) {
  for (std::size_t size = 2; size <= 12; ++size) {
    if (size % 4 == 1) continue;
    const std::string good(size, 'A');
    ASSERT_TRUE(decode(good).has_value());
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text = good;
        text[at] = static_cast<char>(c);
        const bool known = kAlphabet.find(text[at]) != std::string_view::npos;
        EXPECT_TRUE(known || !decode(text).has_value()) << "character " << c << " at " << at << " of " << size;
      }
    }
  }
}

TEST(Base64url, RefusesPadding) {
  for (const std::string_view text : {"Zg==", "Zg=", "Zm8=", "Zm9v=", "=", "====", "Zm9v====", "Zg==Zg=="}) EXPECT_EQ(decode(text), std::nullopt) << text;
}

TEST(Base64url, RefusesLengthsThatNoEncodingHas) {
  for (std::size_t size = 1; size <= 101; size += 4) EXPECT_EQ(decode(std::string(size, 'A')), std::nullopt) << size;
}

// RFC 4648 section 3.5: one octet string, one text.
TEST(Base64url, RefusesSpareBitsThatAreNotZero) {
  for (const std::string& front : {std::string(), std::string("AAAA"), std::string("____")}) {
    for (std::size_t i = 0; i < 64; ++i) {
      EXPECT_EQ(decode(front + "A" + kAlphabet[i]).has_value(), i % 16 == 0) << i;
      EXPECT_EQ(decode(front + "AA" + kAlphabet[i]).has_value(), i % 4 == 0) << i;
    }
  }
}

TEST(Base64url, DecodesIntoExactlyTheRoomItAsksFor) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text = encode(std::string(size, 'x'));
    ASSERT_EQ(base64url_decoded_bytes(text.size()), size);
    // A heap block of the exact size: the address sanitizer sees a write beyond it.
    std::vector<std::byte> exact(size);
    EXPECT_TRUE(base64url_decode(text, exact));
    EXPECT_EQ(base::as_text(exact), std::string(size, 'x'));
    if (size == 0) continue;
    std::vector<std::byte> short_by_one(size - 1);
    EXPECT_FALSE(base64url_decode(text, short_by_one));
  }
}

TEST(Base64url, AgreesWithTheSlowReference) {
  std::mt19937_64 random(20240601);
  std::size_t accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text(random() % 100, 'A');
    for (char& c : text) c = kAlphabet[random() % 64];
    // In every other text one octet is arbitrary.
    if (round % 2 == 0 && !text.empty()) text[random() % text.size()] = static_cast<char>(random());
    const auto expected = slow::base64url_decode(text);
    ASSERT_EQ(decode(text), expected) << "round " << round;
    if (!expected) continue;
    ++accepted;
    ASSERT_EQ(encode(*expected), text);
  }
  EXPECT_GT(accepted, 40'000U);
}

// --- Whole groups: every way that this processor can go. ---

std::vector<GroupsDecoder> decoders() {
  std::vector<GroupsDecoder> all{decode_groups_portable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) all.push_back(decode_groups_avx2);
#endif
  return all;
}

TEST(Base64urlGroups, TakesTheBestWayThatTheProcessorHas) { EXPECT_EQ(groups_decoder(), decoders().back()); }

TEST(Base64urlGroups, KnowsEveryCharacterInEveryPlaceOfABlock) {
  for (const GroupsDecoder decoder : decoders()) {
    for (std::size_t at = 0; at < 64; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(64, 'A');
        text[at] = static_cast<char>(c);
        std::vector<std::byte> octets(48);
        const auto expected = slow::base64url_decode(text);
        ASSERT_EQ(decoder(text.data(), 16, octets.data()), expected.has_value()) << "character " << c << " at " << at;
        if (expected) { ASSERT_EQ(base::as_text(octets), *expected) << "character " << c << " at " << at; }
      }
    }
  }
}

// Heap blocks of the exact sizes: the address sanitizer sees what is read or written beyond them.
TEST(Base64urlGroups, AgreesForEveryNumberOfGroupsAndTouchesNothingElse) {
  std::mt19937_64 random(20261126);
  for (const GroupsDecoder decoder : decoders()) {
    for (std::size_t groups = 0; groups <= 100; ++groups) {
      for (int round = 0; round < 20; ++round) {
        std::vector<char> text(4 * groups);
        for (char& c : text) c = kAlphabet[random() % 64];
        if (round % 4 == 3 && groups != 0) text[random() % text.size()] = static_cast<char>(random());
        const auto expected = slow::base64url_decode(std::string_view(text.data(), text.size()));
        std::vector<std::byte> octets(3 * groups);
        ASSERT_EQ(decoder(text.data(), groups, octets.data()), expected.has_value()) << groups << " groups, round " << round;
        if (expected) { ASSERT_EQ(base::as_text(octets), *expected) << groups << " groups, round " << round; }
      }
    }
  }
}

}  // namespace
}  // namespace assay::jose
