// Metrics of the real daemon: they say exactly what was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <ctime>
#include <string>
#include <vector>

#include "assay/client.h"
#include "client/control.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"
#include "support/exposition.h"

namespace assay::tests {
namespace {

using testing::IsEmpty;

constexpr std::string_view kIssuer = "https://id.example.com";
constexpr std::string_view kAudience = "https://api.example.com";

// One OAuth server whose keys are pushed, and API services of these names.
std::string configuration(const std::vector<std::string>& api_services) {
  std::string services;
  for (const std::string& name : api_services) services += (services.empty() ? "" : ",") + (R"({"name":")" + name + R"(","audiences":["https://api.example.com"],"oauth_servers":["idp"]})");
  return R"({"oauth_servers":[{"name":"idp","issuers":["https://id.example.com"],"jwks_url":"https://id.example.com/jwks"}],"api_services":[)" + services +
         R"(],"daemon":{"limits":{"request_age_ms":30000}}})";
}

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() { EXPECT_TRUE(std::holds_alternative<Pushed>(control_.push_keys("idp", mint::jwks({key_})))); }
  // read(): as assayctl prints them.
  Exposition read() {
    const Exited exited = run({ASSAYCTL, "metrics", "--control", daemon_.control()});
    EXPECT_EQ(exited.status, 0) << exited.output;
    Exposition exposition = parse_exposition(exited.output);
    EXPECT_THAT(exposition.faults, IsEmpty());
    return exposition;
  }
  // read_with(requests): once so many have been counted since `before`: a request is counted when its answer has been written, so that its asker may come first.
  Exposition read_with(double requests, const Exposition& before) {
    constexpr std::string_view kRequests = "assay_request_duration_seconds_count";
    Exposition after = read();
    for (int tries = 0; tries < 1000 && after.at(std::string(kRequests)) < before.at(std::string(kRequests)) + requests; ++tries) after = read();
    return read();
  }
  // ask(api_service, tokens): one request.
  void ask(const std::string& api_service, const std::vector<std::string_view>& tokens) {
    EXPECT_TRUE(client_.validate({.api_service = api_service, .required_scopes = {}, .claims = {}}, tokens).ok());
  }
  std::string token(std::int64_t at_s) const { return mint::token(key_, mint::claims(kIssuer, kAudience, at_s, 3600)); }
  static std::string verdicts(std::string_view api_service, std::string_view oauth_server, std::string_view code, bool verified) {
    return "assay_verdicts_total{api_service=\"" + std::string(api_service) + "\",code=\"" + std::string(code) + "\",oauth_server=\"" + std::string(oauth_server) + "\",verified=\"" +
           (verified ? "true" : "false") + "\"}";
  }

  const mint::Key key_ = mint::Key::generate("EdDSA", {.kid = "k\"1\n"});
  const std::string good_ = token(std::time(nullptr));
  const std::string expired_ = token(std::time(nullptr) - 100'000);
  DaemonProcess daemon_{{.configuration = configuration({"orders", "payments"}), .workers = 3}};
  ControlClient control_{daemon_.control(), ClientOptions{.timeout_ms = 30'000}};
  Client client_{daemon_.socket(), ClientOptions{.timeout_ms = 30'000}};
};

TEST_F(MetricsTest, CountExactlyWhatWasSent) {
  const Exposition before = read();
  std::string forged = good_;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  for (int i = 0; i < 5; ++i) ask("orders", {good_, good_, expired_, "nonsense", forged});
  for (int i = 0; i < 3; ++i) ask("payments", {good_});
  EXPECT_FALSE(client_.validate({.api_service = "nobody", .required_scopes = {}, .claims = {}}, good_).ok());
  const Exposition after = read_with(9, before);
  EXPECT_EQ(after.at(verdicts("orders", "idp", "accepted", true)), 10);
  EXPECT_EQ(after.at(verdicts("orders", "idp", "expired", false)), 5);
  EXPECT_EQ(after.at(verdicts("orders", "", "not_compact", false)), 5);
  EXPECT_EQ(after.at(verdicts("orders", "idp", "bad_signature", false)), 5);
  EXPECT_EQ(after.at(verdicts("payments", "idp", "accepted", true)), 3);
  double all = 0;
  for (const auto& [series, value] : after.samples) all += series.starts_with("assay_verdicts_total{") ? value : 0;
  EXPECT_EQ(all, 28);
  EXPECT_EQ(after.at("assay_errors_total{error=\"unknown_api_service\"}"), 1);
  EXPECT_EQ(after.at("assay_errors_total{error=\"overloaded\"}"), 0);
  // The process's own first Ping is a request, too.
  EXPECT_EQ(after.at("assay_request_duration_seconds_count") - before.at("assay_request_duration_seconds_count"), 9);
  EXPECT_GT(after.at("assay_request_duration_seconds_sum"), before.at("assay_request_duration_seconds_sum"));
  EXPECT_EQ(after.at("assay_batch_tokens_sum"), 28);
  EXPECT_EQ(after.at("assay_batch_tokens_count"), 8);  // a request each, since one waited for the other
  EXPECT_EQ(after.at("assay_batch_duration_seconds_count"), 8);
  EXPECT_EQ(after.at("assay_batch_tokens_bucket{le=\"1\"}"), 3);
  EXPECT_EQ(after.at("assay_token_cache_misses_total"), 2 + 5);  // the first two came together
  EXPECT_EQ(after.at(R"(assay_key_verified_tokens_total{kid="k"1\x0a",oauth_server="idp"})"), 13);
  EXPECT_GE(after.at(R"(assay_key_last_used_timestamp_seconds{kid="k"1\x0a",oauth_server="idp"})"), static_cast<double>(std::time(nullptr) - 60));
  EXPECT_EQ(after.at("assay_connections"), 1);
  const auto tokens_bytes = static_cast<double>(13 * good_.size() + 5 * expired_.size() + 5 * forged.size());
  EXPECT_GT(after.at("assay_received_bytes_total") - before.at("assay_received_bytes_total"), tokens_bytes);
  EXPECT_LT(after.at("assay_received_bytes_total") - before.at("assay_received_bytes_total"), 2 * tokens_bytes);
  EXPECT_GT(after.at("assay_sent_bytes_total"), before.at("assay_sent_bytes_total"));
  double cpu = 0;
  for (int i = 0; i < 3; ++i) cpu += after.at("assay_worker_cpu_seconds_total{worker=\"" + std::to_string(i) + "\"}");
  EXPECT_GT(cpu, 0);
  EXPECT_LE(cpu, daemon_.cpu_seconds() + 0.02);  // which the kernel rounds to ticks
}

// A kind keeps its name when its API service leaves, and goes on counting when it comes back.
TEST_F(MetricsTest, GoOnOverDeploys) {
  ask("payments", {good_});
  ASSERT_TRUE(std::holds_alternative<Deployed>(control_.deploy({.configuration = configuration({"orders", "third"})})));
  ask("third", {good_, good_});
  EXPECT_EQ(read().at(verdicts("payments", "idp", "accepted", true)), 1);
  ASSERT_TRUE(std::holds_alternative<Deployed>(control_.deploy({.configuration = configuration({"third", "payments"})})));
  ask("payments", {good_});
  const Exposition after = read();
  EXPECT_EQ(after.at(verdicts("payments", "idp", "accepted", true)), 2);
  EXPECT_EQ(after.at(verdicts("third", "idp", "accepted", true)), 2);
  EXPECT_EQ(after.at("assay_deployment"), 3);
  EXPECT_FALSE(std::holds_alternative<Deployed>(control_.deploy({.configuration = "{}"})));
  EXPECT_TRUE(std::holds_alternative<Deployed>(control_.deploy({.configuration = configuration({"x"}), .dry_run = true})));
  EXPECT_TRUE(std::holds_alternative<Pushed>(control_.push_keys("idp", mint::jwks({key_}))));
  EXPECT_TRUE(std::holds_alternative<Deployed>(control_.rollback({})));
  const Exposition changed = read();
  const auto changes = [&changed](std::string_view kind, std::string_view outcome) {
    return changed.at("assay_changes_total{kind=\"" + std::string(kind) + "\",outcome=\"" + std::string(outcome) + "\"}");
  };
  EXPECT_EQ(changes("deploy", "changed"), 2);
  EXPECT_EQ(changes("deploy", "refused"), 1);
  EXPECT_EQ(changes("deploy", "dry_run"), 1);
  EXPECT_EQ(changes("push", "changed"), 1);
  EXPECT_EQ(changes("push", "unchanged"), 1);
  EXPECT_EQ(changes("rollback", "changed"), 1);
  EXPECT_EQ(changes("rollback", "refused"), 0);
  EXPECT_EQ(changed.at("assay_snapshot_build_seconds_count"), 4);
  EXPECT_GT(changed.at("assay_snapshot_last_build_seconds"), 0);
  EXPECT_GE(changed.at("assay_snapshot_build_seconds_sum"), changed.at("assay_snapshot_last_build_seconds"));
}

// One line for the first of a kind, however many workers meet it and however many come; what the others were is told by number. Never a token.
TEST_F(MetricsTest, TheLogTellsTheFirstRefusalOfAKindAtOnceAndTheOthersByNumber) {
  for (int i = 0; i < 6; ++i) {
    Client client(daemon_.socket(), ClientOptions{.timeout_ms = 30'000});  // each connection goes to the least loaded worker
    for (int j = 0; j < 2; ++j) EXPECT_TRUE(client.validate({.api_service = "orders", .required_scopes = {}, .claims = {}}, std::vector<std::string_view>{expired_, expired_}).ok());
  }
  ask("payments", {expired_});
  daemon_.stop(SIGTERM);
  const std::string log = daemon_.log();
  const auto count = [&log](std::string_view text) {
    int found = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("first of its kind: token "), 2) << log;
  EXPECT_EQ(count(R"(: expired, API service orders, OAuth server idp, kid k"1\x0a)"), 1) << log;
  EXPECT_EQ(count("tokens not accepted, in the last minute: 24: expired, API service orders, OAuth server idp"), 1) << log;
  EXPECT_EQ(count("tokens not accepted, in the last minute: 1: expired, API service payments"), 1) << log;
  EXPECT_EQ(count("tokens not accepted"), 2) << log;
  EXPECT_EQ(log.find(expired_.substr(expired_.rfind('.') + 1)), std::string::npos);
  EXPECT_EQ(log.find(expired_.substr(0, 40)), std::string::npos);
}

}  // namespace
}  // namespace assay::tests
