// What an issuer answers, and what becomes of it.
#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;

class Answers : public FetchTest {
 protected:
  // answer_to(reply): what assay-fetch makes of it.
  FetchAnswer answer_to(HttpReply reply, const std::string& etag = {}) {
    server_.set_handler(serving(std::move(reply)));
    OrderFields fields = order(server_.url("/jwks"));
    fields.etag = etag;
    return ask(fields);
  }
  std::string failure_of(HttpReply reply) {
    const FetchAnswer answer = answer_to(std::move(reply));
    EXPECT_EQ(answer.kind, Kind::failed) << answer.jwks;
    return answer.reason;
  }

  HttpsServer server_{{.identity = ca().issue()}, serving(json_reply(kJwks))};
};

TEST_F(Answers, BringsTheSetAsReceivedWithItsTagAndItsAge) {
  const FetchAnswer answer = answer_to(json_reply(kJwks, "ETag: \"v1\"\r\nCache-Control: public, max-age=600\r\nAge: 100\r\n"));
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks, kJwks);
  EXPECT_EQ(answer.etag, "\"v1\"");
  EXPECT_EQ(answer.max_age, 500U);
}

TEST_F(Answers, SaysNothingOfTagAndAgeThatTheIssuerDoesNotGive) {
  const FetchAnswer answer = answer_to(json_reply(kJwks));
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.etag, "");
  EXPECT_EQ(answer.max_age, std::nullopt);
}

// Whether keys are usable is assayd's to say: whatever is an object is passed on, white space and all.
TEST_F(Answers, PassesOnWhateverIsAJsonObject) {
  for (const std::string body : {"{}", " { \"keys\" : 7 } \n", R"({"keys":[{"kty":"oct","k":"AA"}]})"}) {
    const FetchAnswer answer = answer_to(json_reply(body));
    EXPECT_EQ(answer.kind, Kind::fetched) << answer.reason;
    EXPECT_EQ(answer.jwks, body);
  }
}

// RFC 9112 section 7.1: a body in chunks is no encoded one.
TEST_F(Answers, ReadsABodyInChunks) {
  const FetchAnswer answer = answer_to({.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n5\r\na\":1}\r\n0\r\n\r\n", .repeated = {}});
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks, R"({"a":1})");
}

TEST_F(Answers, ReadsABodyThatComesOctetByOctet) {
  HttpReply reply = json_reply(kJwks);
  reply.manner = HttpReply::Manner::slowly;
  const FetchAnswer answer = answer_to(reply);
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks, kJwks);
}

// RFC 9110 section 6.5.1: trailers are not merged into the head.
TEST_F(Answers, TakesNothingFromTrailers) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n";
  const std::string trailers = "ETag: \"late\"\r\nHTTP/1.1 200 OK: x\r\nCache-Control: max-age=9999\r\n\r\n";
  const FetchAnswer answer = answer_to({.bytes = head + "2\r\n{}\r\n0\r\n" + trailers, .repeated = {}});
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.etag, "");
  EXPECT_EQ(answer.max_age, 60U);
}

// RFC 9110 section 15.2: interim answers come before the answer, and are none.
TEST_F(Answers, SkipsInterimAnswers) {
  HttpReply reply = json_reply(kJwks);
  reply.bytes = "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\nCache-Control: max-age=9\r\n\r\n" + reply.bytes;
  const FetchAnswer answer = answer_to(reply);
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.etag, "");
  EXPECT_EQ(answer.max_age, std::nullopt);
}

TEST_F(Answers, RefusesBodiesThatAreNoJsonObject) {
  EXPECT_EQ(failure_of(json_reply("")), "an empty body");
  EXPECT_EQ(failure_of(json_reply("[1]")), "JSON, but no object");
  EXPECT_EQ(failure_of(json_reply("\"keys\"")), "JSON, but no object");
  for (const std::string body : {R"({"keys":[)", "<html><body>sign in</body></html>", "{\"keys\":[]}x", "\xEF\xBB\xBF{}", "{\"a\":\"\xFF\"}", "{\"a\":1,}", " "}) {
    const std::string reason = failure_of(json_reply(body));
    EXPECT_TRUE(reason.starts_with("not JSON: ")) << reason;
    EXPECT_EQ(reason.find("sign in"), std::string::npos) << reason;
  }
}

// RFC 9110 section 13.1.2: the tag of the set in hand is sent back as it came.
TEST_F(Answers, AsksWithTheTagInHandAndKnows304) {
  const FetchAnswer answer = answer_to({.bytes = "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=77\r\n\r\n", .repeated = {}}, "W/\"v1\"");
  ASSERT_EQ(answer.kind, Kind::not_modified) << answer.reason;
  EXPECT_EQ(answer.max_age, 77U);
  EXPECT_EQ(server_.requests().back().header("If-None-Match"), "W/\"v1\"");
}

TEST_F(Answers, SendsNoTagWhereThereIsNone) {
  EXPECT_EQ(failure_of({.bytes = "HTTP/1.1 304 Not Modified\r\n\r\n", .repeated = {}}), "HTTP 304 without a set in hand");
  EXPECT_EQ(server_.requests().back().header("If-None-Match"), std::nullopt);
}

TEST_F(Answers, LeavesOutTagsThatCannotBeKept) {
  const FetchAnswer answer = answer_to(json_reply(kJwks, "ETag: \"" + std::string(300, 'x') + "\"\r\n"));
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.etag, "");
}

