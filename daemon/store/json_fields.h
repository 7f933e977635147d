// JSON as the store writes and reads it: objects with exactly the members that are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "jose/json_document.h"

namespace assay::store {

// JsonWriter: appends to one line of text. The caller writes the members in their order; commas come by themselves.
class JsonWriter {
 public:
  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }
  // name(text): of the member whose value comes next; one of ours, which needs no escapes.
  void name(std::string_view text);
  void string(std::string_view text);
  void number(std::uint64_t value);
  void number_member(std::string_view member, std::uint64_t value);
  void string_member(std::string_view member, std::string_view text);
  void boolean_member(std::string_view member, bool value);

  const std::string& text() const noexcept ASSAY_LIFETIMEBOUND { return text_; }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();

  std::string text_;
  bool first_ = true;  // nothing stands before the next value in its object or array
};

// JsonFieldsView: an object that must have exactly the members it is asked for, each once. Every answer counts only if complete() says so at the end. Borrows the
// value.
class JsonFieldsView {
 public:
  explicit JsonFieldsView(const jose::JsonValue& object ASSAY_LIFETIMEBOUND) noexcept;

  // number(name, min, max): decimal digits alone; 0 if it is anything else.
  std::uint64_t number(std::string_view name, std::uint64_t min = 0, std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) noexcept;
  // time(name): seconds since 1970, to the year 9999.
  std::int64_t time(std::string_view name) noexcept;
  std::string_view string(std::string_view name) noexcept;
  bool boolean(std::string_view name) noexcept;
  std::span<const jose::JsonValue> array(std::string_view name) noexcept;
  bool complete() const noexcept { return good_ && asked_ == object_.members.size(); }

 private:
  const jose::JsonValue* field(std::string_view name, jose::JsonKind kind) noexcept;

  const jose::JsonValue& object_;
  std::size_t asked_ = 0;
  bool good_ = false;
};

}  // namespace assay::store
