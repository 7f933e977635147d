// All of the way with an issuer that is not ours: oidc-provider, certified by the OpenID Foundation. Discovery, its keys by assay-fetch, its access tokens (RFC 9068) of two
// algorithms for the API that a client names (RFC 8707), and a rotation of its keys.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "assay/client.h"
#include "client/control.h"
#include "support/daemon_process.h"
#include "support/fetch_process.h"
#include "support/https_client.h"
#include "support/test_ca.h"

namespace assay::tests {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kProvider = ASSAY_OIDC "/provider.mjs";
constexpr const char* kNode = ASSAY_OIDC "/node";
constexpr std::chrono::seconds kLimit{30};          // for keys to come
constexpr std::chrono::seconds kProviderLimit{120};  // for an answer of the provider: a busy machine takes its time to load Node and to make RSA keys

// Provider: the issuer as a child process; it ends with this object, for that ends its standard input.
class Provider {
 public:
  Provider(const TemporaryFolder& folder, const Identity& identity) {
    const std::string certificate = folder.write("provider.pem", identity.certificate);
    const std::string key = folder.write("provider.key", identity.key);
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("socketpair");
    channel_ = RawConnection(ends[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    const char* arguments[] = {kNode, kProvider, certificate.c_str(), key.c_str(), nullptr};
    const int error = posix_spawn(&pid_, kNode, &actions, nullptr, const_cast<char**>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) throw std::runtime_error("cannot start node");
  }
  ~Provider() {
    channel_ = RawConnection(-1);
    waitpid(pid_, nullptr, 0);
  }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  // use_keys(kids): its set from now on, as provider.mjs takes them. The issuer.
  std::string use_keys(const std::string& kids) {
    std::string answer;
    for (channel_.send(kids + "\n"); !answer.ends_with('\n');) {
      const auto bytes = channel_.receive(4096, kProviderLimit);
      if (!bytes || bytes->empty()) throw std::runtime_error("the provider does not answer");
      answer += *bytes;
    }
    answer.pop_back();
    return answer;
  }

 private:
  pid_t pid_ = -1;
  RawConnection channel_{-1};
};

class OpenIdProvider : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kNode)) {
      GTEST_SKIP() << "there is no oidc-provider in " ASSAY_OIDC ": `scripts/npm tests/oidc build/oidc` puts it there, as scripts/test does, where there are Node and npm's registry";
    }
    provider_.emplace(folder_, ca_.issue());
    issuer_ = provider_->use_keys("rs-1 es-1");
    daemon_.emplace(DaemonProcess::Options{.configuration = configuration(), .more_arguments = {}});
    ASSERT_TRUE(daemon_->running()) << daemon_->log();
    fetch_.emplace(FetchProcess::Options{.keys = (daemon_->folder().path() / "keys.sock").string(), .environment = {}});
    client_.emplace(daemon_->socket(), ClientOptions{.timeout_ms = 10'000});
  }

  std::string configuration() const {
    return R"({"oauth_servers":[{"name":"provider","issuers":[")" + issuer_ + R"("],"discovery":true,"ca_file":")" + ca_file_ +
           R"(","algorithms":["RS256","ES256"],"token_type":"at+jwt"}],"api_services":[)"
           R"({"name":"orders","audiences":["https://orders.example.com"],"oauth_servers":["provider"],"required_scopes":["orders.read"]},)"
           R"({"name":"payments","audiences":["https://payments.example.com"],"oauth_servers":["provider"],"required_scopes":["orders.read"]}]})";
  }

  // token(api_service): a new one for it, by the grant of client credentials (RFC 6749 section 4.4).
  std::string token(const std::string& api_service) const {
    const std::string answer = body_of(
        issuer_ + "/token", ca_file_,
        "grant_type=client_credentials&client_id=shop&client_secret=a-secret-of-the-test&scope=orders.read&resource=https%3A%2F%2F" + api_service + ".example.com");
    constexpr std::string_view kMember = R"("access_token":")";
    const std::size_t begin = answer.find(kMember);
    if (begin == std::string::npos) throw std::runtime_error("no token: " + answer);
    return answer.substr(begin + kMember.size(), answer.find('"', begin + kMember.size()) - begin - kMember.size());
  }

  Verdict validate(const std::string& api_service, const std::string& token) {
    const auto verdict = client_->validate({.api_service = api_service, .required_scopes = {}, .claims = {}}, token);
    if (!verdict) throw std::runtime_error("no verdict: " + verdict.error().text);
    return *verdict;
  }
  // settled(api_service, token): its verdict once it is not, or no more, that keys are on their way; the last one if that takes longer than the limit.
  Verdict settled(const std::string& api_service, const std::string& token) {
    const auto until = Clock::now() + kLimit;
    for (;;) {
      const Verdict verdict = validate(api_service, token);
      if (verdict.outcome() != Outcome::unavailable || Clock::now() > until) return verdict;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  TestCa ca_;
  TemporaryFolder folder_;
  std::string ca_file_ = folder_.write("ca.pem", ca_.certificate());
  std::optional<Provider> provider_;
  std::string issuer_;
  std::optional<DaemonProcess> daemon_;
  std::optional<FetchProcess> fetch_;
  std::optional<Client> client_;
};

// OpenID Connect Discovery 1.0 section 4: keys come from where the issuer's metadata says. RFC 9068 section 4: its access tokens are good where they are meant for.
TEST_F(OpenIdProvider, GivesKeysByDiscoveryAndTokensThatAreAccepted) {
  const std::string of_rsa = token("orders");
  const std::string of_ec = token("payments");
  const Verdict orders = settled("orders", of_rsa);
  ASSERT_TRUE(orders.accepted()) << orders.info().name << "\n" << fetch_->log();
  EXPECT_EQ(orders.kid, "rs-1");
  EXPECT_EQ(orders.client_id, "shop");
  EXPECT_EQ(orders.scopes, std::vector<std::string>{"orders.read"});
  const Verdict payments = validate("payments", of_ec);
  ASSERT_TRUE(payments.accepted()) << payments.info().name;
  EXPECT_EQ(payments.kid, "es-1");
  EXPECT_EQ(validate("payments", of_rsa).code, Code::wrong_audience);
  EXPECT_EQ(validate("orders", of_ec).code, Code::wrong_audience);
}

// OpenID Connect Core 1.0 section 10.1.1: a signer rotates by adding a key to its set, and signing with it; a kid that is not known is the signal to fetch the set again.
// What leaves the set signs nothing any more.
TEST_F(OpenIdProvider, RotatesItsKeysWithoutAnOperator) {
  const std::string before = token("orders");
  ASSERT_TRUE(settled("orders", before).accepted()) << fetch_->log();

  ASSERT_EQ(provider_->use_keys("rs-2 rs-1 es-2 es-1"), issuer_);
  const std::string after = token("orders");
  const auto begin = Clock::now();
  EXPECT_EQ(validate("orders", after).code, Code::key_refreshing);  // it has not been fetched again for any other reason
  const Verdict accepted = settled("orders", after);
  const auto took = Clock::now() - begin;
  ASSERT_TRUE(accepted.accepted()) << accepted.info().name << "\n" << fetch_->log();
  EXPECT_EQ(accepted.kid, "rs-2");
  EXPECT_LE(took, kLimit);
  std::printf("accepted %.1f ms after the first token of the new key\n", std::chrono::duration<double, std::milli>(took).count());
  EXPECT_EQ(validate("payments", token("payments")).kid, "es-2");  // it came with the same set
  EXPECT_TRUE(validate("orders", before).accepted());

  ASSERT_EQ(provider_->use_keys("rs-2 es-2"), issuer_);
  EXPECT_TRUE(validate("orders", before).accepted());
  const auto answer = ControlClient(daemon_->control(), {.timeout_ms = 60'000}).refresh("provider");
  const auto* refreshed = std::get_if<Refreshed>(&answer);
  ASSERT_NE(refreshed, nullptr) << std::get<Refusal>(answer).error.text;
  EXPECT_TRUE(refreshed->changed);
  EXPECT_FALSE(validate("orders", before).accepted());
  EXPECT_EQ(settled("orders", before).code, Code::unknown_key);
  EXPECT_TRUE(validate("orders", after).accepted());
}

}  // namespace
}  // namespace assay::tests
