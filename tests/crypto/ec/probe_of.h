// A Probe of any field. Included by one file for each kind of arithmetic.
#pragma once

#include "crypto/ec/invert.h"
#include "crypto/ec/probe.h"

namespace assay::crypto::ec {
namespace {

template <class Field>
struct ProbeOf {
  using Number = typename Field::Number;
  using Element = typename Field::Element;
  static constexpr int kLanes = Field::kLanes;

  static void load(Element& r, const test::ProbeNumbers& numbers) noexcept {
    for (int lane = 0; lane < kLanes; ++lane) {
      Number number{};
      for (int i = 0; i < Field::kWords; ++i) number.word[i] = numbers.word[lane][i];
      Field::set_lane(r, lane, number);
    }
    if constexpr (kLanes > 1) {
      Element prime;
      Field::broadcast_number(prime, Field::Curve::kPrime);
      for (int i = 0; i < numbers.multiples_of_p; ++i) Field::add(r, r, prime);
      Field::carry(r);
    }
  }

  static unsigned run(test::ProbeOperation operation, const test::ProbeInput& in, test::ProbeNumbers& out) noexcept {
    Element a, b, s, t, a2, r;
    load(a, in.a);
    load(b, in.b);
    load(s, in.s);
    load(t, in.t);
    load(a2, in.a2);
    switch (operation) {
      case test::ProbeOperation::multiply: Field::multiply(r, a, b); break;
      case test::ProbeOperation::square: Field::square(r, a); break;
      case test::ProbeOperation::multiply_subtract: Field::multiply_subtract(r, a, b, s); break;
      case test::ProbeOperation::square_subtract: Field::square_subtract(r, a, s, t); break;
      case test::ProbeOperation::multiply_difference: Field::multiply_difference(r, a, a2, b); break;
      case test::ProbeOperation::multiply_difference_subtract: Field::multiply_difference_subtract(r, a, a2, b, s); break;
      case test::ProbeOperation::sum_and_difference:
        Field::add(r, a, b);
        Field::subtract(r, r, s);
        Field::carry(r);
        Field::subtract(r, r, t);
        break;
      case test::ProbeOperation::multiply_sum:
        Field::add(a, a, b);
        Field::carry(a);
        Field::subtract(s, s, t);
        Field::carry(s);
        Field::multiply(r, a, s);
        break;
      case test::ProbeOperation::invert:
        r = a;
        invert_lanes_vartime<Field>(r);
        break;
    }
    Array<Number, kLanes> lanes;
    Field::get_lanes(lanes, r);
    for (int lane = 0; lane < kLanes; ++lane) {
      for (int i = 0; i < Field::kWords; ++i) out.word[lane][i] = lanes[lane].word[i];
    }
    return Field::zero_lanes(r);
  }

  static void entry(const void* entries, std::size_t index, bool negated, u64* x, u64* y) noexcept {
    const std::uintptr_t reference = reinterpret_cast<std::uintptr_t>(static_cast<const typename Field::Entry*>(entries) + index) | (negated ? 1 : 0);
    Number number_x, number_y;
    Field::unpack(number_x, number_y, reference);
    Number one{};
    one.word[0] = 1;
    Field::Scalar::multiply(number_x, number_x, one);
    Field::Scalar::multiply(number_y, number_y, one);
    for (int i = 0; i < Field::kWords; ++i) {
      x[i] = number_x.word[i];
      y[i] = number_y.word[i];
    }
  }
};

}  // namespace
}  // namespace assay::crypto::ec
