// SHA-512 with AVX2: four messages in four lanes, and one message alone.
//
// In lanes every word is a vector of the four messages' words. Alone, only the message schedule can be vectors: it does not depend on the state, so the schedules of four
// blocks are made at once, a block a lane (Gueron, Krasnov, "Parallelizing message schedules to accelerate the computations of hash functions", 2012), along with the rounds
// of the first of them in general registers.
#include "crypto/sha2/sha512.h"

#if defined(__AVX2__) && defined(__BMI2__)

#include <immintrin.h>

#include "crypto/sha2/portable_rounds.h"
#include "crypto/sha2/round_constants.h"

namespace assay::crypto::sha2 {

namespace {

constexpr std::size_t kLanes = 4;

ASSAY_INLINE __m256i add(__m256i a, __m256i b) noexcept { return _mm256_add_epi64(a, b); }
ASSAY_INLINE __m256i exclusive_or(__m256i a, __m256i b) noexcept { return _mm256_xor_si256(a, b); }
ASSAY_INLINE __m256i bit_and(__m256i a, __m256i b) noexcept { return _mm256_and_si256(a, b); }
ASSAY_INLINE __m256i everywhere(std::uint64_t word) noexcept { return _mm256_set1_epi64x(static_cast<long long>(word)); }

template <int kBy>
ASSAY_INLINE __m256i rotate_right_lanes(__m256i x) noexcept {
  if constexpr (kBy == 8) {
    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(0x080f0e0d0c0b0a09, 0x0007060504030201, 0x080f0e0d0c0b0a09, 0x0007060504030201));
  } else {
    return exclusive_or(_mm256_srli_epi64(x, kBy), _mm256_slli_epi64(x, 64 - kBy));
  }
}
ASSAY_INLINE __m256i big_sigma_0(__m256i x) noexcept {
  return exclusive_or(exclusive_or(rotate_right_lanes<28>(x), rotate_right_lanes<34>(x)), rotate_right_lanes<39>(x));
}
ASSAY_INLINE __m256i big_sigma_1(__m256i x) noexcept {
  return exclusive_or(exclusive_or(rotate_right_lanes<14>(x), rotate_right_lanes<18>(x)), rotate_right_lanes<41>(x));
}
ASSAY_INLINE __m256i small_sigma_0(__m256i x) noexcept {
  return exclusive_or(exclusive_or(rotate_right_lanes<1>(x), rotate_right_lanes<8>(x)), _mm256_srli_epi64(x, 7));
}
ASSAY_INLINE __m256i small_sigma_1(__m256i x) noexcept {
  return exclusive_or(exclusive_or(rotate_right_lanes<19>(x), rotate_right_lanes<61>(x)), _mm256_srli_epi64(x, 6));
}

// transpose(r): r[i] lane j <-> r[j] lane i.
ASSAY_INLINE void transpose(__m256i (&r)[4]) noexcept {
  const __m256i low01 = _mm256_unpacklo_epi64(r[0], r[1]);
  const __m256i high01 = _mm256_unpackhi_epi64(r[0], r[1]);
  const __m256i low23 = _mm256_unpacklo_epi64(r[2], r[3]);
  const __m256i high23 = _mm256_unpackhi_epi64(r[2], r[3]);
  r[0] = _mm256_permute2x128_si256(low01, low23, 0x20);
  r[1] = _mm256_permute2x128_si256(high01, high23, 0x20);
  r[2] = _mm256_permute2x128_si256(low01, low23, 0x31);
  r[3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}

// load_blocks(w, blocks): w[i] holds word i of the four blocks.
ASSAY_INLINE void load_blocks(__m256i (&w)[16], const std::byte* const (&blocks)[kLanes]) noexcept {
  const __m256i big_endian = _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607);
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    __m256i rows[4];
    for (std::size_t lane = 0; lane < kLanes; ++lane) rows[lane] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(blocks[lane] + 32 * quarter));
    transpose(rows);
    for (std::size_t i = 0; i < 4; ++i) w[4 * quarter + i] = _mm256_shuffle_epi8(rows[i], big_endian);
  }
}

