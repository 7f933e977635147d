// The field of a curve in eight lanes of AVX-512. Only for files compiled with AVX-512 F, BW, DQ, VL and IFMA.
#pragma once

// g++ 12 takes its own way to say "any value", a variable initialised by itself, for a mistake.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "crypto/ec/ifma_lanes.h"
#include "crypto/ec/lane_numbers.h"

namespace assay::crypto::ec {
namespace {

// IfmaOps: a limb is eight 64-bit lanes.
struct IfmaOps {
  using Lane = __m512i;
  static constexpr std::size_t kAlignment = 64;

  ASSAY_EC_INLINE static Lane set(i64 x) noexcept { return _mm512_set1_epi64(x); }
  ASSAY_EC_INLINE static Lane add(Lane a, Lane b) noexcept { return _mm512_add_epi64(a, b); }
  ASSAY_EC_INLINE static Lane subtract(Lane a, Lane b) noexcept { return _mm512_sub_epi64(a, b); }
  template <int kShift>
  ASSAY_EC_INLINE static Lane shift_left(Lane a) noexcept {
    return _mm512_slli_epi64(a, kShift);
  }
  // shift_right: of a signed number.
  template <int kShift>
  ASSAY_EC_INLINE static Lane shift_right(Lane a) noexcept {
    return _mm512_srai_epi64(a, kShift);
  }
  ASSAY_EC_INLINE static Lane low_52(Lane a) noexcept { return _mm512_and_si512(a, set((i64{1} << 52) - 1)); }
  // cut: low_52 of a factor, of which a multiplication sees no more anyway.
  ASSAY_EC_INLINE static Lane cut(Lane a) noexcept { return a; }
  ASSAY_EC_INLINE static void multiply_add_low(Lane& sum, Lane a, Lane b) noexcept { sum = _mm512_madd52lo_epu64(sum, a, b); }
  ASSAY_EC_INLINE static void multiply_add_high(Lane& sum, Lane a, Lane b) noexcept { sum = _mm512_madd52hi_epu64(sum, a, b); }
  // expect_not_negative: what the bounds' test checks.
  ASSAY_EC_INLINE static void expect_not_negative(Lane) noexcept {}
  // choose_by_sign(sign, if_negative, otherwise), lane by lane.
  ASSAY_EC_INLINE static Lane choose_by_sign(Lane sign, Lane if_negative, Lane otherwise) noexcept {
    return _mm512_mask_blend_epi64(_mm512_movepi64_mask(sign), otherwise, if_negative);
  }
};

// IfmaField: the operations that point.h, comb.h and tree.h ask of a field, for kLanes = 8; elements as in ifma_lanes.h.
template <class C>
struct IfmaField : LaneNumbers<IfmaField<C>, C, Lanes52<C, IfmaOps>, 8, Shape52<C>::kLimbs, 52> {
  using Base = LaneNumbers<IfmaField, C, Lanes52<C, IfmaOps>, 8, Shape52<C>::kLimbs, 52>;
  using Number = typename Base::Number;
  using Scalar = typename Base::Scalar;
  using Element = typename Base::Element;
  using Lane = __m512i;
  static constexpr int kWords = C::kWords;
  static constexpr int kLimbs = Shape52<C>::kLimbs;

  static constexpr int kTreePairsMin = 18;
  static constexpr bool kSumsOfThree = true;

