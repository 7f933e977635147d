// The JWT claims set (RFC 7519 section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "jose/facts.h"
#include "jose/header.h"
#include "jose/json_walk.h"
#include "jose/pointer.h"
#include "schema/codes.h"

namespace assay::jose {

// parse_claims(header, json, workspace, arena): the facts of a token, from its header and its decoded payload (padded, see JsonIndex). Refuses what is no JSON
// object, a member that stands twice, too deep or too many members; then a claim in use of the wrong type: iss, sub, jti, client_id, scope: a string;
// aud: a string or an array of strings; scp: likewise; exp, nbf, iat: a NumericDate; cnf: an object.
base::Result<FactsView, schema::Code> parse_claims(const HeaderView& header, base::Bytes json, JsonWorkspace& workspace, base::Arena& arena);

// ClaimView: a value inside a payload.
struct ClaimView {
  enum class Kind : std::uint8_t { unset = 0, null, boolean, number, string, array, object };
  Kind kind = Kind::unset;
  std::string_view raw;     // as written, borrowed from the payload
  std::string_view string;  // a string's value, borrowed from the payload or the arena
};

// PayloadView: a payload that parse_claims has accepted, indexed once more to find claims in it. Ends with the workspace's next use.
class PayloadView {
 public:
  PayloadView(base::Bytes json, JsonWorkspace& workspace, base::Arena& arena);
  // find(pointer): the value that the pointer names (RFC 6901); nothing if there is none.
  std::optional<ClaimView> find(PointerView pointer) const;
  // elements(array): the elements of an array found here, in the arena; empty for other kinds.
  std::span<const ClaimView> elements(const ClaimView& array) const;

 private:
  // token_at(value): the token at which a value begins. value_at(i): the value that begins at the i-th token. after(i): the token after that value.
  std::size_t token_at(const ClaimView& value) const noexcept;
  ClaimView value_at(std::size_t i) const;
  std::size_t after(std::size_t i) const noexcept;

  std::string_view text_;
  std::span<const std::uint32_t> positions_;
  base::Arena* arena_;
};

}  // namespace assay::jose