// extend(w, i): word 16 further on in the schedule, in the place of word i.
ASSAY_INLINE __m256i extend(__m256i (&w)[16], std::size_t i) noexcept {
  w[i] = add(add(w[i], w[(i + 9) & 15]), add(small_sigma_0(w[(i + 1) & 15]), small_sigma_1(w[(i + 14) & 15])));
  return w[i];
}

// The same on one word: `rorx` leaves its source alone, which saves the moves.
ASSAY_INLINE std::uint64_t add(std::uint64_t a, std::uint64_t b) noexcept { return a + b; }
ASSAY_INLINE std::uint64_t exclusive_or(std::uint64_t a, std::uint64_t b) noexcept { return a ^ b; }
ASSAY_INLINE std::uint64_t bit_and(std::uint64_t a, std::uint64_t b) noexcept { return a & b; }
ASSAY_INLINE std::uint64_t big_sigma_0(std::uint64_t x) noexcept { return big_sigma(x, Sha512Rounds::kBig0); }
ASSAY_INLINE std::uint64_t big_sigma_1(std::uint64_t x) noexcept { return big_sigma(x, Sha512Rounds::kBig1); }

// shared_round(...): as round() in portable_rounds.h, of lanes or of one message. `ab_before` is b ^ c, which was a ^ b one round ago.
template <class Word>
ASSAY_INLINE void shared_round(Word a, Word b, Word& d, Word e, Word f, Word g, Word& h, Word& ab_before, Word scheduled) noexcept {
  const Word choice = exclusive_or(g, bit_and(e, exclusive_or(f, g)));
  const Word first = add(add(add(h, scheduled), choice), big_sigma_1(e));
  const Word ab = exclusive_or(a, b);
  const Word majority = exclusive_or(b, bit_and(ab, ab_before));
  ab_before = ab;
  d = add(d, first);
  h = add(add(first, big_sigma_0(a)), majority);
}

template <class Word, class Scheduled>
ASSAY_INLINE void eight_shared_rounds(Word (&s)[8], Word& ab, Scheduled scheduled) noexcept {
  shared_round(s[0], s[1], s[3], s[4], s[5], s[6], s[7], ab, scheduled(0));
  shared_round(s[7], s[0], s[2], s[3], s[4], s[5], s[6], ab, scheduled(1));
  shared_round(s[6], s[7], s[1], s[2], s[3], s[4], s[5], ab, scheduled(2));
  shared_round(s[5], s[6], s[0], s[1], s[2], s[3], s[4], ab, scheduled(3));
  shared_round(s[4], s[5], s[7], s[0], s[1], s[2], s[3], ab, scheduled(4));
  shared_round(s[3], s[4], s[6], s[7], s[0], s[1], s[2], ab, scheduled(5));
  shared_round(s[2], s[3], s[5], s[6], s[7], s[0], s[1], ab, scheduled(6));
  shared_round(s[1], s[2], s[4], s[5], s[6], s[7], s[0], ab, scheduled(7));
}

ASSAY_INLINE void compress_lanes_block(__m256i (&state)[8], const std::byte* const (&blocks)[kLanes]) noexcept {
  __m256i w[16];
  __m256i s[8];
  load_blocks(w, blocks);
  for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
  __m256i ab = exclusive_or(s[1], s[2]);
  const std::uint64_t* constants = kSha512Constants;
  eight_shared_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return add(w[i], everywhere(constants[i])); });
  eight_shared_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return add(w[8 + i], everywhere(constants[8 + i])); });
#pragma GCC unroll 1
  for (std::size_t done = 16; done < 80; done += 16) {
    constants += 16;
    eight_shared_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return add(extend(w, i), everywhere(constants[i])); });
    eight_shared_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return add(extend(w, 8 + i), everywhere(constants[8 + i])); });
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] = add(state[i], s[i]);
}

