// Private to sha2: the compression function of both families in plain C++, one message. Everything is in an anonymous namespace: a source that is compiled for
// newer processors includes this too.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace assay::crypto::sha2 {
namespace {

// Rotations and shifts of a family's four functions (FIPS 180-4 sections 4.1.2 and 4.1.3), and its number of rounds.
struct Sha256Rounds {
  using Word = std::uint32_t;
  static constexpr int kBig0[3] = {2, 13, 22};
  static constexpr int kBig1[3] = {6, 11, 25};
  static constexpr int kSmall0[3] = {7, 18, 3};
  static constexpr int kSmall1[3] = {17, 19, 10};
  static constexpr std::size_t kRounds = 64;
};
struct Sha512Rounds {
  using Word = std::uint64_t;
  static constexpr int kBig0[3] = {28, 34, 39};
  static constexpr int kBig1[3] = {14, 18, 41};
  static constexpr int kSmall0[3] = {1, 8, 7};
  static constexpr int kSmall1[3] = {19, 61, 6};
  static constexpr std::size_t kRounds = 80;
};

#define ASSAY_INLINE inline __attribute__((always_inline))

template <class Word>
ASSAY_INLINE Word rotate_right(Word x, int by) noexcept {
  return static_cast<Word>(x >> by | x << (static_cast<int>(8 * sizeof(Word)) - by));
}
template <class Word>
ASSAY_INLINE Word big_sigma(Word x, const int (&by)[3]) noexcept {
  return rotate_right(x, by[0]) ^ rotate_right(x, by[1]) ^ rotate_right(x, by[2]);
}
template <class Word>
ASSAY_INLINE Word small_sigma(Word x, const int (&by)[3]) noexcept {
  return rotate_right(x, by[0]) ^ rotate_right(x, by[1]) ^ (x >> by[2]);
}

// round(...): FIPS 180-4 section 6.2.2 step 3. `scheduled` is W + K. The caller renames the eight words instead of moving them: the new e is in d, the new a in h.
template <class Rounds, class Word = typename Rounds::Word>
ASSAY_INLINE void round(Word a, Word b, Word c, Word& d, Word e, Word f, Word g, Word& h, Word scheduled) noexcept {
  const Word choice = g ^ (e & (f ^ g));
  const Word first = h + scheduled + choice + big_sigma(e, Rounds::kBig1);
  const Word majority = (a & b) + (c & (a ^ b));  // the two have no bit in common
  d += first;
  h = first + big_sigma(a, Rounds::kBig0) + majority;
}

// eight_rounds(s, scheduled): scheduled(i) is W + K of the i-th of them. Afterwards every word is in its place again.
template <class Rounds, class Scheduled, class Word = typename Rounds::Word>
ASSAY_INLINE void eight_rounds(Word (&s)[8], Scheduled scheduled) noexcept {
  round<Rounds>(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], scheduled(0));
  round<Rounds>(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], scheduled(1));
  round<Rounds>(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], scheduled(2));
  round<Rounds>(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], scheduled(3));
  round<Rounds>(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], scheduled(4));
  round<Rounds>(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], scheduled(5));
  round<Rounds>(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], scheduled(6));
  round<Rounds>(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], scheduled(7));
}

template <class Word>
ASSAY_INLINE Word load_word(const std::byte* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof word == 8) {
      word = __builtin_bswap64(word);
    } else {
      word = __builtin_bswap32(word);
    }
  }
  return word;
}

// compress(state, blocks, count, constants): state <- the state after count blocks. Plain words; blocks are big-endian octets; the time depends on count only.
// FIPS 180-4 sections 6.2.2 and 6.4.2.
template <class Rounds, class Word = typename Rounds::Word>
ASSAY_INLINE void compress(Word* state, const std::byte* blocks, std::size_t count, const Word* constants) noexcept {
  for (; count != 0; --count, blocks += 16 * sizeof(Word)) {
    Word w[16];  // the last sixteen words of the message schedule
    Word s[8];
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_word<Word>(blocks + sizeof(Word) * i);
    for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
    const auto extend = [&w](std::size_t i) {
      w[i] += small_sigma(w[(i + 1) & 15], Rounds::kSmall0) + w[(i + 9) & 15] + small_sigma(w[(i + 14) & 15], Rounds::kSmall1);
      return w[i];
    };
    eight_rounds<Rounds>(s, [&](std::size_t i) { return w[i] + constants[i]; });
    eight_rounds<Rounds>(s, [&](std::size_t i) { return w[8 + i] + constants[8 + i]; });
    for (std::size_t done = 16; done < Rounds::kRounds; done += 16) {
      eight_rounds<Rounds>(s, [&](std::size_t i) { return extend(i) + constants[done + i]; });
      eight_rounds<Rounds>(s, [&](std::size_t i) { return extend(8 + i) + constants[done + 8 + i]; });
    }
    for (std::size_t i = 0; i < 8; ++i) state[i] += s[i];
  }
}

}  // namespace
}  // namespace assay::crypto::sha2
