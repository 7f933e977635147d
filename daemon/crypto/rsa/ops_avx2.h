// Private to the AVX2 kernels: the processor's operations, as columns_avx2.h, one_avx2.h and four_avx2.h take them. For sources that are compiled for AVX2 only,
// hence the anonymous namespace.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/digit_ranges.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

struct Avx2Ops {
  using Double = double;
  using Integer = std::int64_t;
  using Doubles = __m256d;
  using Integers = __m256i;
  using Constants = VectorConstants;

  ASSAY_INLINE static Doubles doubles(double value) noexcept { return _mm256_set1_pd(value); }
  ASSAY_INLINE static Integers integers(std::int64_t value) noexcept { return _mm256_set1_epi64x(value); }
  ASSAY_INLINE static Integers bits_of(Doubles v) noexcept { return _mm256_castpd_si256(v); }
  ASSAY_INLINE static Doubles broadcast(const double* x) noexcept { return _mm256_broadcast_sd(x); }
  ASSAY_INLINE static Doubles add(Doubles a, Doubles b) noexcept { return _mm256_add_pd(a, b); }
  ASSAY_INLINE static Doubles subtract(Doubles a, Doubles b) noexcept { return _mm256_sub_pd(a, b); }
  ASSAY_INLINE static Integers add(Integers a, Integers b) noexcept { return _mm256_add_epi64(a, b); }
  ASSAY_INLINE static Integers subtract(Integers a, Integers b) noexcept { return _mm256_sub_epi64(a, b); }
  ASSAY_INLINE static Integers bit_and(Integers a, Integers b) noexcept { return _mm256_and_si256(a, b); }
  template <std::size_t kBits>
  ASSAY_INLINE static Integers shift_right(Integers a) noexcept {
    return _mm256_srli_epi64(a, static_cast<int>(kBits));
  }