// states <- the states after count blocks of each of four messages. Plain words; blocks are big-endian octets; the time depends on count only.
// FIPS 180-4 section 6.4.2. Checked against OpenSSL and the portable code at every length of several blocks (tests/crypto/sha2/sha512_test.cpp).
void compress_lanes(Sha512State* states, const std::byte* const* from, std::size_t count) noexcept {
  __m256i halves[2][4];
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) halves[half][lane] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(states[lane].words.data()) + half);
    transpose(halves[half]);
  }
  __m256i state[8];
  for (std::size_t i = 0; i < 8; ++i) state[i] = halves[i / 4][i % 4];
  const std::byte* blocks[kLanes] = {from[0], from[1], from[2], from[3]};
  for (; count != 0; --count) {
    compress_lanes_block(state, blocks);
    for (std::size_t lane = 0; lane < kLanes; ++lane) blocks[lane] += kSha512BlockBytes;
  }
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 4; ++i) halves[half][i] = state[4 * half + i];
    transpose(halves[half]);
    for (std::size_t lane = 0; lane < kLanes; ++lane) _mm256_storeu_si256(reinterpret_cast<__m256i*>(states[lane].words.data()) + half, halves[half][lane]);
  }
}

// Schedule: W + K of each round, of four blocks side by side.
struct alignas(32) Schedule {
  std::uint64_t round[80][kLanes];
};

// sixteen_rounds(s, ab, scheduled): scheduled(i) is W + K of the i-th of them.
template <class Scheduled>
ASSAY_INLINE void sixteen_rounds(std::uint64_t (&s)[8], std::uint64_t& ab, Scheduled scheduled) noexcept {
  eight_shared_rounds(s, ab, scheduled);
  eight_shared_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return scheduled(8 + i); });
}

// rounds_of(state, schedule, block): all rounds of one of the four.
ASSAY_INLINE void rounds_of(std::uint64_t* state, const Schedule& schedule, std::size_t block) noexcept {
  std::uint64_t s[8];
  for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
  std::uint64_t ab = s[1] ^ s[2];
#pragma GCC unroll 1
  for (std::size_t done = 0; done < 80; done += 16) {
    sixteen_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return schedule.round[done + i][block]; });
  }
  for (std::size_t i = 0; i < 8; ++i) state[i] += s[i];
}

// schedule_and_rounds_of_first(state, schedule, blocks): the schedules of four blocks, and the rounds of the first. They keep different units of the processor busy: with every round a word of the
// schedule is made, sixteen rounds ahead.
ASSAY_INLINE void schedule_and_rounds_of_first(std::uint64_t* state, Schedule& schedule, const std::byte* const (&blocks)[kLanes]) noexcept {
  __m256i w[16];
  load_blocks(w, blocks);
  const auto keep = [&](std::size_t round, __m256i word) __attribute__((always_inline)) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(schedule.round[round]), add(word, everywhere(kSha512Constants[round])));
  };
  for (std::size_t i = 0; i < 16; ++i) keep(i, w[i]);
  std::uint64_t s[8];
  for (std::size_t i = 0; i < 8; ++i) s[i] = state[i];
  std::uint64_t ab = s[1] ^ s[2];
#pragma GCC unroll 1
  for (std::size_t done = 0; done < 64; done += 16) {
    sixteen_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) {
      keep(done + 16 + i, extend(w, i));
      return schedule.round[done + i][0];
    });
  }
  sixteen_rounds(s, ab, [&](std::size_t i) __attribute__((always_inline)) { return schedule.round[64 + i][0]; });
  for (std::size_t i = 0; i < 8; ++i) state[i] += s[i];
}

// As compress_lanes, one message.
void compress_one(Sha512State* state, const std::byte* const* blocks, std::size_t count) noexcept {
  Schedule schedule;
  while (count != 0) {
    const std::size_t now = count < kLanes ? count : kLanes;
    const std::byte* four[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) four[lane] = blocks[lane < now ? lane : 0];
    schedule_and_rounds_of_first(state->words.data(), schedule, four);
    for (std::size_t block = 1; block < now; ++block) rounds_of(state->words.data(), schedule, block);
    blocks += now;
    count -= now;
  }
}

constexpr Sha512Code kAvx2 = {"avx2", compress_one, compress_lanes, kLanes};

}  // namespace

const Sha512Code* sha512_avx2() noexcept { return &kAvx2; }

}  // namespace assay::crypto::sha2

#else

namespace assay::crypto::sha2 {

const Sha512Code* sha512_avx2() noexcept { return nullptr; }

}  // namespace assay::crypto::sha2

#endif
