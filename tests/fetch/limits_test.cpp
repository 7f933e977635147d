// Time, sizes, and how much at once.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "fetch/fixture.h"

namespace assay::tests {
namespace {

using Kind = FetchAnswer::Kind;
using Manner = HttpReply::Manner;

// SilentListener: a port of the loopback where connections are taken by the kernel, and nobody is at home.
class SilentListener {
 public:
  SilentListener() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), bytes), 0);
    EXPECT_EQ(listen(descriptor_, 16), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &bytes), 0);
    host_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentListener() { close(descriptor_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  const std::string& host() const { return host_; }

 private:
  int descriptor_;
  std::string host_;
};

class FetchLimits : public FetchTest {
 protected:
  HttpsServer server_{{.identity = ca().issue()}, serving(json_reply(kJwks))};

  // json_of(bytes): a JSON object of exactly so many.
  static std::string json_of(std::size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + R"("})"; }
};

TEST_F(FetchLimits, TakesASetOf256KiBAndNoMore) {
  server_.set_handler(serving(json_reply(json_of(256 * 1024))));
  const FetchAnswer answer = ask(order(server_.url("/jwks")));
  ASSERT_EQ(answer.kind, Kind::fetched) << answer.reason;
  EXPECT_EQ(answer.jwks.size(), 256U * 1024);
  server_.set_handler(serving(json_reply(json_of(256 * 1024 + 1))));
  EXPECT_EQ(failure(order(server_.url("/jwks"))), "body larger than 262144 bytes");
}

TEST_F(FetchLimits, EndsABodyWithoutEnd) {
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\n\r\n", .manner = Manner::endless}));
  EXPECT_EQ(failure(order(server_.url("/jwks"))), "body larger than 262144 bytes");
  EXPECT_TRUE(server_.await_closed());
}

TEST_F(FetchLimits, TakesMetadataOf64KiBAndNoMore) {
  const std::string issuer = server_.url("");
  const std::string known = R"({"issuer":")" + issuer + R"(","jwks_uri":")" + server_.url("/keys") + R"(","x":")";
  const auto serve = [&](std::size_t bytes) {
    const std::string metadata = known + std::string(bytes - known.size() - 2, 'x') + R"("})";
    server_.set_handler([metadata](const HttpRequest& request) { return json_reply(request.target == "/keys" ? kJwks : metadata); });
  };
  serve(64 * 1024);
  EXPECT_EQ(ask(discovery(issuer)).kind, Kind::fetched);
  serve(64 * 1024 + 1);
  EXPECT_EQ(failure(discovery(issuer)), "openid-configuration: body larger than 65536 bytes");
}

// The status says it all: what follows is not read.
TEST_F(FetchLimits, DoesNotReadTheBodyOfAFailure) {
  server_.set_handler(serving({.bytes = "HTTP/1.1 503 Busy\r\nRetry-After: 5\r\n\r\n", .manner = Manner::endless}));
  const FetchAnswer answer = ask(order(server_.url("/jwks")));
  EXPECT_EQ(answer.reason, "HTTP 503");
  EXPECT_EQ(answer.retry_after, 5U);
  EXPECT_TRUE(server_.await_closed());
}

TEST_F(FetchLimits, EndsHeadersWithoutEnd) {
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\n", .manner = Manner::endless, .repeated = "X: " + std::string(1000, 'y') + "\r\n"}));
  EXPECT_EQ(failure(order(server_.url("/jwks"))), "headers larger than 32768 bytes");
  // Interim answers count, too.
  server_.set_handler(serving({.bytes = "", .manner = Manner::endless, .repeated = "HTTP/1.1 103 Early Hints\r\nX: " + std::string(1000, 'y') + "\r\n\r\n"}));
  EXPECT_EQ(failure(order(server_.url("/jwks"))), "headers larger than 32768 bytes");
  // One line that never ends is libcurl's to refuse.
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\nX: ", .manner = Manner::endless}));
  EXPECT_NE(failure(order(server_.url("/jwks"))), "");
  EXPECT_TRUE(server_.await_closed());
}

