// A new configuration at noon: clients pipeline through hundreds of deploys, and every single verdict is right for the generation that it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "client/control.h"
#include "mint/fixture.h"
#include "mint/token.h"
#include "support/daemon_process.h"
#include "support/pipeline_client.h"

namespace assay::tests {
namespace {

using schema::Code;

#ifndef ASSAY_SWAPS
#define ASSAY_SWAPS 500
#endif
constexpr std::size_t kDeploys = ASSAY_SWAPS;
constexpr std::size_t kClients = 4;
constexpr std::size_t kDepth = 8;
constexpr std::string_view kIssuer = "https://issuer.example.com";

// Variant: one of the configurations that take turns.
struct Variant {
  bool old_key;
  bool new_key;
  std::string_view audience;
  bool extra_service;
};
constexpr Variant kVariants[] = {
    {true, false, "https://one.example.com", false}, {true, true, "https://one.example.com", true},  {false, true, "https://one.example.com", true},
    {false, true, "https://two.example.com", false}, {true, true, "https://two.example.com", false}, {true, false, "https://two.example.com", true},
    {true, false, "https://one.example.com", true},
};
const Variant& variant_of(std::uint64_t generation) { return kVariants[generation % std::size(kVariants)]; }

// Sample: a token and what it depends on.
struct Sample {
  bool signed_by_old;
  std::string_view audience;
  std::string token;
};

Code expected(const Sample& sample, const Variant& variant) {
  if (sample.audience != variant.audience) return Code::wrong_audience;
  return (sample.signed_by_old ? variant.old_key : variant.new_key) ? Code::accepted : Code::unknown_key;
}

// World: the keys, the documents and the tokens of the test.
struct World {
  mint::Key old_keys[2] = {mint::Key::generate("RS256", {.kid = "old-rs"}), mint::Key::generate("EdDSA", {.kid = "old-ed"})};
  mint::Key new_keys[2] = {mint::Key::generate("RS256", {.kid = "new-rs"}), mint::Key::generate("EdDSA", {.kid = "new-ed"})};
  std::vector<Sample> samples;

  World() {
    const std::int64_t now = std::time(nullptr);
    for (const std::string_view audience : {"https://one.example.com", "https://two.example.com"}) {
      for (int i = 0; i < 2; ++i) {
        samples.push_back({true, audience, mint::token(old_keys[i], mint::claims(kIssuer, audience, now, 3600))});
        samples.push_back({false, audience, mint::token(new_keys[i], mint::claims(kIssuer, audience, now, 3600))});
      }
    }
  }

  std::string document(const Variant& variant) const {
    std::vector<mint::Key> keys;
    if (variant.old_key) keys.insert(keys.end(), std::begin(old_keys), std::end(old_keys));
    if (variant.new_key) keys.insert(keys.end(), std::begin(new_keys), std::end(new_keys));
    mint::Service service;
    service.api_service = "orders";
    service.oauth_server = "issuer";
    service.issuer = std::string(kIssuer);
    service.audience = std::string(variant.audience);
    service.keys = keys;
    std::vector<mint::Service> services{service};
    if (variant.extra_service) {
      services.push_back(service);
      services.back().api_service = "extra";
    }
    return mint::configuration(services);
  }
};

// Tally: what a client saw.
struct Tally {
  std::uint64_t verdicts = 0;
  std::uint64_t accepted = 0;
  std::uint64_t unknown_service = 0;
  std::uint64_t wrong = 0;
  std::uint64_t stale = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
};

class SwapClient {
 public:
  SwapClient(const World& world, const std::string& socket, std::uint64_t number, const std::atomic<std::uint64_t>& answered, const std::atomic<bool>& stop)
      : world_(world), client_(socket, number << 32 | 1), answered_(answered), stop_(stop) {}

  Tally run() {
    while (!stop_ && tally_.failed == 0) {
      while (under_way_.size() < kDepth) ask();
      if (!client_.flush()) fail("sending");
      take();
    }
    while (!under_way_.empty() && tally_.failed == 0) take();
    return tally_;
  }

 private:
  struct Asked {
    std::uint64_t at_least;  // the newest generation whose deploy had been answered when this was asked
    bool extra;
  };

  void ask() {
    const bool extra = ++asked_ % 16 == 0;
    std::vector<std::string_view> tokens;
    for (const Sample& sample : world_.samples) tokens.push_back(sample.token);
    const std::uint64_t at_least = answered_;
    const auto id = client_.core().validate({.api_service = extra ? "extra" : "orders", .required_scopes = {}, .claims = {}}, tokens, 0);
    if (!id) return fail("asking: " + id.error().text);
    under_way_[*id] = {at_least, extra};
  }

