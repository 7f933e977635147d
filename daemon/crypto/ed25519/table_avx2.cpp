// Tables of multiples in the lanes of AVX2: as table_scalar.cpp, four windows at a time.
#include "crypto/ed25519/table.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <cstdlib>

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/lane_points.h"
#include "crypto/ed25519/window_points.h"

namespace assay::crypto::ed25519 {

namespace {

struct Multiple {
  LaneCurve::Extended p;
  LaneElement product;  // of the z before it
};

ASSAY_INLINE void set_lane(LaneElement& r, std::size_t lane, const FieldElement& a) noexcept {
  for (std::size_t i = 0; i < 5; ++i) reinterpret_cast<double*>(&r.limb[i])[lane] = static_cast<double>(static_cast<std::int64_t>(a.limb[i]));
}

// add_up(multiples, all, x, y, count): 0, 1, ... count - 1 times the points (x, y), and the product of all z.
// x and y have limbs up to 2^52: a product with 1 makes them short enough to be added.
ASSAY_CALLED void add_up(Multiple* multiples, LaneElement& all, LaneElement& x, LaneElement& y, std::size_t count) noexcept {
  LaneElement half, d;
  Lanes::set_one(all);
  Lanes::multiply(x, x, all);
  Lanes::multiply(y, y, all);
  broadcast(half, kHalf);
  broadcast(d, kD);
  LaneCurve::Halved step;
  Lanes::subtract(step.minus, y, x);
  Lanes::multiply(step.minus, step.minus, half);
  Lanes::add(step.plus, y, x);
  Lanes::multiply(step.plus, step.plus, half);
  Lanes::multiply(step.t, x, y);
  Lanes::multiply(step.t, step.t, d);
  LaneCurve::Extended p;
  for (std::size_t i = 0; i < 5; ++i) p.x.limb[i] = p.t.limb[i] = _mm256_setzero_pd();
  Lanes::set_one(p.y);
  Lanes::set_one(p.z);
  for (std::size_t i = 0; i < count; ++i) {
    multiples[i].p = p;
    multiples[i].product = all;
    Lanes::multiply(all, all, p.z);
    LaneCurve::add(p, step);
  }
}

// store_entries(entries, minus, plus, t): lane l to *entries[l], if that is not null.
ASSAY_INLINE void store_entries(TableEntry* const* entries, const LaneElement& minus, const LaneElement& plus, const LaneElement& t) noexcept {
  __m256d limb[16];
  for (std::size_t i = 0; i < 5; ++i) {
    limb[kEntryMinus + i] = minus.limb[i];
    limb[kEntryPlus + i] = plus.limb[i];
    limb[kEntryT + i] = t.limb[i];
  }
  limb[15] = _mm256_setzero_pd();
  for (std::size_t quarter = 0; quarter < 4; ++quarter) {
    __m256d rows[4] = {limb[4 * quarter], limb[4 * quarter + 1], limb[4 * quarter + 2], limb[4 * quarter + 3]};
    transpose(rows);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (entries[lane] != nullptr) _mm256_store_pd(entries[lane]->limb + 4 * quarter, rows[lane]);
    }
  }
}

// Window: where a lane's multiples go; lanes without a window have none.
struct Window {
  TableEntry* entries;
  std::size_t count;
};

// make_affine(multiples, inverse, count, to): each lane's multiples to its window.
ASSAY_CALLED void make_affine(const Multiple* multiples, LaneElement& inverse, std::size_t count, const Window* to) noexcept {
  LaneElement half, d;
  broadcast(half, kHalf);
  broadcast(d, kD);
  for (std::size_t i = count; i-- > 0;) {
    const LaneCurve::Extended& p = multiples[i].p;
    LaneElement z_inverse, scale, minus, plus, t;
    Lanes::multiply(z_inverse, inverse, multiples[i].product);
    Lanes::multiply(inverse, inverse, p.z);
    Lanes::multiply(scale, z_inverse, half);
    Lanes::subtract(minus, p.y, p.x);
    Lanes::multiply(minus, minus, scale);
    Lanes::add(plus, p.y, p.x);
    Lanes::multiply(plus, plus, scale);
    Lanes::multiply(scale, z_inverse, d);
    Lanes::multiply(t, p.t, scale);
    TableEntry* entries[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) entries[lane] = i < to[lane].count ? to[lane].entries + i : nullptr;
    store_entries(entries, minus, plus, t);
  }
}

}  // namespace

void fill_table_avx2(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept {
  AffinePoint points[kWindowsMax];
  window_points(point, windows, points);
  const std::size_t most = windows.entries < windows.top_entries ? windows.top_entries : windows.entries;
  Multiple* const multiples = static_cast<Multiple*>(std::aligned_alloc(alignof(Multiple), most * sizeof(Multiple)));
  if (multiples == nullptr) std::abort();
  for (std::size_t first = 0; first < windows.count; first += kLanes) {
    LaneElement x, y, all, inverse;
    Window to[kLanes] = {};
    std::size_t count = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t window = first + lane;
      if (window < windows.count) to[lane] = {entries + window * windows.entries, windows.entries_of(window)};
      const AffinePoint& start = points[window < windows.count ? window : first];
      set_lane(x, lane, start.x);
      set_lane(y, lane, start.y);
      if (count < to[lane].count) count = to[lane].count;
    }
    {
      const TowardZero toward_zero;
      add_up(multiples, all, x, y, count);
    }
    StoredLanes stored;
    store(stored, all);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      FieldElement product;
      for (std::size_t i = 0; i < 5; ++i) product.limb[i] = stored.limb[i][lane];
      set_lane(inverse, lane, inverse_vartime(product));
    }
    {
      const TowardZero toward_zero;
      make_affine(multiples, inverse, count, to);
    }
  }
  std::free(multiples);
}

}  // namespace assay::crypto::ed25519

#endif
