// Text in, text out: nothing here checks what it writes, for malformed documents are half of what the mint is for.
#include "mint/json.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace assay::mint {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, unsigned char c) {
  out += kHex[c >> 4U];
  out += kHex[c & 15U];
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20) {
      out += "\\u00";
      append_hex(out, octet);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += quote(text);
  }
  return out + ']';
}

bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  return parser.parse(text.data(), text.size(), true).get(element) == simdjson::SUCCESS;
}

std::string pretty(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append("\n").append(2 * depth, ' '); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_control(static_cast<unsigned char>(c))) {
      if (!in_string && (c == '\n' || c == '\r' || c == '\t')) continue;
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(c));
    } else if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size() && !is_control(static_cast<unsigned char>(text[i + 1]))) out += text[++i];
      else if (c == '"') in_string = false;
    } else if (c == '{' || c == '[') {
      out += c;
      ++depth;
      const std::size_t next = text.find_first_not_of(" \t\r\n", i + 1);
      if (next != std::string_view::npos && (text[next] == '}' || text[next] == ']')) {
        out += text[next];
        --depth;
        i = next;
      } else {
        line();
      }
    } else if (c == '}' || c == ']') {
      depth -= std::min<std::size_t>(depth, 1);
      line();
      out += c;
    } else if (c == ',') {
      out += c;
      line();
    } else if (c == ':') {
      out += ": ";
    } else if (c != ' ') {
      in_string = c == '"';
      out += c;
    }
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_control(static_cast<unsigned char>(c))) {
      out += "\\x";
      append_hex(out, static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

JsonObject& JsonObject::set(std::string_view name, std::string json) {
  const auto found = std::ranges::find(members_, name, &Member::first);
  if (found == members_.end()) return append(name, std::move(json));
  found->second = std::move(json);
  return *this;
}

JsonObject& JsonObject::append(std::string_view name, std::string json) {
  members_.emplace_back(std::string(name), std::move(json));
  return *this;
}

JsonObject& JsonObject::remove(std::string_view name) {
  std::erase_if(members_, [&](const Member& member) { return member.first == name; });
  return *this;
}

std::string JsonObject::text() const {
  std::string out = "{";
  for (const auto& [name, json] : members_) {
    if (out.size() > 1) out += ',';
    out += quote(name) + ':' + json;
  }
  return out + '}';
}

}  // namespace assay::mint
