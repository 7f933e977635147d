// The arena's promise is about memory: views stay good until reset, and later batches take nothing new from the heap.
#include "base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace assay::base {
namespace {

bool aligned(const void* memory, std::size_t to) { return reinterpret_cast<std::uintptr_t>(memory) % to == 0; }

TEST(Arena, HandsOutRoomThatDoesNotOverlap) {
  Arena arena(256);
  std::vector<std::span<unsigned char>> pieces;
  for (std::size_t i = 0; i < 200; ++i) {
    pieces.push_back(arena.allocate<unsigned char>(i % 70));
    std::fill(pieces.back().begin(), pieces.back().end(), static_cast<unsigned char>(i));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ASSERT_EQ(pieces[i].size(), i % 70);
    for (const unsigned char c : pieces[i]) ASSERT_EQ(c, static_cast<unsigned char>(i)) << "piece " << i;
  }
}

TEST(Arena, AlignsForEveryType) {
  Arena arena(128);
  for (std::size_t i = 1; i < 40; ++i) {
    (void)arena.allocate<char>(i);
    EXPECT_TRUE(aligned(arena.allocate<std::uint64_t>(1).data(), alignof(std::uint64_t)));
    (void)arena.allocate<char>(1);
    EXPECT_TRUE(aligned(arena.allocate<std::string_view>(2).data(), alignof(std::string_view)));
    (void)arena.allocate<char>(1);
    EXPECT_TRUE(aligned(arena.allocate<std::max_align_t>(1).data(), alignof(std::max_align_t)));
  }
}

TEST(Arena, TakesPiecesLargerThanABlock) {
  Arena arena(64);
  const std::span<char> small = arena.allocate<char>(10);
  const std::span<char> big = arena.allocate<char>(100'000);
  const std::span<char> after = arena.allocate<char>(10);
  std::fill(small.begin(), small.end(), 's');
  std::fill(big.begin(), big.end(), 'b');
  std::fill(after.begin(), after.end(), 'a');
  EXPECT_TRUE(std::all_of(small.begin(), small.end(), [](char c) { return c == 's'; }));
  EXPECT_TRUE(std::all_of(big.begin(), big.end(), [](char c) { return c == 'b'; }));
}

TEST(Arena, FillsABlockToItsLastOctet) {
  Arena arena(64);
  const std::span<char> whole = arena.allocate<char>(64);
  std::fill(whole.begin(), whole.end(), 'x');
  EXPECT_EQ(arena.capacity_bytes(), 64U);
  (void)arena.allocate<char>(1);
  EXPECT_EQ(arena.capacity_bytes(), 128U);
}

TEST(Arena, TakesNothingAndCopiesNothing) {
  Arena arena;
  EXPECT_EQ(arena.allocate<int>(0).size(), 0U);
  EXPECT_EQ(arena.copy(""), "");
  EXPECT_EQ(arena.copy(std::string_view()), "");
}

TEST(Arena, CopiesText) {
  Arena arena;
  std::string text = "a copy lives on";
  const std::string_view copy = arena.copy(text);
  text.assign(text.size(), '-');
  EXPECT_EQ(copy, "a copy lives on");
}

// after start-up the request path does not allocate.
TEST(Arena, AllocatesNothingAfterTheFirstBatches) {
  Arena arena(1024);
  const auto batch = [&arena] {
    arena.reset();
    for (std::size_t i = 0; i < 100; ++i) (void)arena.allocate<char>(i * 37 % 900);
    (void)arena.allocate<char>(5000);
    for (std::size_t i = 0; i < 100; ++i) (void)arena.allocate<std::uint64_t>(i % 90);
  };
  batch();
  batch();  // joins the first one's blocks
  const std::size_t settled = arena.capacity_bytes();
  for (int i = 0; i < 50; ++i) batch();
  EXPECT_EQ(arena.capacity_bytes(), settled);
}

// Batches differ in what they ask for and in which order; memory settles all the same.
TEST(Arena, SettlesWhenBatchesDiffer) {
  Arena arena(1024);
  std::uint32_t state = 1;
  const auto next = [&state](std::uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  const auto batches = [&](int count) {
    for (int i = 0; i < count; ++i) {
      arena.reset();
      for (int k = 0; k < 60; ++k) (void)arena.allocate<char>(next(10) == 0 ? 1024 + next(2048) : next(1024));
    }
    return arena.capacity_bytes();
  };
  const std::size_t early = batches(2000);
  EXPECT_LE(batches(20'000), 2 * early);
}

// Whoever chooses the sizes chooses how much is left unused at the end of each block; that must not add up from batch to batch.
TEST(Arena, StaysBoundedWhateverTheOrderOfSizes) {
  Arena arena;
  constexpr std::size_t kBatchBytes = 64 * 66'000;
  for (std::size_t growing = 66'000; growing < 96'000; growing += 16) {
    arena.reset();
    (void)arena.allocate<char>(growing);
    for (int i = 0; i < 63; ++i) (void)arena.allocate<char>(65'600);
  }
  EXPECT_LT(arena.capacity_bytes(), 3 * kBatchBytes);
}

}  // namespace
}  // namespace assay::base
