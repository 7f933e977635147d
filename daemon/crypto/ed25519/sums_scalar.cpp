// s B + h (-A) in general registers: the twin of sums_avx2.cpp, for processors without AVX2. Terms are summed one by one.
#include "crypto/ed25519/code.h"
#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ed25519.h"

namespace assay::crypto::ed25519 {

// Of table_scalar.cpp.
void fill_table_scalar(const AffinePoint& point, const Windows& windows, TableEntry* entries) noexcept;

namespace {

// load(r, limbs): an entry's element, with 2p added so that no limb is negative.
inline void load(FieldElement& r, const double* limbs) noexcept {
  for (std::size_t i = 0; i < 5; ++i) {
    const std::uint64_t twice_p = 2 * (i == 0 ? kLimbMask - 18 : kLimbMask);
    r.limb[i] = static_cast<std::uint64_t>(static_cast<std::int64_t>(limbs[i])) + twice_p;
  }
}

// load(q, entry, negative): the entry or its negative: minus and plus change places, t its sign.
inline void load(Curve::Halved& q, const TableEntry& entry, bool negative) noexcept {
  load(q.minus, entry.limb + (negative ? kEntryPlus : kEntryMinus));
  load(q.plus, entry.limb + (negative ? kEntryMinus : kEntryPlus));
  load(q.t, entry.limb + kEntryT);
  if (negative) Field::subtract(q.t, kZero, q.t);
}

// add_multiple(p, table, scalar): p plus scalar times the table's point. Vartime.
void add_multiple(Curve::Extended& p, const TableView& table, const Words& scalar) noexcept {
  const BiasedScalar biased = add_bias(scalar, table.windows);
  const TableEntry* window = table.entries;
  for (unsigned i = 0; i < table.windows.count; ++i, window += table.windows.entries) {
    const int value = digit(biased, table.windows, i);
    if (value == 0) continue;
    Curve::Halved q;
    load(q, window[value < 0 ? -value : value], value < 0);
    Curve::add(p, q);
  }
}

constexpr Curve::Extended kNeutral = {kZero, kOne, kOne, kZero};

void sum(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Curve::Extended p = kNeutral;
    add_multiple(p, base, terms[i].s);
    add_multiple(p, *terms[i].table, terms[i].h);
    sums[i] = {p.x, p.y, p.z};
  }
}

// ---- without tables: Horner's rule over multiples 0 to 8 of -A

Curve::Cached negated(const Curve::Cached& q) noexcept { return {q.plus, q.minus, q.z2, carried(kZero - q.td2)}; }

// multiple(point, scalar): vartime.
Curve::Extended multiple(const AffinePoint& point, const Words& scalar) noexcept {
  Curve::Cached spot[9];
  Curve::Extended p = extended(point);
  for (std::size_t i = 1; i < kSpotWindows.entries; ++i) {
    if (i > 1) Curve::add(p, spot[1]);
    Curve::prepare(spot[i], p, kTwiceD);
  }
  const BiasedScalar biased = add_bias(scalar, kSpotWindows);
  p = kNeutral;
  for (unsigned i = kSpotWindows.count; i-- > 0;) {
    for (unsigned k = 1; k < kSpotWindows.width; ++k) Curve::double_it<false>(p);
    Curve::double_it<true>(p);
    const int value = digit(biased, kSpotWindows, i);
    if (value > 0) Curve::add(p, spot[value]);
    if (value < 0) Curve::add(p, negated(spot[-value]));
  }
  return p;
}

void sum_without_table(const TableView& base, const Term* terms, std::size_t count, ProjectivePoint* sums) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Curve::Extended p = multiple(*terms[i].negated_key, terms[i].h);
    add_multiple(p, base, terms[i].s);
    sums[i] = {p.x, p.y, p.z};
  }
}

constexpr Code kScalar = {"scalar", sum, sum_without_table, fill_table_scalar};

}  // namespace

const Code& scalar_code() noexcept { return kScalar; }

}  // namespace assay::crypto::ed25519