TEST_F(Answers, NamesTheStatusOfEveryOtherAnswer) {
  for (const std::string status : {"201 Created", "204 No Content", "206 Partial Content", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Oops",
                                   "503 Busy"}) {
    EXPECT_EQ(failure_of(http_reply(status, status.starts_with("204") ? "" : "{}")), "HTTP " + status.substr(0, 3));
  }
}

// RFC 9110 section 10.2.3.
TEST_F(Answers, PassesOnWhenToComeBack) {
  EXPECT_EQ(answer_to(http_reply("429 Too Many Requests", "", "Retry-After: 120\r\n")).retry_after, 120U);
  EXPECT_EQ(answer_to(http_reply("503 Busy", "", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n")).retry_after, 0U);
  EXPECT_EQ(answer_to(http_reply("503 Busy", "")).retry_after, std::nullopt);
}

TEST_F(Answers, FollowsNoRedirect) {
  HttpsServer elsewhere({.identity = ca().issue()}, serving(json_reply(kJwks)));
  for (const std::string status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
    EXPECT_EQ(failure_of(http_reply(status, "", "Location: " + elsewhere.url("/jwks") + "\r\n")), "HTTP " + status.substr(0, 3) + ", a redirect, which is not followed");
  }
  EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST_F(Answers, RefusesEncodedBodies) {
  for (const std::string header : {"Content-Encoding: gzip\r\n", "content-encoding: identity, br\r\n", "Transfer-Encoding: gzip, chunked\r\n"}) {
    const HttpReply reply{.bytes = "HTTP/1.1 200 OK\r\n" + header + "Content-Length: 2\r\n\r\n{}", .repeated = {}};
    // A transfer coding is libcurl's to undo, and this body is in none: then the reason is libcurl's.
    const std::string reason = failure_of(reply);
    if (!header.starts_with("Transfer")) {
      EXPECT_EQ(reason, "an encoded answer, though none was asked for") << header;
    }
  }
  EXPECT_EQ(answer_to(json_reply(kJwks, "Content-Encoding: identity\r\n")).kind, Kind::fetched);
}

TEST_F(Answers, AsksForWhatItTakesAndSaysWhoItIs) {
  ASSERT_EQ(answer_to(json_reply(kJwks)).kind, Kind::fetched);
  const HttpRequest request = server_.requests().back();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/jwks");
  EXPECT_EQ(request.header("Accept"), "application/jwk-set+json, application/json");
  EXPECT_EQ(request.header("User-Agent"), "assay-fetch/" ASSAY_VERSION);
  EXPECT_EQ(request.header("Accept-Encoding"), std::nullopt);
  EXPECT_EQ(request.header("Cookie"), std::nullopt);
  EXPECT_EQ(request.header("Authorization"), std::nullopt);
}

// No cookie of one answer in the next request, no connection of one order for another, though the issuer would keep it open.
TEST_F(Answers, KeepsNothingFromOneOrderToTheNext) {
  const std::string head = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nAlt-Svc: h2=\":1\"\r\nStrict-Transport-Security: max-age=9\r\n";
  const HttpReply reply{.bytes = head + "Content-Length: 2\r\n\r\n{}", .manner = HttpReply::Manner::then_hang, .repeated = {}};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(answer_to(reply).kind, Kind::fetched);
  EXPECT_EQ(server_.connections(), 3U);
  EXPECT_TRUE(server_.await_closed());
  EXPECT_EQ(server_.requests().back().header("Cookie"), std::nullopt);
}

TEST_F(Answers, SaysThatAnAnswerEndedEarly) {
  const std::string host = "127.0.0.1:" + std::to_string(server_.port());
  EXPECT_EQ(failure_of({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ke", .repeated = {}}), host + ": the answer ended early");
  const std::string cut = failure_of({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ke", .manner = HttpReply::Manner::then_break, .repeated = {}});
  EXPECT_TRUE(cut.starts_with(host + ": ")) << cut;
  const std::string nothing = failure_of({.bytes = "", .repeated = {}});
  EXPECT_TRUE(nothing.starts_with(host + ": ")) << nothing;
}

// A body without a length ends with the connection, which anybody could cut (RFC 9112 section 8). What is left of an object is none, so nothing is taken for whole.
TEST_F(Answers, TakesNoPartOfASetForASet) {
  const std::string whole = R"({"keys":[{}]})";
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    failure_of({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + whole.substr(0, bytes), .manner = HttpReply::Manner::then_break, .repeated = {}});
  }
}

// Nothing of what an issuer writes stands in a reason, but escaped words of TLS.
TEST_F(Answers, GivesReasonsWithoutWordsOfTheIssuer) {
  for (const std::string bytes : {"secret\r\n\r\n", "HTTP/1.1 secret OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: secret\r\n\r\n{}",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
                                  "HTTP/1.1 200 secret\r\nTransfer-Encoding: secret\r\n\r\n{}"}) {
    server_.set_handler(serving({.bytes = bytes, .repeated = {}}));
    const FetchAnswer answer = ask(order(server_.url("/jwks?token=secret")));
    EXPECT_EQ(answer.kind, Kind::failed) << bytes;
    EXPECT_EQ(answer.reason.find("secret"), std::string::npos) << answer.reason;
    EXPECT_FALSE(answer.reason.empty());
  }
}

}  // namespace
}  // namespace assay::tests
