// The JWS compact serialization (RFC 7515 section 7.1).
#pragma once

#include <string_view>

#include "base/result.h"
#include "schema/codes.h"

namespace assay::jose {

// CompactJwsView: the parts of a token, all borrowed from its text and still base64url.
struct CompactJwsView {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signing_input;  // header '.' payload: RFC 7515 section 5.2, step 8
};

// split_compact(token): the three parts. Refuses a token over 16 KiB, a header over 4 KiB, any number of parts but three, an empty part; five parts
// are called encrypted (RFC 7516 section 7.1). Does not look into the parts.
base::Result<CompactJwsView, schema::Code> split_compact(std::string_view token) noexcept;

}  // namespace assay::jose
