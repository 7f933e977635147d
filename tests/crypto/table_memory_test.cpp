#include "crypto/table_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

namespace assay::crypto {
namespace {

constexpr std::uint64_t kSteps = 400;

// Tables of several sizes come and go: each has its own memory, aligned, and what nobody uses goes back.
TEST(TableMemory, GivesEachTableItsOwnMemory) {
  struct Taken {
    std::byte* memory;
    std::size_t bytes;
    std::uint64_t mark;
  };
  const auto mark = [](const Taken& taken) {
    std::memcpy(taken.memory, &taken.mark, sizeof taken.mark);
    std::memcpy(taken.memory + taken.bytes - sizeof taken.mark, &taken.mark, sizeof taken.mark);
  };
  const auto is_marked = [](const Taken& taken) {
    return std::memcmp(taken.memory, &taken.mark, sizeof taken.mark) == 0 &&
           std::memcmp(taken.memory + taken.bytes - sizeof taken.mark, &taken.mark, sizeof taken.mark) == 0;
  };
  constexpr std::size_t kSizes[] = {1000, 40'000, 145'472, 528'384, 1'310'784, 2'097'216, 23'000'000};
  TableMemory memory;
  EXPECT_EQ(memory.slab_bytes(), 0U);
  std::mt19937_64 random(1);
  std::vector<Taken> taken;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    if (taken.size() < 40 && random() % 3 != 0) {
      const std::size_t bytes = kSizes[random() % std::size(kSizes)];
      taken.push_back({memory.take(bytes), bytes, step});
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(taken.back().memory) % TableMemory::kAlignment, 0U);
      mark(taken.back());
    } else if (!taken.empty()) {
      std::swap(taken[random() % taken.size()], taken.back());
      EXPECT_TRUE(is_marked(taken.back()));
      memory.give_back(taken.back().memory);
      taken.pop_back();
    }
  }
  for (const Taken& each : taken) {
    EXPECT_TRUE(is_marked(each));
    memory.give_back(each.memory);
  }
  EXPECT_EQ(memory.slab_bytes(), 0U);
}

}  // namespace
}  // namespace assay::crypto
