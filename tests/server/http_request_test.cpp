#include "server/http_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/limits.h"

namespace assay::server {
namespace {

using enum HttpRequest;

constexpr std::size_t kMax = limits::kHttpHeadBytesMax;

// line(text): a head of that request line alone.
std::string line(const std::string& text) { return text + "\r\n\r\n"; }

// large(bytes): a good head of so many octets.
std::string large(std::size_t bytes) {
  std::string head = "GET /metrics HTTP/1.1\r\nX: ";
  head.append(bytes - head.size() - 4, 'x');
  return head + "\r\n\r\n";
}

TEST(HttpRequest, IsWhatItsFirstLineAsksFor) {
  EXPECT_EQ(read_http_request(line("GET /metrics HTTP/1.1")), get_metrics);
  EXPECT_EQ(read_http_request(line("GET /metrics HTTP/1.0")), get_metrics);
  EXPECT_EQ(read_http_request(line("HEAD /metrics HTTP/1.1")), head_metrics);
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nX-Long:\tblanks and \xC3\xA9\r\n\r\n"), get_metrics);
  for (const char* other : {"POST", "PUT", "DELETE", "OPTIONS", "get", "GETT", "G"}) EXPECT_EQ(read_http_request(line(other + std::string(" /metrics HTTP/1.1"))), method_not_allowed) << other;
}

// RFC 9112 section 3.2: the query is part of the target; what is not known is not there, whoever asks and how.
TEST(HttpRequest, KnowsOnePathWhateverItsQuery) {
  EXPECT_EQ(read_http_request(line("GET /metrics? HTTP/1.1")), get_metrics);
  EXPECT_EQ(read_http_request(line("GET /metrics?name[]=/a?b HTTP/1.1")), get_metrics);
  for (const char* other : {"/", "*", "?/metrics", "/metrics/", "/Metrics", "/metric", "/metrics2", "//metrics", "/metrics#a", "/%6detrics", "http://localhost/metrics"}) {
    EXPECT_EQ(read_http_request(line("GET " + std::string(other) + " HTTP/1.1")), not_found) << other;
  }
  EXPECT_EQ(read_http_request(line("POST / HTTP/1.1")), not_found);
}

TEST(HttpRequest, KnowsTwoVersions) {
  for (const char* other : {"HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.1", "HTTP/9.9"}) {
    EXPECT_EQ(read_http_request(line("GET /metrics " + std::string(other))), unknown_version) << other;
  }
  for (const char* none : {"HTTP/1", "HTTP/1.", "HTTP/11", "HTTP/1.10", "HTTP/11.0", "http/1.1", "HTTPS/1.1", "HTTP/a.b", "HTTP/1,1", "HTTP/-1.1", ""}) {
    EXPECT_EQ(read_http_request(line("GET /metrics " + std::string(none))), bad_request) << none;
  }
}

// RFC 9113 section 3.4: a client that takes it for granted that the server speaks HTTP/2 begins so. It is told at once.
TEST(HttpRequest, KnowsHttp2ByItsPreface) { EXPECT_EQ(read_http_request("PRI * HTTP/2.0\r\n"), unknown_version); }

// RFC 9112 section 3: three words, one blank between each two.
TEST(HttpRequest, RefusesAFirstLineOfAnotherForm) {
  for (const char* bad : {"", " ", "  ", "GET", "GET /metrics", "GET HTTP/1.1", "GET  HTTP/1.1", " /metrics HTTP/1.1", "GET /metrics HTTP/1.1 ", " GET /metrics HTTP/1.1", "GET  /metrics HTTP/1.1",
                          "GET /metrics  HTTP/1.1", "GET /a b HTTP/1.1", "GET\t/metrics\tHTTP/1.1", "GET\t/metrics HTTP/1.1", "GET /met\xC3\xA9rics HTTP/1.1", "G\xFF /metrics HTTP/1.1", "hello"}) {
    EXPECT_EQ(read_http_request(line(bad)), bad_request) << bad;
    EXPECT_EQ(read_http_request(std::string(bad) + "\n"), bad_request) << bad << ": at once";
  }
}

// RFC 9112 section 2.2: a bare LF may end a line, a bare CR may not.
TEST(HttpRequest, TakesLfAloneForTheEndOfALine) {
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\n\n"), get_metrics);
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\nA: b\n\r\n"), get_metrics);
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\r"), bad_request);
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\nA: b\rC: d\r\n\r\n"), bad_request);
  EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\r\n\r\n"), bad_request);
}

// No text holds them: a client that sends one speaks something else, and is told so at its first such octet.
TEST(HttpRequest, RefusesControlOctetsAtOnce) {
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const bool bad = (octet < 0x20 && c != '\t' && c != '\r' && c != '\n') || octet == 0x7F;
    EXPECT_EQ(read_http_request("GE" + std::string(1, c)) == bad_request, bad || c == '\n') << octet;
    EXPECT_EQ(read_http_request("GET /metrics HTTP/1.1\r\nA: " + std::string(1, c)) == bad_request, bad) << octet;
  }
  EXPECT_EQ(read_http_request(std::string("\0", 1)), bad_request);
  EXPECT_EQ(read_http_request("\x16\x03\x01\x02"), bad_request);  // TLS
}

TEST(HttpRequest, LooksAtNothingBehindItsHead) {
  for (const std::string& behind : {line("GET / HTTP/1.1"), std::string(4, '\0'), std::string(2 * kMax, 'x')}) {
    EXPECT_EQ(read_http_request(line("GET /metrics HTTP/1.1") + behind), get_metrics);
  }
}

TEST(HttpRequest, TakesAHeadUpToTheLimit) {
  EXPECT_EQ(read_http_request(large(kMax)), get_metrics);
  EXPECT_EQ(read_http_request(large(kMax + 1)), head_too_large);
  EXPECT_EQ(read_http_request(large(100 * kMax)), head_too_large);
}

// However it is made up.
TEST(HttpRequest, IsTooLargeWithoutAnEndToo) {
  std::string lines = "GET /metrics HTTP/1.1\r\n";
  while (lines.size() < kMax) lines += "A: b\r\n";
  for (const std::string& endless : {std::string(kMax, 'x'), "GET /" + std::string(kMax, 'x'), "GET /metrics HTTP/1.1\r\n" + std::string(kMax, 'x'), lines}) {
    EXPECT_EQ(read_http_request(endless), head_too_large);
    EXPECT_EQ(read_http_request(endless.substr(0, kMax)), head_too_large);
    EXPECT_EQ(read_http_request(endless.substr(0, kMax - 1)), unset);
  }
  EXPECT_EQ(read_http_request("HELLO\n" + std::string(kMax, 'x')), bad_request);
}

// The head comes in pieces: each front says either nothing yet, or what every longer one says. So where it is cut changes nothing.
TEST(HttpRequest, SaysTheSameWhereverItIsCut) {
  const std::vector<std::string> texts = {line("GET /metrics HTTP/1.1"), line("HEAD /metrics?a HTTP/1.0"), line("POST /metrics HTTP/1.1"), line("GET /x HTTP/1.1") + "body",
                                    line("GET /metrics HTTP/2.0"), "hello\r\nworld\r\n", line("GET /metrics HTTP/1.1\r\nA: " + std::string(1, '\0')), "GET /metrics HTTP/1.1\n\r\r\n", large(kMax), large(kMax + 1)};
  for (const std::string& text : texts) {
    const HttpRequest whole = read_http_request(text);
    EXPECT_NE(whole, unset) << text;
    bool said = false;
    for (std::size_t end = 0; end <= text.size(); ++end) {
      const HttpRequest front = read_http_request(std::string_view(text).substr(0, end));
      said = said || front != unset;
      EXPECT_EQ(front, said ? whole : unset) << text << " cut at " << end;
    }
  }
}

// What is refused for its form is refused early; others may not listen before they have sent their head.
TEST(HttpRequest, WaitsForTheEndOfAHeadThatItUnderstands) {
  for (const char* first : {"GET /metrics HTTP/1.1", "GET / HTTP/1.1", "POST /metrics HTTP/1.1"}) {
    const std::string head = std::string(first) + "\r\nA: b\r\n\r\n";
    for (std::size_t end = 0; end < head.size(); ++end) EXPECT_EQ(read_http_request(std::string_view(head).substr(0, end)), unset) << first << " cut at " << end;
  }
}

}  // namespace
}  // namespace assay::server
