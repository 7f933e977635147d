// SHA-512 with AVX-512: eight messages in eight lanes, or four in four. It has what AVX2 lacks: rotations, and every function of three bits as one instruction.
// One message alone is left to AVX2, which a processor with AVX-512 has too.
#include "crypto/sha2/sha512.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include "crypto/sha2/round_constants.h"

namespace assay::crypto::sha2 {

namespace {

#define ASSAY_INLINE inline __attribute__((always_inline))

// Tables of vpternlogq: bit 4 x + 2 y + z is the function of the bits x, y, z.
constexpr int kExclusiveOr = 0x96, kChoice = 0xCA, kMajority = 0xE8;

// The vectors' operations, by their size.
ASSAY_INLINE __m256i add(__m256i a, __m256i b) noexcept { return _mm256_add_epi64(a, b); }
ASSAY_INLINE __m512i add(__m512i a, __m512i b) noexcept { return _mm512_add_epi64(a, b); }
template <int kTable>
ASSAY_INLINE __m256i logic(__m256i x, __m256i y, __m256i z) noexcept {
  return _mm256_ternarylogic_epi64(x, y, z, kTable);
}
template <int kTable>
ASSAY_INLINE __m512i logic(__m512i x, __m512i y, __m512i z) noexcept {
  return _mm512_ternarylogic_epi64(x, y, z, kTable);
}
template <int kBy>
ASSAY_INLINE __m256i rotate_right(__m256i x) noexcept {
  return _mm256_ror_epi64(x, kBy);
}
template <int kBy>
ASSAY_INLINE __m512i rotate_right(__m512i x) noexcept {
  return _mm512_ror_epi64(x, kBy);
}
template <int kBy>
ASSAY_INLINE __m256i shift_right(__m256i x) noexcept {
  return _mm256_srli_epi64(x, kBy);
}
template <int kBy>
ASSAY_INLINE __m512i shift_right(__m512i x) noexcept {
  return _mm512_srli_epi64(x, kBy);
}

template <class Vector>
ASSAY_INLINE Vector big_sigma_0(Vector x) noexcept {
  return logic<kExclusiveOr>(rotate_right<28>(x), rotate_right<34>(x), rotate_right<39>(x));
}
template <class Vector>
ASSAY_INLINE Vector big_sigma_1(Vector x) noexcept {
  return logic<kExclusiveOr>(rotate_right<14>(x), rotate_right<18>(x), rotate_right<41>(x));
}
template <class Vector>
ASSAY_INLINE Vector small_sigma_0(Vector x) noexcept {
  return logic<kExclusiveOr>(rotate_right<1>(x), rotate_right<8>(x), shift_right<7>(x));
}
template <class Vector>
ASSAY_INLINE Vector small_sigma_1(Vector x) noexcept {
  return logic<kExclusiveOr>(rotate_right<19>(x), rotate_right<61>(x), shift_right<6>(x));
}

// round(...): FIPS 180-4 section 6.4.2 step 3, words renamed instead of moved: the new e is in d, the new a in h. `scheduled` is W + K. The sum that the next round waits for has few steps after e.
template <class Vector>
ASSAY_INLINE void round(Vector a, Vector b, Vector c, Vector& d, Vector e, Vector f, Vector g, Vector& h, Vector scheduled) noexcept {
  const Vector before = add(h, scheduled);
  const Vector first = add(add(before, logic<kChoice>(e, f, g)), big_sigma_1(e));
  d = add(d, first);
  h = add(add(first, logic<kMajority>(a, b, c)), big_sigma_0(a));
}

template <class Vector, class Scheduled>
ASSAY_INLINE void eight_rounds(Vector (&s)[8], Scheduled scheduled) noexcept {
  round(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], scheduled(0));
  round(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], scheduled(1));
  round(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], scheduled(2));
  round(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], scheduled(3));
  round(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], scheduled(4));
  round(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], scheduled(5));
  round(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], scheduled(6));
  round(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], scheduled(7));
}

