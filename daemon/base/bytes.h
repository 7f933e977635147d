// Bytes and text are two views of the same memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace assay::base {

// Bytes: borrowed, read-only octets. The borrower says what ends them.
using Bytes = std::span<const std::byte>;

// as_bytes(text): the octets of text, borrowed from it.
inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

// as_text(bytes): the same octets as text, of no particular encoding, borrowed.
inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace assay::base
