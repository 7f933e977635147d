// judge: what is asked of a token only once its signature is known to be good.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/check.h"
#include "crypto/engine.h"
#include "jose/claims.h"
#include "jose/facts.h"
#include "schema/codes.h"
#include "snapshot/snapshot.h"
#include "verdict/token_cache.h"

namespace assay::verdict {

// VerifiedFactsView: facts whose signature has been verified, and the key that it was. Made from a valid signature result or from an entry of the cache whose key still serves, and
// from nothing else, so that judge cannot be called on anything else.
class VerifiedFactsView {
 public:
  // verified(facts, key, result): borrows facts and key. CHECKs that the result is `valid`: callers branch on it first.
  static VerifiedFactsView verified(const jose::FactsView& facts, const jose::VerificationKey& key, crypto::SignatureResult result) noexcept {
    CHECK(result == crypto::SignatureResult::valid);
    return VerifiedFactsView(facts, key);
  }
  // recalled(entry, keys): borrows from both. Nothing if the key that verified the token is not one that these keys would try for it. keys: those of the OAuth server that the
  // API service which judges selects for the token's issuer.
  static std::optional<VerifiedFactsView> recalled(const TokenCache::EntryView& entry ASSAY_LIFETIMEBOUND, const snapshot::KeySet& keys ASSAY_LIFETIMEBOUND) noexcept {
    const jose::VerificationKey* key = keys.serving(entry.key_id(), entry.has_kid(), entry.facts().algorithm);
    if (key == nullptr) return std::nullopt;
    return VerifiedFactsView(entry.facts(), *key);
  }
  const jose::FactsView& facts() const noexcept { return *facts_; }
  const jose::VerificationKey& key() const noexcept { return *key_; }

 private:
  VerifiedFactsView(const jose::FactsView& facts, const jose::VerificationKey& key) noexcept : facts_(&facts), key_(&key) {}
  const jose::FactsView* facts_;
  const jose::VerificationKey* key_;
};

// judge(facts, payload, api_service, required_scopes, skew_s, now_s): confirmation, max age, scopes (those of the API service and of the request), claim
// rules, in this order; `accepted` or why not. payload is asked for only by claim rules.
schema::Code judge(const VerifiedFactsView& verified, const jose::PayloadView* payload, const snapshot::ApiService& api_service,
                   std::span<const std::string_view> required_scopes, std::int64_t skew_s, std::int64_t now_s);

}  // namespace assay::verdict
