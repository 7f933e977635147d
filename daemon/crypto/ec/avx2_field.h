// The field of a curve in four lanes of AVX2. Only for files compiled with AVX2 and BMI2.
#pragma once

#include <immintrin.h>

#include "crypto/ec/lane_numbers.h"
#include "crypto/ec/lanes.h"

namespace assay::crypto::ec {
namespace {

// Avx2Ops: a limb is four 64-bit lanes.
//
// The assembly is one instruction with a memory operand each, on purpose: a compiler left alone keeps all limbs of b "in registers", that is, it spills them.
// Scheduling and registers stay its business.
struct Avx2Ops {
  using Lane = __m256i;
  static constexpr std::size_t kAlignment = 32;

  ASSAY_EC_INLINE static Lane set(u64 x) noexcept { return _mm256_set1_epi64x(static_cast<i64>(x)); }
  ASSAY_EC_INLINE static Lane add(Lane a, Lane b) noexcept { return _mm256_add_epi64(a, b); }
  ASSAY_EC_INLINE static Lane subtract(Lane a, Lane b) noexcept { return _mm256_sub_epi64(a, b); }
  ASSAY_EC_INLINE static Lane bit_and(Lane a, Lane b) noexcept { return _mm256_and_si256(a, b); }
  template <int kShift>
  ASSAY_EC_INLINE static Lane shift_left(Lane a) noexcept {
    return _mm256_slli_epi64(a, kShift);
  }
  template <int kShift>
  ASSAY_EC_INLINE static Lane shift_right(Lane a) noexcept {
    return _mm256_srli_epi64(a, kShift);
  }
  // choose_by_sign(sign, if_negative, otherwise), lane by lane.
  ASSAY_EC_INLINE static Lane choose_by_sign(Lane sign, Lane if_negative, Lane otherwise) noexcept {
    return _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(otherwise), _mm256_castsi256_pd(if_negative), _mm256_castsi256_pd(sign)));
  }

  ASSAY_EC_INLINE static Lane load(const Lane& a) noexcept {
    Lane loaded;
    asm volatile("vmovdqa %1, %0" : "=x"(loaded) : "m"(a));
    return loaded;
  }
  ASSAY_EC_INLINE static Lane subtract_from_memory(Lane a, const Lane& b) noexcept {
    Lane difference;
    asm("vpsubq %2, %1, %0" : "=x"(difference) : "x"(a), "m"(b));
    return difference;
  }
  ASSAY_EC_INLINE static void multiply_add(Lane& sum, Lane a, const Lane& b) noexcept {
    Lane product;
    asm("vpmuldq %3, %2, %1\n\tvpaddq %1, %0, %0" : "+x"(sum), "=&x"(product) : "x"(a), "m"(b));
  }
};

// Avx2Field: the operations that points.h, comb.h and tree.h ask of a field, for kLanes = 4; elements as in lanes.h.
template <class C>
struct Avx2Field : LaneNumbers<Avx2Field<C>, C, Lanes<C, Avx2Ops>, 4, C::kLimbs, C::kLimbBits> {
  using Base = LaneNumbers<Avx2Field, C, Lanes<C, Avx2Ops>, 4, C::kLimbs, C::kLimbBits>;
  using Number = typename Base::Number;
  using Scalar = typename Base::Scalar;
  using Element = typename Base::Element;
  using Lane = __m256i;
  static constexpr int kWords = C::kWords;

  static constexpr int kTreePairsMin = 12;
  static constexpr bool kSumsOfThree = C::kBits != 521;