// extend(w, i): word 16 further on in the schedule, in the place of word i.
template <class Vector>
ASSAY_INLINE Vector extend(Vector (&w)[16], std::size_t i) noexcept {
  w[i] = add(add(w[i], w[(i + 9) & 15]), add(small_sigma_0(w[(i + 1) & 15]), small_sigma_1(w[(i + 14) & 15])));
  return w[i];
}

// Four and Eight: what depends on the number of lanes. load(r, from): r[i] holds word i of each lane; store(to, r): the other way.
struct Four {
  using Vector = __m256i;
  static constexpr std::size_t kLanes = 4;

  static ASSAY_INLINE Vector everywhere(std::uint64_t word) noexcept { return _mm256_set1_epi64x(static_cast<long long>(word)); }
  static ASSAY_INLINE Vector reversed(Vector x) noexcept {  // octets of each word
    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607));
  }
  static ASSAY_INLINE void transpose(Vector (&r)[8]) noexcept {
    for (std::size_t half = 0; half < 8; half += 4) {
      const Vector low01 = _mm256_unpacklo_epi64(r[half], r[half + 1]);
      const Vector high01 = _mm256_unpackhi_epi64(r[half], r[half + 1]);
      const Vector low23 = _mm256_unpacklo_epi64(r[half + 2], r[half + 3]);
      const Vector high23 = _mm256_unpackhi_epi64(r[half + 2], r[half + 3]);
      r[half] = _mm256_permute2x128_si256(low01, low23, 0x20);
      r[half + 1] = _mm256_permute2x128_si256(high01, high23, 0x20);
      r[half + 2] = _mm256_permute2x128_si256(low01, low23, 0x31);
      r[half + 3] = _mm256_permute2x128_si256(high01, high23, 0x31);
    }
  }
  static ASSAY_INLINE void load(Vector (&r)[8], const void* const (&from)[kLanes]) noexcept {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      r[lane] = _mm256_loadu_si256(static_cast<const __m256i*>(from[lane]));
      r[4 + lane] = _mm256_loadu_si256(static_cast<const __m256i*>(from[lane]) + 1);
    }
    transpose(r);
  }
  static ASSAY_INLINE void store(void* const (&to)[kLanes], Vector (&r)[8]) noexcept {
    transpose(r);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      _mm256_storeu_si256(static_cast<__m256i*>(to[lane]), r[lane]);
      _mm256_storeu_si256(static_cast<__m256i*>(to[lane]) + 1, r[4 + lane]);
    }
  }
};

struct Eight {
  using Vector = __m512i;
  static constexpr std::size_t kLanes = 8;

  static ASSAY_INLINE Vector everywhere(std::uint64_t word) noexcept { return _mm512_set1_epi64(static_cast<long long>(word)); }
  static ASSAY_INLINE Vector reversed(Vector x) noexcept { return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607))); }
  static ASSAY_INLINE void transpose(Vector (&r)[8]) noexcept {
    Vector pairs[8];  // two words of four lanes
    for (std::size_t i = 0; i < 8; i += 2) {
      pairs[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
      pairs[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    }
    for (std::size_t odd = 0; odd < 2; ++odd) {
      const Vector low03 = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0x88);
      const Vector high03 = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0xDD);
      const Vector low47 = _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0x88);
      const Vector high47 = _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0xDD);
      r[odd] = _mm512_shuffle_i64x2(low03, low47, 0x88);
      r[2 + odd] = _mm512_shuffle_i64x2(high03, high47, 0x88);
      r[4 + odd] = _mm512_shuffle_i64x2(low03, low47, 0xDD);
      r[6 + odd] = _mm512_shuffle_i64x2(high03, high47, 0xDD);
    }
  }
  static ASSAY_INLINE void load(Vector (&r)[8], const void* const (&from)[kLanes]) noexcept {
    for (std::size_t lane = 0; lane < kLanes; ++lane) r[lane] = _mm512_loadu_si512(from[lane]);
    transpose(r);
  }
  static ASSAY_INLINE void store(void* const (&to)[kLanes], Vector (&r)[8]) noexcept {
    transpose(r);
    for (std::size_t lane = 0; lane < kLanes; ++lane) _mm512_storeu_si512(to[lane], r[lane]);
  }
};

