// The text of JSON strings, with their escapes.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"

namespace assay::jose {

// unescape_json(body, arena): the value of a JSON string, given what stands between its quotes (valid UTF-8 without control characters, as JsonIndex
// leaves it). Borrowed from body if it has no escape, else from the arena. Nothing for an unknown escape or a lone surrogate (RFC 8259 section 8.2).
std::optional<std::string_view> unescape_json(std::string_view body, base::Arena& arena);

}  // namespace assay::jose
