// s B + h (-A) in the four lanes of AVX2.
//
// With a table of the key a term is a sum of some 50 points, one of each window of B and of -A. Four terms are summed side by side, a term a lane. What remains of a batch, up to
// three terms, is done one by one: the points of a term are dealt over the lanes, so that a lane has a quarter of them, and the four sums are added up in the end.
//
// Keys without a table: four terms side by side by Horner's rule, with eight multiples of each -A made on the spot. One alone is left to general registers.
#include "crypto/ed25519/code.h"
#include "crypto/ed25519/ed25519.h"

#if defined(__AVX2__) && defined(__FMA__)

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/lane_points.h"

namespace assay::crypto::ed25519 {

// Of table_avx2.cpp.
void fill_table_avx2(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept;

namespace {

constexpr std::size_t kAhead = 3;  // entries are asked for three additions before they are needed
constexpr std::size_t kStepsMax = 2 * kWindowsMax + kAhead;
constexpr int kEntryShift = 7;
static_assert(sizeof(TableEntry) == std::size_t{1} << kEntryShift);

// Selection: an entry for each step and lane. negative: -1 if its negative is meant, else 0.
struct Selection {
  alignas(32) const TableEntry* entry[kStepsMax][kLanes];
  alignas(32) std::int64_t negative[kStepsMax][kLanes];
};

ASSAY_INLINE void prefetch(const TableEntry* entry) noexcept {
  _mm_prefetch(reinterpret_cast<const char*>(entry), _MM_HINT_T0);
  _mm_prefetch(reinterpret_cast<const char*>(entry) + 64, _MM_HINT_T0);
}
ASSAY_INLINE void prefetch_step(const TableEntry* const* entries) noexcept {
  for (std::size_t lane = 0; lane < kLanes; ++lane) prefetch(entries[lane]);
}

// Cut: numbers that are cut into digits, one in each lane, and where the entries of their windows lie.
struct Cut {
  __m256i word[4];
  __m256i width;      // of a window
  __m256i advance;    // bits from a lane's window to its next
  __m256i index;      // of the lane's first window
  __m256i last;       // index of the highest window
  __m256i entries;    // the lane's first window
  __m256i stride;     // octets from a lane's window to its next
  __m256i next_step;  // windows from a lane's window to its next
};

ASSAY_INLINE __m256i everywhere(std::uint64_t x) noexcept { return _mm256_set1_epi64x(static_cast<long long>(x)); }
ASSAY_INLINE __m256i load_lanes(const void* lanes) noexcept { return _mm256_load_si256(static_cast<const __m256i*>(lanes)); }

// shift(word, by): each lane's number to the right by less than 64.
ASSAY_INLINE void shift(__m256i (&word)[4], __m256i by) noexcept {
  const __m256i rest = _mm256_sub_epi64(everywhere(64), by);
  for (std::size_t i = 0; i < 3; ++i) word[i] = _mm256_or_si256(_mm256_srlv_epi64(word[i], by), _mm256_sllv_epi64(word[i + 1], rest));
  word[3] = _mm256_srlv_epi64(word[3], by);
}

// select(cut, entry, negative, steps): the entries of the digits of `steps` windows of each lane, four after four, as digit() has them. Beyond a number's highest window it is anything.
ASSAY_INLINE void select(Cut cut, const TableEntry** entry, std::int64_t* negative, std::size_t steps) noexcept {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i half = _mm256_sllv_epi64(everywhere(1), _mm256_sub_epi64(cut.width, everywhere(1)));
  const __m256i above = _mm256_sub_epi64(zero, _mm256_add_epi64(half, half));  // the bits above a window
  for (std::size_t i = 0; i < steps; ++i, entry += kLanes, negative += kLanes) {
    const __m256i below_top = _mm256_cmpgt_epi64(cut.last, cut.index);
    const __m256i bits = _mm256_andnot_si256(_mm256_and_si256(above, below_top), cut.word[0]);
    const __m256i value = _mm256_sub_epi64(bits, _mm256_and_si256(half, below_top));
    const __m256i sign = _mm256_cmpgt_epi64(zero, value);
    const __m256i magnitude = _mm256_sub_epi64(_mm256_xor_si256(value, sign), sign);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(entry), _mm256_add_epi64(cut.entries, _mm256_slli_epi64(magnitude, kEntryShift)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(negative), sign);
    shift(cut.word, cut.advance);
    cut.entries = _mm256_add_epi64(cut.entries, cut.stride);
    cut.index = _mm256_add_epi64(cut.index, cut.next_step);
  }
}

// cut_four(tables, scalars): four numbers side by side.
ASSAY_INLINE Cut cut_four(const TableView* const (&tables)[kLanes], const Words* const (&scalars)[kLanes]) noexcept {
  alignas(32) std::uint64_t word[4][kLanes];
  alignas(32) std::uint64_t width[kLanes], last[kLanes], entries[kLanes], stride[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Windows& windows = tables[lane]->windows;
    const BiasedScalar biased = add_bias(*scalars[lane], windows);
    for (std::size_t i = 0; i < 4; ++i) word[i][lane] = biased.word[i];
    width[lane] = windows.width;
    last[lane] = windows.count - 1;
    entries[lane] = reinterpret_cast<std::uintptr_t>(tables[lane]->entries);
    stride[lane] = windows.entries * sizeof(TableEntry);
  }
  return {{load_lanes(word[0]), load_lanes(word[1]), load_lanes(word[2]), load_lanes(word[3])}, load_lanes(width), load_lanes(width), _mm256_setzero_si256(), load_lanes(last),
          load_lanes(entries), load_lanes(stride), everywhere(1)};
}

// select_one(table, scalar, entry, negative): the entries of one number, a window after the other. Writes up to three more than there are.
ASSAY_INLINE void select_one(const TableView& table, const Words& scalar, const TableEntry** entry, std::int64_t* negative) noexcept {
  static_assert(kLanes * kWidthMax < 64);
  const Windows& windows = table.windows;
  const BiasedScalar biased = add_bias(scalar, windows);
  const std::uint64_t stride = windows.entries * sizeof(TableEntry);
  const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
  const __m256i width = everywhere(windows.width);
  Cut cut = {{everywhere(biased.word[0]), everywhere(biased.word[1]), everywhere(biased.word[2]), everywhere(biased.word[3])}, width, everywhere(kLanes * windows.width), lane,
             everywhere(windows.count - 1), _mm256_add_epi64(everywhere(reinterpret_cast<std::uintptr_t>(table.entries)), _mm256_mul_epu32(lane, everywhere(stride))),
             everywhere(kLanes * stride), everywhere(kLanes)};
  shift(cut.word, _mm256_mul_epu32(lane, width));
  select(cut, entry, negative, (windows.count + kLanes - 1) / kLanes);
}

// pad(entry, negative, from, to, base): the neutral element, which is multiple 0 of any table.
ASSAY_INLINE void pad(const TableEntry** entry, std::int64_t* negative, std::size_t count, std::size_t stride, const TableView& base) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    entry[i * stride] = base.entries;
    negative[i * stride] = 0;
  }
}

// sum_selected(p, selection, steps): each lane's sum. Extended points, plain domain; steps >= 2; round toward zero. Vartime only in its addresses.
// Checked against OpenSSL and libsodium (tests/crypto/ed25519/ed25519_test.cpp), bounds by bounds_test.cpp.
ASSAY_CALLED void sum_selected(LaneCurve::Extended& result, const Selection& selection, std::size_t steps) noexcept {
  LaneCurve::Halved q;
  LaneCurve::Extended p;
  load(q, selection.entry[0], selection.negative[0]);
  LaneCurve::start(p, q);
  for (std::size_t i = 1; i < steps; ++i) {
    prefetch_step(selection.entry[i + kAhead]);
    load(q, selection.entry[i], selection.negative[i]);
    LaneCurve::add(p, q);
  }
  result = p;
}

// sum_lanes(sum, p): the sum of the four lanes of p, its coordinates over the lanes.
ASSAY_CALLED void sum_lanes(LaneElement& sum, const LaneCurve::Extended& p) noexcept {
  using Point = LanePoint<Lanes>;
  LaneElement point[kLanes];
  for (std::size_t i = 0; i < 5; ++i) {
    __m256d rows[4] = {p.x.limb[i], p.y.limb[i], p.z.limb[i], p.t.limb[i]};
    transpose(rows);
    for (std::size_t lane = 0; lane < kLanes; ++lane) point[lane].limb[i] = rows[lane];
  }
  LaneElement scale;
  for (std::size_t i = 0; i < 5; ++i) {
    const double one = i == 0 ? 1 : 0;
    scale.limb[i] = _mm256_setr_pd(one, one, 2 * one, static_cast<double>(static_cast<std::int64_t>(kTwiceD.limb[i])));
  }
  Point::add(point[0], point[0], point[1], scale);
  Point::add(point[2], point[2], point[3], scale);
  Point::add(sum, point[0], point[2], scale);
}

ASSAY_INLINE void copy_lane(FieldElement& to, const StoredLanes& from, std::size_t lane) noexcept {
  for (std::size_t i = 0; i < 5; ++i) to.limb[i] = from.limb[i][lane];
}

ASSAY_INLINE void store_points(ProjectivePoint* sums, const LaneCurve::Extended& p, std::size_t count) noexcept {
  StoredLanes x, y, z;
  store(x, p.x);
  store(y, p.y);
  store(z, p.z);
  for (std::size_t lane = 0; lane < count; ++lane) {
    copy_lane(sums[lane].x, x, lane);
    copy_lane(sums[lane].y, y, lane);
    copy_lane(sums[lane].z, z, lane);
  }
}

// Four terms side by side.
void sum_four(const TableView& base, const Term* terms, ProjectivePoint* sums, Selection& selection) noexcept {
  const std::size_t base_steps = base.windows.count;
  const TableView* const bases[kLanes] = {&base, &base, &base, &base};
  const TableView* tables[kLanes];
  const Words* s[kLanes];
  const Words* h[kLanes];
  std::size_t key_steps = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    s[lane] = &terms[lane].s;
    h[lane] = &terms[lane].h;
    tables[lane] = terms[lane].table;
    if (key_steps < tables[lane]->windows.count) key_steps = tables[lane]->windows.count;
  }
  select(cut_four(bases, s), selection.entry[0], selection.negative[0], base_steps);
  select(cut_four(tables, h), selection.entry[base_steps], selection.negative[base_steps], key_steps);
  const std::size_t steps = base_steps + key_steps;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t used = base_steps + tables[lane]->windows.count;
    pad(&selection.entry[used][lane], &selection.negative[used][lane], steps + kAhead - used, kLanes, base);
  }
  for (std::size_t i = 0; i < kAhead; ++i) prefetch_step(selection.entry[i]);
  LaneCurve::Extended p;
  {
    const TowardZero toward_zero;
    sum_selected(p, selection, steps);
  }
  store_points(sums, p, kLanes);
}

