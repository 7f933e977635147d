// A handler of walk_json that keeps what it is told.
#include "jose/json_document.h"

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "crypto/sha2.h"

namespace assay::jose {
namespace {

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, JsonValue& root) : text_(text), root_(root) {}

  void on_object(std::size_t offset) { open(JsonKind::object, offset); }
  void on_object_end(std::size_t end) { close(end); }
  void on_array(std::size_t offset) { open(JsonKind::array, offset); }
  void on_array_end(std::size_t end) { close(end); }
  bool on_duplicate(std::string_view) {
    next_is_duplicate_ = true;
    return true;
  }
  void on_member(std::string_view name) {
    open_.back()->members.push_back({name, next_is_duplicate_, {}});
    next_is_duplicate_ = false;
  }
  void on_string(std::string_view value, std::string_view raw) {
    JsonValue& node = add(JsonKind::string, raw);
    node.string = value;
  }
  void on_number(std::string_view raw) { add(JsonKind::number, raw); }
  void on_boolean(bool value, std::string_view raw) { add(JsonKind::boolean, raw).boolean = value; }
  void on_null(std::string_view raw) { add(JsonKind::null, raw); }

 private:
  // The place of the next value: the root, the last member of an open object, or a new element of an open array. Pointers to open containers stay good: a
  // container's own vector grows only while that container is the innermost open one.
  JsonValue& add(JsonKind kind, std::string_view raw) {
    JsonValue* node = &root_;
    if (!open_.empty()) {
      JsonValue& parent = *open_.back();
      node = parent.kind == JsonKind::object ? &parent.members.back().value : &parent.elements.emplace_back();
    }
    node->kind = kind;
    node->raw = raw;
    return *node;
  }
  void open(JsonKind kind, std::size_t offset) { open_.push_back(&add(kind, text_.substr(offset, 1))); }
  void close(std::size_t end) {
    JsonValue& node = *open_.back();
    node.raw = {node.raw.data(), end - static_cast<std::size_t>(node.raw.data() - text_.data())};
    open_.pop_back();
  }

  std::string_view text_;
  JsonValue& root_;
  std::vector<JsonValue*> open_;
  bool next_is_duplicate_ = false;
};

// The key for a document's member names: its own digest. Whoever writes the document can foresee neither it nor, therefore, which names collide under it.
base::HashKey key_for(std::string_view text) {
  const crypto::Sha256Digest digest = crypto::sha256(base::as_bytes(text));
  base::HashKey key;
  std::memcpy(&key.first, digest.data(), sizeof key.first);
  std::memcpy(&key.second, digest.data() + sizeof key.first, sizeof key.second);
  return key;
}

JsonError error_at(std::string_view text, JsonWalk walk) {
  JsonError error{walk.fault, walk.offset, 1, 1};
  for (const char c : text.substr(0, walk.offset)) {
    ++error.column;
    if (c == '\n') {
      ++error.line;
      error.column = 1;
    }
  }
  return error;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const noexcept {
  for (const JsonMember& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::string_view name_of(JsonKind kind) noexcept {
  switch (kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "a boolean";
    case JsonKind::number: return "a number";
    case JsonKind::string: return "a string";
    case JsonKind::array: return "an array";
    case JsonKind::object: return "an object";
  }
  return "";
}

base::Result<JsonDocument, JsonError> JsonDocument::parse(std::string_view text) {
  // No text has more values than commas and brackets; a tree of millions of them would take gigabytes.
  const auto commas = static_cast<std::size_t>(std::count(text.begin(), text.end(), ','));
  if (commas > base::limits::kDocumentCommasMax) return std::unexpected(JsonError{JsonFault::too_complex, 0, 1, 1});
  JsonDocument document;
  document.text_ = std::make_unique_for_overwrite<char[]>(text.size() + kJsonPaddingBytes);
  document.bytes_ = text.size();
  std::copy(text.begin(), text.end(), document.text_.get());
  std::memset(document.text_.get() + text.size(), 0, kJsonPaddingBytes);
  document.arena_ = std::make_unique<base::Arena>();
  document.root_ = std::make_unique<JsonValue>();

  // No text has more members than colons; one name more may come before its missing colon is found.
  const auto colons = static_cast<std::size_t>(std::count(text.begin(), text.end(), ':'));
  const std::size_t members_max = std::min(colons + 1, base::limits::kDocumentMembersMax);
  JsonWorkspace workspace(key_for(text), std::max<std::size_t>(text.size(), 1), members_max);
  TreeBuilder builder(document.text(), *document.root_);
  const JsonWalk walk =
      walk_json(base::as_bytes(document.text()), workspace, *document.arena_, {kJsonDepthMax, members_max, members_max}, builder);
  if (walk.fault != JsonFault::none) return std::unexpected(error_at(document.text(), walk));
  return document;
}

}  // namespace assay::jose
