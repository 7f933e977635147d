// Addresses that keys may be fetched from, and by way of.
#pragma once

#include <string>
#include <string_view>

namespace assay::snapshot {

// is_key_url(text, allow_http): an absolute URL (RFC 3986 section 3) of at most kUrlBytesMax and of scheme https, or http to a literal loopback address
// (127.0.0.0/8 in four decimal parts, or [::1]; a name such as localhost can be made to resolve to anything), or with allow_http to any host; the scheme in
// lower case, without user information and without fragment.
bool is_key_url(std::string_view text, bool allow_http) noexcept;

// is_discovery_issuer(text, allow_http): likewise, and without query (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3).
bool is_discovery_issuer(std::string_view text, bool allow_http) noexcept;

// is_proxy_url(text): http or https, a host and a port, and nothing else but perhaps one slash.
bool is_proxy_url(std::string_view text) noexcept;

inline constexpr std::string_view kKeyUrlForm =
    ", an https URL (http only to a literal 127.0.0.0/8 or [::1], or with \"allow_http\"), scheme in lower case, without user information and fragment";

// describe_url(text): what was found, without what may be secret: user information and query are not shown.
std::string describe_url(std::string_view text);

}  // namespace assay::snapshot