// One term, dealt over the lanes.
void sum_one(const TableView& base, const Term& term, ProjectivePoint& sum, Selection& selection) noexcept {
  const std::size_t base_points = base.windows.count;
  const std::size_t points = base_points + term.table->windows.count;
  const std::size_t steps = (points + kLanes - 1) / kLanes;
  const TableEntry** entry = &selection.entry[0][0];
  std::int64_t* negative = &selection.negative[0][0];
  select_one(base, term.s, entry, negative);
  for (std::size_t i = 0; i < base_points; ++i) prefetch(entry[i]);
  select_one(*term.table, term.h, entry + base_points, negative + base_points);
  for (std::size_t i = base_points; i < points; ++i) prefetch(entry[i]);
  pad(entry + points, negative + points, kLanes * (steps + kAhead) - points, 1, base);
  LaneCurve::Extended p;
  LaneElement coordinates;
  {
    const TowardZero toward_zero;
    sum_selected(p, selection, steps);
    sum_lanes(coordinates, p);
  }
  StoredLanes stored;
  store(stored, coordinates);
  copy_lane(sum.x, stored, 0);
  copy_lane(sum.y, stored, 1);
  copy_lane(sum.z, stored, 2);
}

void sum(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  Selection selection;
  std::size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) sum_four(base, terms + done, sums + done, selection);
  for (; done < count; ++done) sum_one(base, terms[done], sums[done], selection);
}

