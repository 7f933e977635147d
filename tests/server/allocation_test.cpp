// After its warm-up the request path takes no memory from operator new. The reference engine's own allocations, inside mbedTLS and libsodium, are not counted: they
// are the libraries', and pass by operator new anyway; what our wrapper around them takes is paused with them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "server/worker_harness.h"

namespace {

// Set on the worker's thread alone, by its engine.
thread_local bool counted_thread = false;
thread_local int paused = 0;
std::atomic<std::uint64_t> allocations{0};

void* take(std::size_t bytes) {
  if (counted_thread && paused == 0) ++allocations;
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return take(bytes); }
void* operator new[](std::size_t bytes) { return take(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace assay::test {
namespace {

// MarkingEngine: the reference engine, which marks its thread as the one to be counted.
class MarkingEngine final : public crypto::Engine {
 public:
  std::string_view name() const noexcept override { return "marking"; }
  std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }
  bool allocates = false;  // the canary

 private:
  void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override {
    counted_thread = true;
    if (allocates) ::operator delete(::operator new(checks.size()));  // called by name: a compiler may leave out a pair of new and delete expressions
    ++paused;
    crypto::verify_batch(*reference_, checks, results);
    --paused;
  }
  std::unique_ptr<crypto::Engine> reference_ = crypto::make_reference_engine();
};

// round(harness, peers, id): every kind of request that a client may send, accepted and refused, one connection and several, whole frames and parts.
void round(WorkerHarness& harness, std::vector<Peer>& peers, const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) harness.ask(peers[0], frame);
  Frame all;
  for (const Frame& frame : frames) all = std::move(all) + frame;
  for (Peer& peer : peers) peer.send(all);
  for (Peer& peer : peers) {
    for (std::size_t i = 0; i < frames.size(); ++i) ASSERT_TRUE(peer.answer().has_value());
  }
  peers[1].send(Frame(frames[0].begin(), frames[0].begin() + 100));
  harness.ask(peers[0], frames[1]);
  harness.ask(peers[1], Frame(frames[0].begin() + 100, frames[0].end()));
}

std::uint64_t allocations_after_warm_up(bool allocates, verdict::TokenCache* cache = nullptr) {
  auto engine = std::make_unique<MarkingEngine>();
  engine->allocates = allocates;
  WorkerHarness harness(snapshot_of(document()), std::move(engine), base::LogLevel::info, 5, cache);  // lines about refused tokens would allocate
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(harness.connect());
  std::string forged = good_token();
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  const std::string expired = orders().good_token("EdDSA", std::time(nullptr) - 7200, 3600);
  std::vector<std::string> several;
  for (int i = 0; i < 30; ++i) several.push_back(orders().good_token("EdDSA", std::time(nullptr)));
  const std::vector<Frame> frames{
      validate_frame(1, {.tokens = {good_token(), forged, expired, "nonsense"}, .required_scopes = {}, .claims = {"/iss", "/aud", "/absent"}, .deadline_ms = 60'000}),
      validate_frame(2, {.tokens = std::vector<std::string>(100, good_token())}),
      validate_frame(3, {.api_service = "nobody", .tokens = {good_token()}}),
      validate_frame(4, {.tokens = {}}),
      ping_frame(5),
      status_frame(6),
      strange_frame(7, 99),
      validate_frame(8, {.tokens = several, .required_scopes = {}, .claims = {"/iss", "/jti"}, .deadline_ms = 60'000}),
  };
  for (int i = 0; i < 10; ++i) round(harness, peers, frames);
  const std::uint64_t before = allocations;
  for (int i = 0; i < 20; ++i) round(harness, peers, frames);
  return allocations - before;
}

TEST(RequestPath, AllocatesNothingAfterItsWarmUp) { EXPECT_EQ(allocations_after_warm_up(false), 0U); }

// A cache of one set: what comes again at once is remembered, and of the others each pushes out another.
TEST(RequestPath, AllocatesNothingWithACacheOfTokens) {
  const auto cache = verdict::TokenCache::make(std::size_t{8} << 10, base::HashKey{3, 4}, 1);
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(allocations_after_warm_up(false, cache.get()), 0U);
  const verdict::TokenCacheFigures figures = cache->figures();
  EXPECT_EQ(figures.capacity, verdict::TokenCache::kWays);
  EXPECT_GT(figures.hits, 1'000U);
  EXPECT_GT(figures.evicted, 10U);
  EXPECT_GT(figures.passed, 1'000U);
}

// The count can fail.
TEST(RequestPath, IsSeenWhenItAllocates) { EXPECT_GT(allocations_after_warm_up(true), 0U); }

}  // namespace
}  // namespace assay::test
