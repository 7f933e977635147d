// Tokens that come again, in the real daemon: they are judged without their signature, and everything else is asked of them anew.
#include <gtest/gtest.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>

#include "assay/client.h"
#include "client/control.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

constexpr std::string_view kIssuer = "https://id.example.com";
constexpr std::string_view kAudience = "https://api.example.com";

// One OAuth server whose keys are pushed, and two API services with one audience; the second wants a scope. daemon: members of `daemon`.
std::string configuration(const std::string& daemon) {
  return R"({"oauth_servers":[{"name":"idp","issuers":["https://id.example.com"],"jwks_url":"https://id.example.com/jwks"}],
             "api_services":[{"name":"plain","audiences":["https://api.example.com"],"oauth_servers":["idp"]},
                             {"name":"strict","audiences":["https://api.example.com"],"oauth_servers":["idp"],"required_scopes":["write"]}],
             "daemon":{)" + daemon + R"("limits":{"request_age_ms":30000}}})";
}

class TokenCacheTest : public testing::Test {
 protected:
  void start(const std::string& daemon, unsigned workers = 1) {
    daemon_.emplace(DaemonProcess::Options{.configuration = configuration(daemon), .workers = workers});
    ASSERT_TRUE(daemon_->running()) << daemon_->log();
    control_.emplace(daemon_->control(), ClientOptions{.timeout_ms = 30'000});
    client_.emplace(daemon_->socket(), ClientOptions{.timeout_ms = 30'000});
  }
  void push(const std::vector<mint::Key>& keys) { ASSERT_TRUE(std::holds_alternative<Pushed>(control_->push_keys("idp", mint::jwks(keys)))); }
  Code code(const std::string& api_service) {
    const auto verdict = client_->validate({.api_service = api_service, .required_scopes = {}, .claims = {}}, token_);
    EXPECT_TRUE(verdict.ok()) << verdict.error().text;
    return verdict.ok() ? verdict->code : Code::unset;
  }
  std::optional<TokenCache> cache() {
    const auto report = control_->status();
    EXPECT_TRUE(report.ok());
    return report.ok() ? report->token_cache : std::nullopt;
  }

  const mint::Key key_ = mint::Key::generate("EdDSA", {.kid = "k"});
  const mint::Key other_ = mint::Key::generate("EdDSA", {.kid = "other"});
  const std::string token_ = mint::token(key_, mint::claims(kIssuer, kAudience, std::time(nullptr), 3600));
  std::optional<DaemonProcess> daemon_;
  std::optional<ControlClient> control_;
  std::optional<Client> client_;
};

TEST_F(TokenCacheTest, IsAskedBeforeTheSignature) {
  start("");
  push({key_});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(code("plain"), Code::accepted);
  EXPECT_EQ(code("strict"), Code::insufficient_scope);
  const auto figures = cache();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->misses, 1U);
  EXPECT_EQ(figures->hits, 10U);
  EXPECT_EQ(figures->entries, 1U);
  EXPECT_NE(run({ASSAYCTL, "status", "--control", daemon_->control()}).output.find("token cache  10 hits (90.9 %), 1 misses; 1 of 129,048 entries, 0 evicted"), std::string::npos);
}

// Whichever worker has verified a token, all remember it.
TEST_F(TokenCacheTest, IsSharedByAllWorkers) {
  start("", 4);
  push({key_});
  EXPECT_EQ(code("plain"), Code::accepted);
  for (int i = 0; i < 8; ++i) {
    client_.emplace(daemon_->socket(), ClientOptions{.timeout_ms = 30'000});  // each connection goes to the least loaded worker
    EXPECT_EQ(code("plain"), Code::accepted);
  }
  EXPECT_EQ(cache()->misses, 1U);
}

TEST_F(TokenCacheTest, LosesATokenWithItsKeyAndHasItAgainWithTheKey) {
  start("");
  push({key_, other_});
  EXPECT_EQ(code("plain"), Code::accepted);
  EXPECT_EQ(code("plain"), Code::accepted);
  push({other_});
  EXPECT_EQ(code("plain"), Code::key_refreshing);  // for all that is known a fetch might bring it back; there is nobody who fetches
  EXPECT_EQ(cache()->keys_gone, 1U);
  push({other_, key_});
  EXPECT_EQ(code("plain"), Code::accepted);
  EXPECT_EQ(cache()->hits, 2U);
  EXPECT_EQ(cache()->misses, 1U);
}

TEST_F(TokenCacheTest, IsNotThereWithoutABudget) {
  for (const std::string_view budget : {"0", "100"}) {
    start("\"token_cache_budget\": " + std::string(budget) + ", ");
    push({key_});
    EXPECT_EQ(code("plain"), Code::accepted);
    EXPECT_EQ(code("plain"), Code::accepted);
    EXPECT_FALSE(cache());
    EXPECT_EQ(daemon_->log().find("no tokens are remembered") != std::string::npos, budget == "100") << daemon_->log();
    EXPECT_NE(run({ASSAYCTL, "status", "--control", daemon_->control()}).output.find("token cache  none"), std::string::npos);
  }
}

// What no host has the memory for is served without.
TEST_F(TokenCacheTest, IsDoneWithoutWhereThereIsNoMemory) {
#ifdef ASSAY_SANITIZED
  GTEST_SKIP() << "a sanitizer's own mmap gives up where ours is refused";
#endif
  std::ifstream overcommit("/proc/sys/vm/overcommit_memory");
  if (overcommit.get() == '1') GTEST_SKIP() << "this host gives memory that it does not have";
  start("\"token_cache_budget\": 1099511627776, ");
  push({key_});
  EXPECT_EQ(code("plain"), Code::accepted);
  EXPECT_FALSE(cache());
}

}  // namespace
}  // namespace assay::tests
