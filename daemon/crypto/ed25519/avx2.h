// Private to ed25519: AVX2 and FMA as the operations of lane_field.h. For sources that are compiled for them only, hence the anonymous namespace.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "crypto/ed25519/lane_field.h"

namespace assay::crypto::ed25519 {
namespace {

// TowardZero: sets the rounding mode that the splits of lane_field.h need, and masks all exceptions. The compiler knows nothing of modes: what computes under one is
// called, not inlined, where this object lives.
class TowardZero {
 public:
  TowardZero() noexcept {
    asm volatile("stmxcsr %0" : "=m"(before_)::"memory");
    const unsigned toward_zero = 0x7F80;
    asm volatile("ldmxcsr %0" ::"m"(toward_zero) : "memory");
  }
  ~TowardZero() { asm volatile("ldmxcsr %0" ::"m"(before_) : "memory"); }
  TowardZero(const TowardZero&) = delete;
  TowardZero& operator=(const TowardZero&) = delete;

 private:
  unsigned before_;
};
#define ASSAY_CALLED __attribute__((noinline))

struct Avx2 {
  using Real = __m256d;
  using Integer = __m256i;

  static ASSAY_INLINE Real add(Real a, Real b) noexcept { return _mm256_add_pd(a, b); }
  static ASSAY_INLINE Real subtract(Real a, Real b) noexcept { return _mm256_sub_pd(a, b); }
  static ASSAY_INLINE Integer add(Integer a, Integer b) noexcept { return _mm256_add_epi64(a, b); }
  static ASSAY_INLINE Integer bit_and(Integer a, Integer b) noexcept { return _mm256_and_si256(a, b); }
  static ASSAY_INLINE Real real(double x) noexcept { return _mm256_set1_pd(x); }
  static ASSAY_INLINE Integer integer(LaneInteger x) noexcept { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  template <int kBy>
  static ASSAY_INLINE Integer shift_left(Integer a) noexcept {
    Integer r = _mm256_slli_epi64(a, kBy);
    asm("" : "+x"(r));  // clang would make a 64-bit multiplication, which is three instructions, of shifts and additions
    return r;
  }
  template <int kBy>
  static ASSAY_INLINE Integer shift_right(Integer a) noexcept {
    return _mm256_srli_epi64(a, kBy);
  }
  // multiply_low(a, factor): of numbers below 2^32.
  static ASSAY_INLINE Integer multiply_low(Integer a, std::uint32_t factor) noexcept { return _mm256_mul_epu32(a, _mm256_set1_epi64x(factor)); }
  // to_real(a, offset): a - offset, for 0 <= a < 2^52.
  static ASSAY_INLINE Real to_real(Integer a, double offset) noexcept {
    const Integer biased = _mm256_or_si256(a, _mm256_set1_epi64x(static_cast<long long>(kLowBits)));
    return _mm256_sub_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(0x1p52 + offset));
  }

  // split(x, y, high, low): the two parts of x y. One operand comes from memory, on purpose: left to themselves, compilers try to keep all limbs of both factors in registers,
  // of which there are not enough. g++ does best with a product at a time in one block, clang when it may order the instructions itself.
#if defined(__clang__)
  static ASSAY_INLINE Real multiply_add(Real x, const Real& y, Real sum) noexcept {
    asm("vfmadd231pd %2, %1, %0" : "+x"(sum) : "x"(x), "m"(y));
    return sum;
  }
  static ASSAY_INLINE void split(Real x, const Real& y, Integer& high, Integer& low) noexcept {
    const Real top = multiply_add(x, y, _mm256_set1_pd(kSplit));
    low = _mm256_castpd_si256(multiply_add(x, y, _mm256_sub_pd(_mm256_set1_pd(kSplitLow), top)));
    high = _mm256_castpd_si256(top);
  }
  static ASSAY_INLINE void split_and_add(Real x, const Real& y, Integer& high, Integer& low) noexcept {
    Integer more_high, more_low;
    split(x, y, more_high, more_low);
    high = add(high, more_high);
    low = add(low, more_low);
  }
#else
#define ASSAY_SPLIT(high, low)            \
  "vmovapd %[split], %[" high "]\n\t"     \
  "vfmadd231pd %[y], %[x], %[" high "]\n\t" \
  "vsubpd %[" high "], %[split_low], %[" low "]\n\t" \
  "vfmadd231pd %[y], %[x], %[" low "]\n\t"
  static ASSAY_INLINE void split(Real x, const Real& y, Integer& high, Integer& low) noexcept {
    asm(ASSAY_SPLIT("high", "low")
        : [high] "=&x"(high), [low] "=&x"(low)
        : [x] "x"(x), [y] "m"(y), [split] "x"(_mm256_set1_pd(kSplit)), [split_low] "x"(_mm256_set1_pd(kSplitLow)));
  }
  static ASSAY_INLINE void split_and_add(Real x, const Real& y, Integer& high, Integer& low) noexcept {
    Real more_high, more_low;
    asm(ASSAY_SPLIT("more_high", "more_low") "vpaddq %[more_high], %[high], %[high]\n\tvpaddq %[more_low], %[low], %[low]"
        : [high] "+&x"(high), [low] "+&x"(low), [more_high] "=&x"(more_high), [more_low] "=&x"(more_low)
        : [x] "x"(x), [y] "m"(y), [split] "x"(_mm256_set1_pd(kSplit)), [split_low] "x"(_mm256_set1_pd(kSplitLow)));
  }
#undef ASSAY_SPLIT
#endif

  // permute<a, b, c, d>(x): lanes a, b, c, d of x. negate<mask>(x): the lanes of the mask's bits negated.
  template <int a, int b, int c, int d>
  static ASSAY_INLINE Real permute(Real x) noexcept {
    return _mm256_permute4x64_pd(x, a | b << 2 | c << 4 | d << 6);
  }
  template <int kMask>
  static ASSAY_INLINE Real negate(Real x) noexcept {
    return _mm256_xor_pd(x, _mm256_setr_pd(kMask & 1 ? -0.0 : 0.0, kMask & 2 ? -0.0 : 0.0, kMask & 4 ? -0.0 : 0.0, kMask & 8 ? -0.0 : 0.0));
  }
  // keep<mask>(x): zero in the other lanes.
  template <int kMask>
  static ASSAY_INLINE Real keep(Real x) noexcept {
    return _mm256_blend_pd(_mm256_setzero_pd(), x, kMask);
  }
};

}  // namespace
}  // namespace assay::crypto::ed25519
