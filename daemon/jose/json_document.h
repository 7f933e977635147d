// A JSON text as a tree, for documents off the request path: configurations and JWKS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/check.h"
#include "base/result.h"
#include "jose/json_walk.h"

namespace assay::jose {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

struct JsonMember;

// JsonValue: one value of a document; its views end with the document.
struct JsonValue {
  JsonKind kind = JsonKind::null;
  bool boolean = false;
  std::string_view raw;     // the value as written
  std::string_view string;  // a string's value, unescaped
  std::vector<JsonValue> elements;
  std::vector<JsonMember> members;  // in order, those that stand twice included

  // find(name): the first member of that name; null if there is none, or if this is no object.
  const JsonValue* find(std::string_view name) const noexcept ASSAY_LIFETIMEBOUND;
};

struct JsonMember {
  std::string_view name;
  bool duplicate = false;  // an earlier member of the object has the same name
  JsonValue value;
};

// name_of(kind): "null", "a boolean", "a number", "a string", "an array", "an object".
std::string_view name_of(JsonKind kind) noexcept;

// JsonError: where a text stops being JSON, or the limit that it breaks.
struct JsonError {
  JsonFault fault = JsonFault::malformed;
  std::size_t offset = 0;  // octets
  std::size_t line = 1;    // 1-based, of that offset
  std::size_t column = 1;  // in octets
  std::string_view reason = "not JSON";  // a few words, such as "a string is not closed"; static, holds nothing of the text
};

// TextFault: what makes a text none that JSON could be written in, and where.
struct TextFault {
  std::size_t offset = 0;   // octets
  std::string_view reason;  // as in JsonError
};
// find_text_fault(text): the first of: a byte order mark at the beginning; an octet at which UTF-8 ends (RFC 3629); a control character in a string; a
// string that is never closed, at its opening quote; if nothing but white space is there, the end. Nothing for a text that is JSON. For texts that have been
// refused: one octet at a time, linear.
std::optional<TextFault> find_text_fault(std::string_view text) noexcept;

// JsonDocument: owns the text and everything its values point to. Movable; moving keeps the views.
class JsonDocument {
 public:
  // parse(text): a strict tree. Depth to 32; duplicate members are kept and marked.
  static base::Result<JsonDocument, JsonError> parse(std::string_view text);

  const JsonValue& root() const noexcept ASSAY_LIFETIMEBOUND { return *root_; }
  // text(): the text as given; every raw view lies in it.
  std::string_view text() const noexcept ASSAY_LIFETIMEBOUND { return {text_.get(), bytes_}; }

 private:
  JsonDocument() = default;
  std::unique_ptr<char[]> text_;
  std::size_t bytes_ = 0;
  std::unique_ptr<base::Arena> arena_;
  std::unique_ptr<JsonValue> root_;
};

}  // namespace assay::jose