  [[gnu::noinline]] static void multiply(Element& r, const Element& a, const Element& b) noexcept {
    Product52<C, IfmaOps, 0, Left52::factor, Right52::factor>::run(r, a, b, nullptr, nullptr, nullptr);
  }
  [[gnu::noinline]] static void square(Element& r, const Element& a) noexcept {
    Product52<C, IfmaOps, 0, Left52::factor, Right52::same>::run(r, a, a, nullptr, nullptr, nullptr);
  }
  [[gnu::noinline]] static void multiply_subtract(Element& r, const Element& a, const Element& b, const Element& s) noexcept {
    Product52<C, IfmaOps, 1, Left52::factor, Right52::factor>::run(r, a, b, &s, nullptr, nullptr);
  }
  [[gnu::noinline]] static void square_subtract(Element& r, const Element& a, const Element& s, const Element& t) noexcept {
    Product52<C, IfmaOps, 2, Left52::factor, Right52::same>::run(r, a, a, &s, &t, nullptr);
  }
  [[gnu::noinline]] static void multiply_difference(Element& r, const Element& a, const Element& a2, const Element& b) noexcept {
    Product52<C, IfmaOps, 0, Left52::difference, Right52::factor>::run(r, a, b, nullptr, nullptr, &a2);
  }
  [[gnu::noinline]] static void multiply_difference_subtract(Element& r, const Element& a, const Element& a2, const Element& b, const Element& s) noexcept {
    Product52<C, IfmaOps, 1, Left52::difference, Right52::factor>::run(r, a, b, &s, nullptr, &a2);
  }
  static void add(Element& r, const Element& a, const Element& b) noexcept { add_52<C, IfmaOps>(r.limb, a.limb, b.limb); }
  static void subtract(Element& r, const Element& a, const Element& b) noexcept { subtract_52<C, IfmaOps>(r.limb, a.limb, b.limb); }
  // All elements are carried.
  static void carry(Element&) noexcept {}
  [[gnu::noinline]] static void canonical(Element& r) noexcept { canonical_52<C, IfmaOps>(r.limb); }

  // ---- lanes in and out

  static Lane set(u64 x) noexcept { return IfmaOps::set(static_cast<i64>(x)); }
  // swap_lanes<kDistance>(r, a): lane k of r is lane k ^ kDistance of a; kDistance is 1, 2 or 4.
  template <int kDistance>
  static void swap_lanes(Element& r, const Element& a) noexcept {
    for (int i = 0; i < kLimbs; ++i) {
      if constexpr (kDistance == 4) {
        r.limb[i] = _mm512_shuffle_i64x2(a.limb[i], a.limb[i], 0b01'00'11'10);
      } else {
        r.limb[i] = _mm512_permutex_epi64(a.limb[i], kDistance == 1 ? 0b10'11'00'01 : 0b01'00'11'10);
      }
    }
  }
  // take_lanes(r, a, lanes): the lanes of r that have a bit become those of a.
  static void take_lanes(Element& r, const Element& a, unsigned lanes) noexcept {
    for (int i = 0; i < kLimbs; ++i) r.limb[i] = _mm512_mask_mov_epi64(r.limb[i], static_cast<__mmask8>(lanes), a.limb[i]);
  }

  // zero_lanes(a): bit k is set if lane k is a multiple of p. a 1/R lies in [0, p]; so it is 0 or p then, limb by limb.
  static unsigned zero_lanes(const Element& a) noexcept {
    Element one, reduced;
    Base::broadcast_number(one, Base::kPlainOne);
    multiply(reduced, a, one);
    Lane not_zero = IfmaOps::set(0), not_p = IfmaOps::set(0);
    for (int i = 0; i < kLimbs; ++i) {
      not_zero = _mm512_or_si512(not_zero, reduced.limb[i]);
      not_p = _mm512_or_si512(not_p, _mm512_xor_si512(reduced.limb[i], set(bits(C::kPrime, i * 52, 52))));
    }
    return static_cast<unsigned>(_mm512_testn_epi64_mask(not_zero, not_zero)) | static_cast<unsigned>(_mm512_testn_epi64_mask(not_p, not_p));
  }

  // ---- points of tables: affine, canonical, in the form of the lanes. P-256: the words of x and y, one cache line. P-384: their limbs, a cache line each, so that
  // eight points load by transposing alone. P-521: words, which are a fifth fewer.

  static constexpr bool kPackedInWords = C::kBits != 384;
  static constexpr int kEntryWords = kPackedInWords ? kWords : kLimbs;
  struct alignas(C::kBits == 521 ? 16 : 64) Entry {
    Array<u64, 2 * kEntryWords> word;
  };
  static const Entry* entry_of(std::uintptr_t reference) noexcept { return reinterpret_cast<const Entry*>(reference & ~std::uintptr_t{1}); }

  // load_x, load_y(r, reference, stride): lane k holds the coordinate of the point reference[k stride]. Bit 0 of a reference negates the point.
  [[gnu::noinline]] static void load_x(Element& r, const std::uintptr_t* reference, int stride) noexcept { load<0>(r, reference, stride); }
  [[gnu::noinline]] static void load_y(Element& r, const std::uintptr_t* reference, int stride) noexcept {
    load<1>(r, reference, stride);
    unsigned negated = 0;
    for (int lane = 0; lane < Base::kLanes; ++lane) negated |= static_cast<unsigned>(reference[lane * stride] & 1) << lane;
    const auto mask = static_cast<__mmask8>(negated);
    for (int i = 0; i < kLimbs; ++i) r.limb[i] = _mm512_mask_sub_epi64(r.limb[i], mask, set(bits(C::kPrime, i * 52, 52)), r.limb[i]);
    // p is all ones: p - y is y's complement, and needs no carry.
    if constexpr (C::kBits != 521) carry_52<C, IfmaOps>(r.limb);
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
      for (int i = 0; i < kLimbs; ++i) word[i] = Base::get_limb(reduced, i, lane);
    }
  }
  static void unpack_coordinate(Number& a, const u64* word) noexcept {
    if constexpr (kPackedInWords) {
      std::memcpy(a.word, word, sizeof a.word);
    } else {
      a = {};
      for (int i = 0; i < kLimbs; ++i) Base::or_limb(a, i, word[i]);
    }
    Scalar::multiply(a, a, Base::kToScalar);
  }

