// Facts, compared.
#pragma once

#include <algorithm>
#include <optional>

#include "jose/facts.h"

namespace assay::tests {

// equal(a, b): every member of both, by value. An absent text or date is not an empty one.
inline bool equal(const std::optional<jose::NumericDate>& a, const std::optional<jose::NumericDate>& b) {
  if (!a || !b) return !a && !b;
  return a->seconds == b->seconds && a->has_fraction == b->has_fraction;
}
inline bool equal(const jose::FactsView& a, const jose::FactsView& b) {
  return a.algorithm == b.algorithm && a.type == b.type && a.has_confirmation == b.has_confirmation && a.issuer == b.issuer && a.subject == b.subject &&
         a.client_id == b.client_id && a.token_id == b.token_id && equal(a.expires_at, b.expires_at) && equal(a.not_before, b.not_before) &&
         equal(a.issued_at, b.issued_at) && std::ranges::equal(a.audiences, b.audiences) && std::ranges::equal(a.scopes, b.scopes);
}

}  // namespace assay::tests
