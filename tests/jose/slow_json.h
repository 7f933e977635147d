// A strict JSON reader that is slow and plain on purpose: recursive, by the productions of RFC 8259, names compared pairwise. What the daemon's
// walker accepts, refuses and finds is compared with it, in tests and in fuzzing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jose/json_walk.h"

namespace assay::slow {

struct Member;

struct Json {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  std::string_view raw;  // as written, borrowed from the text
  std::string string;    // a string's value
  std::vector<Json> elements;
  std::vector<Member> members;
};

struct Member {
  std::string name;
  Json value;
};

// Rules: what the daemon allows in one place or another.
struct Rules {
  jose::JsonLimits limits;
  bool duplicates_refused = true;
};

struct Reading {
  jose::JsonFault fault = jose::JsonFault::malformed;
  std::optional<Json> value;  // present exactly if fault is none
};

// read_json(text, rules): the value, or the first fault in document order; but invalid UTF-8, a control character in a string and a string without
// its end are found before everything else, wherever they stand.
Reading read_json(std::string_view text, const Rules& rules);

// is_utf8(text): RFC 3629 section 4, by its grammar.
bool is_utf8(std::string_view text);

// is_json_number(text): RFC 8259 section 6, by its grammar.
bool is_json_number(std::string_view text);

// find(root, pointer): RFC 6901 section 4, for a pointer of valid syntax that is not empty; null if it names nothing.
const Json* find(const Json& root, std::string_view pointer);

}  // namespace assay::slow
