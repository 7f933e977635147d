// 32 characters to 24 octets at a time.
//
// A character is looked up by its two halves of four bits (VPSHUFB). The upper half names a row of ASCII, and a row holds one run of the alphabet:
//
//   0x2_  '-' alone at D         0x4_, 0x6_  letters at 1 to F       0x3_  digits at 0 to 9       0x5_  letters at 0 to A, '_' at F      0x7_  letters at 0 to A
//
// Each row has a bit; the lower half's table holds the bits of the rows in which that place is outside the alphabet. A character is good if its row's bit is not
// among them. A row's characters are a constant away from their values, but for '_', which is 33 further than the letters of its row.
//
// The last block ends where the groups end and overlaps the one before it: those octets are written twice, with the same values, and nothing beyond the groups is read
// or written. Checked against decode_groups_portable, for every character in every place of a block (tests/jose/base64url_test.cpp).
#include "jose/base64url_groups.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

#define ASSAY_AVX2 __attribute__((target("avx2")))

namespace assay::jose {
namespace {

constexpr std::size_t kBlockGroups = 8;

// Rows of ASCII, by the upper half of a character.
constexpr std::uint8_t kDash = 1, kDigits = 2, kLettersFrom1 = 4, kLettersAndLine = 8, kLettersToA = 16, kNothing = 32;

ASSAY_AVX2 __m256i both(__m128i lane) noexcept { return _mm256_broadcastsi128_si256(lane); }

// block(text, out, bad): octets of bad that are not zero stand for characters outside the alphabet.
ASSAY_AVX2 void block(const char* text, std::byte* out, __m256i& bad) noexcept {
  const __m256i row_bits = both(_mm_setr_epi8(kNothing, kNothing, kDash, kDigits, kLettersFrom1, kLettersAndLine, kLettersFrom1, kLettersToA, kNothing, kNothing, kNothing,
                                              kNothing, kNothing, kNothing, kNothing, kNothing));
  // A place in a row: the rows where it is outside the alphabet.
  constexpr std::uint8_t kIn0 = kNothing | kDash | kLettersFrom1;
  constexpr std::uint8_t kIn1To9 = kNothing | kDash;
  constexpr std::uint8_t kInA = kNothing | kDash | kDigits;
  constexpr std::uint8_t kInBToE = kNothing | kDash | kDigits | kLettersAndLine | kLettersToA;
  constexpr std::uint8_t kInD = kNothing | kDigits | kLettersAndLine | kLettersToA;
  constexpr std::uint8_t kInF = kNothing | kDash | kDigits | kLettersToA;
  const __m256i outside = both(_mm_setr_epi8(kIn0, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kIn1To9, kInA, kInBToE, kInBToE, kInD, kInBToE,
                                             kInF));
  // What is added to a character of a row: 62 - '-', 52 - '0', 0 - 'A', 26 - 'a'.
  const __m256i shifts = both(_mm_setr_epi8(0, 0, 17, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));

  const __m256i characters = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i half = _mm256_set1_epi8(0x0F);
  const __m256i row = _mm256_and_si256(_mm256_srli_epi32(characters, 4), half);
  const __m256i place = _mm256_and_si256(characters, half);
  bad = _mm256_or_si256(bad, _mm256_and_si256(_mm256_shuffle_epi8(row_bits, row), _mm256_shuffle_epi8(outside, place)));
  const __m256i line = _mm256_and_si256(_mm256_cmpeq_epi8(characters, _mm256_set1_epi8('_')), _mm256_set1_epi8(33));
  const __m256i values = _mm256_add_epi8(_mm256_add_epi8(characters, _mm256_shuffle_epi8(shifts, row)), line);

  // a b c d, six bits each, to a*64+b and c*64+d, and these to 24 bits; then the three octets of each, the highest first, closed up within and over the lanes.
  const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
  const __m256i octets = _mm256_shuffle_epi8(groups, both(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)));
  const __m256i closed = _mm256_permutevar8x32_epi32(octets, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(closed));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), _mm256_extracti128_si256(closed, 1));
}

}  // namespace

ASSAY_AVX2 bool decode_groups_avx2(const char* text, std::size_t groups, std::byte* out) noexcept {
  if (groups < kBlockGroups) return decode_groups_portable(text, groups, out);
  __m256i bad = _mm256_setzero_si256();
  std::size_t done = 0;
  for (; done + kBlockGroups <= groups; done += kBlockGroups) block(text + 4 * done, out + 3 * done, bad);
  if (done != groups) block(text + 4 * (groups - kBlockGroups), out + 3 * (groups - kBlockGroups), bad);
  return _mm256_testz_si256(bad, bad) != 0;
}

}  // namespace assay::jose

#endif
