// The cache of tokens under several threads at once: whatever is found was kept so, as a whole, and nobody waits. The thread sanitizer's business above all.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "verdict/token_cache_fixture.h"

namespace assay::verdict {
namespace {

using namespace test;

// Placed: a token at a place of the test's choice, as if its text had led there.
struct Placed {
  Placed(std::string text, TokenCache::Place place_in) : token(std::move(text)), place(place_in) {}
  const Token token;
  const TokenCache::Place place;
};

std::optional<TokenCache::EntryView> find_placed(const TokenCache& cache, const Placed& wanted, base::Arena& arena) {
  Ways ways = cache.look(wanted.place);
  return cache.find(wanted.place, ways, wanted.token.digest, arena);
}

void keep_placed(TokenCache& cache, std::size_t lane, const Placed& each, TokenCache::Era era) {
  cache.keep(lane, each.place, each.token.digest, each.token.facts, each.token.key_id, each.token.has_kid, era, kNow);
}

// Several threads look for, keep and use few tokens in one or two sets, while eras end: what is found is always what was kept, as a whole. There are more tokens than ways, so that
// they go while they are being read, and few tags, so that all of them are looked at.
void run_threads(std::size_t sets) {
  constexpr std::size_t kThreads = 4;
  constexpr int kRounds = 25'000;
  const auto cache = make(sets, kThreads);
  std::deque<Placed> tokens;
  for (std::uint32_t i = 0; i < 12 * sets; ++i) {
    tokens.emplace_back("token " + std::to_string(i), TokenCache::Place{.set = i % static_cast<std::uint32_t>(sets), .tag = static_cast<std::uint16_t>(i % 5 == 0 ? 2 : 1)});
  }
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> kept{0};
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < kThreads; ++lane) {
    threads.emplace_back([&, lane] {
      std::minstd_rand random(static_cast<unsigned>(lane + 1));
      base::Arena arena;
      for (int round = 0; round < kRounds; ++round) {
        arena.reset();
        const Placed& one = tokens[random() % tokens.size()];
        const TokenCache::Era era = cache->era(one.token.facts.algorithm);
        Ways ways = cache->look(one.place);
        bool found = false;
        while (ways != 0) {
          const auto entry = cache->find(one.place, ways, one.token.digest, arena);
          if (!entry) break;
          found = true;
          if (!is(*entry, one.token)) ++wrong;
          if (random() % 4 == 0) cache->used(one.place, entry->way());
        }
        if (found) {
          cache->count_hit(lane);
        } else {
          cache->count_miss(lane);
        }
        if (!found || random() % 8 == 0) {
          keep_placed(*cache, lane, one, era);
          ++kept;
        }
        if (random() % 1024 == 0) cache->end_era(Algorithm::es256);
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(wrong, 0U);
  const TokenCacheFigures figures = cache->figures();
  EXPECT_EQ(figures.hits + figures.misses, kThreads * std::uint64_t{kRounds});
  EXPECT_GT(figures.hits, 0U);
  EXPECT_GT(figures.misses, 0U);
  EXPECT_EQ(figures.entries, sets * TokenCache::kWays);
  EXPECT_LE(figures.entries + figures.evicted + figures.busy, kept);
  // No set is left as if somebody wrote to it.
  for (const Placed& one : tokens) {
    base::Arena arena;
    keep_placed(*cache, 0, one, cache->era(one.token.facts.algorithm));
    const auto entry = find_placed(*cache, one, arena);
    ASSERT_TRUE(entry.has_value()) << one.token.text;
    EXPECT_TRUE(is(*entry, one.token));
  }
  EXPECT_EQ(cache->figures().busy, figures.busy);
}

TEST(TokenCacheThreads, FindWhatWasKeptAsAWholeInOneSet) { run_threads(1); }
TEST(TokenCacheThreads, FindWhatWasKeptAsAWholeInTwoSets) { run_threads(2); }

// Two threads write to one new set at a time: each entry is kept, or its set was busy; none is lost otherwise, none is counted twice.
TEST(TokenCacheThreads, WriteToASetOneAtATime) {
  constexpr std::size_t kThreads = 2;
  constexpr std::size_t kEach = TokenCache::kWays / kThreads;  // so that there is room for all
  constexpr std::uint32_t kSets = 200;
  const auto cache = make(kSets, kThreads);
  std::deque<Placed> tokens;
  for (std::uint32_t i = 0; i < kSets * TokenCache::kWays; ++i) {
    tokens.emplace_back("token " + std::to_string(i), TokenCache::Place{.set = i / TokenCache::kWays, .tag = static_cast<std::uint16_t>(i % TokenCache::kWays + 1)});
  }
  std::atomic<std::size_t> arrived{0};
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < kThreads; ++lane) {
    threads.emplace_back([&, lane] {
      for (std::size_t set = 0; set < kSets; ++set) {
        // They wait for each other without sleeping, to begin together.
        ++arrived;
        while (arrived < (set + 1) * kThreads) std::this_thread::yield();
        for (std::size_t i = 0; i < kEach; ++i) keep_placed(*cache, lane, tokens[set * TokenCache::kWays + lane * kEach + i], 0);
      }
    });
  }
  for (std::thread& each : threads) each.join();
  std::uint64_t found = 0;
  base::Arena arena;
  for (const Placed& one : tokens) {
    const auto entry = find_placed(*cache, one, arena);
    if (!entry) continue;
    ++found;
    EXPECT_TRUE(is(*entry, one.token)) << one.token.text;
  }
  const TokenCacheFigures figures = cache->figures();
  EXPECT_EQ(figures.entries, found);
  EXPECT_EQ(figures.entries + figures.busy, tokens.size());
  EXPECT_EQ(figures.evicted + figures.expired, 0U);
}

}  // namespace
}  // namespace assay::verdict
