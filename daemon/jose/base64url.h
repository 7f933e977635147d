// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace assay::jose {

// base64url_decoded_bytes(text_bytes): the octets that so many characters stand for; meaningless for lengths of 4k+1, which no encoding has.
constexpr std::size_t base64url_decoded_bytes(std::size_t text_bytes) noexcept { return text_bytes / 4 * 3 + text_bytes % 4 * 3 / 4; }

// base64url_decode(text, out): decodes into out, which has at least base64url_decoded_bytes(text.size()) octets. False, and out unspecified, for any
// character outside the alphabet (padding and white space included), a length of 4k+1, or trailing bits that are not zero (RFC 4648 section 3.5).
bool base64url_decode(std::string_view text, std::span<std::byte> out) noexcept;

// base64url_decode(text): the same, for callers off the request path.
std::optional<std::vector<std::byte>> base64url_decode(std::string_view text);

// base64url_encode(bytes): without padding.
std::string base64url_encode(base::Bytes bytes);

}  // namespace assay::jose