TEST_F(FetchLimits, KeepsTheTimeOfTheOrderWhateverTheIssuerDoes) {
  OrderFields fields = order(server_.url("/jwks"));
  fields.timeout_ms = 300;
  server_.set_handler(serving({.bytes = "", .manner = Manner::then_hang, .repeated = {}}));
  EXPECT_EQ(failure(fields), "timeout after 300 ms while waiting for the answer");
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\nContent-Le", .manner = Manner::then_hang, .repeated = {}}));
  EXPECT_EQ(failure(fields), "timeout after 300 ms while reading");
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", .manner = Manner::then_hang, .repeated = {}}));
  EXPECT_EQ(failure(fields), "timeout after 300 ms while reading");
  server_.set_handler(serving({.bytes = "HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, ' '), .manner = Manner::slowly, .pace = std::chrono::milliseconds(5), .repeated = {}}));
  EXPECT_EQ(failure(fields), "timeout after 300 ms while reading");
  EXPECT_TRUE(server_.await_closed());
}

// Somebody listens and says nothing: the handshake has the time of the connect, not that of the order.
TEST_F(FetchLimits, GivesUpAHandshakeAfterTwoSeconds) {
  const SilentListener nobody;
  OrderFields fields = order("https://" + nobody.host() + "/jwks");
  fields.timeout_ms = 60'000;
  EXPECT_EQ(failure(fields), nobody.host() + ": timeout after 2000 ms while connecting");
  fields.timeout_ms = 100;
  EXPECT_TRUE(failure(fields).ends_with("timeout after 100 ms while connecting"));
}

TEST_F(FetchLimits, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const HttpsServer gone({}, serving(json_reply("{}")));
    port = gone.port();
  }
  EXPECT_EQ(failure(order("https://127.0.0.1:" + std::to_string(port) + "/jwks")), "connect to 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST_F(FetchLimits, AnswersOneOrderWhileAnotherHangs) {
  server_.set_handler([](const HttpRequest& request) {
    return request.target == "/hang" ? HttpReply{.bytes = "", .manner = Manner::then_hang, .repeated = {}} : json_reply(kJwks);
  });
  OrderFields hanging = order(server_.url("/hang"));
  hanging.timeout_ms = 60'000;
  ASSERT_TRUE(connection_.send(order_frame(1, hanging)));
  ASSERT_TRUE(server_.await_requests(1));
  ASSERT_TRUE(connection_.send(order_frame(2, order(server_.url("/jwks")))));
  const auto answer = next_answer(connection_);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->number, 2U);
  EXPECT_EQ(answer->kind, Kind::fetched);
  EXPECT_EQ(server_.open_connections(), 1U);
}

TEST_F(FetchLimits, RefusesTheThirtyThirdOrderAndTakesItLater) {
  server_.set_handler([](const HttpRequest& request) {
    return request.target == "/hang" ? HttpReply{.bytes = "", .manner = Manner::then_hang, .repeated = {}} : json_reply(kJwks);
  });
  OrderFields hanging = order(server_.url("/hang"));
  hanging.timeout_ms = 3'000;
  std::string frames;
  for (std::uint64_t number = 1; number <= 32; ++number) frames += order_frame(number, hanging);
  ASSERT_TRUE(connection_.send(frames + order_frame(33, order(server_.url("/jwks")))));
  const auto refused = next_answer(connection_);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->number, 33U);
  EXPECT_EQ(refused->reason, "32 other fetches are under way");
  std::set<std::uint64_t> answered;
  for (int i = 0; i < 32; ++i) {
    const auto answer = next_answer(connection_);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->kind, Kind::failed);
    EXPECT_TRUE(answered.insert(answer->number).second);
  }
  EXPECT_EQ(*answered.rbegin(), 32U);
  ASSERT_TRUE(connection_.send(order_frame(34, order(server_.url("/jwks")))));
  const auto later = next_answer(connection_);
  ASSERT_TRUE(later.has_value());
  EXPECT_EQ(later->kind, Kind::fetched);
}

// Each order is answered once, in whatever state its neighbours are; nothing is left behind. With 64 descriptors a single one lost in 20 orders ends this early.
TEST_F(FetchLimits, LosesNoDescriptorAndNoMemoryOverAThousandOrders) {
  fetch_.limit_descriptors(64);
  const std::string issuer = server_.url("");
  const std::string metadata = R"({"issuer":")" + issuer + R"(","jwks_uri":")" + server_.url("/keys") + R"("})";
  server_.set_handler([metadata](const HttpRequest& request) {
    if (request.target == "/keys") return json_reply(kJwks);
    if (request.target == "/503") return http_reply("503 Busy", "busy");
    if (request.target == "/cut") return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", .manner = Manner::then_break, .repeated = {}};
    return json_reply(metadata);
  });
  OrderFields absent_ca = order(server_.url("/keys"));
  absent_ca.ca_file = "/nowhere";
  const std::pair<OrderFields, Kind> kinds[] = {{order(server_.url("/keys")), Kind::fetched}, {discovery(issuer), Kind::fetched}, {order(server_.url("/503")), Kind::failed},
                                                {order(server_.url("/cut")), Kind::failed},   {absent_ca, Kind::failed}};
  [[maybe_unused]] std::uint64_t resident_kib = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto& [fields, expected] = kinds[i % std::size(kinds)];
    const FetchAnswer answer = ask(fields);
    ASSERT_EQ(answer.kind, expected) << i << ": " << answer.reason << fetch_.log();
    if (i == 200) resident_kib = fetch_.resident_kib();
  }
#ifndef ASSAY_SANITIZED  // whose allocators keep what is freed
  EXPECT_LT(fetch_.resident_kib(), resident_kib + 4 * 1024);
#endif
}

}  // namespace
}  // namespace assay::tests