  // load_four<kAt>(out, reference, stride): out[i] = the words kAt + i of eight points.
  template <int kAt>
  ASSAY_EC_INLINE static void load_four(Lane* out, const std::uintptr_t* reference, int stride) noexcept {
    const auto load_two = [&](int k) ASSAY_EC_INLINE_LAMBDA {
      const auto words = [&](int lane) ASSAY_EC_INLINE_LAMBDA { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(entry_of(reference[lane * stride])->word + kAt)); };
      return _mm512_inserti64x4(_mm512_castsi256_si512(words(k)), words(k + 2), 1);
    };
    const Lane a = load_two(0), b = load_two(1), c = load_two(4), d = load_two(5);
    const Lane ab_even = _mm512_unpacklo_epi64(a, b), ab_odd = _mm512_unpackhi_epi64(a, b);
    const Lane cd_even = _mm512_unpacklo_epi64(c, d), cd_odd = _mm512_unpackhi_epi64(c, d);
    out[0] = _mm512_shuffle_i64x2(ab_even, cd_even, 0b10'00'10'00);
    out[1] = _mm512_shuffle_i64x2(ab_odd, cd_odd, 0b10'00'10'00);
    out[2] = _mm512_shuffle_i64x2(ab_even, cd_even, 0b11'01'11'01);
    out[3] = _mm512_shuffle_i64x2(ab_odd, cd_odd, 0b11'01'11'01);
  }

  template <int kCoordinate>
  ASSAY_EC_INLINE static void load(Element& r, const std::uintptr_t* reference, int stride) noexcept {
    constexpr int kAt = kCoordinate * kEntryWords;
    Lane word[extent(kEntryWords)];
    load_four<kAt>(word, reference, stride);
    if constexpr (kEntryWords >= 8) load_four<kAt + 4>(word + 4, reference, stride);
    if constexpr (kEntryWords == 9) {
      const auto last = [&](int lane) ASSAY_EC_INLINE_LAMBDA { return static_cast<i64>(entry_of(reference[lane * stride])->word[kAt + 8]); };
      word[8] = _mm512_set_epi64(last(7), last(6), last(5), last(4), last(3), last(2), last(1), last(0));
    }
    if constexpr (kPackedInWords) {
      cut_words(r, word);
    } else {
      for (int i = 0; i < kLimbs; ++i) r.limb[i] = word[i];
    }
  }

  // Limbs of 52 bits from words of 64.
  ASSAY_EC_INLINE static void cut_words(Element& r, const Lane* word) noexcept {
    unroll<kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA {
      constexpr int kFrom = i.value * 52, kAt = kFrom / 64, kShift = kFrom % 64;
      Lane limb = _mm512_srli_epi64(word[kAt], kShift);
      if constexpr (kShift + 52 > 64 && kAt + 1 < kWords) limb = _mm512_or_si512(limb, _mm512_slli_epi64(word[kAt + 1], 64 - kShift));
      r.limb[i] = kFrom + 52 >= 64 * kWords ? limb : IfmaOps::low_52(limb);
    });
  }
};

}  // namespace
}  // namespace assay::crypto::ec
