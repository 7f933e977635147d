// A staged roll-out under load: each API service judges by its own deployment, from the moment that its answer names.
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "client/control.h"
#include "mint/token.h"
#include "server/ledger_fixture.h"
#include "support/daemon_process.h"
#include "support/pipeline_client.h"

namespace assay::tests {
namespace {

using schema::Code;
using test::config;

// Issue 3: service A on old settings of a server keeps accepting K1 after service B has moved to settings without it, and B refuses it from its own deployment's answer on.
TEST(Staged, MovesOneApiServiceAndNoOther) {
  const std::string old_settings = config({{"s", {1, 2}}}, {{"a", {"s"}}, {"b", {"s"}}});
  const std::string new_settings = config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}});
  DaemonProcess daemon({.configuration = old_settings, .workers = 2});
  ASSERT_TRUE(daemon.running()) << daemon.log();

  const auto token_for = [](std::string_view audience) { return mint::token(test::key(1), mint::claims("https://s", audience, std::time(nullptr), 3600)); };
  const std::string token_a = token_for("https://a");
  const std::string token_b = token_for("https://b");
  std::atomic<std::uint64_t> moved{UINT64_MAX};  // the generation of b's new settings, once answered
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> wrong{0};
  std::atomic<std::size_t> stale{0};
  std::atomic<std::size_t> refused{0};
  std::atomic<std::size_t> accepted{0};
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= 2; ++i) {
    threads.emplace_back([&, i] {
      PipelineClient client(daemon.socket(), i << 32 | 1);
      while (!stop) {
        const bool answered = moved != UINT64_MAX;
        for (const bool is_b : {false, true}) {
          const std::string_view token = is_b ? token_b : token_a;
          ASSERT_TRUE(client.core().validate({.api_service = is_b ? "b" : "a", .required_scopes = {}, .claims = {}}, std::span(&token, 1), 0).ok());
        }
        ASSERT_TRUE(client.flush());
        for (const bool is_b : {false, true}) {
          const auto response = client.next();
          ASSERT_TRUE(response.has_value());
          const Verdict verdict = std::get<std::vector<Verdict>>(response->answer).at(0);
          // Of generation 1 both accept it; from 2 on b does not know the key any more.
          const Code right = is_b && verdict.generation >= 2 ? Code::unknown_key : Code::accepted;
          if (verdict.code != right) ++wrong;
          if (answered && verdict.generation < moved) ++stale;
          ++(verdict.accepted() ? accepted : refused);
        }
      }
    });
  }
  ControlClient control(daemon.control(), {.timeout_ms = 30'000});
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto answer = control.deploy({.configuration = new_settings, .api_services = {"b"}});
  const auto* deployed = std::get_if<Deployed>(&answer);
  ASSERT_NE(deployed, nullptr) << std::get<Refusal>(answer).error.text;
  moved = deployed->generation;
  EXPECT_EQ(deployed->generation, 2U);
  ASSERT_EQ(deployed->behind.size(), 1U);
  EXPECT_EQ(deployed->behind[0].api_service, "a");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(stale, 0U);
  EXPECT_GT(refused, 0U);
  EXPECT_GT(accepted, 0U);
}

}  // namespace
}  // namespace assay::tests
