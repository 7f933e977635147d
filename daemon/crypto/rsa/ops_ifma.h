// Private to the IFMA kernels: eight digits or columns at a time. Everything is inlined, see unrolled.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

// IfmaOps: what eight_ifma.h and one_ifma.h are made of.
struct IfmaOps {
  using Integers = __m512i;    // digits, which are not negative, or columns: sums of halves of products, which may be
  using Digit = std::int64_t;  // one in memory

  static constexpr std::int64_t kDigitMask = (std::int64_t{1} << kIfmaDigitBits) - 1;

  ASSAY_INLINE static Integers set(std::int64_t value) noexcept { return _mm512_set1_epi64(value); }
  ASSAY_INLINE static Integers load(const Digit* eight) noexcept { return _mm512_load_si512(eight); }
  ASSAY_INLINE static void store(Digit* eight, Integers a) noexcept { _mm512_store_si512(eight, a); }
  ASSAY_INLINE static Integers broadcast(Digit digit) noexcept { return _mm512_set1_epi64(digit); }
  ASSAY_INLINE static Integers add(Integers a, Integers b) noexcept { return _mm512_add_epi64(a, b); }
  ASSAY_INLINE static Integers subtract(Integers a, Integers b) noexcept { return _mm512_sub_epi64(a, b); }

  // add_low(a, x, y), add_high(a, x, y): a + (x y mod 2^52), a + x y / 2^52 rounded down, of digits x and y. product_low(column, y): column y mod 2^52.
  ASSAY_INLINE static Integers add_low(Integers a, Integers x, Integers y) noexcept { return _mm512_madd52lo_epu64(a, x, y); }
  ASSAY_INLINE static Integers add_high(Integers a, Integers x, Integers y) noexcept { return _mm512_madd52hi_epu64(a, x, y); }
  ASSAY_INLINE static Integers product_low(Integers column, Integers y) noexcept { return add_low(set(0), column, y); }

  // digit_of(column), carry_of(column): column = digit + 2^52 carry.
  ASSAY_INLINE static Integers digit_of(Integers column) noexcept { return _mm512_and_si512(column, set(kDigitMask)); }
  ASSAY_INLINE static Integers carry_of(Integers column) noexcept { return _mm512_srai_epi64(column, static_cast<unsigned>(kIfmaDigitBits)); }
  // rounded_carry(column): the carry once the digit, unless it is zero, is made zero by an addition.
  ASSAY_INLINE static Integers rounded_carry(Integers column) noexcept { return carry_of(add(column, set(kDigitMask))); }
  // complement_if(sign, digit): where the sign, 0 or -1, is -1: 2^52 - 1 less the digit.
  ASSAY_INLINE static Integers complement_if(Integers sign, Integers digit) noexcept { return _mm512_xor_si512(digit, digit_of(sign)); }

  // first_lane(v): in every lane. only_first(v): the others zero. up(v): each lane to the next one; the first is zero. down(v): each lane to the one before; the last
  // is zero.
  ASSAY_INLINE static Integers first_lane(Integers v) noexcept { return _mm512_broadcastq_epi64(_mm512_castsi512_si128(v)); }
  ASSAY_INLINE static Integers only_first(Integers v) noexcept { return _mm512_maskz_mov_epi64(1, v); }
  ASSAY_INLINE static Integers up(Integers v) noexcept { return _mm512_alignr_epi64(v, set(0), 7); }
  ASSAY_INLINE static Integers down(Integers v) noexcept { return _mm512_alignr_epi64(set(0), v, 1); }

  // Excess: whether a number that is taken, and not negative, is longer than a digit. known_digit(a): a, which none was.
  class Excess {
   public:
    ASSAY_INLINE void take(Integers a) noexcept { all_ = _mm512_or_si512(all_, a); }
    ASSAY_INLINE bool any() const noexcept { return _mm512_test_epi64_mask(all_, set(~kDigitMask)) != 0; }

   private:
    Integers all_ = set(0);
  };
  ASSAY_INLINE static Integers known_digit(Integers a) noexcept { return a; }
};

// Comparison: whether digits, taken one after the other, are those of another number. What is left of a power and an encoding is below 2 n, and it is not zero, since
// no head is (an encoding is in (0, n), and what it is multiplied by has an inverse): so it is a multiple of n if it is n.
class Comparison {
 public:
  ASSAY_INLINE void take(__m512i digit, __m512i other) noexcept { difference_ = _mm512_or_si512(difference_, _mm512_xor_si512(digit, other)); }
  // equal(): a bit a lane.
  ASSAY_INLINE __mmask8 equal() const noexcept { return _mm512_testn_epi64_mask(difference_, difference_); }

 private:
  __m512i difference_ = IfmaOps::set(0);
};

}  // namespace
}  // namespace assay::crypto::rsa
