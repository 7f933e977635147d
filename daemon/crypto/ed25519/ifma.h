// Private to ed25519: AVX-512 IFMA as the operations of ifma_field.h, loads from tables and stores to what the common code takes. For sources that are compiled for it only, hence the anonymous
// namespace.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "crypto/ed25519/ifma_field.h"
#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {
namespace {

// EightLanes and FourLanes: the same by their width. add_low(sum, x, y), add_high(sum, x, y): sum + x y mod 2^52, sum + floor(x y / 2^52), of the low 52 bits of x and y.
// add_product(sum, x, y): sum + x y, for x y < 2^52.
struct EightLanes {
  using Integer = __m512i;
  static constexpr std::size_t kLanes = 8;

  static ASSAY_INLINE Integer integer(std::uint64_t x) noexcept { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static ASSAY_INLINE Integer add(Integer a, Integer b) noexcept { return _mm512_add_epi64(a, b); }
  static ASSAY_INLINE Integer subtract(Integer a, Integer b) noexcept { return _mm512_sub_epi64(a, b); }
  static ASSAY_INLINE Integer bit_and(Integer a, Integer b) noexcept { return _mm512_and_si512(a, b); }
  template <int kBy>
  static ASSAY_INLINE Integer shift_left(Integer a) noexcept {
    Integer r = _mm512_slli_epi64(a, kBy);
    asm("" : "+v"(r));  // as in avx2.h
    return r;
  }
  template <int kBy>
  static ASSAY_INLINE Integer shift_right(Integer a) noexcept {
    return _mm512_srli_epi64(a, kBy);
  }
  static ASSAY_INLINE Integer add_low(Integer sum, Integer x, Integer y) noexcept { return _mm512_madd52lo_epu64(sum, x, y); }
  static ASSAY_INLINE Integer add_high(Integer sum, Integer x, Integer y) noexcept { return _mm512_madd52hi_epu64(sum, x, y); }
  static ASSAY_INLINE Integer add_product(Integer sum, Integer x, Integer y) noexcept { return add_low(sum, x, y); }
  static ASSAY_INLINE void store(std::uint64_t* to, Integer a) noexcept { _mm512_store_si512(to, a); }
};
struct FourLanes {
  using Integer = __m256i;
  static constexpr std::size_t kLanes = 4;

  static ASSAY_INLINE Integer integer(std::uint64_t x) noexcept { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  static ASSAY_INLINE Integer add(Integer a, Integer b) noexcept { return _mm256_add_epi64(a, b); }
  static ASSAY_INLINE Integer subtract(Integer a, Integer b) noexcept { return _mm256_sub_epi64(a, b); }
  static ASSAY_INLINE Integer bit_and(Integer a, Integer b) noexcept { return _mm256_and_si256(a, b); }
  template <int kBy>
  static ASSAY_INLINE Integer shift_left(Integer a) noexcept {
    Integer r = _mm256_slli_epi64(a, kBy);
    asm("" : "+v"(r));  // likewise
    return r;
  }
  template <int kBy>
  static ASSAY_INLINE Integer shift_right(Integer a) noexcept {
    return _mm256_srli_epi64(a, kBy);
  }
  static ASSAY_INLINE Integer add_low(Integer sum, Integer x, Integer y) noexcept { return _mm256_madd52lo_epu64(sum, x, y); }
  static ASSAY_INLINE Integer add_high(Integer sum, Integer x, Integer y) noexcept { return _mm256_madd52hi_epu64(sum, x, y); }
  static ASSAY_INLINE Integer add_product(Integer sum, Integer x, Integer y) noexcept { return add_low(sum, x, y); }
  static ASSAY_INLINE void store(std::uint64_t* to, Integer a) noexcept { _mm256_store_si256(reinterpret_cast<__m256i*>(to), a); }
};

using Lanes = IfmaField<EightLanes>;
using LanePoints = IfmaPoints<Lanes>;
using HalfLanes = IfmaField<FourLanes>;
using HalfPoints = IfmaPoints<HalfLanes>;

constexpr std::size_t kLanes = EightLanes::kLanes;

// load(q, entries, negative): lane l is entry l, or its negative if bit l is set: minus and plus change places, t its sign.
ASSAY_INLINE void load(LanePoints::Halved& q, const TableEntry* const* entries, __mmask8 negative) noexcept {
  __m512d limb[16];
#pragma GCC unroll 8
  for (std::size_t at = 0; at < 16; at += 2) {
    __m512d even = _mm512_castpd128_pd512(_mm_load_pd(entries[0]->limb + at));
    __m512d odd = _mm512_castpd128_pd512(_mm_load_pd(entries[1]->limb + at));
    even = _mm512_mask_broadcast_f64x2(even, 0x0C, _mm_load_pd(entries[2]->limb + at));
    odd = _mm512_mask_broadcast_f64x2(odd, 0x0C, _mm_load_pd(entries[3]->limb + at));
    even = _mm512_mask_broadcast_f64x2(even, 0x30, _mm_load_pd(entries[4]->limb + at));
    odd = _mm512_mask_broadcast_f64x2(odd, 0x30, _mm_load_pd(entries[5]->limb + at));
    even = _mm512_mask_broadcast_f64x2(even, 0xC0, _mm_load_pd(entries[6]->limb + at));
    odd = _mm512_mask_broadcast_f64x2(odd, 0xC0, _mm_load_pd(entries[7]->limb + at));
    limb[at] = _mm512_unpacklo_pd(even, odd);
    limb[at + 1] = _mm512_unpackhi_pd(even, odd);
  }
#pragma GCC unroll 5
  for (std::size_t i = 0; i < 5; ++i) {
    const __m512d offset = _mm512_set1_pd(entry_offset(static_cast<int>(i)));
    const __m512d minus = _mm512_add_pd(limb[kEntryMinus + i], offset);
    const __m512d plus = _mm512_add_pd(limb[kEntryPlus + i], offset);
    q.minus.limb[i] = _mm512_castpd_si512(_mm512_mask_mov_pd(minus, negative, plus));
    q.plus.limb[i] = _mm512_castpd_si512(_mm512_mask_mov_pd(plus, negative, minus));
    q.t.limb[i] = _mm512_castpd_si512(_mm512_mask_sub_pd(_mm512_add_pd(limb[kEntryT + i], offset), negative, offset, limb[kEntryT + i]));
  }
}

}  // namespace
}  // namespace assay::crypto::ed25519
