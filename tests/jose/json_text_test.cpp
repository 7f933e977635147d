#include "jose/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "jose/slow_json.h"

namespace assay::jose {

// MemberNamesPeer: the test's way to the stamp, which would take 2^32 texts to go round.
struct MemberNamesPeer {
  static void set_text(MemberNames& names, std::uint32_t text) { names.text_ = text; }
};

namespace {

std::optional<std::string> unescape(std::string_view body) {
  base::Arena arena;
  const auto value = unescape_json(body, arena);
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::string hex4(unsigned unit) {
  constexpr std::string_view kDigits = "0123456789aBcDeF";
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 0xF];
  return out;
}

// RFC 8259 section 7.
TEST(JsonText, UnescapesEveryEscape) {
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape(R"(a\u0041b)"), "aAb");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\u00E9\u00e9)"), "\xC3\xA9\xC3\xA9");
  EXPECT_EQ(unescape(R"(\u20AC)"), "\xE2\x82\xAC");
  EXPECT_EQ(unescape(R"(\uD83D\uDE00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(unescape(R"(\uD834\uDD1E)"), "\xF0\x9D\x84\x9E");
  EXPECT_EQ(unescape(R"(\\u0041)"), "\\u0041");
  EXPECT_EQ(unescape("\xC3\xA9\\n\xC3\xA9"), "\xC3\xA9\n\xC3\xA9");
  EXPECT_EQ(unescape(""), "");
}

TEST(JsonText, BorrowsWhatHasNoEscape) {
  base::Arena arena;
  const std::string body = "plain \xC3\xA9";
  EXPECT_EQ(unescape_json(body, arena)->data(), body.data());
}

TEST(JsonText, KnowsEveryLetterAfterABackslash) {
  for (int c = 0; c < 256; ++c) {
    const std::string body{'\\', static_cast<char>(c)};
    EXPECT_EQ(unescape(body).has_value(), c != 0 && std::string_view("\"\\/bfnrt").find(static_cast<char>(c)) != std::string_view::npos) << c;
  }
  EXPECT_EQ(unescape("\\"), std::nullopt);
  EXPECT_EQ(unescape("abc\\"), std::nullopt);
}

// RFC 3629 section 3: each code unit, compared with the slow reader's UTF-8; surrogates alone are refused (RFC 8259 section 8.2).
TEST(JsonText, WritesEveryCodeUnitAsUtf8) {
  const slow::Rules rules{.limits = {1, 1, 1}};
  for (unsigned unit = 0; unit <= 0xFFFF; ++unit) {
    const std::string body = "<\\u" + hex4(unit) + ">";
    const auto value = unescape(body);
    ASSERT_EQ(value.has_value(), unit < 0xD800 || unit > 0xDFFF) << body;
    const auto expected = slow::read_json("\"" + body + "\"", rules);
    ASSERT_EQ(expected.value.has_value(), value.has_value()) << body;
    if (!value) continue;
    ASSERT_EQ(*value, expected.value->string) << body;
    ASSERT_TRUE(slow::is_utf8(*value)) << body;
  }
}

TEST(JsonText, PairsSurrogates) {
  const slow::Rules rules{.limits = {1, 1, 1}};
  for (unsigned high = 0xD700; high <= 0xE000; high += 0x55) {
    for (unsigned low = 0xDB00; low <= 0xE100; low += 0x1F) {
      const std::string body = "\\u" + hex4(high) + "\\u" + hex4(low);
      const auto expected = slow::read_json("\"" + body + "\"", rules);
      const auto value = unescape(body);
      ASSERT_EQ(value.has_value(), expected.value.has_value()) << body;
      if (!value) continue;
      ASSERT_EQ(*value, expected.value->string) << body;
    }
  }
  EXPECT_EQ(unescape(R"(\uD800\uDC00)"), "\xF0\x90\x80\x80");
  EXPECT_EQ(unescape(R"(\uDBFF\uDFFF)"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(unescape(R"(\uDBFF\uE000)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uDBFF\uDBFF)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800\)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800\u)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800\uDC0)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800\n)"), std::nullopt);
  EXPECT_EQ(unescape(R"(\uD800xDC00)"), std::nullopt);
}

TEST(JsonText, TakesExactlyFourHexadecimalDigits) {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 2; at < 6; ++at) {
      std::string body = "\\u0041";
      body[at] = static_cast<char>(c);
      EXPECT_EQ(unescape(body).has_value(), c != 0 && std::string_view("0123456789abcdefABCDEF").find(body[at]) != std::string_view::npos &&
          body.substr(2, 2) != "d8") << c << " at " << at;
    }
  }
  EXPECT_EQ(unescape("\\u"), std::nullopt);
  EXPECT_EQ(unescape("\\u004"), std::nullopt);
  EXPECT_EQ(unescape("\\u00411"), "A1");
}

constexpr base::HashKey kKey{1, 2};
constexpr std::size_t kTokens = 64;  // of a text

TEST(MemberNames, FindsANameThatStandsTwice) {
  MemberNames names(kKey, 8);
  names.begin(kTokens);
  EXPECT_TRUE(names.insert(0, "a"));
  EXPECT_TRUE(names.insert(0, "b"));
  EXPECT_TRUE(names.insert(0, ""));
  EXPECT_FALSE(names.insert(0, "a"));
  EXPECT_FALSE(names.insert(0, ""));
  EXPECT_TRUE(names.insert(1, "a"));
  EXPECT_FALSE(names.insert(1, "a"));
}

TEST(MemberNames, ForgetsWithEachText) {
  MemberNames names(kKey, 2);
  for (int text = 0; text < 100; ++text) {
    names.begin(kTokens);
    EXPECT_TRUE(names.insert(0, "a"));
    EXPECT_TRUE(names.insert(0, "b"));
    EXPECT_FALSE(names.insert(0, "a"));
  }
}

// A full table still finds what it holds, still ends its search for what it does not, and takes no more.
TEST(MemberNames, EndsItsSearchWhenFull) {
  for (const std::size_t most : {0UL, 1UL, 2UL, 3UL, 7UL, 8UL, 64UL, 1024UL}) {
    MemberNames names(kKey, most);
    std::vector<std::string> held;
    for (std::size_t i = 0; i < most; ++i) held.push_back("n" + std::to_string(i));
    names.begin(2 * most);
    for (const std::string& name : held) ASSERT_TRUE(names.insert(0, name)) << name;
    for (const std::string& name : held) ASSERT_FALSE(names.insert(0, name)) << name;
    EXPECT_FALSE(names.insert(0, "one more"));
    EXPECT_FALSE(names.insert(1, "one more"));
  }
}

// Of the memory for 1,024 names a small text uses a small part, and not too small a one: every name it can have fits, and the next search ends.
TEST(MemberNames, HasRoomForEveryNameThatItsTokensCanBe) {
  MemberNames names(kKey, 1024);
  std::vector<std::string> held;
  for (std::size_t i = 0; i <= 150; ++i) held.push_back(std::to_string(i));
  for (std::size_t tokens = 0; tokens <= 300; ++tokens) {
    names.begin(tokens);
    const std::size_t most = (tokens + 1) / 2;
    for (std::size_t i = 0; i < most; ++i) ASSERT_TRUE(names.insert(0, held[i])) << i << " of " << tokens << " tokens";
    for (std::size_t i = 0; i < most; ++i) ASSERT_FALSE(names.insert(0, held[i])) << i << " of " << tokens << " tokens";
  }
}

// Who knows the key can make hashes collide (a word that cancels it out leaves 0). The names are compared all the same.
TEST(MemberNames, TellsNamesOfOneHashApart) {
  constexpr std::uint64_t kOddA = 0x9E3779B97F4A7C15;
  const std::uint64_t cancelling = kKey.second ^ kOddA;
  std::vector<std::string> held;
  for (char c = 'a'; c <= 'z'; ++c) {
    std::string name(reinterpret_cast<const char*>(&cancelling), sizeof cancelling);
    name.append(8, c);
    held.push_back(name);
    ASSERT_EQ(base::keyed_hash(kKey, 0, name), base::keyed_hash(kKey, 0, held[0]));
  }
  MemberNames names(kKey, held.size());
  names.begin(kTokens);
  for (const std::string& name : held) EXPECT_TRUE(names.insert(0, name));
  for (const std::string& name : held) EXPECT_FALSE(names.insert(0, name));
}

// The stamps of old texts must not look current when the 32-bit counter has gone round.
TEST(MemberNames, SurvivesTheWrapOfItsStamp) {
  MemberNames names(kKey, 4);
  names.begin(kTokens);  // stamp 1, which the first text after the wrap has as well
  EXPECT_TRUE(names.insert(0, "old"));
  MemberNamesPeer::set_text(names, 0xFFFFFFFE);
  names.begin(kTokens);  // the last stamp
  EXPECT_TRUE(names.insert(0, "last"));
  EXPECT_FALSE(names.insert(0, "last"));
  for (int text = 0; text < 3; ++text) {
    names.begin(kTokens);
    EXPECT_TRUE(names.insert(0, "old"));
    EXPECT_TRUE(names.insert(0, "last"));
    EXPECT_FALSE(names.insert(0, "old"));
  }
}

}  // namespace
}  // namespace assay::jose
