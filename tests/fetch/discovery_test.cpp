// Discovery: from an issuer's name to its keys.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <map>

#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;

class Discovery : public FetchTest {
 protected:
  // serve(replies): what stands under which path; 404 elsewhere.
  void serve(std::map<std::string, HttpReply> replies) {
    server_.set_handler([replies = std::move(replies)](const HttpRequest& request) {
      const auto found = replies.find(request.target);
      return found == replies.end() ? http_reply("404 Not Found", "") : found->second;
    });
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const HttpRequest& request : server_.requests()) targets.push_back(request.target);
    return targets;
  }
  std::string metadata(const std::string& issuer, const std::string& jwks_uri) const { return fmt::format(R"({{"issuer":"{}","jwks_uri":"{}"}})", issuer, jwks_uri); }

  HttpsServer server_{{.identity = ca().issue()}, serving(http_reply("404 Not Found", ""))};
};

// OpenID Connect Discovery 1.0 section 4.1.
TEST_F(Discovery, FindsTheKeysOfAnIssuerByOpenIdConnect) {
  const std::string issuer = server_.url("/am");
  serve({{"/am/.well-known/openid-configuration", json_reply(metadata(issuer, server_.url("/keys?set=1")), "ETag: \"meta\"\r\nCache-Control: max-age=9\r\n")},
         {"/keys?set=1", json_reply(kJwks, "ETag: \"keys\"\r\n")}});
  const FetchAnswer answer = ask(discovery(issuer));
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks, kJwks);
  EXPECT_EQ(answer.etag, "\"keys\"");
  EXPECT_EQ(answer.max_age, std::nullopt);  // the metadata's age is not the set's
  EXPECT_EQ(targets(), (std::vector<std::string>{"/am/.well-known/openid-configuration", "/keys?set=1"}));
}

TEST_F(Discovery, LeavesOutOneSlashAtTheIssuersEndButComparesItWhole) {
  const std::string issuer = server_.url("/");
  serve({{"/.well-known/openid-configuration", json_reply(metadata(issuer, server_.url("/keys")))}, {"/keys", json_reply(kJwks)}});
  EXPECT_EQ(ask(discovery(issuer)).kind, Kind::fetched);
  EXPECT_EQ(failure(discovery(server_.url(""))), "openid-configuration: its issuer is another one, by a slash at the end");
}

// RFC 8414 section 3.1: between host and path.
TEST_F(Discovery, FallsBackToOAuthMetadata) {
  const std::string issuer = server_.url("/tenant/1");
  serve({{"/.well-known/oauth-authorization-server/tenant/1", json_reply(metadata(issuer, server_.url("/keys")))}, {"/keys", json_reply(kJwks)}});
  ASSERT_EQ(ask(discovery(issuer)).kind, Kind::fetched);
  EXPECT_EQ(targets(), (std::vector<std::string>{"/tenant/1/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/tenant/1", "/keys"}));
}

TEST_F(Discovery, SaysThatNeitherIsThere) { EXPECT_EQ(failure(discovery(server_.url("/am"))), "oauth-authorization-server: HTTP 404"); }

// A server that is busy is not asked a second time at once, and one that is broken may not be replaced by its other face.
TEST_F(Discovery, DoesNotFallBackFromAServerThatIsBusyOrBroken) {
  for (const std::string status : {"429 Too Many Requests", "500 Oops", "503 Busy", "302 Found"}) {
    server_.set_handler(serving(http_reply(status, "", "Retry-After: 7\r\n")));
    const std::size_t before = server_.requests().size();
    const FetchAnswer answer = ask(discovery(server_.url("")));
    EXPECT_TRUE(answer.reason.starts_with("openid-configuration: HTTP " + status.substr(0, 3))) << answer.reason;
    EXPECT_EQ(answer.retry_after, 7U);
    EXPECT_EQ(server_.requests().size(), before + 1);
  }
}

// RFC 8414 section 3.3: another issuer's metadata must not be used.
TEST_F(Discovery, RefusesMetadataOfAnotherIssuer) {
  const std::string issuer = server_.url("/am");
  for (const std::string& other : {issuer + "/", server_.url("/AM"), server_.url("/am", "localhost"), std::string()}) {
    serve({{"/am/.well-known/openid-configuration", json_reply(metadata(other, server_.url("/keys")))}, {"/keys", json_reply(kJwks)}});
    EXPECT_THAT(failure(discovery(issuer)), testing::StartsWith("openid-configuration: its issuer is another one")) << other;
  }
  for (const std::string& target : targets()) EXPECT_NE(target, "/keys");
}