// ---- without tables

constexpr std::size_t kSpotEntries = kSpotWindows.entries;
constexpr std::size_t kSpotLimbs = 4 * 5;

// SpotTable: multiples 0 to 8 of each lane's point, in the cached form.
struct alignas(32) SpotTable {
  LaneCurve::Cached multiple[kSpotEntries];
};
static_assert(sizeof(LaneCurve::Cached) == kSpotLimbs * kLanes * sizeof(double));

// fill_spot_table(table, x, y): x and y have limbs up to 2^52: a product with 1 makes them short enough to be added.
ASSAY_CALLED void fill_spot_table(SpotTable& table, const LaneElement& x, const LaneElement& y) noexcept {
  LaneElement d2;
  broadcast(d2, kTwiceD);
  LaneCurve::Cached& neutral = table.multiple[0];
  LaneElement zero;
  for (std::size_t i = 0; i < 5; ++i) zero.limb[i] = _mm256_setzero_pd();
  Lanes::set_one(neutral.minus);
  Lanes::set_one(neutral.plus);
  Lanes::add(neutral.z2, neutral.plus, neutral.plus);
  neutral.td2 = zero;
  LaneCurve::Extended p;
  Lanes::set_one(p.z);
  Lanes::multiply(p.x, x, p.z);
  Lanes::multiply(p.y, y, p.z);
  Lanes::multiply(p.t, p.x, p.y);
  LaneCurve::prepare(table.multiple[1], p, d2);
  for (std::size_t i = 2; i < kSpotEntries; ++i) {
    LaneCurve::add(p, table.multiple[1]);
    LaneCurve::prepare(table.multiple[i], p, d2);
  }
}

