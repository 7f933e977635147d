// assayd and assay-fetch, each without the other and after the other's end; issuers that hang, and issuers that are gone.
#include <unistd.h>

#include <fstream>
#include <future>
#include <sstream>

#include "integration/keys_fixture.h"

namespace assay::tests {
namespace {

constexpr const char* kStrace = "/usr/bin/strace";
constexpr const char* kReadelf = "/usr/bin/readelf";
constexpr const char* kLdd = "/usr/bin/ldd";

class KeysLife : public KeysTest {};

HttpReply hanging() { return {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[", .manner = HttpReply::Manner::then_hang, .repeated = {}}; }

// No key is no refusal: the tokens may be good.
TEST_F(KeysLife, TokensAreUnavailableUntilAssayFetchHasBroughtTheFirstKeys) {
  start({source()});
  const Verdict before = verdict(token_);
  EXPECT_EQ(before.code, Code::keys_unavailable);
  EXPECT_EQ(before.outcome(), Outcome::unavailable);
  EXPECT_FALSE(status().fetcher_connected);
  EXPECT_EQ(source_status().state, SourceState::never_fetched);
  EXPECT_FALSE(server_status().available);
  EXPECT_TRUE(has_problem("assay-fetch is not connected"));
  EXPECT_EQ(refresh().value_or("").substr(0, 9), "refused: ");

  start_fetch();
  EXPECT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  EXPECT_TRUE(status().fetcher_connected);
  EXPECT_FALSE(has_problem("assay-fetch"));
  const SourceStatus after = source_status();
  EXPECT_EQ(after.state, SourceState::fresh);
  EXPECT_EQ(after.failures, 0U);
  EXPECT_EQ(after.last_error, std::nullopt);
  EXPECT_EQ(after.stale_until - after.fetched_at, 24 * 3600);
  EXPECT_EQ(count(daemon_->log(), "assay-fetch is connected"), 1U) << daemon_->log();
  EXPECT_EQ(count(daemon_->log(), "keys fetched: OAuth server idp (" + issuer_->url("/jwks") + ")"), 1U) << daemon_->log();
  EXPECT_EQ(issuer_->requests().size(), 1U);
}

TEST_F(KeysLife, StoredKeysServeThoughAssayFetchNeverComes) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  EXPECT_EQ(fetch_->stop(SIGTERM), 0) << fetch_->log();
  EXPECT_EQ(daemon_->stop(SIGTERM).status, 0) << daemon_->log();
  start({source()});
  EXPECT_EQ(code(token_), Code::accepted);
  EXPECT_FALSE(status().fetcher_connected);
  EXPECT_TRUE(has_problem("assay-fetch is not connected"));
  EXPECT_TRUE(server_status().available);
  EXPECT_NE(source_status().fetched_at, 0);
  EXPECT_EQ(issuer_->requests().size(), 1U);
}

// A kid that nobody has must not become a refusal while nobody could ask for it.
TEST_F(KeysLife, UnknownKidsAreToldToComeAgainWhileAssayFetchIsAway) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  fetch_->stop(SIGTERM);
  ASSERT_TRUE(fetcher_is(false));
  publish({key_, next_});
  const Verdict away = verdict(next_token_);
  EXPECT_EQ(away.code, Code::key_refreshing);
  EXPECT_GT(away.retry_after_ms, 0U);
  EXPECT_EQ(code(token_), Code::accepted);
  start_fetch();
  EXPECT_TRUE(comes_to(Code::accepted, next_token_)) << daemon_->log();
}

TEST_F(KeysLife, OneIssuerThatHangsHoldsUpNoOther) {
  HttpsServer stuck({.identity = ca().issue()}, serving(hanging()));
  const Source bad{.name = "stuck", .url = stuck.url("/jwks"), .more = R"(,"timeout_ms":60000)", .ca_file = ca_file_};
  start({source(), bad});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  ASSERT_TRUE(stuck.await_requests(1));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refresh(), std::nullopt);
  publish({next_});
  EXPECT_EQ(refresh(), std::nullopt);
  EXPECT_EQ(code(next_token_), Code::accepted);
  // All of that happened while the other one was being asked, once.
  EXPECT_EQ(stuck.requests().size(), 1U);
  EXPECT_EQ(stuck.open_connections(), 1U);
  EXPECT_EQ(source_status("stuck").state, SourceState::fetching);
  EXPECT_EQ(source_status("stuck").next_try_in_ms, std::nullopt);
  EXPECT_EQ(code(token(key_, "stuck"), "stuck"), Code::keys_unavailable);
  EXPECT_EQ(source_status().state, SourceState::fresh);
}

TEST_F(KeysLife, KeysServeOnWhenAssayFetchIsKilledWithinAnAnswer) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  issuer_->set_handler(serving(hanging()));
  auto asked = std::async(std::launch::async, [this] { return ControlClient(daemon_->control(), kPatiently).refresh("idp"); });
  ASSERT_TRUE(issuer_->await_requests(2));
  fetch_->stop(SIGKILL);
  const auto answer = asked.get();
  ASSERT_TRUE(std::holds_alternative<Refreshed>(answer));
  EXPECT_EQ(std::get<Refreshed>(answer).failure, "assay-fetch is gone");
  EXPECT_EQ(count(daemon_->log(), "assay-fetch is gone"), 1U) << daemon_->log();
  EXPECT_FALSE(status().fetcher_connected);
  EXPECT_EQ(code(token_), Code::accepted);
  EXPECT_EQ(source_status().failures, 0U);  // the issuer has done nothing wrong

