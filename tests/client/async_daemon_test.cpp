// The asynchronous clients against the real daemon, with real tokens.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <future>
#include <thread>
#include <vector>

#include "assay/async_client.h"
#include "mint/fixture.h"
#include "support/daemon_process.h"

namespace assay::tests {
namespace {

const mint::Fixture& fixture() {
  static const mint::Fixture made = mint::Fixture::generate();
  return made;
}

class AsyncDaemonTest : public ::testing::Test {
 protected:
  static AsyncOptions patient(std::uint32_t connections) {
    return {.client = {.timeout_ms = 120'000, .connect_timeout_ms = 0}, .requests_max = 100'000, .bytes_max = std::size_t{1} << 30, .connections = connections};
  }
  DaemonProcess daemon_{{.configuration = fixture().configuration(), .workers = 2}};
  std::int64_t now_ = std::time(nullptr);
  std::string good_ = fixture().orders.good_token("EdDSA", now_);
  std::string expired_ = fixture().orders.good_token("EdDSA", now_ - 100'000, 60);
  std::string forged_ = good_.substr(0, good_.rfind('.') + 1) + std::string(86, 'A');
  ValidationRequest orders_{"orders", {}, {"/sub"}};
};

// Many threads, many tokens under way: each is told of its own token.
TEST_F(AsyncDaemonTest, TellsEveryThreadOfItsOwnToken) {
  AsyncClient client(daemon_.socket(), patient(2));
  std::atomic<int> right = 0;
  std::atomic<int> wrong = 0;
  constexpr int kEach = 500;
  const std::vector<std::pair<std::string, Code>> kinds{{good_, Code::accepted}, {expired_, Code::expired}, {forged_, Code::bad_signature}};
  std::vector<std::thread> threads;
  for (const auto& kind : kinds) {
    threads.emplace_back([&, kind] {
      std::vector<std::future<Result<Verdict>>> futures;
      for (int i = 0; i < kEach; ++i) futures.push_back(client.validate(orders_, kind.first));
      for (auto& future : futures) {
        const Result<Verdict> verdict = future.get();
        ++(verdict.ok() && verdict->code == kind.second && verdict->accepted() == (kind.second == Code::accepted) ? right : wrong);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 3 * kEach);
  EXPECT_EQ(wrong, 0);
}

// A daemon that is killed under load: every call ends, once, and none is let in by it.
TEST_F(AsyncDaemonTest, EndsEveryCallWhenTheDaemonIsKilled) {
  std::atomic<int> told = 0;
  std::atomic<int> odd = 0;
  int made = 0;
  {
    AsyncClient client(daemon_.socket(), patient(1));
    for (int i = 0; i < 2000; ++i) {
      if (i == 1000) daemon_.stop(SIGKILL);
      made += client.validate(orders_, expired_, [&](Result<Verdict> verdict) {
        ++told;
        const CallStatus status = verdict.status();
        const bool fits = verdict.ok() ? verdict->code == Code::expired : status == CallStatus::cannot_connect || status == CallStatus::connection_lost ||
                                                                              status == CallStatus::cancelled;
        if (!fits) ++odd;
      }).ok() ? 1 : 0;
    }
  }
  EXPECT_EQ(told, made);
  EXPECT_EQ(odd, 0);
}

}  // namespace
}  // namespace assay::tests