  [[gnu::noinline]] static void multiply(Element& r, const Element& a, const Element& b) noexcept {
    LaneProduct<C, Avx2Ops, 0, Left::factor, Right::factor>::run(r, a, b, nullptr, nullptr, nullptr);
  }
  [[gnu::noinline]] static void square(Element& r, const Element& a) noexcept {
    LaneProduct<C, Avx2Ops, 0, Left::factor, Right::same>::run(r, a, a, nullptr, nullptr, nullptr);
  }
  [[gnu::noinline]] static void multiply_subtract(Element& r, const Element& a, const Element& b, const Element& s) noexcept {
    LaneProduct<C, Avx2Ops, 1, Left::factor, Right::factor>::run(r, a, b, &s, nullptr, nullptr);
  }
  [[gnu::noinline]] static void square_subtract(Element& r, const Element& a, const Element& s, const Element& t) noexcept {
    LaneProduct<C, Avx2Ops, 2, Left::factor, Right::same>::run(r, a, a, &s, &t, nullptr);
  }
  [[gnu::noinline]] static void multiply_difference(Element& r, const Element& a, const Element& a2, const Element& b) noexcept {
    LaneProduct<C, Avx2Ops, 0, Left::difference, Right::factor>::run(r, a, b, nullptr, nullptr, &a2);
  }
  [[gnu::noinline]] static void multiply_difference_subtract(Element& r, const Element& a, const Element& a2, const Element& b, const Element& s) noexcept {
    LaneProduct<C, Avx2Ops, 1, Left::difference, Right::factor>::run(r, a, b, &s, nullptr, &a2);
  }
  ASSAY_EC_INLINE static void add(Element& r, const Element& a, const Element& b) noexcept {
    for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = Avx2Ops::add(a.limb[i], b.limb[i]);
  }
  ASSAY_EC_INLINE static void subtract(Element& r, const Element& a, const Element& b) noexcept {
    for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = Avx2Ops::subtract(a.limb[i], b.limb[i]);
  }
  static void carry(Element& r) noexcept { carry_limbs<C, Avx2Ops>(r.limb); }
  [[gnu::noinline]] static void canonical(Element& r) noexcept { canonical_limbs<C, Avx2Ops>(r.limb); }

  // ---- lanes in and out

  static Lane set(u64 x) noexcept { return Avx2Ops::set(x); }
  // swap_lanes<kDistance>(r, a): lane k of r is lane k ^ kDistance of a; kDistance is 1 or 2.
  template <int kDistance>
  static void swap_lanes(Element& r, const Element& a) noexcept {
    constexpr int kOrder = kDistance == 1 ? 0b10'11'00'01 : 0b01'00'11'10;
    for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = _mm256_permute4x64_epi64(a.limb[i], kOrder);
  }
  // take_lanes(r, a, lanes): the lanes of r that have a bit become those of a.
  static void take_lanes(Element& r, const Element& a, unsigned lanes) noexcept {
    const Lane bit = _mm256_set_epi64x(8, 4, 2, 1);
    const Lane taken = _mm256_cmpeq_epi64(_mm256_and_si256(Avx2Ops::set(lanes), bit), bit);
    for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = _mm256_blendv_epi8(r.limb[i], a.limb[i], taken);
  }