  void take() {
    const auto response = client_.next();
    if (!response) return fail("no response");
    const auto found = under_way_.find(response->id);
    if (found == under_way_.end()) return fail("a response that nobody asked for");
    const Asked asked = found->second;
    under_way_.erase(found);
    if (const auto* refusal = std::get_if<Refusal>(&response->answer)) {
      if (!asked.extra || refusal->error.daemon_error != DaemonError::unknown_api_service) return fail("refused: " + refusal->error.text);
      ++tally_.unknown_service;
      return;
    }
    const auto& verdicts = std::get<std::vector<Verdict>>(response->answer);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const Variant& variant = variant_of(verdict.generation);
      ++tally_.verdicts;
      if (verdict.accepted()) ++tally_.accepted;
      if (verdict.generation < asked.at_least) ++tally_.stale;
      if (verdict.generation != verdicts[0].generation || verdict.code != expected(world_.samples[i], variant) || (asked.extra && !variant.extra_service)) ++tally_.wrong;
    }
  }

  void fail(std::string what) {
    if (tally_.failed++ == 0) tally_.first_failure = std::move(what);
  }

  const World& world_;
  PipelineClient client_;
  const std::atomic<std::uint64_t>& answered_;
  const std::atomic<bool>& stop_;
  std::map<std::uint64_t, Asked> under_way_;
  std::uint64_t asked_ = 0;
  Tally tally_;
};

TEST(Swap, FailsNoRequestAndMixesNoGenerations) {
  const World world;
  // Generations count from 1 and a deploy adds one, so what each of them means is known before its answer comes.
  DaemonProcess daemon({.configuration = world.document(variant_of(1)), .workers = 2});
  ASSERT_TRUE(daemon.running()) << daemon.log();

  std::atomic<std::uint64_t> answered{1};
  std::atomic<bool> stop{false};
  std::vector<Tally> tallies(kClients);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] { tallies[i] = SwapClient(world, daemon.socket(), i + 1, answered, stop).run(); });
  }

  ControlClient control(daemon.control(), {.timeout_ms = 30'000});
  std::uint64_t generation = 1;
  std::uint64_t resident_early_kib = 0;
  std::vector<double> latencies_ms;
  for (std::size_t i = 0; i < kDeploys; ++i) {
    if (i == kDeploys / 4) resident_early_kib = daemon.resident_kib();
    const auto begin = std::chrono::steady_clock::now();
    const auto deployed = control.deploy({.configuration = world.document(variant_of(generation + 1))});
    const auto* done = std::get_if<Deployed>(&deployed);
    if (done == nullptr) {
      ADD_FAILURE() << std::get<Refusal>(deployed).error.text;
      break;
    }
    if (done->generation != generation + 1) {
      ADD_FAILURE() << "generation " << done->generation << " after " << generation;
      break;
    }
    latencies_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    generation = done->generation;
    answered = generation;
  }
  const std::uint64_t resident_kib = daemon.resident_kib();
  stop = true;
  for (std::thread& thread : threads) thread.join();

#ifndef ASSAY_SANITIZED  // a sanitizer keeps freed memory for a while
  EXPECT_LT(resident_kib, resident_early_kib + 4 * 1024) << "memory grew";
#endif
  EXPECT_EQ(generation, kDeploys + 1);
  std::uint64_t verdicts = 0;
  for (const Tally& tally : tallies) {
    EXPECT_EQ(tally.failed, 0U) << tally.first_failure;
    EXPECT_EQ(tally.wrong, 0U);
    EXPECT_EQ(tally.stale, 0U);
    EXPECT_GT(tally.accepted, 0U);
    verdicts += tally.verdicts;
  }
  EXPECT_GT(verdicts, kDeploys);
  EXPECT_TRUE(daemon.running()) << daemon.log();
  EXPECT_EQ(daemon.stop(SIGTERM).status, 0) << daemon.log();
  RecordProperty("verdicts", std::to_string(verdicts));
  ASSERT_FALSE(latencies_ms.empty());
  std::ranges::sort(latencies_ms);
  std::printf("%zu deploys, %llu verdicts; deploy to answer: median %.1f ms, p99 %.1f ms; memory after a quarter %llu KiB, at the end %llu KiB\n", kDeploys,
              static_cast<unsigned long long>(verdicts), latencies_ms[latencies_ms.size() / 2], latencies_ms[latencies_ms.size() * 99 / 100],
              static_cast<unsigned long long>(resident_early_kib), static_cast<unsigned long long>(resident_kib));
}

}  // namespace
}  // namespace assay::tests
