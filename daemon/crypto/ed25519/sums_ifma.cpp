// s B + h (-A) in the eight lanes of AVX-512 IFMA, with a table of the key: a term is a sum of some 50 points, one of each window of B and of -A.
//
// Eight terms are summed side by side, a term a lane. What remains of a batch is dealt out: the points of four, two, or one go over two, four, or eight lanes each, and the lanes of a term are
// added up in the end. Tables, and terms without one, are left to AVX2, which a processor with IFMA has too.
#include "crypto/ed25519/code.h"
#include "crypto/ed25519/ed25519.h"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512IFMA__)

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ifma.h"

namespace assay::crypto::ed25519 {

// Of table_avx2.cpp.
void fill_table_avx2(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept;

namespace {

constexpr std::size_t kAhead = 3;  // entries are asked for three additions before they are needed
constexpr std::size_t kStepsMax = 2 * kWindowsMax + kAhead;
constexpr int kEntryShift = 7;
static_assert(sizeof(TableEntry) == std::size_t{1} << kEntryShift);

// Selection: an entry for each step and lane; bit l of negative: its negative is meant.
struct Selection {
  alignas(64) const TableEntry* entry[kStepsMax][kLanes];
  __mmask8 negative[kStepsMax];
};

ASSAY_INLINE void prefetch_step(const TableEntry* const* entries) noexcept {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    _mm_prefetch(reinterpret_cast<const char*>(entries[lane]), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(entries[lane]) + 64, _MM_HINT_T0);
  }
}

// Cut: numbers that are cut into digits, one in each lane, and where the entries of their windows lie.
struct Cut {
  __m512i word[4];
  __m512i width;    // of a window
  __m512i index;    // of the lane's window
  __m512i last;     // index of the highest window; -1 if the lane has no number
  __m512i entries;  // the lane's window
  __m512i stride;   // octets from a lane's window to its next
};

ASSAY_INLINE __m512i everywhere(std::uint64_t x) noexcept { return _mm512_set1_epi64(static_cast<long long>(x)); }
ASSAY_INLINE __m512i load_lanes(const void* lanes) noexcept { return _mm512_load_si512(lanes); }

// shift(word, by): each lane's number to the right by less than 64.
ASSAY_INLINE void shift(__m512i (&word)[4], __m512i by) noexcept {
  const __m512i rest = _mm512_sub_epi64(everywhere(64), by);
  for (std::size_t i = 0; i < 3; ++i) word[i] = _mm512_or_si512(_mm512_srlv_epi64(word[i], by), _mm512_sllv_epi64(word[i + 1], rest));
  word[3] = _mm512_srlv_epi64(word[3], by);
}

// cut_numbers(tables, scalars, count, dealt): each number goes over `dealt` lanes, window by window. The lanes of a number are far apart, so that it has one in each half, quarter, or eighth.
ASSAY_INLINE Cut cut_numbers(const TableView* const* tables, const Words* const* scalars, std::size_t count, std::size_t dealt) noexcept {
  alignas(64) std::uint64_t word[4][kLanes] = {};
  alignas(64) std::uint64_t width[kLanes] = {}, index[kLanes] = {}, entries[kLanes] = {}, stride[kLanes] = {};
  alignas(64) std::int64_t last[kLanes] = {-1, -1, -1, -1, -1, -1, -1, -1};
  for (std::size_t n = 0; n < count; ++n) {
    const Windows& windows = tables[n]->windows;
    const BiasedScalar biased = add_bias(*scalars[n], windows);
    const std::uint64_t window_bytes = windows.entries * sizeof(TableEntry);
    for (std::size_t k = 0; k < dealt; ++k) {
      const std::size_t lane = kLanes / dealt * k + n;
      for (std::size_t i = 0; i < 4; ++i) word[i][lane] = biased.word[i];
      width[lane] = windows.width;
      index[lane] = k;
      last[lane] = static_cast<std::int64_t>(windows.count) - 1;
      entries[lane] = reinterpret_cast<std::uintptr_t>(tables[n]->entries) + k * window_bytes;
      stride[lane] = dealt * window_bytes;
    }
  }
  return {{load_lanes(word[0]), load_lanes(word[1]), load_lanes(word[2]), load_lanes(word[3])}, load_lanes(width), load_lanes(index), load_lanes(last), load_lanes(entries), load_lanes(stride)};
}

// select(cut, dealt, none, selection, first, steps): the entries of the digits, as digit() has them, for so many steps. Beyond a number's highest window it is `none`, the neutral element.
ASSAY_INLINE void select(Cut cut, std::size_t dealt, const TableEntry* none, Selection& selection, std::size_t first, std::size_t steps) noexcept {
  static_assert(kLanes / 2 * kWidthMax < 64);
  const __m512i one = everywhere(1);
  const __m512i half = _mm512_sllv_epi64(one, _mm512_sub_epi64(cut.width, one));
  const __m512i window = _mm512_sub_epi64(_mm512_add_epi64(half, half), one);
  const __m512i neutral = everywhere(reinterpret_cast<std::uintptr_t>(none));
  // skip(windows): to a later window. Eight are more than shift() can do at once.
  const auto skip = [&](__m512i windows) __attribute__((always_inline)) { shift(cut.word, _mm512_mul_epu32(windows, cut.width)); };
  const __m512i four = everywhere(kLanes / 2);
  skip(_mm512_min_epu64(cut.index, four));
  if (dealt == kLanes) skip(_mm512_sub_epi64(_mm512_max_epu64(cut.index, four), four));
  for (std::size_t i = first; i < first + steps; ++i) {
    const __mmask8 is_there = _mm512_cmple_epi64_mask(cut.index, cut.last);
    const __mmask8 below_top = _mm512_cmplt_epi64_mask(cut.index, cut.last);
    const __m512i value = _mm512_mask_sub_epi64(cut.word[0], below_top, _mm512_and_si512(cut.word[0], window), half);
    const __m512i offset = _mm512_slli_epi64(_mm512_abs_epi64(value), kEntryShift);
    _mm512_store_si512(selection.entry[i], _mm512_mask_add_epi64(neutral, is_there, cut.entries, offset));
    selection.negative[i] = static_cast<__mmask8>(_mm512_movepi64_mask(value) & is_there);
    cut.entries = _mm512_add_epi64(cut.entries, cut.stride);
    cut.index = _mm512_add_epi64(cut.index, everywhere(dealt));
    skip(everywhere(dealt < kLanes ? dealt : kLanes / 2));
    if (dealt == kLanes) skip(four);
  }
}

// sum_selected(p, selection, steps): each lane's sum. Plain domain; steps >= 2. Vartime only in its addresses.
// Checked against OpenSSL and libsodium (tests/crypto/ed25519/ed25519_test.cpp), bounds by ifma_bounds_test.cpp.
ASSAY_INLINE void sum_selected(LanePoints::Point& p, const Selection& selection, std::size_t steps) noexcept {
  LanePoints::Halved q;
  load(q, selection.entry[0], selection.negative[0]);
  LanePoints::start(p, q);
#pragma GCC unroll 1
  for (std::size_t i = 1; i < steps; ++i) {
    prefetch_step(selection.entry[i + kAhead]);
    load(q, selection.entry[i], selection.negative[i]);
    LanePoints::add(p, q);
  }
}

// add_lanes(sum, p, dealt): the sums of each `dealt` lanes, in the first of them. Four lanes suffice, which take half the time.
ASSAY_INLINE void add_lanes(HalfPoints::Point& sum, const LanePoints::Point& p, std::size_t dealt) noexcept {
  HalfLanes::Element d2;
  for (std::size_t i = 0; i < 5; ++i) d2.limb[i] = FourLanes::integer(kTwiceD.limb[i]);
  HalfPoints::Point other;
  const Lanes::Element* const from[] = {&p.minus, &p.plus, &p.z, &p.t};
  HalfLanes::Element* const left[] = {&sum.minus, &sum.plus, &sum.z, &sum.t};
  HalfLanes::Element* const right[] = {&other.minus, &other.plus, &other.z, &other.t};
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < 5; ++i) {
      left[k]->limb[i] = _mm512_castsi512_si256(from[k]->limb[i]);
      right[k]->limb[i] = _mm512_extracti64x4_epi64(from[k]->limb[i], 1);
    }
  }
  HalfPoints::add(sum, other, d2);
#pragma GCC unroll 1
  for (std::size_t distance = FourLanes::kLanes / 2; distance >= kLanes / dealt; distance /= 2) {
    const __m256i lane = _mm256_xor_si256(_mm256_setr_epi64x(0, 1, 2, 3), FourLanes::integer(distance));
    for (std::size_t k = 0; k < 4; ++k) {
      for (std::size_t i = 0; i < 5; ++i) right[k]->limb[i] = _mm256_permutexvar_epi64(lane, left[k]->limb[i]);
    }
    HalfPoints::add(sum, other, d2);
  }
}

