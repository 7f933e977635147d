// x modulo L, x < 2^512. With L = 2^252 + c: low + 2^252 high = low - c high. c has 125 bits, so each fold takes 127 bits off, and three leave 252:
//
//   x = low - (c high)            c high     < 2^385 = low' + 2^252 high'
//     = low - low' + c high'      c high'    < 2^259 = low'' + 2^252 high''
//     = low - low' + low'' - c high''          < 2^132
#include "crypto/ed25519/scalar.h"

namespace assay::crypto::ed25519 {

namespace {

using Wide = Field::Wide;
__extension__ typedef __int128 SignedWide;

constexpr std::uint64_t kMask60 = ~std::uint64_t{0} >> 4;

// times_c(product, number): product[0 .. N + 1] = c number[0 .. N - 1].
template <std::size_t N>
inline __attribute__((always_inline)) void times_c(std::uint64_t (&product)[N + 2], const std::uint64_t (&number)[N]) noexcept {
  for (std::uint64_t& word : product) word = 0;
#pragma GCC unroll 5
  for (std::size_t i = 0; i < N; ++i) {
    Wide sum = Wide{number[i]} * kOrder.word[0] + product[i];
    product[i] = static_cast<std::uint64_t>(sum);
    sum = Wide{number[i]} * kOrder.word[1] + product[i + 1] + static_cast<std::uint64_t>(sum >> 64);
    product[i + 1] = static_cast<std::uint64_t>(sum);
    product[i + 2] = static_cast<std::uint64_t>(sum >> 64);
  }
}

// above_252(high, number): high = number / 2^252, and number's words 0 to 3 keep the rest.
template <std::size_t N, std::size_t M>
inline __attribute__((always_inline)) void above_252(std::uint64_t (&high)[M], std::uint64_t (&number)[N]) noexcept {
  for (std::size_t i = 0; i < M; ++i) high[i] = number[i + 3] >> 60 | (i + 4 < N ? number[i + 4] << 4 : 0);
  number[3] &= kMask60;
}

// subtract_order(s): s - L, for s >= L.
void subtract_order(Words& s) noexcept {
  SignedWide difference = 0;
  for (int i = 0; i < 4; ++i) {
    difference += SignedWide{s.word[i]} - kOrder.word[i];
    s.word[i] = static_cast<std::uint64_t>(difference);
    difference >>= 64;
  }
}

}  // namespace

bool is_reduced(const Words& s) noexcept {
  for (int i = 3; i >= 0; --i) {
    if (s.word[i] != kOrder.word[i]) return s.word[i] < kOrder.word[i];
  }
  return false;
}

Words reduce_512(const std::byte* octets) noexcept {
  const Words lower = load_words(octets);
  const Words upper = load_words(octets + 32);
  std::uint64_t x[8] = {lower.word[0], lower.word[1], lower.word[2], lower.word[3], upper.word[0], upper.word[1], upper.word[2], upper.word[3]};
  std::uint64_t high[5], y[7], y_high[3], z[5], z_high[1], w[3];
  above_252(high, x);
  times_c(y, high);
  above_252(y_high, y);
  times_c(z, y_high);
  above_252(z_high, z);
  times_c(w, z_high);
  // low - low' + low'' - c high'' + 2L is positive and below 5L.
  Words r;
  SignedWide sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum += SignedWide{x[i]} - y[i] + z[i] - (i < 3 ? w[i] : 0) + 2 * SignedWide{kOrder.word[i]};
    r.word[i] = static_cast<std::uint64_t>(sum);
    sum >>= 64;
  }
  while (!is_reduced(r)) subtract_order(r);
  return r;
}

}  // namespace assay::crypto::ed25519