  // zero_lanes(a): bit k is set if lane k is a multiple of p. a 1/R lies in [0, p]; so it is 0 or p then, limb by limb.
  static unsigned zero_lanes(const Element& a) noexcept {
    Element one, reduced;
    Base::broadcast_number(one, Base::kPlainOne);
    multiply(reduced, a, one);
    Lane not_zero = _mm256_setzero_si256(), not_p = _mm256_setzero_si256();
    for (int i = 0; i < C::kLimbs; ++i) {
      not_zero = _mm256_or_si256(not_zero, reduced.limb[i]);
      not_p = _mm256_or_si256(not_p, _mm256_xor_si256(reduced.limb[i], Avx2Ops::set(bits(C::kPrime, i * C::kLimbBits, C::kLimbBits))));
    }
    const Lane nothing = _mm256_setzero_si256();
    const Lane zero = _mm256_or_si256(_mm256_cmpeq_epi64(not_zero, nothing), _mm256_cmpeq_epi64(not_p, nothing));
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(zero)));
  }

  // ---- points of tables: affine, canonical, in the form of the lanes. P-256: the words of x and y, one cache line. P-384, P-521: two limbs in a word, so that
  // four points load by transposing and one mask or shift a limb.

  static constexpr bool kPackedInWords = C::kBits == 256;
  static constexpr int kEntryWords = kPackedInWords ? kWords : C::kLimbs / 2;
  static constexpr int kEntryTotal = kPackedInWords || C::kBits == 521 ? 2 * kEntryWords : 16;  // P-384: whole cache lines
  struct alignas(kPackedInWords || C::kBits == 384 ? 64 : 16) Entry {
    Array<u64, kEntryTotal> word;
  };
  static const Entry* entry_of(std::uintptr_t reference) noexcept { return reinterpret_cast<const Entry*>(reference & ~std::uintptr_t{1}); }

  // load_x, load_y(r, reference, stride): lane k holds the coordinate of the point reference[k stride]. Bit 0 of a reference negates the point.
  [[gnu::noinline]] static void load_x(Element& r, const std::uintptr_t* reference, int stride) noexcept { load<0>(r, reference, stride); }
  [[gnu::noinline]] static void load_y(Element& r, const std::uintptr_t* reference, int stride) noexcept {
    load<1>(r, reference, stride);
    const Lane signs = _mm256_sub_epi64(_mm256_setzero_si256(), _mm256_and_si256(gather_references(reference, stride), Avx2Ops::set(1)));
    if constexpr (C::kBits == 521) {
      // p is all ones: p - y is y's complement, and limbs never become negative.
      const Lane mask = _mm256_and_si256(signs, Avx2Ops::set((u64{1} << C::kLimbBits) - 1));
      constexpr int kTopBits = C::kBits - (C::kLimbs - 1) * C::kLimbBits;
      for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = _mm256_xor_si256(r.limb[i], i < C::kLimbs - 1 ? mask : _mm256_srli_epi64(mask, C::kLimbBits - kTopBits));
    } else {
      for (int i = 0; i < C::kLimbs; ++i) r.limb[i] = _mm256_sub_epi64(_mm256_xor_si256(r.limb[i], signs), signs);
    }
  }

  // unpack(x, y, reference): in the form of the words, sign applied.
  static void unpack(Number& x, Number& y, std::uintptr_t reference) noexcept {
    const Entry& entry = *entry_of(reference);
    unpack_coordinate(x, entry.word);
    unpack_coordinate(y, entry.word + kEntryWords);
    if ((reference & 1) != 0) Scalar::subtract(y, Number{}, y);
  }
  // pack(entry, lane, x, y): the point in one lane of elements that canonical() went over.
  static void pack(Entry& entry, int lane, const Element& x, const Element& y) noexcept {
    pack_coordinate(entry.word, lane, x);
    pack_coordinate(entry.word + kEntryWords, lane, y);
  }

 private:
  static void pack_coordinate(u64* word, int lane, const Element& reduced) noexcept {
    if constexpr (kPackedInWords) {
      Number number;
      Base::get_canonical_lane(number, reduced, lane);
      std::memcpy(word, number.word, sizeof number.word);
    } else {
      for (int i = 0; i < kEntryWords; ++i) word[i] = Base::get_limb(reduced, 2 * i, lane) | Base::get_limb(reduced, 2 * i + 1, lane) << 32;
    }
  }
  static void unpack_coordinate(Number& a, const u64* word) noexcept {
    a = {};
    if constexpr (kPackedInWords) {
      std::memcpy(a.word, word, sizeof a.word);
    } else {
      for (int i = 0; i < kEntryWords; ++i) {
        Base::or_limb(a, 2 * i, word[i] & 0xffffffff);
        Base::or_limb(a, 2 * i + 1, word[i] >> 32);
      }
    }
    Scalar::multiply(a, a, Base::kToScalar);
  }

  ASSAY_EC_INLINE static Lane gather_references(const std::uintptr_t* reference, int stride) noexcept {
    return _mm256_set_epi64x(static_cast<i64>(reference[3 * stride]), static_cast<i64>(reference[2 * stride]), static_cast<i64>(reference[stride]),
                             static_cast<i64>(reference[0]));
  }

  // out[i] = the words i of four points.
  ASSAY_EC_INLINE static void load_transposed(Lane (&out)[4], const u64* p0, const u64* p1, const u64* p2, const u64* p3) noexcept {
    const auto load_four = [](const u64* words) ASSAY_EC_INLINE_LAMBDA { return _mm256_loadu_si256(reinterpret_cast<const Lane*>(words)); };
    const Lane a = load_four(p0), b = load_four(p1), c = load_four(p2), d = load_four(p3);
    const Lane ab_even = _mm256_unpacklo_epi64(a, b), ab_odd = _mm256_unpackhi_epi64(a, b);
    const Lane cd_even = _mm256_unpacklo_epi64(c, d), cd_odd = _mm256_unpackhi_epi64(c, d);
    out[0] = _mm256_permute2x128_si256(ab_even, cd_even, 0x20);
    out[1] = _mm256_permute2x128_si256(ab_odd, cd_odd, 0x20);
    out[2] = _mm256_permute2x128_si256(ab_even, cd_even, 0x31);
    out[3] = _mm256_permute2x128_si256(ab_odd, cd_odd, 0x31);
  }

  template <int kCoordinate>
  ASSAY_EC_INLINE static void load(Element& r, const std::uintptr_t* reference, int stride) noexcept {
    constexpr int kAt = kCoordinate * kEntryWords;
    const u64 *p0 = entry_of(reference[0])->word + kAt, *p1 = entry_of(reference[stride])->word + kAt;
    const u64 *p2 = entry_of(reference[2 * stride])->word + kAt, *p3 = entry_of(reference[3 * stride])->word + kAt;
    if constexpr (kPackedInWords) {
      Lane word[4];
      load_transposed(word, p0, p1, p2, p3);
      cut_words(r, word);
    } else {
      const Lane mask = Avx2Ops::set((u64{1} << C::kLimbBits) - 1);
      unroll<(kEntryWords + 3) / 4>([&](auto part) ASSAY_EC_INLINE_LAMBDA {
        constexpr int kFrom = 4 * part.value, kCount = kEntryWords - kFrom < 4 ? kEntryWords - kFrom : 4;
        Lane word[4];
        if constexpr (kCount == 1) {
          word[0] = _mm256_set_epi64x(static_cast<i64>(p3[kFrom]), static_cast<i64>(p2[kFrom]), static_cast<i64>(p1[kFrom]), static_cast<i64>(p0[kFrom]));
        } else {
          load_transposed(word, p0 + kFrom, p1 + kFrom, p2 + kFrom, p3 + kFrom);
        }
        unroll<kCount>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
          r.limb[2 * (kFrom + i)] = _mm256_and_si256(word[i], mask);
          r.limb[2 * (kFrom + i) + 1] = _mm256_srli_epi64(word[i], 32);
        });
      });
    }
  }

  // Limbs of 29 bits from words of 64.
  ASSAY_EC_INLINE static void cut_words(Element& r, const Lane (&word)[4]) noexcept {
    const Lane mask = Avx2Ops::set((u64{1} << C::kLimbBits) - 1);
    unroll<C::kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
      constexpr int kFrom = i.value * C::kLimbBits, kAt = kFrom / 64, kShift = kFrom % 64;
      Lane limb = _mm256_srli_epi64(word[kAt], kShift);
      if constexpr (kShift + C::kLimbBits > 64 && kAt + 1 < kWords) limb = _mm256_or_si256(limb, _mm256_slli_epi64(word[kAt + 1], 64 - kShift));
      r.limb[i] = kFrom + C::kLimbBits >= 64 * kWords ? limb : _mm256_and_si256(limb, mask);
    });
  }
};

}  // namespace
}  // namespace assay::crypto::ec
