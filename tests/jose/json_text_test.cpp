#include "jose/json_text.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "jose/slow_json.h"

namespace assay::jose {
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

}  // namespace
}  // namespace assay::jose