  // split(v): v = digit + above, above rounded to a multiple of 2^49.
  struct Split {
    Doubles digit;
    Doubles above;
  };
  ASSAY_INLINE static Split split(Doubles v) noexcept {
    const Doubles above = _mm256_sub_pd(_mm256_add_pd(v, doubles(kHighStart)), doubles(kHighStart));
    return {_mm256_sub_pd(v, above), above};
  }
  // carried(above): above / 2^49. add_carried(digit, above): added to a digit.
  ASSAY_INLINE static Doubles carried(Doubles above) noexcept { return _mm256_mul_pd(above, doubles(0x1p-49)); }
  ASSAY_INLINE static Doubles add_carried(Doubles digit, Doubles above) noexcept { return _mm256_fmadd_pd(above, doubles(0x1p-49), digit); }
  // to_doubles(a, offset): a - offset, 0 <= a < 2^52: an integer becomes a double as the mantissa of one.
  ASSAY_INLINE static Doubles to_doubles(Integers a, double offset) noexcept {
    constexpr std::int64_t kExponent = 0x4330000000000000;  // of 2^52
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a, integers(kExponent))), doubles(0x1p52 + offset));
  }
  // tops<kMask>(v): those lanes of v are the top digits of whole numbers. Only intervals must be told.
  template <unsigned kMask>
  ASSAY_INLINE static void tops(Doubles&) noexcept {}

  // multiply_add(high, low, x, y): see digit_ranges.h. y is read from memory twice, so that no copy of high is needed: written by intrinsics, g++ moves the
  // accumulators of a tile through memory.
  ASSAY_INLINE static void multiply_add(Doubles& high, Doubles& low, Doubles x, const Doubles& y) noexcept {
    Doubles next;
    asm("vmovapd %[high], %[next]\n\t"
        "vfmadd231pd %[y], %[x], %[next]\n\t"
        "vsubpd %[next], %[high], %[high]\n\t"
        "vfmadd231pd %[y], %[x], %[high]\n\t"
        "vaddpd %[high], %[low], %[low]"
        : [high] "+&x"(high), [low] "+&x"(low), [next] "=&x"(next)
        : [x] "x"(x), [y] "m"(y));
    high = next;
  }

  // multiply_add_row(high, low, spare, x, y): multiply_add of six columns with y[0 .. 5]: the inner loop of the strips. In one piece, since clang moves what
  // begins and ends a tile in between and then has no registers left. Each old high sum becomes the place of its neighbour's new one, so that nothing is moved
  // back; spare's value is not meant.
  static constexpr std::size_t kRowColumns = 6;
  ASSAY_INLINE static void multiply_add_row(Doubles (&high)[kRowColumns], Doubles (&low)[kRowColumns], Doubles& spare, Doubles x, const Doubles* y) noexcept {
#define ASSAY_PRODUCT(old, next, low, offset)           \
  "vmovapd %[" old "], %[" next "]\n\t"                 \
  "vfmadd231pd " offset "(%[y]), %[x], %[" next "]\n\t" \
  "vsubpd %[" next "], %[" old "], %[" old "]\n\t"      \
  "vfmadd231pd " offset "(%[y]), %[x], %[" old "]\n\t"  \
  "vaddpd %[" old "], %[" low "], %[" low "]\n\t"
    asm(ASSAY_PRODUCT("h0", "s", "l0", "0") ASSAY_PRODUCT("h1", "h0", "l1", "32") ASSAY_PRODUCT("h2", "h1", "l2", "64")
        ASSAY_PRODUCT("h3", "h2", "l3", "96") ASSAY_PRODUCT("h4", "h3", "l4", "128") ASSAY_PRODUCT("h5", "h4", "l5", "160")
        : [h0] "+&x"(high[0]), [h1] "+&x"(high[1]), [h2] "+&x"(high[2]), [h3] "+&x"(high[3]), [h4] "+&x"(high[4]), [h5] "+&x"(high[5]), [s] "+&x"(spare),
          [l0] "+&x"(low[0]), [l1] "+&x"(low[1]), [l2] "+&x"(low[2]), [l3] "+&x"(low[3]), [l4] "+&x"(low[4]), [l5] "+&x"(low[5])
        : [x] "x"(x), [y] "r"(y), "m"(*reinterpret_cast<const Doubles(*)[kRowColumns]>(y)));
#undef ASSAY_PRODUCT
    const Doubles last = high[5];
    each<kRowColumns - 1>([&](auto i) ASSAY_INLINED { high[kRowColumns - 1 - i] = high[kRowColumns - 2 - i]; });
    high[0] = spare;
    spare = last;
  }

  // permute<a, b, c, d>(v): lanes a, b, c, d of v. pairs_swapped(v): lanes 1, 0, 3, 2.
  template <int kA, int kB, int kC, int kD>
  ASSAY_INLINE static Integers permute(Integers v) noexcept {
    return _mm256_permute4x64_epi64(v, kA | kB << 2 | kC << 4 | kD << 6);
  }
  template <int kA, int kB, int kC, int kD>
  ASSAY_INLINE static Doubles permute(Doubles v) noexcept {
    return _mm256_permute4x64_pd(v, kA | kB << 2 | kC << 4 | kD << 6);
  }
  ASSAY_INLINE static Integers pairs_swapped(Integers v) noexcept { return _mm256_shuffle_epi32(v, 0x4E); }
  // halves<i, j>(a, b): two of the halves 0 and 1, which are a's, 2 and 3, which are b's, and 8, which is zero.
  template <int kLow, int kHigh>
  ASSAY_INLINE static Integers halves(Integers a, Integers b) noexcept {
    return _mm256_permute2x128_si256(a, b, kLow | kHigh << 4);
  }
  template <int kLow, int kHigh>
  ASSAY_INLINE static Doubles halves(Doubles a, Doubles b) noexcept {
    return _mm256_permute2f128_pd(a, b, kLow | kHigh << 4);
  }
  // evens(a, b): lanes 0 of a, 0 of b, 2 of a, 2 of b. odds(a, b): the same of lanes 1 and 3.
  ASSAY_INLINE static Integers evens(Integers a, Integers b) noexcept { return _mm256_unpacklo_epi64(a, b); }
  ASSAY_INLINE static Integers odds(Integers a, Integers b) noexcept { return _mm256_unpackhi_epi64(a, b); }
  ASSAY_INLINE static Doubles evens(Doubles a, Doubles b) noexcept { return _mm256_unpacklo_pd(a, b); }
  ASSAY_INLINE static Doubles odds(Doubles a, Doubles b) noexcept { return _mm256_unpackhi_pd(a, b); }
  // blend<kMask>(a, b): the lanes of the mask's bits are b's, the others a's.
  template <unsigned kMask>
  ASSAY_INLINE static Integers blend(Integers a, Integers b) noexcept {
    constexpr unsigned kPairs = (kMask & 1U) * 3U + (kMask >> 1U & 1U) * 12U + (kMask >> 2U & 1U) * 48U + (kMask >> 3U) * 192U;
    return _mm256_blend_epi32(a, b, static_cast<int>(kPairs));
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
