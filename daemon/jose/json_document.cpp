// A handler of walk_json that keeps what it is told. What the index refuses it refuses whole, without a place: a plain scan over such a text finds it, so that an
// operator is told which quote is missing. That scan never sees a good text, and never decides.
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

// utf8_octets(text): of the sequence that text, which is not empty, begins with; 0 if it is none (RFC 3629 section 4).
std::size_t utf8_octets(std::string_view text) noexcept {
  const auto octet = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  // The second octet has the bounds that keep out overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (octet(1) < low || octet(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (octet(i) < 0x80 || octet(i) > 0xBF) return 0;
  }
  return length;
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kWhiteSpace = " \t\n\r";

std::string_view reason_of(std::string_view text, JsonWalk walk) noexcept {
  switch (walk.fault) {
    case JsonFault::none: break;
    case JsonFault::malformed: return walk.offset == text.size() ? "the text ends too early" : "this may not stand here";
    case JsonFault::duplicate_member: return "a member stands twice";
    case JsonFault::too_complex: return "too many levels or members";
  }
  return "not JSON";
}

JsonError error_at(std::string_view text, JsonWalk walk) {
  std::string_view reason = reason_of(text, walk);
  // The index refuses without a place, which comes out as the beginning. So does a walk that ends there; then nothing is found, save a byte order mark.
  if (walk.fault == JsonFault::malformed && walk.offset == 0) {
    if (const auto found = find_text_fault(text)) {
      walk.offset = found->offset;
      reason = found->reason;
    }
  }
  JsonError error{walk.fault, walk.offset, 1, 1, reason};
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

std::optional<TextFault> find_text_fault(std::string_view text) noexcept {
  if (text.starts_with(kByteOrderMark)) return TextFault{0, "a byte order mark stands here"};
  if (text.find_first_not_of(kWhiteSpace) == std::string_view::npos) return TextFault{text.size(), "the text is empty"};
  std::optional<std::size_t> opening_quote;  // of the string that at lies in
  bool escaped = false;                      // by an odd number of backslashes: as the index has it, in a string or not
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t octets = utf8_octets(text.substr(at));
    if (octets == 0) return TextFault{at, "this is not UTF-8"};
    const char c = text[at];
    if (c == '"' && !escaped) {
      opening_quote = opening_quote ? std::nullopt : std::optional(at);
    } else if (opening_quote && static_cast<unsigned char>(c) < 0x20) {
      return TextFault{at, c == '\n' || c == '\r' ? "a line ends in a string" : "a control character stands in a string"};
    }
    escaped = c == '\\' && !escaped;
    at += octets;
  }
  if (opening_quote) return TextFault{*opening_quote, "a string is not closed"};
  return std::nullopt;
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
  if (commas > base::limits::kDocumentCommasMax) return std::unexpected(JsonError{JsonFault::too_complex, 0, 1, 1, "too many values"});
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
