// A keyed hash for tables that a peer fills: without the key nobody can choose names that collide.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::base {

// HashKey: two random words, drawn once per process by whoever owns the randomness.
struct HashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

// keyed_hash(key, salt, text): 64 bits by folded 64x64->128-bit multiplications, as in the wyhash family. Not a cryptographic hash;
// equal hashes are always followed by a comparison of the texts.
inline std::uint64_t keyed_hash(const HashKey& key, std::uint64_t salt, std::string_view text) noexcept {
  const auto fold = [](std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto word = [](const char* from) noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  };
  const auto half_word = [](const char* from) noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return std::uint64_t{value};
  };
  const auto octet = [](const char* from) noexcept { return std::uint64_t{static_cast<unsigned char>(*from)}; };
  // The odd constants keep a zero word of input from annihilating the state.
  constexpr std::uint64_t kOddA = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kOddB = 0xD1B54A32D192ED03;
  std::uint64_t state = key.first ^ (salt + 1) * kOddA ^ text.size() * kOddB;
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left > 16; left -= 16, from += 16) state = fold(word(from) ^ key.second ^ kOddA, word(from + 8) ^ state);
  // The rest as two words that overlap if they must: reads of a fixed size. With the length, which is in the state, they tell all texts apart.
  std::uint64_t front = 0;
  std::uint64_t back = 0;
  if (left >= 8) {
    front = word(from);
    back = word(from + left - 8);
  } else if (left >= 4) {
    front = half_word(from);
    back = half_word(from + left - 4);
  } else if (left != 0) {
    front = octet(from) << 16 | octet(from + left / 2) << 8 | octet(from + left - 1);
  }
  return fold(front ^ key.second ^ kOddA, back ^ state);
}

}  // namespace assay::base
