// Private to the IFMA kernels: eight digits or columns at a time. Everything is inlined, see unrolled.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/unrolled.h"

namespace assay::crypto::rsa {
namespace {

using Integers = __m512i;  // digits, which are not negative, or columns: sums of halves of products, which may be

constexpr std::int64_t kIfmaDigitMask = (std::int64_t{1} << kIfmaDigitBits) - 1;

ASSAY_INLINE Integers integers(std::int64_t value) noexcept { return _mm512_set1_epi64(value); }
ASSAY_INLINE Integers add(Integers a, Integers b) noexcept { return _mm512_add_epi64(a, b); }
ASSAY_INLINE Integers subtract(Integers a, Integers b) noexcept { return _mm512_sub_epi64(a, b); }

// add_low(a, x, y), add_high(a, x, y): a + (x y mod 2^52), a + x y / 2^52 rounded down, of digits x and y, or of what columns are mod 2^52.
ASSAY_INLINE Integers add_low(Integers a, Integers x, Integers y) noexcept { return _mm512_madd52lo_epu64(a, x, y); }
ASSAY_INLINE Integers add_high(Integers a, Integers x, Integers y) noexcept { return _mm512_madd52hi_epu64(a, x, y); }

// digit_of(column), carry_of(column): column = digit + 2^52 carry. rounded_carry(column): the carry once the digit, unless it is zero, is made zero by an addition.
ASSAY_INLINE Integers digit_of(Integers column) noexcept { return _mm512_and_si512(column, integers(kIfmaDigitMask)); }
ASSAY_INLINE Integers carry_of(Integers column) noexcept { return _mm512_srai_epi64(column, static_cast<unsigned>(kIfmaDigitBits)); }
ASSAY_INLINE Integers rounded_carry(Integers column) noexcept { return carry_of(add(column, integers(kIfmaDigitMask))); }

// Comparison: whether digits, taken one after the other, are those of another number. What is left of a power and an encoding is below 2 n, and it is not zero,
// since no head is: so it is a multiple of n if it is n.
struct Comparison {
  Integers difference = integers(0);

  ASSAY_INLINE void take(Integers digit, Integers other) noexcept { difference = _mm512_or_si512(difference, _mm512_xor_si512(digit, other)); }
  // equal(): a bit a lane.
  ASSAY_INLINE __mmask8 equal() const noexcept { return _mm512_testn_epi64_mask(difference, difference); }
};

}  // namespace
}  // namespace assay::crypto::rsa
