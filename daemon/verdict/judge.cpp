// Answers here may depend on what the token says, so they are given to nobody who could not get the token signed.
#include "verdict/judge.h"

#include <algorithm>

namespace assay::verdict {
namespace {

using jose::ClaimView;
using schema::Code;
using snapshot::RuleValue;

bool has_scope(const jose::FactsView& facts, std::string_view scope) noexcept {
  return std::find(facts.scopes.begin(), facts.scopes.end(), scope) != facts.scopes.end();
}

bool equals(const RuleValue& wanted, const ClaimView& claim) noexcept {
  switch (wanted.kind) {
    case RuleValue::Kind::string: return claim.kind == ClaimView::Kind::string && claim.string == wanted.text;
    // JSON spells an integer one way (RFC 8259 section 6 has no leading zeros), so equal integers are equal texts; 1.0 and 1e0 are no integers here.
    case RuleValue::Kind::integer: return claim.kind == ClaimView::Kind::number && claim.raw == wanted.text;
    case RuleValue::Kind::boolean: return claim.kind == ClaimView::Kind::boolean && claim.raw == wanted.text;
    case RuleValue::Kind::unset: return false;
  }
  return false;
}

bool equals_any(const snapshot::ClaimRule& rule, const ClaimView& claim) noexcept {
  return std::any_of(rule.any_of.begin(), rule.any_of.end(), [&](const RuleValue& wanted) { return equals(wanted, claim); });
}

bool holds(const snapshot::ClaimRule& rule, const jose::PayloadView& payload) {
  const auto pointer = jose::PointerView::parse(rule.pointer);
  if (!pointer) return false;
  const auto claim = payload.find(*pointer);
  if (!claim) return false;
  if (claim->kind != ClaimView::Kind::array) return equals_any(rule, *claim);
  const auto elements = payload.elements(*claim);
  return std::any_of(elements.begin(), elements.end(), [&](const ClaimView& element) { return equals_any(rule, element); });
}

}  // namespace

Code judge(const VerifiedFactsView& verified, const jose::PayloadView* payload, const snapshot::ApiService& api_service,
           std::span<const std::string_view> required_scopes, std::int64_t skew_s, std::int64_t now_s) {
  const jose::FactsView& facts = verified.facts();
  // RFC 7800 section 3: the token is worth nothing without a proof that its presenter holds the key, and a request has no place for one.
  if (facts.has_confirmation) return Code::confirmation_required;
  if (const auto age = api_service.max_token_age_s()) {
    if (!facts.issued_at) return Code::no_issue_time;
    if (now_s - facts.issued_at->rounded_down() > *age + skew_s) return Code::too_old;
  }
  for (const std::string& scope : api_service.required_scopes()) {
    if (!has_scope(facts, scope)) return Code::insufficient_scope;
  }
  for (const std::string_view scope : required_scopes) {
    if (!has_scope(facts, scope)) return Code::insufficient_scope;
  }
  for (const snapshot::ClaimRule& rule : api_service.claim_rules()) {
    if (payload == nullptr || !holds(rule, *payload)) return Code::claim_rule;
  }
  return Code::accepted;
}

}  // namespace assay::verdict
