// Tables: the odd multiples of every window, by affine additions in lanes.
#pragma once

#include "crypto/ec/comb.h"
#include "crypto/ec/invert.h"
#include "crypto/ec/point.h"
#include "crypto/ec/scalar_field.h"

namespace assay::crypto::ec {
namespace {

// TableBuilder: lane k of a quad works for window kLanes quad + k. Entry 0 of a window is D = 2^offset P; step l adds 2^(l + 1) D to the first 2^l entries, which gives
// the next 2^l. Points of one step are independent: they share inversions, a block at a time.
//   Precondition: P is on the curve, so of prime order: no two points of an addition have one x.
//   Vectors: tests/crypto/ec/field_test.cpp (entries against OpenSSL's points).
template <class Field>
class TableBuilder {
  using Curve = typename Field::Curve;
  using Scalar = typename Field::Scalar;
  using Number = typename Field::Number;
  using Element = typename Field::Element;
  using Entry = typename Field::Entry;
  static constexpr int kLanes = Field::kLanes, kPowers = Curve::kBits + 1, kBlock = 256;

 public:
  // Scratch: what a build needs besides the entries.
  struct Scratch {
    Array<Jacobian<Number>, kPowers> power;  // 2^k P
    Array<Number, kPowers> x, y;             // the same, affine
    Array<Number, kPowers> before;
    Element product[kBlock];
    Element quad_x[kWindowsMax], quad_y[kWindowsMax];  // of this step: what is added to the windows of a quad
  };

  static void build(const Comb& comb, void* entries, void* scratch, const std::byte* x, const std::byte* y) noexcept {
    TableBuilder builder(comb, static_cast<Entry*>(entries), *static_cast<Scratch*>(scratch));
    builder.find_powers(x == nullptr ? Curve::kGx : from_big_endian<Field::kWords>(x, Curve::kOctets),
                        y == nullptr ? Curve::kGy : from_big_endian<Field::kWords>(y, Curve::kOctets));
    builder.start_windows();
    for (int step = 0; step + 1 < comb.width_max; ++step) builder.extend_windows(step);
  }

 private:
  TableBuilder(const Comb& comb, Entry* entries, Scratch& scratch) noexcept : comb_(comb), entries_(entries), s_(scratch) {}

  int quads() const noexcept { return (comb_.windows + kLanes - 1) / kLanes; }
  // The last quad's spare lanes repeat the last window.
  int window_of(int quad, int lane) const noexcept {
    const int window = quad * kLanes + lane;
    return window < comb_.windows ? window : comb_.windows - 1;
  }
  bool is_spare(int quad, int lane) const noexcept { return quad * kLanes + lane >= comb_.windows; }

  void find_powers(const Number& x, const Number& y) noexcept {
    Jacobian<Number>* power = s_.power;
    Scalar::to_form(power[0].X, x);
    Scalar::to_form(power[0].Y, y);
    power[0].Z = Scalar::kOne;
    for (int k = 1; k < kPowers; ++k) {
      power[k] = power[k - 1];
      double_point<Scalar>(power[k]);
    }
    s_.before[0] = power[0].Z;
    for (int k = 1; k < kPowers; ++k) Scalar::multiply(s_.before[k], s_.before[k - 1], power[k].Z);
    Number inverse, z, z2;
    Scalar::invert(inverse, s_.before[kPowers - 1]);
    for (int k = kPowers - 1; k >= 0; --k) {
      z = inverse;
      if (k > 0) {
        Scalar::multiply(z, inverse, s_.before[k - 1]);
        Scalar::multiply(inverse, inverse, power[k].Z);
      }
      Scalar::square(z2, z);
      Scalar::multiply(s_.x[k], power[k].X, z2);
      Scalar::multiply(z2, z2, z);
      Scalar::multiply(s_.y[k], power[k].Y, z2);
    }
  }

  void start_windows() noexcept {
    for (int quad = 0; quad < quads(); ++quad) {
      load_powers(quad, 0);
      Field::canonical(s_.quad_x[quad]);
      Field::canonical(s_.quad_y[quad]);
      for (int lane = 0; lane < kLanes; ++lane) {
        if (!is_spare(quad, lane)) Field::pack(entries_[comb_.start[window_of(quad, lane)]], lane, s_.quad_x[quad], s_.quad_y[quad]);
      }
    }
  }

  // quad_x, quad_y[quad] = 2^(offset + shift) P for the quad's windows.
  void load_powers(int quad, int shift) noexcept {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int power = comb_.offset[window_of(quad, lane)] + shift;
      Field::set_lane_from_scalar(s_.quad_x[quad], lane, s_.x[power]);
      Field::set_lane_from_scalar(s_.quad_y[quad], lane, s_.y[power]);
    }
  }

  void extend_windows(int step) noexcept {
    for (int quad = 0; quad < quads(); ++quad) load_powers(quad, step + 1);
    const int sums = quads() << step;
    for (int from = 0; from < sums; from += kBlock) extend_block(step, from, sums - from < kBlock ? sums - from : kBlock);
  }

  // The sums `from` to `from + count - 1` of the step, counted through the quads.
  void extend_block(int step, int from, int count) noexcept {
    const int mask = (1 << step) - 1;
    Array<std::uintptr_t, kLanes> references;
    Element x, y, inverse, x3, y3;
    for (int i = 0; i < count; ++i) {
      const int quad = (from + i) >> step;
      refer(references, quad, (from + i) & mask);
      Field::load_x(x, references, 1);
      if (i == 0) {
        Field::subtract(s_.product[0], s_.quad_x[quad], x);
      } else {
        Field::multiply_difference(s_.product[i], s_.quad_x[quad], x, s_.product[i - 1]);
      }
    }
    inverse = s_.product[count - 1];
    invert_lanes_vartime<Field>(inverse);
    for (int i = count - 1; i >= 0; --i) {
      const int quad = (from + i) >> step, j = (from + i) & mask;
      refer(references, quad, j);
      Field::load_x(x, references, 1);
      Field::load_y(y, references, 1);
      Element* const chain = &inverse;
      const AffinePair<Element> pair = {&x, &y, &s_.quad_x[quad], &s_.quad_y[quad], i > 0 ? &s_.product[i - 1] : nullptr, &x3, &y3};
      add_affine_pairs<Field>(&chain, &pair, 1);
      store(quad, step, j + (1 << step), x3, y3);
    }
  }

  void refer(Array<std::uintptr_t, kLanes>& references, int quad, int j) const noexcept {
    for (int lane = 0; lane < kLanes; ++lane) {
      references[lane] = reinterpret_cast<std::uintptr_t>(entries_ + comb_.start[window_of(quad, lane)] + j);
    }
  }

  void store(int quad, int step, int j, Element& x, Element& y) noexcept {
    Field::canonical(x);
    Field::canonical(y);
    for (int lane = 0; lane < kLanes; ++lane) {
      const int window = window_of(quad, lane);
      // Windows are of two widths; the narrower ones are full one step earlier.
      if (!is_spare(quad, lane) && step + 1 < comb_.width[window]) Field::pack(entries_[comb_.start[window] + static_cast<std::uint32_t>(j)], lane, x, y);
    }
  }

  const Comb& comb_;
  Entry* entries_;
  Scratch& s_;
};

}  // namespace
}  // namespace assay::crypto::ec
