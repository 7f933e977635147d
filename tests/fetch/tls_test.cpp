// Whom assay-fetch believes: TLS, and where plain HTTP is allowed.
#include <openssl/ssl.h>

#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;

class Tls : public FetchTest {
 protected:
  std::string failure_at(HttpsServer& server) {
    const std::string reason = failure(order(server.url("/jwks")));
    EXPECT_EQ(server.requests().size(), 0U);
    EXPECT_TRUE(reason.starts_with("127.0.0.1:" + std::to_string(server.port()) + ": TLS: ")) << reason;
    return reason.substr(reason.find("TLS: "));
  }
};

TEST_F(Tls, ConnectsByNameAndByAddress) {
  HttpsServer server({.identity = ca().issue()}, serving(json_reply(kJwks)));
  EXPECT_EQ(ask(order(server.url("/jwks"))).kind, Kind::fetched);
  EXPECT_EQ(ask(order(server.url("/jwks", "localhost"))).kind, Kind::fetched);
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  HttpsServer server({.identity = ca().issue_expired()}, serving(json_reply(kJwks)));
  EXPECT_EQ(failure_at(server), "TLS: certificate has expired");
}

TEST_F(Tls, RefusesACertificateForAnotherName) {
  HttpsServer server({.identity = ca().issue_wrong_name()}, serving(json_reply(kJwks)));
  EXPECT_EQ(failure_at(server), "TLS: no alternative certificate subject name matches target host name '127.0.0.1'");
}

// RFC 9525 section 2: the common name does not count.
TEST_F(Tls, RefusesACertificateThatNamesItsHostInTheSubjectAlone) {
  HttpsServer server({.identity = ca().issue({.common_name = "127.0.0.1", .names = {"DNS:other.example"}})}, serving(json_reply(kJwks)));
  failure_at(server);
}

TEST_F(Tls, RefusesACertificateOfAnotherAuthority) {
  const TestCa other("another CA");
  HttpsServer server({.identity = other.issue()}, serving(json_reply(kJwks)));
  EXPECT_EQ(failure_at(server), "TLS: unable to get local issuer certificate");
}

// An authority of the same name is not the same authority.
TEST_F(Tls, RefusesACertificateOfAnAuthorityThatBorrowsTheName) {
  const TestCa impostor;
  HttpsServer server({.identity = impostor.issue()}, serving(json_reply(kJwks)));
  failure_at(server);
}

TEST_F(Tls, RefusesACertificateForClients) {
  HttpsServer server({.identity = ca().issue({.for_client = true})}, serving(json_reply(kJwks)));
  failure_at(server);
}

// Without a CA file the host's authorities count, and the test's is none of them.
TEST_F(Tls, TrustsTheHostsAuthoritiesWithoutACaFile) {
  HttpsServer server({.identity = ca().issue()}, serving(json_reply(kJwks)));
  OrderFields fields = order(server.url("/jwks"));
  fields.ca_file.clear();
  EXPECT_NE(failure(fields), "");
  EXPECT_EQ(server.requests().size(), 0U);
}

// RFC 8996: TLS 1.0 and 1.1 are dead.
TEST_F(Tls, RefusesOldVersions) {
  HttpsServer server({.identity = ca().issue(), .tls_version_max = TLS1_1_VERSION}, serving(json_reply(kJwks)));
  failure_at(server);
}

TEST_F(Tls, TakesVersion12) {
  HttpsServer server({.identity = ca().issue(), .tls_version_max = TLS1_2_VERSION}, serving(json_reply(kJwks)));
  EXPECT_EQ(ask(order(server.url("/jwks"))).kind, Kind::fetched);
}

TEST_F(Tls, SaysThatAPlainServerDoesNotSpeakTls) {
  HttpsServer server({}, serving(json_reply(kJwks)));
  const std::string reason = failure(order("https://127.0.0.1:" + std::to_string(server.port()) + "/jwks"));
  EXPECT_NE(reason.find("TLS: "), std::string::npos) << reason;
}

TEST_F(Tls, ShowsItsCertificateToAnIssuerThatAsks) {
  HttpsServer server({.identity = ca().issue(), .client_ca = ca().certificate()}, serving(json_reply(kJwks)));
  const Identity client = ca().issue_client();
  OrderFields fields = order(server.url("/jwks"));
  fields.client_certificate = folder_.write("client.pem", client.certificate);
  fields.client_key = folder_.write("client.key", client.key);
  EXPECT_EQ(ask(fields).kind, Kind::fetched);
}

TEST_F(Tls, FailsWhereACertificateIsAskedForAndItHasNone) {
  HttpsServer server({.identity = ca().issue(), .client_ca = ca().certificate()}, serving(json_reply(kJwks)));
  EXPECT_NE(failure(order(server.url("/jwks"))), "");
  EXPECT_EQ(server.requests().size(), 0U);
}

TEST_F(Tls, FailsWithAClientCertificateOfAnotherAuthority) {
  HttpsServer server({.identity = ca().issue(), .client_ca = ca().certificate()}, serving(json_reply(kJwks)));
  const Identity client = TestCa("another CA").issue_client();
  OrderFields fields = order(server.url("/jwks"));
  fields.client_certificate = folder_.write("client.pem", client.certificate);
  fields.client_key = folder_.write("client.key", client.key);
  EXPECT_NE(failure(fields), "");
  EXPECT_EQ(server.requests().size(), 0U);
}

// What one order's CA or certificate has opened does not serve another's: no connection and no session is shared.
TEST_F(Tls, SharesNothingBetweenOrdersWithDifferentAccess) {
  const HttpReply kept_open{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", .manner = HttpReply::Manner::then_hang, .repeated = {}};
  HttpsServer server({.identity = ca().issue(), .client_ca = ca().certificate()}, serving(kept_open));
  const Identity client = ca().issue_client();
  const OrderFields without = order(server.url("/jwks"));
  OrderFields with = without;
  with.client_certificate = folder_.write("client.pem", client.certificate);
  with.client_key = folder_.write("client.key", client.key);
  EXPECT_EQ(ask(with).kind, Kind::fetched);
  EXPECT_EQ(ask(without).kind, Kind::failed);
  EXPECT_EQ(ask(with).kind, Kind::fetched);
  OrderFields strange = with;
  strange.ca_file = folder_.write("other.pem", TestCa("another CA").certificate());
  EXPECT_EQ(ask(strange).kind, Kind::failed);
  EXPECT_EQ(server.connections(), 4U);
}

TEST_F(Tls, TakesPlainHttpFromTheLoopback) {
  HttpsServer server({}, serving(json_reply(kJwks)));
  EXPECT_EQ(ask(order(server.url("/jwks"))).kind, Kind::fetched);
}

// A name can be made to resolve to anything.
TEST_F(Tls, TakesPlainHttpFromANameOnlyIfTheOrderSaysSo) {
  HttpsServer server({}, serving(json_reply(kJwks)));
  OrderFields fields = order(server.url("/jwks", "localhost"));
  EXPECT_EQ(failure(fields), "order: url is none that keys may be fetched from");
  EXPECT_EQ(server.connections(), 0U);
  fields.allow_http = true;
  EXPECT_EQ(ask(fields).kind, Kind::fetched);
}

}  // namespace
}  // namespace assay::tests
