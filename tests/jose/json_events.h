// What the walker tells its handler, written down as text, and the same from a tree of the slow reader.
#pragma once

#include <string>
#include <string_view>

#include "jose/json_walk.h"
#include "jose/slow_json.h"

namespace assay::jose {

// EventLog: a handler of walk_json that writes down every call with its arguments.
class EventLog {
 public:
  explicit EventLog(std::string_view text) : text_(text) {}
  void on_object(std::size_t offset) { events += "{@" + std::to_string(offset) + "\n"; }
  void on_object_end(std::size_t end) { events += "}@" + std::to_string(end) + "\n"; }
  void on_array(std::size_t offset) { events += "[@" + std::to_string(offset) + "\n"; }
  void on_array_end(std::size_t end) { events += "]@" + std::to_string(end) + "\n"; }
  bool on_duplicate(std::string_view) { return false; }
  void on_member(std::string_view name) { events += "member " + std::string(name) + "\n"; }
  void on_string(std::string_view value, std::string_view raw) { scalar("string", raw, value); }
  void on_number(std::string_view raw) { scalar("number", raw, {}); }
  void on_boolean(bool value, std::string_view raw) { scalar(value ? "true" : "false", raw, {}); }
  void on_null(std::string_view raw) { scalar("null", raw, {}); }

  std::string events;

 private:
  void scalar(std::string_view kind, std::string_view raw, std::string_view value) {
    events += std::string(kind) + "@" + std::to_string(raw.data() - text_.data()) + "+" + std::to_string(raw.size()) + " " + std::string(value) + "\n";
  }
  std::string_view text_;
};

// events_of(value, text): what an EventLog would hold after walking this value.
inline std::string events_of(const slow::Json& value, std::string_view text) {
  const auto begin = value.raw.data() - text.data();
  const std::string end = std::to_string(begin + static_cast<std::ptrdiff_t>(value.raw.size()));
  const std::string place = "@" + std::to_string(begin) + "+" + std::to_string(value.raw.size()) + " ";
  std::string events;
  switch (value.kind) {
    case slow::Json::Kind::null: return "null" + place + "\n";
    case slow::Json::Kind::boolean: return std::string(value.raw) + place + "\n";
    case slow::Json::Kind::number: return "number" + place + "\n";
    case slow::Json::Kind::string: return "string" + place + value.string + "\n";
    case slow::Json::Kind::array:
      for (const slow::Json& element : value.elements) events += events_of(element, text);
      return "[@" + std::to_string(begin) + "\n" + events + "]@" + end + "\n";
    case slow::Json::Kind::object:
      for (const auto& [name, member] : value.members) events += "member " + name + "\n" + events_of(member, text);
      return "{@" + std::to_string(begin) + "\n" + events + "}@" + end + "\n";
  }
  return {};
}

}  // namespace assay::jose
