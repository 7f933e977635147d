// Each comparison is written so that rounding and overflow fall towards refusal: dates end at the year 9999, so sums with a tolerance cannot overflow.
#include "verdict/screen.h"

namespace assay::verdict {
namespace {

using jose::TypeClass;
using schema::Code;

bool takes_type(snapshot::TokenTypeRule rule, TypeClass type) noexcept {
  switch (rule) {
    case snapshot::TokenTypeRule::any: return true;
    case snapshot::TokenTypeRule::jwt: return type == TypeClass::absent || type == TypeClass::jwt || type == TypeClass::at_jwt;
    case snapshot::TokenTypeRule::at_jwt: return type == TypeClass::at_jwt;
    case snapshot::TokenTypeRule::unset: return false;
  }
  return false;
}

// RFC 7519 sections 4.1.4 to 4.1.6.
Code screen_times(const jose::FactsView& facts, std::int64_t skew_s, std::int64_t now_s) noexcept {
  if (!facts.expires_at) return Code::no_expiry;
  const std::int64_t expires = facts.expires_at->rounded_down();
  if (expires <= now_s - skew_s) return Code::expired;
  if (facts.not_before && facts.not_before->rounded_up() > now_s + skew_s) return Code::not_yet_valid;
  if (facts.issued_at && facts.issued_at->rounded_up() > now_s + skew_s) return Code::issued_in_future;
  // A token that ends before it begins is nobody's honest token; no tolerance makes it one.
  if (facts.issued_at && expires <= facts.issued_at->rounded_up()) return Code::contradictory_times;
  if (facts.not_before && expires <= facts.not_before->rounded_up()) return Code::contradictory_times;
  return Code::accepted;
}

}  // namespace

Code screen(const jose::FactsView& facts, const snapshot::ApiService& api_service, const snapshot::OAuthServer& server, std::int64_t now_s) noexcept {
  if (!server.algorithms.contains(facts.algorithm)) return Code::algorithm_not_allowed;
  if (!takes_type(server.token_type, facts.type)) return Code::type_not_allowed;
  if (const Code times = screen_times(facts, server.clock_skew_tolerance_s, now_s); times != Code::accepted) return times;
  for (const std::string_view audience : facts.audiences) {
    if (api_service.takes_audience(audience)) return Code::accepted;
  }
  return Code::wrong_audience;
}

}  // namespace assay::verdict
