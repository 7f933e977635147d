// Discovery: where an issuer's metadata stands, and what it says (OpenID Connect Discovery 1.0, RFC 8414).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace assay::fetch {

// openid_configuration_url(issuer): OpenID Connect Discovery 1.0 section 4: behind the issuer, whose slash at the end is left out.
std::string openid_configuration_url(std::string_view issuer);

// oauth_metadata_url(issuer): RFC 8414 section 3.1: between the issuer's host and its path.
std::string oauth_metadata_url(std::string_view issuer);

// read_jwks_uri(metadata, issuer, allow_http): the URL of the issuer's keys, which passes is_key_url() and, unless allow_http, is https if the issuer's is. Fails, in a few words that hold nothing of the document, unless it is a
// strict JSON object whose `issuer` is this one, byte for byte (RFC 8414 section 3.3).
base::Result<std::string> read_jwks_uri(std::string_view metadata, std::string_view issuer, bool allow_http);

// find_json_fault(text): why text is no strict JSON object; empty: it is one. Holds nothing of the text.
std::string find_json_fault(std::string_view text);

}  // namespace assay::fetch
