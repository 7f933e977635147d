// Both forms have to be valid UTF-8, so bytes that are not are replaced first; then each writes its own few special characters.
#include "load/escape.h"

#include <fmt/core.h>

#include <cstddef>

namespace assay::load {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// The length of the UTF-8 sequence at the front (RFC 3629 section 4); 0: there is none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xbf; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool shortest = first != 0xe0 || second >= 0xa0;
    const bool no_surrogate = first != 0xed || second <= 0x9f;
    return tail(1) && tail(2) && shortest && no_surrogate ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4) return 0;
  const bool in_range = (first != 0xf0 || second >= 0x90) && (first != 0xf4 || second <= 0x8f);
  return tail(1) && tail(2) && tail(3) && in_range ? 4 : 0;
}

template <class Special>
std::string escape(std::string_view text, Special special) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = sequence(text);
    if (bytes == 0) out += kReplacement;
    else if (bytes > 1) out += text.substr(0, bytes);
    else out += special(text[0]);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string json_string(std::string_view text) {
  return '"' + escape(text, [](char c) -> std::string {
           if (c == '"' || c == '\\') return {'\\', c};
           if (is_control(c)) return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
           return {c};
         }) + '"';
}

std::string html_text(std::string_view text) {
  return escape(text, [](char c) -> std::string {
    switch (c) {
      case '&': return "&amp;";
      case '<': return "&lt;";
      case '>': return "&gt;";
      case '"': return "&quot;";
      case '\'': return "&#39;";
      default: return is_control(c) ? std::string(kReplacement) : std::string{c};
    }
  });
}

}  // namespace assay::load
