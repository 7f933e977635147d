// Small and slow; only its output meets the code under test.
#include "json_edit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace assay::test {
namespace {

using jose::JsonKind;

[[noreturn]] void give_up(std::string_view what) {
  fmt::print(stderr, "json_edit: {}\n", what);
  std::abort();
}

Json copy_of(const jose::JsonValue& value) {
  Json json;
  json.kind = value.kind;
  json.raw = std::string(value.raw);
  for (const jose::JsonValue& element : value.elements) json.elements.push_back(copy_of(element));
  for (const jose::JsonMember& member : value.members) json.members.push_back({std::string(member.name), copy_of(member.value)});
  return json;
}

std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else out += c;
  }
  return out + '"';
}

}  // namespace

Json Json::parse(std::string_view text) {
  const auto document = jose::JsonDocument::parse(text);
  if (!document) give_up(fmt::format("not JSON at line {}: {}", document.error().line, text.substr(0, 200)));
  return copy_of(document->root());
}

Json Json::string(std::string_view value) {
  Json json;
  json.kind = JsonKind::string;
  json.raw = escaped(value);
  return json;
}

Json Json::integer(long long value) {
  Json json;
  json.kind = JsonKind::number;
  json.raw = std::to_string(value);
  return json;
}

std::string Json::text() const {
  std::string out;
  switch (kind) {
    case JsonKind::array:
      for (const Json& element : elements) out += (out.empty() ? "" : ",") + element.text();
      return '[' + out + ']';
    case JsonKind::object:
      for (const auto& [name, member] : members) out += (out.empty() ? "" : ",") + escaped(name) + ':' + member.text();
      return '{' + out + '}';
    case JsonKind::null:
    case JsonKind::boolean:
    case JsonKind::number:
    case JsonKind::string: break;
  }
  return raw;
}

std::string Json::value() const {
  const auto document = jose::JsonDocument::parse(raw);
  if (!document || document->root().kind != JsonKind::string) give_up("no string: " + raw);
  return std::string(document->root().string);
}

const Json* Json::find(std::string_view name) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const JsonEntry& member) { return member.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

Json* Json::find(std::string_view name) { return const_cast<Json*>(std::as_const(*this).find(name)); }

Json& Json::at(std::string_view pointer) {
  Json* json = this;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (json->kind == JsonKind::array) {
      const std::size_t index = std::strtoul(std::string(token).c_str(), nullptr, 10);
      json = index < json->elements.size() ? &json->elements[index] : nullptr;
    } else {
      json = json->find(token);
    }
    if (json == nullptr) give_up(fmt::format("nothing at {}", token));
  }
  return *json;
}

void Json::set(std::string_view name, Json value) {
  if (Json* found = find(name)) *found = std::move(value);
  else members.push_back({std::string(name), std::move(value)});
}

void Json::remove(std::string_view name) {
  std::erase_if(members, [&](const JsonEntry& member) { return member.name == name; });
}

void Json::replace_strings(std::string_view from, std::string_view to) {
  if (kind == JsonKind::string && value() == from) *this = string(to);
  for (Json& element : elements) element.replace_strings(from, to);
  for (auto& [name, member] : members) member.replace_strings(from, to);
}

}  // namespace assay::test
