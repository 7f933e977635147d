// JSON trees that tests change: a valid document is read, one thing in it is made wrong, and the rest stays as it was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jose/json_document.h"

namespace assay::test {

struct JsonEntry;

// Json: a value. Scalars are kept as written.
struct Json {
  jose::JsonKind kind = jose::JsonKind::null;
  std::string raw = "null";
  std::vector<Json> elements;
  std::vector<JsonEntry> members;

  // parse(text): the tree of a valid text; the test ends otherwise. string(value), integer(value): scalars.
  static Json parse(std::string_view text);
  static Json string(std::string_view value);
  static Json integer(long long value);

  // text(): the tree as JSON, on one line.
  std::string text() const;
  // value(): a string's value.
  std::string value() const;

  // find(name): a member, or null. at(pointer): what an RFC 6901 pointer names; the test ends if there is nothing.
  Json* find(std::string_view name);
  const Json* find(std::string_view name) const;
  Json& at(std::string_view pointer);

  // set(name, value): adds the member or replaces it. remove(name): takes it away if it is there.
  void set(std::string_view name, Json value);
  void remove(std::string_view name);
  // replace_strings(from, to): every string value that equals from, anywhere below, becomes to.
  void replace_strings(std::string_view from, std::string_view to);
};

struct JsonEntry {
  std::string name;
  Json value;
};

}  // namespace assay::test
