// SHA-256 with the SHA extensions of x86-64.
//
// One SHA256RNDS2 makes two rounds and the next one needs its result: a message alone waits for latency. Two messages, their instructions interleaved, fill the gaps.
// Two need fourteen registers of the sixteen; a third would have to live in memory.
#include "crypto/sha2/sha256.h"

#if defined(__SHA__) && defined(__SSE4_1__)

#include <immintrin.h>

#include "crypto/sha2/round_constants.h"

namespace assay::crypto::sha2 {

namespace {

#define ASSAY_INLINE inline __attribute__((always_inline))

constexpr std::size_t kLanes = 2;

// Halves: the eight words as SHA256RNDS2 takes them, the first named word in the highest place.
struct Halves {
  __m128i abef;
  __m128i cdgh;
};

ASSAY_INLINE Halves load(const Sha256State* state) noexcept {
  const __m128i* words = reinterpret_cast<const __m128i*>(state->words.data());
  const __m128i dcba = _mm_loadu_si128(words);
  const __m128i hgfe = _mm_loadu_si128(words + 1);
  const __m128i abcd = _mm_shuffle_epi32(dcba, 0x1B);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {_mm_unpackhi_epi64(efgh, abcd), _mm_unpacklo_epi64(efgh, abcd)};
}

ASSAY_INLINE void store(Sha256State* state, const Halves& halves) noexcept {
  __m128i* words = reinterpret_cast<__m128i*>(state->words.data());
  const __m128i abcd = _mm_unpackhi_epi64(halves.cdgh, halves.abef);
  const __m128i efgh = _mm_unpacklo_epi64(halves.cdgh, halves.abef);
  _mm_storeu_si128(words, _mm_shuffle_epi32(abcd, 0x1B));
  _mm_storeu_si128(words + 1, _mm_shuffle_epi32(efgh, 0x1B));
}

// four_rounds(halves, w, round): w[0..3] are the last sixteen words of the schedule, the oldest first; the first four are used here and, unless the schedule is long
// enough, replaced by the next four.
ASSAY_INLINE void four_rounds(Halves& halves, __m128i (&w)[4], std::size_t round) noexcept {
  const std::size_t at = round / 4 % 4;
  __m128i& oldest = w[at];
  const __m128i scheduled = _mm_add_epi32(oldest, _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Constants.values + round)));
  halves.cdgh = _mm_sha256rnds2_epu32(halves.cdgh, halves.abef, scheduled);
  halves.abef = _mm_sha256rnds2_epu32(halves.abef, halves.cdgh, _mm_shuffle_epi32(scheduled, 0x0E));
  if (round >= 48) return;
  const __m128i& second = w[(at + 1) % 4];
  const __m128i& third = w[(at + 2) % 4];
  const __m128i& newest = w[(at + 3) % 4];
  const __m128i nine_on = _mm_alignr_epi8(newest, third, 4);
  oldest = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(oldest, second), nine_on), newest);
}

// compress_block<N>(halves, blocks): one block of each of N messages.
template <std::size_t N>
ASSAY_INLINE void compress_block(Halves (&halves)[N], const std::byte* const (&blocks)[N]) noexcept {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i w[N][4];
  Halves now[N];
#pragma GCC unroll 4
  for (std::size_t n = 0; n < N; ++n) {
    now[n] = halves[n];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) w[n][i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[n] + 16 * i)), big_endian);
  }
#pragma GCC unroll 16
  for (std::size_t round = 0; round < 64; round += 4) {
#pragma GCC unroll 4
    for (std::size_t n = 0; n < N; ++n) four_rounds(now[n], w[n], round);
  }
#pragma GCC unroll 4
  for (std::size_t n = 0; n < N; ++n) halves[n] = {_mm_add_epi32(halves[n].abef, now[n].abef), _mm_add_epi32(halves[n].cdgh, now[n].cdgh)};
}

template <std::size_t N>
ASSAY_INLINE void compress(Sha256State* states, const std::byte* const* from, std::size_t count) noexcept {
  Halves halves[N];
  const std::byte* blocks[N];
  for (std::size_t n = 0; n < N; ++n) {
    halves[n] = load(states + n);
    blocks[n] = from[n];
  }
  for (; count != 0; --count) {
    compress_block<N>(halves, blocks);
    for (std::size_t n = 0; n < N; ++n) blocks[n] += kSha256BlockBytes;
  }
  for (std::size_t n = 0; n < N; ++n) store(states + n, halves[n]);
}

// state <- the state after count blocks, of one or of two messages. Plain words; blocks are big-endian octets; the time depends on count only.
// FIPS 180-4 section 6.2.2. Checked against OpenSSL and the portable code at every length of several blocks (tests/crypto/sha2/sha256_test.cpp).
void compress_one(Sha256State* state, const std::byte* blocks, std::size_t count) noexcept { compress<1>(state, &blocks, count); }
void compress_lanes(Sha256State* states, const std::byte* const* blocks, std::size_t count) noexcept { compress<kLanes>(states, blocks, count); }

constexpr Sha256Code kShaNi = {"sha-ni", compress_one, compress_lanes, kLanes};

}  // namespace

const Sha256Code* sha256_sha_ni() noexcept { return &kShaNi; }

}  // namespace assay::crypto::sha2

#else

namespace assay::crypto::sha2 {

const Sha256Code* sha256_sha_ni() noexcept { return nullptr; }

}  // namespace assay::crypto::sha2

#endif
