// Private to ed25519: points in the lanes of AVX2: loads from tables and stores to what the common code takes. For sources that are compiled for AVX2 only.
#pragma once

#include "crypto/ed25519/avx2.h"
#include "crypto/ed25519/lane_field.h"
#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {
namespace {

using Lanes = LaneField<Avx2>;
using LaneElement = Lanes::Element;
using LaneCurve = Edwards<Lanes>;

constexpr std::size_t kLanes = 4;

// transpose(r): r[i] lane j <-> r[j] lane i.
ASSAY_INLINE void transpose(__m256d (&r)[4]) noexcept {
  const __m256d low01 = _mm256_unpacklo_pd(r[0], r[1]);
  const __m256d high01 = _mm256_unpackhi_pd(r[0], r[1]);
  const __m256d low23 = _mm256_unpacklo_pd(r[2], r[3]);
  const __m256d high23 = _mm256_unpackhi_pd(r[2], r[3]);
  r[0] = _mm256_permute2f128_pd(low01, low23, 0x20);
  r[1] = _mm256_permute2f128_pd(high01, high23, 0x20);
  r[2] = _mm256_permute2f128_pd(low01, low23, 0x31);
  r[3] = _mm256_permute2f128_pd(high01, high23, 0x31);
}

// load(q, entries, negative): lane l is entry l, or its negative where negative[l] is -1 and not 0: minus and plus change places, t its sign.
ASSAY_INLINE void load(LaneCurve::Halved& q, const TableEntry* const* entries, const std::int64_t* negative) noexcept {
  const double* const from[kLanes] = {entries[0]->limb, entries[1]->limb, entries[2]->limb, entries[3]->limb};
  __m256d limb[16];
#pragma GCC unroll 4
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t at = 4 * quarter + 2 * half;
      const __m256d lanes02 = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_load_pd(from[0] + at)), _mm_load_pd(from[2] + at), 1);
      const __m256d lanes13 = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_load_pd(from[1] + at)), _mm_load_pd(from[3] + at), 1);
      limb[at] = _mm256_unpacklo_pd(lanes02, lanes13);
      limb[at + 1] = _mm256_unpackhi_pd(lanes02, lanes13);
    }
  }
  const __m256d negate = _mm256_castsi256_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(negative)));
  const __m256d sign = _mm256_and_pd(negate, _mm256_set1_pd(-0.0));
#pragma GCC unroll 5
  for (std::size_t i = 0; i < 5; ++i) {
    q.minus.limb[i] = _mm256_blendv_pd(limb[kEntryMinus + i], limb[kEntryPlus + i], negate);
    q.plus.limb[i] = _mm256_blendv_pd(limb[kEntryPlus + i], limb[kEntryMinus + i], negate);
    q.t.limb[i] = _mm256_xor_pd(limb[kEntryT + i], sign);
  }
}

// StoredLanes: limbs of four elements as FieldElement has them: 2p is added, so that none is negative.
struct alignas(32) StoredLanes {
  std::uint64_t limb[5][kLanes];
};
ASSAY_INLINE void store(StoredLanes& to, const LaneElement& a) noexcept {
  constexpr double kToInteger = 0x1.8p52;  // |limb| < 2^51: the sum's low bits are the limb
#pragma GCC unroll 5
  for (std::size_t i = 0; i < 5; ++i) {
    const std::uint64_t twice_p = 2 * (i == 0 ? kLaneLimbMask - 18 : kLaneLimbMask);
    const __m256i bits = _mm256_castpd_si256(_mm256_add_pd(a.limb[i], _mm256_set1_pd(kToInteger)));
    const std::uint64_t off = twice_p - __builtin_bit_cast(std::uint64_t, kToInteger);
    _mm256_store_si256(reinterpret_cast<__m256i*>(to.limb[i]), _mm256_add_epi64(bits, _mm256_set1_epi64x(static_cast<long long>(off))));
  }
}

// broadcast(r, a): the same element, limbs up to 2^52, in every lane.
ASSAY_INLINE void broadcast(LaneElement& r, const FieldElement& a) noexcept {
  for (std::size_t i = 0; i < 5; ++i) r.limb[i] = _mm256_set1_pd(static_cast<double>(static_cast<std::int64_t>(a.limb[i])));
}

}  // namespace
}  // namespace assay::crypto::ed25519
