// JSON written by hand: a mint must be able to write what a serializer would refuse to.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::mint {

// quote(text): a JSON string of that text, which is UTF-8 (unless a test wants otherwise): the quote, the backslash and control characters are escaped.
std::string quote(std::string_view text);

// array(texts): a JSON array of these texts, each a string.
std::string array(const std::vector<std::string>& texts);

// is_json(text): whether the whole text is one JSON value.
bool is_json(std::string_view text);

// pretty(text): the text indented for reading, whether it is JSON or not. Control characters become \xHH: a token must not drive a terminal.
std::string pretty(std::string_view text);

// printable(text): the text with its control characters as \xHH.
std::string printable(std::string_view text);

// JsonObject: an object as a list of members in order, each value already JSON text. Names may stand twice (append), which is the point.
class JsonObject {
 public:
  using Member = std::pair<std::string, std::string>;

  JsonObject() = default;
  JsonObject(std::initializer_list<Member> members) : members_(members) {}

  // set(name, json): replaces the first member of that name, or appends one.
  JsonObject& set(std::string_view name, std::string json);
  JsonObject& set(std::string_view name, std::int64_t number) { return set(name, std::to_string(number)); }
  // append(name, json): appends a member, whether the name is there or not.
  JsonObject& append(std::string_view name, std::string json);
  // remove(name): takes out every member of that name.
  JsonObject& remove(std::string_view name);

  const std::vector<Member>& members() const { return members_; }
  // text(): the object, without white space.
  std::string text() const;

 private:
  std::vector<Member> members_;
};

}  // namespace assay::mint
