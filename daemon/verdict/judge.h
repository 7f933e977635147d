// judge: what is asked of a token only once its signature is known to be good.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/check.h"
#include "crypto/engine.h"
#include "jose/claims.h"
#include "jose/facts.h"
#include "schema/codes.h"
#include "snapshot/snapshot.h"

namespace assay::verdict {

// VerifiedFactsView: facts whose signature has been verified. Only verified() makes one, and only from a valid signature result, so that judge cannot
// be called on anything else. (A cache hit will be the second way.)
class VerifiedFactsView {
 public:
  // verified(facts, result): borrows the facts. CHECKs that the result is `valid`: callers branch on it first.
  static VerifiedFactsView verified(const jose::FactsView& facts, crypto::SignatureResult result) noexcept {
    CHECK(result == crypto::SignatureResult::valid);
    return VerifiedFactsView(facts);
  }
  const jose::FactsView& facts() const noexcept { return *facts_; }

 private:
  explicit VerifiedFactsView(const jose::FactsView& facts) noexcept : facts_(&facts) {}
  const jose::FactsView* facts_;
};

// judge(facts, payload, api_service, required_scopes, skew_s, now_s): confirmation, max age, scopes (those of the API service and of the request), claim
// rules, in this order; `accepted` or why not. payload is asked for only by claim rules.
schema::Code judge(const VerifiedFactsView& verified, const jose::PayloadView* payload, const snapshot::ApiService& api_service,
                   std::span<const std::string_view> required_scopes, std::int64_t skew_s, std::int64_t now_s);

}  // namespace assay::verdict
