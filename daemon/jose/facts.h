// Facts: what a token says, as a flat record. Everything that screen and judge look at, but for the claims that rules name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "crypto/algorithm.h"
#include "jose/numeric_date.h"

namespace assay::jose {

// TypeClass: the header's typ (RFC 7515 section 4.1.9), case folded, `application/` taken off. absent: no typ at all.
enum class TypeClass : std::uint8_t { unset = 0, absent, jwt, at_jwt, other };

// FactsView: borrows from the token's decoded parts and the arena they were read into; ends with the arena's reset. Claims that a token does not
// have are absent; an empty string is present.
struct FactsView {
  crypto::Algorithm algorithm = crypto::Algorithm::unset;
  TypeClass type = TypeClass::unset;
  bool has_confirmation = false;  // cnf (RFC 7800)
  std::optional<std::string_view> issuer;
  std::optional<std::string_view> subject;
  std::optional<std::string_view> client_id;  // RFC 8693 section 4.3, RFC 9068 section 2.2
  std::optional<std::string_view> token_id;   // jti
  std::optional<NumericDate> expires_at;
  std::optional<NumericDate> not_before;
  std::optional<NumericDate> issued_at;
  std::span<const std::string_view> audiences;  // empty without aud
  std::span<const std::string_view> scopes;     // of scope, then of scp; empty names left out
};

}  // namespace assay::jose
