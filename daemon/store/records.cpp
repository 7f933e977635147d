// Records hold others by shared pointer, so that a change costs what it changes; they are compared by what they hold.
#include "store/records.h"

#include <algorithm>

namespace assay::store {
namespace {

bool same(const auto& a, const auto& b) { return a == b || (a != nullptr && b != nullptr && *a == *b); }

}  // namespace

bool DocumentRecord::operator==(const DocumentRecord& other) const noexcept {
  return number == other.number && deployed_at_s == other.deployed_at_s && same(text, other.text);
}

bool Records::operator==(const Records& other) const noexcept {
  const auto equal = [](const auto& a, const auto& b) { return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return same(x, y); }); };
  return state == other.state && equal(documents, other.documents) && equal(sources, other.sources);
}

}  // namespace assay::store
