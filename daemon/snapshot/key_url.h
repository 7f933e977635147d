// Addresses that keys may be fetched from. Private to this module.
#pragma once

#include <string>
#include <string_view>

namespace assay::snapshot {

// is_key_url(text): an absolute URL (RFC 3986 section 3) of scheme https, or http to a literal loopback address (127.0.0.0/8 in four decimal parts, or
// [::1]; a name such as localhost can be made to resolve to anything), both in lower case, without user information and without fragment.
bool is_key_url(std::string_view text) noexcept;

// is_discovery_issuer(text): likewise, and without query (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3).
bool is_discovery_issuer(std::string_view text) noexcept;

inline constexpr std::string_view kKeyUrlForm =
    ", an https URL (http only to a literal 127.0.0.0/8 or [::1]), scheme in lower case, without user information and fragment";

// describe_url(text): what was found, without what may be secret: user information and query are not shown.
std::string describe_url(std::string_view text);

}  // namespace assay::snapshot
