// Files and proxies of an order.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;

class FetchAccess : public FetchTest {
 protected:
  HttpsServer server_{{.identity = ca().issue()}, serving(json_reply(kJwks))};
};

TEST_F(FetchAccess, NamesTheMemberWhoseFileCannotBeRead) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.ca_file = (folder_.path() / "nowhere.pem").string();
  EXPECT_EQ(failure(fields), "ca_file: No such file or directory: " + fields.ca_file);
  fields = order(server_.url("/jwks"));
  fields.client_certificate = (folder_.path() / "nowhere.pem").string();
  fields.client_key = folder_.write("client.key", ca().issue_client().key);
  EXPECT_EQ(failure(fields), "client_certificate: No such file or directory: " + fields.client_certificate);
  std::swap(fields.client_certificate, fields.client_key);
  EXPECT_EQ(failure(fields), "client_key: No such file or directory: " + fields.client_key);
  EXPECT_EQ(server_.connections(), 0U);
}

// The whole is cut to kFetchReasonBytesMax: why comes before which. It is escaped once.
TEST_F(FetchAccess, SaysWhyOfALongPathToo) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.ca_file = "/nowhere\n" + std::string(400, '/');
  EXPECT_THAT(failure(fields), testing::StartsWith("ca_file: No such file or directory: /nowhere\\x0a//"));
}

// A FIFO would wait for a writer, a device never end.
TEST_F(FetchAccess, ReadsNothingButRegularFilesOfBoundedSize) {
  const std::string fifo = (folder_.path() / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& path : {fifo, std::string("/dev/zero"), folder_.path().string()}) {
    OrderFields fields = order(server_.url("/jwks"));
    fields.ca_file = path;
    EXPECT_EQ(failure(fields), "ca_file: not a regular file: " + path);
  }
  OrderFields fields = order(server_.url("/jwks"));
  fields.ca_file = folder_.write("large.pem", std::string(1024 * 1024 + 1, 'x'));
  EXPECT_EQ(failure(fields), "ca_file: larger than 1048576 bytes: " + fields.ca_file);
  fields.ca_file = folder_.write("empty.pem", "");
  EXPECT_EQ(failure(fields), "ca_file: an empty file: " + fields.ca_file);
}

TEST_F(FetchAccess, NamesTheMemberWhoseFileIsNoPem) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.ca_file = folder_.write("secret.pem", "my secret\n");
  EXPECT_EQ(failure(fields), "ca_file: holds no certificate that can be read");
  fields = order(server_.url("/jwks"));
  fields.client_certificate = folder_.write("secret.pem", "my secret\n");
  fields.client_key = folder_.write("client.key", ca().issue_client().key);
  EXPECT_EQ(failure(fields), "client_certificate, client_key: cannot be read, or do not belong together");
  fields.client_certificate = folder_.write("client.pem", ca().issue_client().certificate);  // of another key
  EXPECT_EQ(failure(fields), "client_certificate, client_key: cannot be read, or do not belong together");
}

// Nobody is there to type a password: a key that has one is no good, and says so at once.
TEST_F(FetchAccess, AsksNobodyForThePasswordOfAKey) {
  OrderFields fields = order(server_.url("/jwks"));
  const Identity client = ca().issue_client();
  fields.client_certificate = folder_.write("client.pem", client.certificate);
  fields.client_key = folder_.write("client.key", with_password(client.key, "sesame"));
  EXPECT_EQ(failure(fields), "client_certificate, client_key: cannot be read, or do not belong together");
  EXPECT_EQ(fetch_.log().find("pass phrase"), std::string::npos) << fetch_.log();
}

// Files are read for each order: a CA that is replaced on disk counts from then on.
TEST_F(FetchAccess, ReadsItsFilesAnewForEachOrder) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.ca_file = folder_.write("changing.pem", TestCa("another CA").certificate());
  EXPECT_EQ(ask(fields).kind, Kind::failed);
  folder_.write("changing.pem", ca().certificate());
  EXPECT_EQ(ask(fields).kind, Kind::fetched);
}

TEST_F(FetchAccess, GoesByTheProxyOfTheOrder) {
  HttpsServer proxy({}, [this](const HttpRequest& request) {
    if (request.method != "CONNECT") return json_reply(R"({"from":"proxy"})");
    return HttpReply{.bytes = "HTTP/1.1 200 Connected\r\nETag: \"proxy\"\r\n\r\n", .manner = HttpReply::Manner::then_tunnel, .repeated = {}, .tunnel_port = server_.port()};
  });
  OrderFields fields = order(server_.url("/jwks"));
  fields.proxy = proxy.url("");
  const FetchAnswer answer = ask(fields);
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks, kJwks);
  EXPECT_EQ(answer.etag, "");  // the proxy's own head is none of the answer
  ASSERT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(proxy.requests()[0].target, "127.0.0.1:" + std::to_string(server_.port()));
}

TEST_F(FetchAccess, SaysThatAProxyRefuses) {
  HttpsServer proxy({}, serving(http_reply("403 Forbidden", "")));
  OrderFields fields = order(server_.url("/jwks"));
  fields.proxy = proxy.url("");
  EXPECT_EQ(failure(fields), "127.0.0.1:" + std::to_string(server_.port()) + ": CONNECT tunnel failed, response 403");
  EXPECT_EQ(server_.connections(), 0U);
}

// Port 9 of the loopback has no listener.
TEST_F(FetchAccess, SaysThatAProxyIsNotThere) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.proxy = "http://127.0.0.1:9";
  EXPECT_EQ(failure(fields), "connect to the proxy 127.0.0.1:9: connection refused");
  EXPECT_EQ(server_.connections(), 0U);
}

class ProxyOfTheEnvironment : public FetchTest {
 protected:
  // Port 9 of the loopback, discard, is where nobody listens; whoever goes there fails.
  ProxyOfTheEnvironment()
      : FetchTest({"https_proxy=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "http_proxy=http://127.0.0.1:9", "all_proxy=http://127.0.0.1:9", "ALL_PROXY=http://127.0.0.1:9",
                   "no_proxy=", "NO_PROXY="}) {}
};

TEST_F(ProxyOfTheEnvironment, IsIgnored) {
  HttpsServer server({.identity = ca().issue()}, serving(json_reply(kJwks)));
  HttpsServer plain({}, serving(json_reply(kJwks)));
  EXPECT_EQ(ask(order(server.url("/jwks"))).kind, Kind::fetched);
  EXPECT_EQ(ask(order(plain.url("/jwks"))).kind, Kind::fetched);
}

class NoProxyOfTheEnvironment : public FetchTest {
 protected:
  NoProxyOfTheEnvironment() : FetchTest({"no_proxy=*", "NO_PROXY=*"}) {}
};

TEST_F(NoProxyOfTheEnvironment, IsIgnored) {
  HttpsServer server({}, serving(json_reply(kJwks)));
  HttpsServer proxy({}, serving(json_reply(R"({"from":"proxy"})")));
  OrderFields fields = order(server.url("/jwks"));
  fields.proxy = proxy.url("");
  EXPECT_EQ(ask(fields).jwks, R"({"from":"proxy"})");
  EXPECT_EQ(server.connections(), 0U);
}

}  // namespace
}  // namespace assay::tests
