// Text that a peer chose is escaped before it meets a log line or a field: no newline, no terminal sequence, no endless line.
#include "base/log.h"

#include <algorithm>
#include <ranges>

#include "base/check.h"
#include "base/limits.h"

namespace assay::base {
namespace {

// escape(text, bytes_max, is_plain): what is not plain becomes \xHH; cut to fit, between escapes.
template <class IsPlain>
std::string escape(std::string_view text, std::size_t bytes_max, IsPlain is_plain) {
  constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t cut_at = 0;  // the end of the last piece after which the dots still fit
  for (const char c : text) {
    if (is_plain(c)) out += c;
    else out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    if (out.size() > bytes_max) return out.substr(0, cut_at).append(kCut.substr(0, bytes_max));
    if (out.size() + kCut.size() <= bytes_max) cut_at = out.size();
  }
  return out;
}

constexpr bool is_visible(char c) noexcept { return c > 0x20 && c < 0x7F; }

}  // namespace

LogField::LogField(std::string_view name, std::string_view text)
    : name_(name), value_(escape(text, limits::kLogFieldBytesMax, [](char c) { return is_visible(c) || c == ' '; })) {}

// In builds with DCHECK each line that a test provokes shows that the table names its fields.
void Log::check_fields(Event which, std::span<const LogField> fields) {
  DCHECK(std::ranges::all_of(fields, [which](const LogField& field) {
    return std::ranges::any_of(info_of(which).fields | std::views::split(' '), [&](const auto& name) { return std::string_view(name) == field.name(); });
  }));
}

std::string printable(std::string_view text, std::size_t bytes_max, Blanks blanks) {
  return escape(text, bytes_max, [blanks](char c) { return (is_visible(c) && c != '\\') || (c == ' ' && blanks == Blanks::kept); });
}

}  // namespace assay::base
