// One UTF-8 decoder serves both escapes. It is strict (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
#include "client/assayctl/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>

namespace assayctl {
namespace {

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t bytes = 1;  // those taken; for a broken sequence the longest part that could have begun a good one
  bool good = false;
};

Decoded decode(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second octet carries the bounds that exclude overlong forms, surrogates and what lies above U+10FFFF (RFC 3629 section 4).
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  std::uint32_t code_point = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const bool fits = i < text.size() && octet(i) >= (i == 1 ? low : 0x80) && octet(i) <= (i == 1 ? high : 0xBF);
    if (!fits) return {0, i, false};
    code_point = code_point << 6 | (octet(i) & 0x3FU);
  }
  return {code_point, length, true};
}

// Controls (C0, DEL, C1), the soft hyphen, and the invisible characters that split, join or turn around text.
bool shows(std::uint32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0xAD) return false;
  if ((code_point >= 0x200B && code_point <= 0x200F) || (code_point >= 0x2028 && code_point <= 0x202E)) return false;
  if ((code_point >= 0x2060 && code_point <= 0x206F) || code_point == 0x061C || code_point == 0xFEFF) return false;
  return code_point < 0xE0000 || code_point > 0xE0FFF;
}

bool begins_code_point(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Decoded next = decode(text);
    const std::string_view bytes = text.substr(0, next.bytes);
    if (next.good && next.code_point == '\\') {
      out += "\\\\";
    } else if (next.good && shows(next.code_point)) {
      out += bytes;
    } else {
      for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (!next.good) {
      out += "\\ufffd";
    } else if (next.code_point == '"' || next.code_point == '\\') {
      out += '\\';
      out += static_cast<char>(next.code_point);
    } else if (shows(next.code_point)) {
      out += text.substr(0, next.bytes);
    } else if (next.code_point < 0x10000) {
      // RFC 8259 asks this of the controls only; the rest is spared those who look at the JSON on a terminal.
      out += fmt::format("\\u{:04x}", next.code_point);
    } else {
      const std::uint32_t offset = next.code_point - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
    }
    text.remove_prefix(next.bytes);
  }
  return out + "\"";
}

std::string json_array(const std::vector<std::string>& items) { return json_list(items, [](const std::string& item) { return json_string(item); }); }

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_string(name);
  members_ += ':';
  members_ += json;
  return *this;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4) digits.insert(digits.size() - from_end, ",");
  return digits;
}

std::string hex(std::uint64_t number) { return fmt::format("{:016x}", number); }

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += ", ";
    out += for_terminal(item);
  }
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_code_point));
}

std::string shortened(const std::string& text, std::size_t columns_max) {
  constexpr std::string_view kGap = "...";
  const std::size_t columns = columns_of(text);
  if (columns <= columns_max || columns_max <= kGap.size()) return text;
  const std::size_t at_end = (columns_max - kGap.size()) / 2;
  const std::size_t at_begin = columns_max - kGap.size() - at_end;
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    if (begins_code_point(c) && ++column == at_begin + 1) out += kGap;
    if (column <= at_begin || column > columns - at_end) out += c;
  }
  return out;
}

std::string input_name(std::string_view path) { return path == kStandardInput ? "standard input" : std::string(path); }

std::string duration(std::uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string utc(std::int64_t seconds) {
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  std::array<char, 64> buffer{};
  if (gmtime_r(&time, &parts) == nullptr || std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) return "?";
  return buffer.data();
}

}  // namespace assayctl