// load_blocks(w, blocks): w[i] holds word i of the blocks.
template <class Lanes>
ASSAY_INLINE void load_blocks(typename Lanes::Vector (&w)[16], const std::byte* const (&blocks)[Lanes::kLanes]) noexcept {
  for (std::size_t half = 0; half < 2; ++half) {
    const void* from[Lanes::kLanes];
    for (std::size_t lane = 0; lane < Lanes::kLanes; ++lane) from[lane] = blocks[lane] + 64 * half;
    typename Lanes::Vector words[8];
    Lanes::load(words, from);
    for (std::size_t i = 0; i < 8; ++i) w[8 * half + i] = Lanes::reversed(words[i]);
  }
}

template <class Lanes, class Vector = typename Lanes::Vector>
ASSAY_INLINE void compress_block(Vector (&state)[8], const std::byte* const (&blocks)[Lanes::kLanes]) noexcept {
  Vector w[16];
  Vector s[8];
  load_blocks<Lanes>(w, blocks);
  for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
  const std::uint64_t* constants = kSha512Constants;
  eight_rounds(s, [&](std::size_t i) __attribute__((always_inline)) { return add(w[i], Lanes::everywhere(constants[i])); });
  eight_rounds(s, [&](std::size_t i) __attribute__((always_inline)) { return add(w[8 + i], Lanes::everywhere(constants[8 + i])); });
#pragma GCC unroll 1
  for (std::size_t done = 16; done < 80; done += 16) {
    constants += 16;
    eight_rounds(s, [&](std::size_t i) __attribute__((always_inline)) { return add(extend(w, i), Lanes::everywhere(constants[i])); });
    eight_rounds(s, [&](std::size_t i) __attribute__((always_inline)) { return add(extend(w, 8 + i), Lanes::everywhere(constants[8 + i])); });
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] = add(state[i], s[i]);
}

// states <- the states after count blocks of each of four or eight messages. Plain words; blocks are big-endian octets; the time depends on count only.
// FIPS 180-4 section 6.4.2. Checked against OpenSSL and the portable code at every length of several blocks (tests/crypto/sha2/sha512_test.cpp).
template <class Lanes>
void compress_lanes(Sha512State* states, const std::byte* const* from, std::size_t count) noexcept {
  void* words[Lanes::kLanes];
  const void* before[Lanes::kLanes];
  const std::byte* blocks[Lanes::kLanes];
  for (std::size_t lane = 0; lane < Lanes::kLanes; ++lane) {
    before[lane] = words[lane] = states + lane;
    blocks[lane] = from[lane];
  }
  typename Lanes::Vector state[8];
  Lanes::load(state, before);
  for (; count != 0; --count) {
    compress_block<Lanes>(state, blocks);
    for (std::size_t lane = 0; lane < Lanes::kLanes; ++lane) blocks[lane] += kSha512BlockBytes;
  }
  Lanes::store(words, state);
}

// One message alone: general registers are faster than the lowest lanes of vectors, in which a rotation takes two cycles.
void compress_one(Sha512State* state, const std::byte* const* blocks, std::size_t count) noexcept { sha512_avx2()->one(state, blocks, count); }

constexpr Sha512Code kFour = {"avx512-four", compress_one, compress_lanes<Four>, Four::kLanes, nullptr};
constexpr Sha512Code kEight = {"avx512", compress_one, compress_lanes<Eight>, Eight::kLanes, &kFour};

}  // namespace

const Sha512Code* sha512_avx512() noexcept { return &kEight; }

}  // namespace assay::crypto::sha2

#else

namespace assay::crypto::sha2 {

const Sha512Code* sha512_avx512() noexcept { return nullptr; }

}  // namespace assay::crypto::sha2

#endif
