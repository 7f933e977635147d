// Tables of multiples in general registers, and what both builders share. A window's multiples are made by adding its point again and again, and all of them become affine by one
// inversion (Montgomery's trick).
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/window_points.h"

namespace assay::crypto::ed25519 {

namespace {

Curve::Halved halved(const AffinePoint& p) noexcept { return {(p.y - p.x) * kHalf, (p.y + p.x) * kHalf, kD * (p.x * p.y)}; }

// store(limbs, a): limbs of a as a product has them, made signed: within 2^50 + 2^14 of zero.
void store(double* limbs, const FieldElement& a) noexcept {
  constexpr std::int64_t kTop = std::int64_t{1} << 51;
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    std::int64_t value = static_cast<std::int64_t>(a.limb[i]) + carry;
    carry = value >= kTop / 2 ? 1 : 0;
    value -= carry * kTop;
    limbs[i] = static_cast<double>(value);
  }
  limbs[0] += static_cast<double>(19 * carry);
}

void store(TableEntry& entry, const Curve::Halved& q) noexcept {
  store(entry.limb + kEntryMinus, q.minus);
  store(entry.limb + kEntryPlus, q.plus);
  store(entry.limb + kEntryT, q.t);
  entry.limb[15] = 0;
}

}  // namespace

void window_points(const AffinePoint& point, const Windows& windows, AffinePoint (&points)[kWindowsMax]) noexcept {
  CHECK(windows.count <= kWindowsMax);
  ProjectivePoint found[kWindowsMax];
  FieldElement product[kWindowsMax];  // of z 0 to i - 1
  FieldElement all = kOne;
  Curve::Extended p = extended(point);
  for (std::size_t i = 0; i < windows.count; ++i) {
    found[i] = {p.x, p.y, p.z};
    product[i] = all;
    all = all * p.z;
    for (unsigned k = 0; k < windows.width; ++k) Curve::double_it<false>(p);
  }
  FieldElement inverse = inverse_vartime(all);
  for (std::size_t i = windows.count; i-- > 0;) {
    const FieldElement z_inverse = inverse * product[i];
    inverse = inverse * found[i].z;
    points[i] = {found[i].x * z_inverse, found[i].y * z_inverse};
  }
}

void fill_table_scalar(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept {
  AffinePoint points[kWindowsMax];
  window_points(point, windows, points);
  struct Multiple {
    Curve::Extended p;
    FieldElement product;  // of the z before it
  };
  const std::unique_ptr<Multiple[]> multiples(new Multiple[std::max(windows.entries, windows.top_entries)]);
  for (std::size_t window = 0; window < windows.count; ++window, entries += windows.entries) {
    const std::size_t count = windows.entries_of(window);
    const Curve::Halved step = halved(points[window]);
    Curve::Extended p = {kZero, kOne, kOne, kZero};
    FieldElement all = kOne;
    for (std::size_t i = 0; i < count; ++i) {
      multiples[i] = {p, all};
      all = all * p.z;
      Curve::add(p, step);
    }
    FieldElement inverse = inverse_vartime(all);
    for (std::size_t i = count; i-- > 0;) {
      const Curve::Extended& q = multiples[i].p;
      const FieldElement z_inverse = inverse * multiples[i].product;
      const FieldElement half = z_inverse * kHalf;
      inverse = inverse * q.z;
      store(entries[i], {(q.y - q.x) * half, (q.y + q.x) * half, q.t * (z_inverse * kD)});
    }
  }
}

}  // namespace assay::crypto::ed25519