  publish({key_, next_});
  start_fetch();
  // What was asked for and never answered is asked again, without anybody's doing.
  EXPECT_TRUE(issuer_->await_requests(3));
  EXPECT_TRUE(comes_to(Code::accepted, next_token_)) << daemon_->log();
  EXPECT_EQ(code(token_), Code::accepted);
  EXPECT_EQ(source_status().state, SourceState::fresh);
  EXPECT_EQ(count(daemon_->log(), "assay-fetch is connected"), 2U) << daemon_->log();
}

TEST_F(KeysLife, ASecondAssayFetchIsRefusedAndTheFirstGoesOn) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  FetchProcess second({.keys = keys_socket()});
  EXPECT_TRUE(second.await_log("too_many_connections")) << second.log();
  EXPECT_TRUE(second.running());
  publish({next_});
  EXPECT_EQ(refresh(), std::nullopt);
  EXPECT_EQ(code(next_token_), Code::accepted);
  EXPECT_EQ(count(daemon_->log(), "assay-fetch is connected"), 1U) << daemon_->log();
  EXPECT_EQ(count(daemon_->log(), "keys socket: too many connections"), 1U) << daemon_->log();
  // It waits for its turn, and gets it.
  EXPECT_EQ(fetch_->stop(SIGTERM), 0) << fetch_->log();
  EXPECT_TRUE(eventually([&] { return count(daemon_->log(), "assay-fetch is connected") == 2; })) << daemon_->log() << second.log();
  EXPECT_EQ(refresh(), std::nullopt);
  EXPECT_EQ(second.stop(SIGTERM), 0) << second.log();
}

TEST_F(KeysLife, StoredKeysServeOverARestartWithAllIssuersDown) {
  start({source()});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  const std::int64_t fetched_at = source_status().fetched_at;
  const Source same = source();
  issuer_.reset();
  EXPECT_EQ(daemon_->stop(SIGTERM).status, 0) << daemon_->log();
  start({same});
  EXPECT_EQ(code(token_), Code::accepted);
  ASSERT_TRUE(fetcher_is(true)) << fetch_->log();  // the same one, which has found the next daemon
  EXPECT_NE(refresh().value_or("").find("connection refused"), std::string::npos);
  const SourceStatus after = source_status();
  EXPECT_EQ(after.state, SourceState::failing);
  EXPECT_GE(after.failures, 1U);
  EXPECT_EQ(after.fetched_at, fetched_at);  // old keys do not become younger by a restart
  EXPECT_NE(after.last_error.value_or("").find("connection refused"), std::string::npos);
  EXPECT_EQ(code(token_), Code::accepted);
  EXPECT_TRUE(has_problem("the last fetch of keys failed, of OAuth servers"));
  EXPECT_EQ(count(daemon_->log(), "fetch failed"), 1U) << daemon_->log();
}

// One address, reached in two ways: what comes by one of them says nothing about the other.
TEST_F(KeysLife, TheWayToAnAddressIsPartOfTheSource) {
  const std::string other_file = folder_.write("other.pem", other_ca().certificate());
  Source wrong = source();
  wrong.name = "wrong";
  wrong.ca_file = other_file;
  start({source(), wrong});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  EXPECT_TRUE(eventually([&] { return source_status("wrong").state == SourceState::failing; })) << daemon_->log();
  EXPECT_NE(source_status("wrong").last_error.value_or("").find("TLS: unable to get local issuer certificate"), std::string::npos);
  EXPECT_EQ(code(token(key_, "wrong"), "wrong"), Code::keys_unavailable);
  EXPECT_EQ(source_status().state, SourceState::fresh);
  EXPECT_EQ(source_status().failures, 0U);
  EXPECT_EQ(count(daemon_->log(), "fetch failed: OAuth server wrong ("), 1U) << daemon_->log();
  EXPECT_EQ(count(daemon_->log(), "fetch failed"), 1U) << daemon_->log();
}

TEST_F(KeysLife, AClientCertificateOpensAnIssuerThatAsksForOne) {
  const Identity client = ca().issue_client();
  HttpsServer closed({.identity = ca().issue(), .client_ca = ca().certificate()}, serving(json_reply(mint::jwks({key_}))));
  const std::string certificate_file = folder_.write("client.pem", client.certificate);
  const std::string files = fmt::format(R"(,"client_certificate":"{}","client_key":"{}")", certificate_file, folder_.write("client.key", client.key));
  const std::string url = closed.url("/jwks");
  start({{.name = "known", .url = url, .more = files, .ca_file = ca_file_}, {.name = "unknown", .url = url, .more = {}, .ca_file = ca_file_}});
  start_fetch();
  EXPECT_TRUE(comes_to(Code::accepted, token(key_, "known"), "known")) << daemon_->log() << fetch_->log();
  EXPECT_TRUE(eventually([&] { return source_status("unknown").state == SourceState::failing; })) << daemon_->log();
  EXPECT_EQ(code(token(key_, "unknown"), "unknown"), Code::keys_unavailable);
  EXPECT_EQ(closed.requests().size(), 1U);
}

