// The head of an answer, line by line.
#include "fetch/headers.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace assay::fetch {
namespace {

constexpr std::int64_t kNow = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::uint64_t kLargest = 2'147'483'648;

AnswerHeaders headers_of(std::initializer_list<std::string_view> lines) {
  AnswerHeaders headers;
  headers.add_line("HTTP/1.1 200 OK\r\n");
  for (const std::string_view line : lines) headers.add_line(line);
  headers.add_line("\r\n");
  return headers;
}

std::optional<std::uint64_t> max_age_of(std::initializer_list<std::string_view> lines) { return headers_of(lines).max_age_s(); }

std::optional<std::uint64_t> retry_after_of(std::string_view value) { return headers_of({"Retry-After: " + std::string(value)}).retry_after_s(kNow); }

TEST(AnswerHeaders, SayNothingWhenThereIsNothing) {
  const AnswerHeaders headers = headers_of({"Content-Type: application/json\r\n"});
  EXPECT_EQ(headers.max_age_s(), std::nullopt);
  EXPECT_EQ(headers.retry_after_s(kNow), std::nullopt);
  EXPECT_EQ(headers.etag(), "");
  EXPECT_FALSE(headers.is_encoded());
}

// RFC 9111 section 5.2: directives are tokens without case, in a list that may be spread over lines; arguments may be quoted.
TEST(AnswerHeaders, FindMaxAgeAmongOtherDirectives) {
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60\r\n"}), 60U);
  EXPECT_EQ(max_age_of({"cache-control:MAX-AGE=60"}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: public , max-age=60, must-revalidate\r\n"}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: public", "Cache-Control: max-age=60"}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=\"60\""}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: x=\"a, max-age=5\", max-age=60"}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: x=\"\\\", max-age=5\", max-age=60"}), 60U);
  EXPECT_EQ(max_age_of({"Cache-Control: ,, max-age=60 ,"}), 60U);
}

// s-maxage is for shared caches, and this is none (RFC 9111 section 5.2.2.10).
TEST(AnswerHeaders, TakeNothingElseForMaxAge) {
  for (const std::string_view line : {"Cache-Control: s-maxage=60", "Cache-Control: xmax-age=60", "Cache-Control: max-age-x=60", "Cache-Control: x=\"max-age=60\"",
                                      "Pragma: max-age=60", "Cache-Control:", "Cache-Control: x=\"max-age=60", "X-Cache-Control: max-age=60"}) {
    EXPECT_EQ(max_age_of({line}), std::nullopt) << line;
  }
}

// RFC 9111 section 4.2.1: what is no number makes an answer stale; of two values the stricter counts.
TEST(AnswerHeaders, TakeWhatCannotBeReadAsStale) {
  for (const std::string_view line : {"Cache-Control: max-age=x", "Cache-Control: max-age=-1", "Cache-Control: max-age", "Cache-Control: max-age=", "Cache-Control: max-age=1.5",
                                      "Cache-Control: max-age=\"\"", "Cache-Control: max-age=+5", "Cache-Control: max-age=0x10", "Cache-Control: max-age=600, max-age=0"}) {
    EXPECT_EQ(max_age_of({line}), 0U) << line;
  }
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60, max-age=600"}), 60U);
}

// RFC 9111 sections 5.2.2.4 and 5.2.2.5.
TEST(AnswerHeaders, TakeNoStoreAndNoCacheAsNoTimeAtAll) {
  for (const std::string_view line : {"Cache-Control: no-store", "Cache-Control: no-cache", "Cache-Control: max-age=60, No-Store", "Cache-Control: no-cache=\"set-cookie, x\", max-age=60"}) {
    EXPECT_EQ(max_age_of({line}), 0U) << line;
  }
}

// RFC 9111 section 1.2.2: what does not fit counts as 2^31.
TEST(AnswerHeaders, CutWhatIsTooLarge) {
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=2147483648"}), kLargest);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=99999999999999999999999999"}), kLargest);
  EXPECT_EQ(retry_after_of("18446744073709551617"), kLargest);
}

// RFC 9111 section 4.2.3.
TEST(AnswerHeaders, TakeTheAgeOff) {
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60", "Age: 20"}), 40U);
  EXPECT_EQ(max_age_of({"Age: 20", "Cache-Control: max-age=60"}), 40U);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60", "Age: 61"}), 0U);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60", "Age: 99999999999999999999"}), 0U);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60", "Age: 5", "Age: 20"}), 40U);
  EXPECT_EQ(max_age_of({"Cache-Control: max-age=60", "Age: old"}), 60U);  // RFC 9111 section 5.1: ignored
  EXPECT_EQ(max_age_of({"Age: 20"}), std::nullopt);
}

