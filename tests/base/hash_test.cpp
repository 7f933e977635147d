#include "base/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

namespace assay::base {
namespace {

constexpr HashKey kKey{0x0123456789ABCDEF, 0xFEDCBA9876543210};

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
  return text;
}

TEST(KeyedHash, DependsOnBothWordsOfTheKeyAndOnTheSalt) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text = text_of(size);
    const std::uint64_t hash = keyed_hash(kKey, 7, text);
    EXPECT_EQ(hash, keyed_hash(kKey, 7, text));
    EXPECT_NE(hash, keyed_hash({kKey.first + 1, kKey.second}, 7, text)) << size;
    EXPECT_NE(hash, keyed_hash({kKey.first, kKey.second + 1}, 7, text)) << size;
    EXPECT_NE(hash, keyed_hash(kKey, 8, text)) << size;
  }
}

TEST(KeyedHash, DependsOnEveryOctet) {
  for (std::size_t size = 0; size <= 40; ++size) {
    std::set<std::uint64_t> seen{keyed_hash(kKey, 0, text_of(size))};
    for (std::size_t i = 0; i < size; ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string text = text_of(size);
        text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ 1U << bit);
        EXPECT_TRUE(seen.insert(keyed_hash(kKey, 0, text)).second) << size << " octets, octet " << i << ", bit " << bit;
      }
    }
  }
}

// Texts of zero octets only differ in their length.
TEST(KeyedHash, DependsOnTheLength) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size <= 40; ++size) EXPECT_TRUE(seen.insert(keyed_hash(kKey, 0, std::string(size, '\0'))).second) << size;
}

TEST(KeyedHash, ReadsNothingOutsideTheText) {
  for (std::size_t size = 0; size <= 40; ++size) {
    // An exact heap block: the address sanitizer sees a read beyond it, and what stands around a text must not count.
    const std::vector<char> exact(size, 'x');
    const std::string within = "<" + std::string(size, 'x') + ">";
    EXPECT_EQ(keyed_hash(kKey, 0, {exact.data(), size}), keyed_hash(kKey, 0, std::string_view(within).substr(1, size)));
  }
}

// One-letter and numbered names spread over the low bits, which is what a table uses.
TEST(KeyedHash, SpreadsShortNamesOverATable) {
  constexpr std::size_t kSlots = 4096;
  std::vector<int> load(kSlots);
  for (int i = 0; i < 4096; ++i) ++load[keyed_hash(kKey, 3, "n" + std::to_string(i)) % kSlots];
  int fullest = 0;
  for (const int count : load) fullest = std::max(fullest, count);
  EXPECT_LE(fullest, 10);
}

}  // namespace
}  // namespace assay::base