// load_spot(q, table, index, negative): lane l is multiple index[l], or its negative.
ASSAY_INLINE void load_spot(LaneCurve::Cached& q, const SpotTable& table, const std::uint32_t* index, const std::int64_t* negative) noexcept {
  const double* from[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) from[lane] = reinterpret_cast<const double*>(&table.multiple[index[lane]]) + lane;
  LaneElement* const to[4] = {&q.minus, &q.plus, &q.z2, &q.td2};
  for (std::size_t k = 0; k < kSpotLimbs; ++k) {
    const std::size_t at = k * kLanes;
    const __m128d lanes01 = _mm_loadh_pd(_mm_load_sd(from[0] + at), from[1] + at);
    const __m128d lanes23 = _mm_loadh_pd(_mm_load_sd(from[2] + at), from[3] + at);
    to[k / 5]->limb[k % 5] = _mm256_insertf128_pd(_mm256_castpd128_pd256(lanes01), lanes23, 1);
  }
  const __m256d negate = _mm256_castsi256_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(negative)));
  const __m256d sign = _mm256_and_pd(negate, _mm256_set1_pd(-0.0));
  for (std::size_t i = 0; i < 5; ++i) {
    const __m256d minus = q.minus.limb[i];
    q.minus.limb[i] = _mm256_blendv_pd(minus, q.plus.limb[i], negate);
    q.plus.limb[i] = _mm256_blendv_pd(q.plus.limb[i], minus, negate);
    q.td2.limb[i] = _mm256_xor_pd(q.td2.limb[i], sign);
  }
}

