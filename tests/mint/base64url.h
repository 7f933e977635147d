// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), written apart from the daemon's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::mint {

// base64url(octets): without padding. base64(octets): the standard alphabet, with padding, as x5c wants it.
std::string base64url(std::string_view octets);
std::string base64(std::string_view octets);

// from_base64url(text): the octets; nothing for a character outside the alphabet or an impossible length. Trailing bits are not looked at.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace assay::mint
