// Hexadecimal digits, lower case: two for each octet, the high half first.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace assay::base {

inline std::string hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte octet : bytes) {
    text += kDigits[std::to_integer<unsigned>(octet) >> 4];
    text += kDigits[std::to_integer<unsigned>(octet) & 0xF];
  }
  return text;
}

// parse_hex(text, out): exactly two digits, lower case, for each octet of out; false otherwise, and out is then undefined.
inline bool parse_hex(std::string_view text, std::span<std::byte> out) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t high = kDigits.find(text[2 * i]);
    const std::size_t low = kDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return true;
}

}  // namespace assay::base
