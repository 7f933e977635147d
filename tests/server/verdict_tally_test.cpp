#include "server/verdict_tally.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace assay::server {
namespace {

using schema::Code;

std::map<VerdictKind, std::uint64_t> counts_of(const VerdictTally& tally) {
  std::map<VerdictKind, std::uint64_t> counts;
  for (const VerdictCount& count : tally.counts()) EXPECT_TRUE(counts.emplace(count.kind, count.count).second) << "a kind twice";
  return counts;
}

// Kinds differ by each of their parts.
TEST(VerdictTally, CountsEachKindByItself) {
  VerdictTally tally(1);
  std::map<VerdictKind, std::uint64_t> expected;
  std::uint64_t count = 0;
  for (const snapshot::NameId service : {snapshot::NameId{1}, snapshot::NameId{16384}}) {
    for (const snapshot::NameId server : {snapshot::NameId{1}, snapshot::kNoName}) {
      for (const Code code : {Code::accepted, Code::key_refreshing}) {
        for (const bool verified : {true, false}) {
          const VerdictKind kind{service, server, code, verified};
          EXPECT_TRUE(tally.add(0, kind, ++count));
          EXPECT_FALSE(tally.add(0, kind));
          expected[kind] = count + 1;
        }
      }
    }
  }
  EXPECT_EQ(counts_of(tally), expected);
}

// One worker is told that a kind is new, whoever of them meets it first.
TEST(VerdictTally, IsToldOfANewKindOnceForAllLanes) {
  constexpr std::size_t kLanes = 4;
  constexpr std::uint64_t kRounds = 2'000;
  VerdictTally tally(kLanes);
  std::atomic<std::uint64_t> news{0};
  std::vector<std::thread> threads;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    threads.emplace_back([&tally, &news, lane] {
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        if (tally.add(lane, {.api_service = static_cast<snapshot::NameId>(1 + i % 500), .oauth_server = 1, .code = Code::expired})) ++news;
      }
    });
  }
  std::uint64_t seen = 0;
  for (int i = 0; i < 20; ++i) {  // a reader among the writers: what it sees never shrinks
    std::uint64_t sum = 0;
    for (const VerdictCount& count : tally.counts()) sum += count.count;
    EXPECT_GE(sum, seen);
    seen = sum;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(news, 500U);
  const auto counts = counts_of(tally);
  EXPECT_EQ(counts.size(), 500U);
  for (const auto& [kind, count] : counts) EXPECT_EQ(count, kLanes * kRounds / 500);
}

// Memory is taken at the start: what comes when the table is full loses its names, and nothing else.
TEST(VerdictTally, LosesNoVerdictWhenItIsFull) {
  VerdictTally tally(2);
  std::uint64_t expired = 0;
  for (std::size_t i = 0; i < 3 * VerdictTally::kKindsMax; ++i) {
    const VerdictKind kind{static_cast<snapshot::NameId>(1 + i % 16'000), static_cast<snapshot::NameId>(1 + i / 16'000), Code::expired, false};
    EXPECT_EQ(tally.add(i % 2, kind), i < VerdictTally::kUnverifiedKindsMax);
    ++expired;
  }
  EXPECT_FALSE(tally.add(0, {9, 9, Code::bad_signature, false}));
  // Unverified tokens have not taken the places of verified ones.
  const std::size_t places = VerdictTally::kKindsMax - VerdictTally::kUnverifiedKindsMax;
  for (std::size_t i = 0; i < places; ++i) EXPECT_TRUE(tally.add(0, {static_cast<snapshot::NameId>(1 + i), 9, Code::accepted, true}));
  EXPECT_FALSE(tally.add(0, {9, 10, Code::accepted, true}, 5));
  const VerdictKind known{.api_service = 1, .oauth_server = 1, .code = Code::expired};
  EXPECT_FALSE(tally.add(1, known, 100));
  const auto counts = counts_of(tally);
  EXPECT_EQ(counts.at(known), 101U);
  EXPECT_EQ(counts.at({snapshot::kOtherName, snapshot::kOtherName, Code::expired, false}), expired - VerdictTally::kUnverifiedKindsMax);
  EXPECT_EQ(counts.at({snapshot::kOtherName, snapshot::kOtherName, Code::bad_signature, false}), 1U);
  EXPECT_EQ(counts.at({snapshot::kOtherName, snapshot::kOtherName, Code::accepted, true}), 5U);
  EXPECT_EQ(counts.size(), VerdictTally::kKindsMax + 3);
}

}  // namespace
}  // namespace assay::server