// store_points<F>(sums, p, count): those of the first lanes.
template <class F>
ASSAY_INLINE void store_points(ProjectivePoint* sums, const typename IfmaPoints<F>::Point& p, std::size_t count) noexcept {
  struct alignas(64) Stored {
    std::uint64_t limb[5][F::O::kLanes];
  } x, y, z;
  typename F::Columns twice_x, twice_y, twice_z;
  IfmaPoints<F>::projective(twice_x, twice_y, twice_z, p);
  for (std::size_t i = 0; i < 5; ++i) {
    F::O::store(x.limb[i], twice_x.column[i]);
    F::O::store(y.limb[i], twice_y.column[i]);
    F::O::store(z.limb[i], twice_z.column[i]);
  }
  for (std::size_t lane = 0; lane < count; ++lane) {
    for (std::size_t i = 0; i < 5; ++i) {
      sums[lane].x.limb[i] = x.limb[i][lane];
      sums[lane].y.limb[i] = y.limb[i][lane];
      sums[lane].z.limb[i] = z.limb[i][lane];
    }
  }
}

// sum_some(base, terms, count, sums, selection): one to eight terms, each dealt over as many lanes as there are for it.
void sum_some(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums, Selection& selection) noexcept {
  const std::size_t dealt = count > 4 ? 1 : count > 2 ? 2 : count > 1 ? 4 : 8;
  const TableView* bases[kLanes];
  const TableView* tables[kLanes];
  const Words* s[kLanes];
  const Words* h[kLanes];
  std::size_t key_windows = 0;
  for (std::size_t n = 0; n < count; ++n) {
    bases[n] = &base;
    tables[n] = terms[n].table;
    s[n] = &terms[n].s;
    h[n] = &terms[n].h;
    if (key_windows < tables[n]->windows.count) key_windows = tables[n]->windows.count;
  }
  const std::size_t base_steps = (base.windows.count + dealt - 1) / dealt;
  const std::size_t key_steps = (key_windows + dealt - 1) / dealt;
  const std::size_t steps = base_steps + key_steps;
  select(cut_numbers(bases, s, count, dealt), dealt, base.entries, selection, 0, base_steps);
  select(cut_numbers(tables, h, count, dealt), dealt, base.entries, selection, base_steps, key_steps);
  for (std::size_t i = 0; i < kAhead; ++i) _mm512_store_si512(selection.entry[steps + i], everywhere(reinterpret_cast<std::uintptr_t>(base.entries)));
  // One alone has few steps, and each takes long: all are asked for at once.
  const std::size_t asked = dealt == kLanes ? steps : kAhead + 1;
  for (std::size_t i = 0; i < asked; ++i) prefetch_step(selection.entry[i]);
  LanePoints::Point p;
  sum_selected(p, selection, steps);
  if (dealt == 1) return store_points<Lanes>(sums, p, count);
  HalfPoints::Point added;
  add_lanes(added, p, dealt);
  store_points<HalfLanes>(sums, added, count);
}

// terms_at_once(count): of so many. Three, five and six are summed sooner in two parts, but seven are not.
ASSAY_INLINE std::size_t terms_at_once(std::size_t count) noexcept { return count >= kLanes ? kLanes : count == 7 ? 7 : count >= 4 ? 4 : count >= 2 ? 2 : 1; }

void sum(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  Selection selection;
  while (count != 0) {
    const std::size_t now = terms_at_once(count);
    sum_some(base, terms, now, sums, selection);
    terms += now;
    sums += now;
    count -= now;
  }
}

void sum_without_table(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept { simd_code()->sum_without_table(base, terms, count, sums); }

constexpr Code kIfma = {"ifma", sum, sum_without_table, fill_table_avx2};

}  // namespace

const Code* ifma_code() noexcept { return &kIfma; }

}  // namespace assay::crypto::ed25519

#else

namespace assay::crypto::ed25519 {

const Code* ifma_code() noexcept { return nullptr; }

}  // namespace assay::crypto::ed25519

#endif
