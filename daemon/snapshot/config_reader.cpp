// One reader per shape. A reader reports the first thing that is wrong with a value, never one fault because of another, and never stops the rest of
// the document from being read.
#include "snapshot/config_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace assay::snapshot {
namespace {

using jose::JsonKind;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string describe_rule(const TextRule& rule) {
  const std::string form(rule.form);
  if (rule.min == 0) return fmt::format("a string of at most {} characters{}", rule.max, form);
  return fmt::format("a string of {} to {} characters{}", rule.min, rule.max, form);
}

// What was found: a short string itself, a long one with its length, which the reader cannot see.
std::string describe_text(std::string_view text, std::size_t characters) {
  if (text.size() <= 64) return quote(text);
  return fmt::format("{} characters: {}", characters, quote(text));
}

}  // namespace

ObjectReader::ObjectReader(const NodeView& node) : node_(node), is_object_(node.value().kind == JsonKind::object) {
  if (!is_object_) node.fault(describe_kind(node.value()), "an object");
}

ObjectReader::~ObjectReader() {
  if (!is_object_) return;
  for (const jose::JsonMember& member : node_.value().members) {
    if (member.duplicate || std::find(known_.begin(), known_.end(), member.name) != known_.end()) continue;
    std::string allowed = "one of " + listed(known_);
    if (const std::string_view near = nearest(member.name, known_); !near.empty()) allowed += fmt::format("; did you mean {}?", near);
    node_.member(member).fault("the unknown member " + quote(member.name), std::move(allowed));
  }
}

std::optional<NodeView> ObjectReader::find(std::string_view name) {
  known_.push_back(name);
  if (!is_object_) return std::nullopt;
  const std::vector<jose::JsonMember>& members = node_.value().members;
  const auto found = std::find_if(members.begin(), members.end(), [&](const jose::JsonMember& member) { return member.name == name; });
  if (found == members.end()) return std::nullopt;
  return node_.member(*found);
}

std::optional<NodeView> ObjectReader::require(std::string_view name) {
  std::optional<NodeView> found = find(name);
  if (!found && is_object_) node_.fault(fmt::format("no member \"{}\"", name), fmt::format("\"{}\" is required", name));
  return found;
}

std::vector<std::pair<std::string_view, NodeView>> ObjectReader::find_one_of(std::initializer_list<std::string_view> names) {
  std::vector<std::pair<std::string_view, NodeView>> found;
  std::vector<std::string_view> found_names;
  for (const std::string_view name : names) {
    if (std::optional<NodeView> node = find(name)) {
      found.emplace_back(name, *std::move(node));
      found_names.push_back(name);
    }
  }
  if (is_object_ && found.size() != 1) node_.fault(found.empty() ? "none of them" : listed(found_names), "exactly one of " + listed(names));
  return found;
}

std::optional<bool> read_boolean(const NodeView& node) {
  if (node.value().kind == JsonKind::boolean) return node.value().boolean;
  node.refuse("true or false");
  return std::nullopt;
}

std::string read_text(const NodeView& node, const TextRule& rule) {
  const jose::JsonValue& value = node.value();
  if (value.kind != JsonKind::string) {
    node.refuse(describe_rule(rule));
    return {};
  }
  const std::size_t characters = code_points(value.string);
  const bool keeps = characters >= rule.min && characters <= rule.max && (rule.fits == nullptr || rule.fits(value.string));
  if (!keeps) node.fault(describe_text(value.string, characters), describe_rule(rule));
  return std::string(value.string);
}

std::optional<std::int64_t> read_integer(const NodeView& node, const IntegerRule& rule) {
  const std::string_view raw = node.value().raw;
  std::int64_t value = 0;
  // from_chars stops at a fraction or an exponent and reports what does not fit; the grammar of JSON has been checked.
  const bool is_integer = node.value().kind == JsonKind::number && [&] {
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    return error == std::errc() && end == raw.data() + raw.size();
  }();
  if (is_integer && value >= rule.min && value <= rule.max) return value;
  node.refuse(fmt::format("an integer from {} to {}{}, without fraction or exponent", rule.min, rule.max, rule.unit));
  return std::nullopt;
}

std::vector<NodeView> read_elements(const NodeView& node, Count count, std::string_view noun) {
  std::vector<NodeView> elements;
  const std::string allowed = fmt::format("an array of {} to {} {}", count.min, count.max, noun);
  if (node.value().kind != JsonKind::array) {
    node.refuse(allowed);
    return elements;
  }
  const std::size_t size = node.value().elements.size();
  if (size < count.min || size > count.max) node.refuse(allowed);
  elements.reserve(size);
  for (std::size_t i = 0; i < size; ++i) elements.push_back(node.element(i));
  return elements;
}

std::vector<std::string> read_texts(const NodeView& node, Count count, const TextRule& rule, std::string_view noun) {
  std::vector<std::string> texts;
  std::unordered_set<std::string_view> seen;
  for (const NodeView& element : read_elements(node, count, noun)) {
    texts.push_back(read_text(element, rule));
    if (element.value().kind != JsonKind::string) continue;
    const std::string_view text = element.value().string;
    if (!seen.insert(text).second) element.fault(quote(text) + ", which stands there already", fmt::format("{}, each once", noun));
  }
  return texts;
}

void refuse_duplicates(const NodeView& node) {
  for (std::size_t i = 0; i < node.value().elements.size(); ++i) refuse_duplicates(node.element(i));
  for (const jose::JsonMember& member : node.value().members) {
    const NodeView below = node.member(member);
    if (member.duplicate) below.fault("the member " + quote(member.name) + " twice", "each member once (RFC 8259 section 4)");
    refuse_duplicates(below);
  }
}

}  // namespace assay::snapshot
