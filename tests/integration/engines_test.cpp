// Each engine in the real daemon: what should run does, it serves from the first token on, and goes on while tables are made.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "assay/client.h"
#include "crypto/kernels.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

constexpr std::string_view kAlgorithms[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

// with(members): the fixture's configuration with more members of `daemon`.
std::string with(const std::string& members) {
  std::string text = fixture().configuration();
  constexpr std::string_view kDaemon = "\"daemon\": {";
  return text.insert(text.find(kDaemon) + kDaemon.size(), members);
}

class Engines : public testing::Test {
 protected:
  void start(const std::string& configuration) { daemon_.emplace(DaemonProcess::Options{.configuration = configuration}); }
  std::string status() const { return run({ASSAYCTL, "status", "--json", "--control", daemon_->control()}).output; }
  bool says(std::string_view text) const { return status().find(text) != std::string::npos; }
  // says_soon(text): within 20 s.
  bool says_soon(std::string_view text) const {
    for (int i = 0; i < 200; ++i) {
      if (says(text)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  // serves(): every algorithm's good token, and one with a bit of the signature changed beside it.
  void serves() const {
    Client client(daemon_->socket(), {.timeout_ms = 10'000});
    for (const std::string_view algorithm : kAlgorithms) {
      const std::string good = fixture().orders.good_token(algorithm, std::time(nullptr));
      std::string bad = good;
      char& changed = bad[bad.rfind('.') + 20];
      changed = changed == 'A' ? 'B' : 'A';
      for (const auto& [token, code] : {std::pair(good, Code::accepted), std::pair(bad, Code::bad_signature)}) {
        const auto verdict = client.validate({.api_service = "orders", .required_scopes = {}, .claims = {}}, token);
        ASSERT_TRUE(verdict.ok()) << algorithm << ": " << verdict.error().text;
        EXPECT_EQ(verdict->code, code) << algorithm;
      }
    }
  }

  std::optional<DaemonProcess> daemon_;
};

TEST_F(Engines, ServeAsTheConfigurationSays) {
  const std::string best(name_of(crypto::best_level())), simd(crypto::Kernels::of(crypto::EngineLevel::simd) ? "simd" : "scalar");
  for (const auto& [choice, engine] : {std::pair<std::string, std::string>("auto", best), {"ifma", best}, {"simd", simd}, {"scalar", "scalar"}, {"reference", "reference"}}) {
    SCOPED_TRACE(choice);
    start(with("\"engine\": \"" + choice + "\", "));
    ASSERT_TRUE(daemon_->running()) << daemon_->log();
    serves();
    EXPECT_TRUE(says("\"engine\":\"" + engine + "\""));
    for (const std::string_view algorithm : kAlgorithms) {
      EXPECT_TRUE(says("{\"algorithm\":\"" + std::string(algorithm) + "\",\"engine\":\"" + engine + "\"}")) << algorithm << status();
    }
    if (engine == "reference") {
      EXPECT_FALSE(says("key_tables")) << status();
    } else {
      EXPECT_TRUE(says_soon("\"tables\":6,")) << status();
      EXPECT_TRUE(says("\"keys_without\":0")) << status();
    }
    serves();
    EXPECT_EQ(daemon_->stop(SIGTERM).status, 0) << daemon_->log();
  }
}

TEST_F(Engines, AreForcedByTheEnvironment) {
  for (const std::string name : {"reference", "scalar", "nonsense"}) {
    ASSERT_EQ(::setenv("ASSAY_ENGINE", name.c_str(), 1), 0);
    start(with("\"engine\": \"scalar\", "));
    ASSERT_EQ(::unsetenv("ASSAY_ENGINE"), 0);
    EXPECT_TRUE(says("\"engine\":\"" + (name == "nonsense" ? std::string("scalar") : name) + "\"")) << status();
    EXPECT_EQ(daemon_->log().find("no engine is called nonsense") != std::string::npos, name == "nonsense");
  }
}

TEST_F(Engines, MakeNoTablesWithoutABudget) {
  start(with("\"key_table_budget\": 0, "));
  ASSERT_TRUE(daemon_->running()) << daemon_->log();
  EXPECT_TRUE(says_soon("\"keys_without\":6")) << status();
  EXPECT_TRUE(says("\"budget\":0,\"tables\":0,\"bytes\":0,")) << status();
  serves();
}

}  // namespace
}  // namespace assay::tests
