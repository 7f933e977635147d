// Numbers in and out of the lanes of an element: what the fields of lanes have in common.
#pragma once

#include "crypto/ec/scalar_field.h"

namespace assay::crypto::ec {
namespace {

// LaneNumbers: base of a field `Field` of kCount 64-bit lanes, whose elements `E` have kLimbs limbs of kLimbBits bits. A number's limbs are cut from words and put
// together again by words: off the hot path but for the inversions.
template <class Field, class C, class E, int kCount, int kLimbs, int kLimbBits>
struct LaneNumbers {
  using Curve = C;
  using Scalar = ScalarField<C>;
  using Element = E;
  static constexpr int kLanes = kCount, kWords = C::kWords;
  using Number = Words<kWords>;

  // R of the lanes is 2^kRBits, that of the words 2^(64 kWords); both below modulo p.
  static constexpr int kRBits = kLimbs * kLimbBits, kScalarRBits = 64 * kWords;
  static constexpr Number kPlainOne = {{1}};
  static constexpr Number kR = double_mod(kPlainOne, C::kPrime, kRBits);
  static constexpr Number kRSquared = double_mod(kR, C::kPrime, kRBits);
  // As factors of a multiplication by words: from the form of the words to that of the lanes, and back.
  static constexpr Number kToLanes = kR;
  static constexpr Number kToScalar = double_mod(kPlainOne, C::kPrime, 2 * kScalarRBits - kRBits);
  static constexpr Number kInverseFactor = double_mod(kRSquared, C::kPrime, kScalarRBits);

  static void set_lane(Element& r, int lane, const Number& a) noexcept {
    for (int i = 0; i < kLimbs; ++i) {
      const u64 limb = bits(a, i * kLimbBits, kLimbBits);
      std::memcpy(reinterpret_cast<char*>(&r.limb[i]) + 8 * lane, &limb, 8);
    }
  }
  static void set_lane_from_scalar(Element& r, int lane, const Number& a) noexcept {
    Number in_lanes;
    Scalar::multiply(in_lanes, a, kToLanes);
    set_lane(r, lane, in_lanes);
  }
  static void broadcast_number(Element& r, const Number& a) noexcept {
    for (int i = 0; i < kLimbs; ++i) r.limb[i] = Field::set(bits(a, i * kLimbBits, kLimbBits));
  }
  static void broadcast(Element& r, const Number& a) noexcept {
    Number in_lanes;
    Scalar::multiply(in_lanes, a, kToLanes);
    broadcast_number(r, in_lanes);
  }
  // get_lanes(lanes, a): the numbers in [0, p).
  static void get_lanes(Array<Number, kLanes>& lanes, const Element& a) noexcept {
    Element reduced = a;
    Field::canonical(reduced);
    for (int lane = 0; lane < kLanes; ++lane) get_canonical_lane(lanes[lane], reduced, lane);
  }
  // to_form_lanes(r, a): from plain numbers into this form.
  static void to_form_lanes(Element& r, const Element& a) noexcept {
    Element factor;
    broadcast_number(factor, kRSquared);
    Field::multiply(r, a, factor);
  }

 protected:
  static u64 get_limb(const Element& a, int i, int lane) noexcept {
    u64 limb;
    std::memcpy(&limb, reinterpret_cast<const char*>(&a.limb[i]) + 8 * lane, 8);
    return limb;
  }
  static void or_limb(Number& a, int i, u64 limb) noexcept {
    const int at = i * kLimbBits / 64, shift = i * kLimbBits % 64;
    a.word[at] |= limb << shift;
    if (shift + kLimbBits > 64 && at + 1 < kWords) a.word[at + 1] |= limb >> (64 - shift);
  }
  static void get_canonical_lane(Number& a, const Element& reduced, int lane) noexcept {
    a = {};
    unroll<kLimbs>([&](auto i) ASSAY_EC_INLINE_LAMBDA { or_limb(a, i, get_limb(reduced, i, lane)); });
  }
};

}  // namespace
}  // namespace assay::crypto::ec