// The rules of addresses hold for what an issuer says as for what an operator writes.
TEST_F(Discovery, RefusesKeysAtAnAddressThatBreaksTheRules) {
  const std::string issuer = server_.url("");
  for (const std::string uri : {"http://keys.example/jwks", "https://user@127.0.0.1/jwks", "file:///etc/passwd", "/keys", "", "https://keys.example/#x", "ftp://127.0.0.1/"}) {
    serve({{"/.well-known/openid-configuration", json_reply(metadata(issuer, uri))}});
    EXPECT_EQ(failure(discovery(issuer)), "openid-configuration: its jwks_uri is none that keys may be fetched from") << uri;
  }
}

TEST_F(Discovery, RefusesMetadataThatIsMalformed) {
  const std::string issuer = server_.url("");
  const std::string good = "\"jwks_uri\":\"" + server_.url("/keys") + "\"";
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "JSON, but no object"},
      {"", "an empty body"},
      {"{}", "no issuer that is a string"},
      {"{\"issuer\":[\"" + issuer + "\"]," + good + "}", "no issuer that is a string"},
      {"{\"issuer\":\"" + issuer + "\"}", "no jwks_uri that is a string"},
      {"{\"issuer\":\"" + issuer + "\",\"jwks_uri\":null}", "no jwks_uri that is a string"},
      {"{\"issuer\":\"" + issuer + "\"," + good + ",\"issuer\":\"" + issuer + "\"}", "a member stands twice"},
      {"{\"issuer\":\"" + issuer + "\"," + good + ",\"jwks\\u005furi\":\"https://evil.example/\"}", "a member stands twice"},
  };
  for (const auto& [body, reason] : cases) {
    serve({{"/.well-known/openid-configuration", json_reply(body)}, {"/keys", json_reply(kJwks)}});
    EXPECT_EQ(failure(discovery(issuer)), "openid-configuration: " + reason) << body;
  }
  serve({{"/.well-known/openid-configuration", json_reply("<html>")}});
  EXPECT_TRUE(failure(discovery(issuer)).starts_with("openid-configuration: not JSON: "));
}

TEST_F(Discovery, SendsTheTagInHandToTheSetAlone) {
  const std::string issuer = server_.url("");
  serve({{"/.well-known/openid-configuration", json_reply(metadata(issuer, server_.url("/keys")))}, {"/keys", {.bytes = "HTTP/1.1 304 Not Modified\r\n\r\n", .repeated = {}}}});
  OrderFields fields = discovery(issuer);
  fields.etag = "\"v1\"";
  EXPECT_EQ(ask(fields).kind, Kind::not_modified);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].header("If-None-Match"), std::nullopt);
  EXPECT_EQ(requests[1].header("If-None-Match"), "\"v1\"");
}

TEST_F(Discovery, FetchesTheMetadataEachTime) {
  const std::string issuer = server_.url("");
  for (const std::string path : {"/keys1", "/keys2"}) {
    serve({{"/.well-known/openid-configuration", json_reply(metadata(issuer, server_.url(path)))}, {path, json_reply(kJwks)}});
    EXPECT_EQ(ask(discovery(issuer)).kind, Kind::fetched);
  }
  EXPECT_EQ(server_.requests().size(), 4U);
}

// One time limit for all of an order: what the metadata took is not given again.
TEST_F(Discovery, CountsTheMetadataAgainstTheTimeOfTheOrder) {
  const std::string issuer = server_.url("");
  serve({{"/.well-known/openid-configuration", json_reply(metadata(issuer, server_.url("/keys")))}, {"/keys", {.bytes = "", .manner = HttpReply::Manner::then_hang, .repeated = {}}}});
  OrderFields fields = discovery(issuer);
  fields.timeout_ms = 1'000;
  EXPECT_EQ(failure(fields), "timeout after 1000 ms while waiting for the answer");
  server_.set_handler(serving({.bytes = "", .manner = HttpReply::Manner::then_hang, .repeated = {}}));
  EXPECT_EQ(failure(fields), "openid-configuration: timeout after 1000 ms while waiting for the answer");
}

}  // namespace
}  // namespace assay::tests
