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

// Multiple: whether digits, taken one after the other, are those of zero or of n: a number below 2 n is a multiple of n if they are.
struct Multiple {
  Integers other_than_zero = integers(0);
  Integers other_than_n = integers(0);

  ASSAY_INLINE void take(Integers digit, Integers of_n) noexcept {
    other_than_zero = _mm512_or_si512(other_than_zero, digit);
    other_than_n = _mm512_or_si512(other_than_n, _mm512_xor_si512(digit, of_n));
  }
};

}  // namespace
}  // namespace assay::crypto::rsa
