// The JOSE header (RFC 7515 section 4).
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/algorithm.h"
#include "jose/facts.h"
#include "jose/json_walk.h"
#include "schema/codes.h"

namespace assay::jose {

// HeaderView: the members that count; kid is borrowed from the header's text or the arena.
struct HeaderView {
  crypto::Algorithm algorithm = crypto::Algorithm::unset;
  TypeClass type = TypeClass::unset;
  std::optional<std::string_view> kid;
};

// parse_header(json, workspace, arena): reads a decoded header (padded, see JsonIndex). Refuses in this order: what is no JSON object, a member that stands
// twice, too deep or too many members; an algorithm missing or unknown; crit, b64 or zip in any form; kid or typ that are no strings. jku, jwk, x5u
// and x5c are ignored by presence, as is cty.
base::Result<HeaderView, schema::Code> parse_header(base::Bytes json, JsonWorkspace& workspace, base::Arena& arena);

}  // namespace assay::jose
