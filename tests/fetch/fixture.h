// The real assay-fetch between a keys socket and an issuer, both of this process.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "support/fetch_process.h"
#include "support/https_server.h"
#include "support/keys_peer.h"
#include "support/test_ca.h"

namespace assay::tests {

inline constexpr const char* kJwks = R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

// ca(): of all tests here; made once.
inline const TestCa& ca() {
  static const TestCa made;
  return made;
}

// FetchTest: assay-fetch is connected when a case begins.
class FetchTest : public testing::Test {
 protected:
  explicit FetchTest(std::vector<std::string> environment = {})
      : keys_((folder_.path() / "keys.sock").string()),
        ca_file_(folder_.write("ca.pem", ca().certificate())),
        peer_(std::in_place, keys_),
        fetch_({.keys = keys_, .environment = std::move(environment)}),
        connection_(peer_->accept()) {}

  void SetUp() override { ASSERT_TRUE(connection_.connected()) << fetch_.log(); }
  // No case may end with a process that has ended by itself.
  void TearDown() override { EXPECT_EQ(fetch_.stop(SIGTERM), 0) << fetch_.log(); }

  // order(url): for an issuer of the test's CA.
  OrderFields order(std::string url) const { return {.url = std::move(url), .ca_file = ca_file_}; }
  OrderFields discovery(std::string issuer) const { return {.discovery = true, .url = std::move(issuer), .ca_file = ca_file_}; }

  // ask(order): its answer; unset if there is none.
  FetchAnswer ask(const OrderFields& order) {
    const std::uint64_t number = ++number_;
    if (!connection_.send(order_frame(number, order))) return {};
    const auto answer = next_answer(connection_);
    if (!answer || answer->number != number) return {};
    return *answer;
  }
  // failure(order): why there is no set; empty if there is one, or no answer.
  std::string failure(const OrderFields& order) {
    const FetchAnswer answer = ask(order);
    EXPECT_EQ(answer.kind, FetchAnswer::Kind::failed) << answer.jwks;
    return answer.reason;
  }

  TemporaryFolder folder_;
  const std::string keys_;
  const std::string ca_file_;
  std::optional<KeysPeer> peer_;
  FetchProcess fetch_;
  RawConnection connection_;
  std::uint64_t number_ = 0;
};

// serving(reply): a handler that always gives this reply.
inline HttpsServer::Handler serving(HttpReply reply) {
  return [reply = std::move(reply)](const HttpRequest&) { return reply; };
}

}  // namespace assay::tests
