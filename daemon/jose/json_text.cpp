// Escapes are rare in tokens: a string without a backslash is a view of the text itself.
#include "jose/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace assay::jose {
namespace {

// The value of one hexadecimal digit; nothing for any other character.
std::optional<std::uint32_t> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

// The code unit of `uXXXX` at the front of text.
std::optional<std::uint32_t> code_unit(std::string_view text) noexcept {
  if (text.size() < 5 || text[0] != 'u') return std::nullopt;
  std::uint32_t unit = 0;
  for (std::size_t i = 1; i < 5; ++i) {
    const auto digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    unit = unit << 4 | *digit;
  }
  return unit;
}

// Writes a code point as UTF-8 (RFC 3629 section 3); the number of octets.
std::size_t write_utf8(std::uint32_t point, char* out) noexcept {
  const auto octet = [](std::uint32_t bits) noexcept { return static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) {
    out[0] = octet(point);
    return 1;
  }
  if (point < 0x800) {
    out[0] = octet(0xC0 | point >> 6);
    out[1] = octet(0x80 | (point & 0x3F));
    return 2;
  }
  if (point < 0x10000) {
    out[0] = octet(0xE0 | point >> 12);
    out[1] = octet(0x80 | (point >> 6 & 0x3F));
    out[2] = octet(0x80 | (point & 0x3F));
    return 3;
  }
  out[0] = octet(0xF0 | point >> 18);
  out[1] = octet(0x80 | (point >> 12 & 0x3F));
  out[2] = octet(0x80 | (point >> 6 & 0x3F));
  out[3] = octet(0x80 | (point & 0x3F));
  return 4;
}

// What an escape other than \u stands for; 0 for an unknown one.
char simple_escape(char c) noexcept {
  switch (c) {
    case '"': case '\\': case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// One escape, whose backslash has been read. Takes it off the front of rest, writes its octets to out; their number, 0 if it is none.
std::size_t read_escape(std::string_view& rest, char* out) noexcept {
  if (rest.empty()) return 0;
  if (rest[0] != 'u') {
    out[0] = simple_escape(rest[0]);
    rest.remove_prefix(1);
    return out[0] != 0 ? 1 : 0;
  }
  const auto unit = code_unit(rest);
  if (!unit) return 0;
  rest.remove_prefix(5);
  if (*unit < 0xD800 || *unit > 0xDFFF) return write_utf8(*unit, out);
  // A surrogate counts only as the first of a pair (RFC 8259 section 7).
  if (*unit > 0xDBFF || !rest.starts_with('\\')) return 0;
  const auto low = code_unit(rest.substr(1));
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return 0;
  rest.remove_prefix(6);
  return write_utf8(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), out);
}

}  // namespace

std::optional<std::string_view> unescape_json(std::string_view body, base::Arena& arena) {
  std::size_t backslash = body.find('\\');
  if (backslash == std::string_view::npos) return body;
  // Every escape is at least as long as what it stands for.
  const std::span<char> out = arena.allocate<char>(body.size());
  std::size_t written = 0;
  std::string_view rest = body;
  for (; backslash != std::string_view::npos; backslash = rest.find('\\')) {
    std::memcpy(out.data() + written, rest.data(), backslash);
    written += backslash;
    rest.remove_prefix(backslash + 1);
    const std::size_t octets = read_escape(rest, out.data() + written);
    if (octets == 0) return std::nullopt;
    written += octets;
  }
  if (!rest.empty()) std::memcpy(out.data() + written, rest.data(), rest.size());
  written += rest.size();
  return std::string_view(out.data(), written);
}

}  // namespace assay::jose
