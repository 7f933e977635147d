// The reader takes what the writer writes and little else: a member too many is a file of another version or a broken hand, and neither is guessed at.
#include "store/json_fields.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace assay::store {

using jose::JsonKind;
using jose::JsonValue;

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonWriter::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

void JsonWriter::name(std::string_view text) {
  string(text);
  text_ += ':';
  first_ = true;  // the value follows without a comma
}

// A comma within a string is escaped, too: JsonDocument limits the commas of a text wherever they stand, and a deployment of names with many would be refused
// when it is stored a few times over.
void JsonWriter::string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  separate();
  text_ += '"';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != ',') {
      text_ += c;
      continue;
    }
    text_ += "\\u00";
    text_ += digits[static_cast<unsigned char>(c) >> 4];
    text_ += digits[static_cast<unsigned char>(c) & 15];
  }
  text_ += '"';
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  text_ += std::to_string(value);
}

void JsonWriter::number_member(std::string_view member, std::uint64_t value) {
  name(member);
  number(value);
}

void JsonWriter::string_member(std::string_view member, std::string_view text) {
  name(member);
  string(text);
}

void JsonWriter::boolean_member(std::string_view member, bool value) {
  name(member);
  separate();
  text_ += value ? "true" : "false";
}

JsonFieldsView::JsonFieldsView(const JsonValue& object) noexcept
    : object_(object), good_(object.kind == JsonKind::object && std::ranges::none_of(object.members, &jose::JsonMember::duplicate)) {}

const JsonValue* JsonFieldsView::field(std::string_view name, JsonKind kind) noexcept {
  ++asked_;
  const JsonValue* value = object_.find(name);
  if (value != nullptr && value->kind == kind) return value;
  good_ = false;
  return nullptr;
}

std::uint64_t JsonFieldsView::number(std::string_view name, std::uint64_t min, std::uint64_t max) noexcept {
  const JsonValue* value = field(name, JsonKind::number);
  if (value == nullptr) return 0;
  std::uint64_t number = 0;
  const char* const end = value->raw.data() + value->raw.size();
  const auto parsed = std::from_chars(value->raw.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && number >= min && number <= max) return number;
  good_ = false;
  return 0;
}

std::int64_t JsonFieldsView::time(std::string_view name) noexcept {
  return static_cast<std::int64_t>(number(name, 0, std::uint64_t{base::limits::kNumericDateMax}));
}

std::string_view JsonFieldsView::string(std::string_view name) noexcept {
  const JsonValue* value = field(name, JsonKind::string);
  return value == nullptr ? std::string_view() : value->string;
}

bool JsonFieldsView::boolean(std::string_view name) noexcept {
  const JsonValue* value = field(name, JsonKind::boolean);
  return value != nullptr && value->boolean;
}

std::span<const JsonValue> JsonFieldsView::array(std::string_view name) noexcept {
  const JsonValue* value = field(name, JsonKind::array);
  return value == nullptr ? std::span<const JsonValue>() : std::span(value->elements);
}

}  // namespace assay::store