// The issuer is up and would answer; who goes through a proxy goes through nothing else.
TEST_F(KeysLife, AProxyIsUsedThoughItIsDead) {
  start({source(R"(,"proxy":"http://127.0.0.1:1")")});
  start_fetch();
  EXPECT_TRUE(eventually([&] { return source_status().state == SourceState::failing; })) << daemon_->log();
  EXPECT_EQ(code(token_), Code::keys_unavailable);
  EXPECT_EQ(issuer_->connections(), 0U);
}

TEST_F(KeysLife, AProxyThatLivesLeadsToTheIssuer) {
  HttpsServer proxy({}, serving({.bytes = "HTTP/1.1 200 Connected\r\n\r\n", .manner = HttpReply::Manner::then_tunnel, .repeated = {}, .tunnel_port = issuer_->port()}));
  start({source(fmt::format(R"(,"proxy":"http://127.0.0.1:{}")", proxy.port()))});
  start_fetch();
  EXPECT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  ASSERT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(proxy.requests().front().method, "CONNECT");
}

// What keeps the daemon off the network: it has nothing to speak to it with, and opens no socket that could.
class KeysNetwork : public KeysTest {};

TEST_F(KeysNetwork, IsNothingThatTheDaemonHasALibraryFor) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "a sanitizer brings libraries of its own";
#endif
  const Exited direct = run({kReadelf, "-d", ASSAYD});
  ASSERT_EQ(direct.status, 0) << direct.output;
  ASSERT_NE(direct.output.find("[libuv.so"), std::string::npos) << direct.output;
  const Exited all = run({kLdd, ASSAYD});
  ASSERT_EQ(all.status, 0) << all.output;
  // Of mbedTLS the daemon has the part without TLS: libmbedcrypto.
  for (const std::string_view library : {"libcurl", "libssl", "libcrypto", "libnghttp", "libgnutls", "libmbedtls", "libmbedx509", "libcares", "libssh", "libresolv"}) {
    EXPECT_EQ(direct.output.find(fmt::format("[{}", library)), std::string::npos) << direct.output;
    EXPECT_EQ(all.output.find(library), std::string::npos) << all.output;
  }
  // The same look at the program that has them finds them.
  EXPECT_NE(run({kLdd, ASSAY_FETCH}).output.find("libcurl"), std::string::npos);
}

TEST_F(KeysNetwork, IsNothingThatTheDaemonOpensASocketOf) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "a sanitizer traces the process itself";
#endif
  if (access(kStrace, X_OK) != 0) GTEST_SKIP() << "strace is not installed";
  const std::string trace_file = (folder_.path() / "trace").string();
  const auto trace = [&] {
    std::ostringstream text;
    text << std::ifstream(trace_file).rdbuf();
    return text.str();
  };
  if (run({kStrace, "-f", "-e", "trace=socket", "-o", trace_file, "/bin/true"}).status != 0) GTEST_SKIP() << "strace may not trace here";
  // -D: the tracer is a grandchild, so that the child of this process is assayd.
  start({source()}, {kStrace, "-D", "-f", "-e", "trace=socket", "-o", trace_file});
  start_fetch();
  ASSERT_TRUE(comes_to(Code::accepted, token_)) << daemon_->log() << fetch_->log();
  publish({key_, next_});
  EXPECT_TRUE(comes_to(Code::accepted, next_token_)) << daemon_->log();
  EXPECT_EQ(refresh(), std::nullopt);
  ASSERT_TRUE(std::holds_alternative<Deployed>(control_->deploy({.configuration = configuration({source(R"(,"refresh_min":30)")})})));
  issuer_->set_handler(serving(http_reply("404 Not Found", "")));
  EXPECT_NE(refresh(), std::nullopt);
  EXPECT_EQ(code(token_), Code::accepted);
  fetch_->stop(SIGTERM);
  ASSERT_TRUE(fetcher_is(false));
  start_fetch();
  ASSERT_TRUE(fetcher_is(true));
  EXPECT_EQ(daemon_->stop(SIGTERM).status, 0) << daemon_->log();
  // The tracer may still be writing.
  ASSERT_TRUE(eventually([&] { return trace().ends_with("+++ exited with 0 +++\n"); })) << trace();
  std::istringstream lines(trace());
  std::size_t sockets = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("socket(") == std::string::npos) continue;
    ++sockets;
    EXPECT_NE(line.find("socket(AF_UNIX, "), std::string::npos) << line;
  }
  EXPECT_GE(sockets, 3U) << trace();  // its own three
}

}  // namespace
}  // namespace assay::tests