// RFC 9110 section 10.2.3: seconds, or a date in any of three forms (section 5.6.7).
TEST(AnswerHeaders, ReadBothFormsOfRetryAfter) {
  EXPECT_EQ(retry_after_of("0"), 0U);
  EXPECT_EQ(retry_after_of("120"), 120U);
  EXPECT_EQ(retry_after_of("Sun, 06 Nov 1994 08:50:37 GMT"), 60U);
  EXPECT_EQ(retry_after_of("Sunday, 06-Nov-94 08:50:37 GMT"), 60U);
  EXPECT_EQ(retry_after_of("Sun Nov  6 08:50:37 1994"), 60U);
  EXPECT_EQ(retry_after_of("Sun, 06 Nov 1994 08:49:37 GMT"), 0U);
  EXPECT_EQ(retry_after_of("Thu, 01 Jan 1970 00:00:10 GMT"), 0U);
  for (const std::string_view value : {"soon", "-1", "1.5", "12 s", ""}) EXPECT_EQ(retry_after_of(value), std::nullopt) << value;
}

TEST(AnswerHeaders, KeepTagsThatCanBeSentBack) {
  EXPECT_EQ(headers_of({"ETag: \"v1\"\r\n"}).etag(), "\"v1\"");
  EXPECT_EQ(headers_of({"etag:W/\"v1\" \r\n"}).etag(), "W/\"v1\"");
  EXPECT_EQ(headers_of({"ETag: v1"}).etag(), "v1");
  EXPECT_EQ(headers_of({"ETag: \"" + std::string(254, 'x') + "\""}).etag().size(), 256U);
  for (const std::string& value : {"\"" + std::string(255, 'x') + "\"", std::string("\"a b\""), std::string("\"\xC3\xA4\""), std::string("\"\x01\""), std::string()}) {
    EXPECT_EQ(headers_of({"ETag: " + value}).etag(), "") << value;
  }
}

TEST(AnswerHeaders, KnowEncodedBodies) {
  for (const std::string_view line : {"Content-Encoding: gzip", "content-encoding: BR", "Content-Encoding: identity, gzip", "Content-Encoding:",
                                      "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: deflate"}) {
    EXPECT_TRUE(headers_of({line}).is_encoded()) << line;
  }
  EXPECT_TRUE(headers_of({"Content-Encoding: gzip", "Content-Encoding: identity"}).is_encoded());
  for (const std::string_view line : {"Content-Encoding: Identity", "Transfer-Encoding: Chunked"}) EXPECT_FALSE(headers_of({line}).is_encoded()) << line;
}

// RFC 9110 section 15.2: an interim answer's head is not the answer's.
TEST(AnswerHeaders, BeginAnewWithEveryStatusLine) {
  AnswerHeaders headers = headers_of({"ETag: \"early\"", "Cache-Control: no-store", "Content-Encoding: gzip", "Retry-After: 9", "Age: 9"});
  for (const std::string_view line : {"HTTP/2 200\r\n", "Cache-Control: max-age=60\r\n", "\r\n"}) headers.add_line(line);
  EXPECT_EQ(headers.etag(), "");
  EXPECT_EQ(headers.max_age_s(), 60U);
  EXPECT_EQ(headers.retry_after_s(kNow), std::nullopt);
  EXPECT_FALSE(headers.is_encoded());
}

TEST(AnswerHeaders, EndWithTheEmptyLine) {
  AnswerHeaders headers = headers_of({"Cache-Control: max-age=60"});
  headers.add_line("ETag: \"trailer\"\r\n");
  headers.add_line("Cache-Control: max-age=5\r\n");
  EXPECT_EQ(headers.etag(), "");
  EXPECT_EQ(headers.max_age_s(), 60U);
}

TEST(AnswerHeaders, PassOverLinesThatAreNone) {
  const AnswerHeaders headers = headers_of({"no colon", ": no name", "ETag \"blank before the colon\"", "ETag : \"v1\"", "\"ETag: v1"});
  EXPECT_EQ(headers.etag(), "");
}

}  // namespace
}  // namespace assay::fetch
