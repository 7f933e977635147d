// screen: what a token's sender knows anyway, checked before the signature, so that floods of expired or misdirected tokens cost almost nothing.
#pragma once

#include <cstdint>

#include "jose/facts.h"
#include "schema/codes.h"
#include "snapshot/snapshot.h"

namespace assay::verdict {

// screen(facts, api_service, server, now_s): algorithm, type, times and audience, in this order; `accepted` if nothing speaks against the token so far, else why.
// server is the one that the API service selects for the token's issuer. now_s: seconds since 1970.
schema::Code screen(const jose::FactsView& facts, const snapshot::ApiService& api_service, const snapshot::OAuthServer& server, std::int64_t now_s) noexcept;

}  // namespace assay::verdict
