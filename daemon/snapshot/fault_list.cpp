// Faults are read on terminals and in logs: all that is taken from the document is escaped and cut here, in one place.
#include "snapshot/fault_list.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/limits.h"

namespace assay::snapshot {
namespace {

// Our own member names have at most 22 octets; a pointer of 32 levels stays below 3 KiB.
constexpr std::size_t kPointerNameBytesMax = 64;
// Longer names are no misspellings of ours, and the table of distances stays small.
constexpr std::size_t kMisspeltBytesMax = 32;

bool is_plain(std::string_view name) {
  return name.size() <= kPointerNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein's distance without regard to case, a row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, kMisspeltBytesMax + 1> row{};
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

Place Place::member(std::string_view name) const {
  Place place = *this;
  if (is_enclosing_ || !is_plain(name)) {
    place.is_enclosing_ = true;
    return place;
  }
  place.pointer_ += '/';
  for (const char c : name) {
    if (c == '~') place.pointer_ += "~0";
    else if (c == '/') place.pointer_ += "~1";
    else place.pointer_ += c;
  }
  return place;
}

Place Place::element(std::size_t index) const {
  Place place = *this;
  if (!is_enclosing_) place.pointer_ += fmt::format("/{}", index);
  return place;
}

void FaultList::add(const Place& place, std::string found, std::string allowed) {
  if (faults_.size() < base::limits::kConfigFaultsMax) faults_.push_back({place.pointer(), std::move(found), std::move(allowed)});
}

std::string cut(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (const char c : text) {
    const std::string piece = c >= 0x20 && c <= 0x7E ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    if (out.size() + piece.size() > bytes_max) return out + "...";
    out += piece;
  }
  return out;
}

std::string quote(std::string_view text) { return '"' + cut(text) + '"'; }

std::string describe(const jose::JsonValue& value) {
  switch (value.kind) {
    case jose::JsonKind::string: return quote(value.string);
    case jose::JsonKind::number: return cut(value.raw);
    case jose::JsonKind::boolean: return value.boolean ? "true" : "false";
    case jose::JsonKind::null:
    case jose::JsonKind::array:
    case jose::JsonKind::object: break;
  }
  return describe_kind(value);
}

std::string describe_kind(const jose::JsonValue& value) {
  switch (value.kind) {
    case jose::JsonKind::string: return fmt::format("a string of {} bytes", value.string.size());
    case jose::JsonKind::array: return fmt::format("an array of {} elements", value.elements.size());
    case jose::JsonKind::object: return fmt::format("an object of {} members", value.members.size());
    case jose::JsonKind::null:
    case jose::JsonKind::boolean:
    case jose::JsonKind::number: break;
  }
  return std::string(jose::name_of(value.kind));
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.empty() || name.size() > kMisspeltBytesMax) return {};
  std::string_view best;
  // A third of the letters may differ, three at the most.
  std::size_t best_distance = std::min<std::size_t>(3, name.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kMisspeltBytesMax) continue;
    if (const std::size_t d = distance(name, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace assay::snapshot
