// One inversion for many: over the lanes of two elements, and over arrays of them.
#pragma once

#include "crypto/ec/montgomery.h"

namespace assay::crypto::ec {
namespace {

// invert_lanes: every lane of a to its inverse; none is zero. One inversion by words. Source: Montgomery 1987.
template <class Field>
[[gnu::noinline]] void invert_lanes_vartime(typename Field::Element& a) noexcept {
  using Scalar = typename Field::Scalar;
  constexpr int kLanes = Field::kLanes;
  Array<typename Field::Number, kLanes> lane, before;
  typename Field::Number inverse, result;
  Field::get_lanes(lane, a);
  before[0] = lane[0];
  for (int k = 1; k < kLanes; ++k) Scalar::multiply(before[k], before[k - 1], lane[k]);
  // The numbers are in the form of the lanes and multiplied by words; kInverseFactor makes up for both.
  invert_vartime(inverse, before[kLanes - 1], Scalar::kP);
  Scalar::multiply(inverse, inverse, Field::kInverseFactor);
  for (int k = kLanes - 1; k > 0; --k) {
    Scalar::multiply(result, inverse, before[k - 1]);
    Scalar::multiply(inverse, inverse, lane[k]);
    Field::set_lane(a, k, result);
  }
  Field::set_lane(a, 0, inverse);
}

// invert_pair: every lane of a and of b.
template <class Field>
void invert_pair_vartime(typename Field::Element& a, typename Field::Element& b) noexcept {
  typename Field::Element inverse, inverse_a;
  Field::multiply(inverse, a, b);
  invert_lanes_vartime<Field>(inverse);
  Field::multiply(inverse_a, inverse, b);
  Field::multiply(b, inverse, a);
  a = inverse_a;
}

}  // namespace
}  // namespace assay::crypto::ec
