// Numbers of which only the range is known, and what is found wrong about them: the lanes' arithmetic is run over these to prove its bounds.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "crypto/ec/curves.h"

namespace assay::crypto::ec {
namespace {

using Real = long double;

inline Real down(Real x) { return x - (std::fabs(x) * 0x1p-60L + 0x1p-200L); }
inline Real up(Real x) { return x + (std::fabs(x) * 0x1p-60L + 0x1p-200L); }

// Violations: what was found, in this thread's present run.
struct Violations {
  int count = 0;
  std::string first;
  const char* where = "";
  void add(const char* what, Real low_end, Real high_end) {
    if (count++ == 0) first = std::string(where) + ": " + what + ", range [" + std::to_string(low_end) + ", " + std::to_string(high_end) + "]";
  }
};
inline thread_local Violations violations;

// Fault: what is broken on purpose: entries of tables one bit too wide a limb; y of P-521 negated limb by limb.
enum class Fault { none, wide_table, negation_by_limbs };

struct Interval {
  i128 low = 0, high = 0;
};
inline Interval join(const Interval& a, const Interval& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

struct Range {
  Real low = 0, high = 0;
};
inline Range add(const Range& a, const Range& b) { return {down(a.low + b.low), up(a.high + b.high)}; }
inline Range subtract(const Range& a, const Range& b) { return {down(a.low - b.high), up(a.high - b.low)}; }
inline Range multiply(const Range& a, const Range& b) {
  const Real corner[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
  return {down(*std::min_element(corner, corner + 4)), up(*std::max_element(corner, corner + 4))};
}

// to_integer(x): within the range of the type, when a broken variant's values leave all reason.
inline i128 to_integer(Real x) { return static_cast<i128>(std::clamp(x, -0x1p100L, 0x1p100L)); }

// p / 2^kBits.
template <class C>
Real prime_over_power() {
  Real p = 1;
  for (const Term& term : C::kTerms) {
    if (term.exponent != C::kBits) p += term.sign * std::ldexp(Real{1}, term.exponent - C::kBits);
  }
  return p;
}

// How elements grow and meet.
template <class Element>
Element join(const Element& a, const Element& b) {
  Element r = a;
  for (std::size_t i = 0; i < std::size(r.limb); ++i) r.limb[i] = join(a.limb[i], b.limb[i]);
  r.value = {std::min(a.value.low, b.value.low), std::max(a.value.high, b.value.high)};
  return r;
}
template <class Element>
bool is_within(const Element& a, const Element& b) {
  for (std::size_t i = 0; i < std::size(a.limb); ++i) {
    if (a.limb[i].low < b.limb[i].low || a.limb[i].high > b.limb[i].high) return false;
  }
  return a.value.low >= b.value.low && a.value.high <= b.value.high;
}
template <class Element>
Element widen(Element a) {
  a.value.low -= std::fabs(a.value.low) * 1e-6L + 1e-9L;
  a.value.high += std::fabs(a.value.high) * 1e-6L + 1e-9L;
  return a;
}

}  // namespace
}  // namespace assay::crypto::ec