// Digits of h over the lanes.
struct SpotDigits {
  std::uint32_t index[kSpotWindows.count][kLanes];
  alignas(32) std::int64_t negative[kSpotWindows.count][kLanes];
};

// multiply_spot(p, table, digits): Horner's rule from the highest digit on.
ASSAY_CALLED void multiply_spot(LaneCurve::Extended& result, const SpotTable& table, const SpotDigits& digits) noexcept {
  LaneCurve::Extended p;
  LaneCurve::Cached q;
  for (std::size_t i = 0; i < 5; ++i) p.x.limb[i] = p.t.limb[i] = _mm256_setzero_pd();
  Lanes::set_one(p.y);
  Lanes::set_one(p.z);
  for (std::size_t i = kSpotWindows.count; i-- > 0;) {
    for (unsigned k = 1; k < kSpotWindows.width; ++k) LaneCurve::double_it<false>(p);
    LaneCurve::double_it<true>(p);
    load_spot(q, table, digits.index[i], digits.negative[i]);
    LaneCurve::add(p, q);
  }
  result = p;
}

// add_selected(p, selection, steps): p plus each lane's sum.
ASSAY_CALLED void add_selected(LaneCurve::Extended& result, const Selection& selection, std::size_t steps) noexcept {
  LaneCurve::Halved q;
  LaneCurve::Extended p = result;
  for (std::size_t i = 0; i < steps; ++i) {
    prefetch_step(selection.entry[i + kAhead]);
    load(q, selection.entry[i], selection.negative[i]);
    LaneCurve::add(p, q);
  }
  result = p;
}

// set_lane(r, lane, a): limbs of a as a product has them.
ASSAY_INLINE void set_lane(LaneElement& r, std::size_t lane, const FieldElement& a) noexcept {
  for (std::size_t i = 0; i < 5; ++i) reinterpret_cast<double*>(&r.limb[i])[lane] = static_cast<double>(static_cast<std::int64_t>(a.limb[i]));
}

// Up to four terms; lanes without one repeat the first.
void sum_four_without_table(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  Selection selection;
  SpotDigits digits;
  LaneCurve::Extended p;
  LaneElement x, y;
  const TableView* const bases[kLanes] = {&base, &base, &base, &base};
  const Words* s[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Term& term = terms[lane < count ? lane : 0];
    s[lane] = &term.s;
    pad(&selection.entry[base.windows.count][lane], &selection.negative[base.windows.count][lane], kAhead, kLanes, base);
    const BiasedScalar biased = add_bias(term.h, kSpotWindows);
    for (unsigned i = 0; i < kSpotWindows.count; ++i) {
      const int value = digit(biased, kSpotWindows, i);
      digits.index[i][lane] = static_cast<std::uint32_t>(value < 0 ? -value : value);
      digits.negative[i][lane] = value < 0 ? -1 : 0;
    }
    set_lane(x, lane, term.negated_key->x);
    set_lane(y, lane, term.negated_key->y);
  }
  select(cut_four(bases, s), selection.entry[0], selection.negative[0], base.windows.count);
  {
    const TowardZero toward_zero;
    SpotTable table;
    fill_spot_table(table, x, y);
    multiply_spot(p, table, digits);
    add_selected(p, selection, base.windows.count);
  }
  store_points(sums, p, count);
}

void sum_without_table(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  if (count == 1) return scalar_code().sum_without_table(base, terms, count, sums);  // the lanes take as long for one as for four
  for (std::size_t done = 0; done < count; done += kLanes) {
    sum_four_without_table(base, terms + done, count - done < kLanes ? count - done : kLanes, sums + done);
  }
}

constexpr Code kSimd = {"simd", sum, sum_without_table, fill_table_avx2};

}  // namespace

const Code* simd_code() noexcept { return &kSimd; }

}  // namespace assay::crypto::ed25519

#else

namespace assay::crypto::ed25519 {

const Code* simd_code() noexcept { return nullptr; }

}  // namespace assay::crypto::ed25519

#endif
