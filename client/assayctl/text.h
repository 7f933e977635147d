// Text of others, made safe for a terminal or for JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assayctl {

// for_terminal(text): printable ASCII and printable UTF-8 as they are; a backslash doubled; everything else, such as controls, escape sequences, broken UTF-8 and
// what changes the direction of writing, as \xHH for each byte.
std::string for_terminal(std::string_view text);

// json_string(text): a JSON string (RFC 8259 section 7), quotes included. What is no UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

// json_array(items): an array of strings.
std::string json_array(const std::vector<std::string>& items);

// JsonObject: members in the order they are added, on one line. `raw` takes JSON text.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  JsonObject& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& integer(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& raw(std::string_view name, std::string_view json);
  std::string str() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// json_list(items, json_of): an array of json_of(item).
template <class Items, class JsonOf>
std::string json_list(const Items& items, JsonOf json_of) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += json_of(item);
  }
  return out + "]";
}

// grouped(number): 1234567 as 1,234,567.
std::string grouped(std::uint64_t number);
// hex(number): 16 digits, as an instance is written.
std::string hex(std::uint64_t number);
// joined(items): parted by ", ", each made safe for a terminal.
std::string joined(const std::vector<std::string>& items);
// shortened(text, columns_max): the beginning and the end of a text that is longer, with "..." between them: a column for each code point of UTF-8.
std::string shortened(const std::string& text, std::size_t columns_max);
// columns_of(text): how many it takes, near enough: one for each code point.
std::size_t columns_of(std::string_view text) noexcept;
// kStandardInput: where the command line takes a FILE, standard input. (A file of that name is ./-.)
inline constexpr std::string_view kStandardInput = "-";
// input_name(path): what a FILE of the command line is called in messages; not escaped.
std::string input_name(std::string_view path);
// duration(seconds): "45 s", "12 min", "3 h 12 min", "5 d 2 h".
std::string duration(std::uint64_t seconds);
// utc(seconds): "2026-01-31 12:00:05 UTC", of seconds since 1970.
std::string utc(std::int64_t seconds);

}  // namespace assayctl
