// The document is spliced as text: what is not a key file stays byte for byte as the operator wrote it, and two documents differ only where their
// authors made them differ.
#include "snapshot/key_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "jose/json_document.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

using jose::JsonKind;
using jose::JsonMember;
using jose::JsonValue;

constexpr std::string_view kMember = "jwks_file";

// The one member `jwks_file` of a server that may have it; null where parse_config will find fault with the server as it is.
const JsonMember* key_file_of(const JsonValue& server) {
  const JsonMember* file = nullptr;
  for (const JsonMember& member : server.members) {
    if (member.name == "jwks" || (member.name == kMember && (member.duplicate || member.value.kind != JsonKind::string))) return nullptr;
    if (member.name == kMember) file = &member;
  }
  return file;
}

// Where a member begins: at the opening quote of its name. Between the quotes no other can stand, for the name, however spelt, has none in it.
std::size_t begin_of(const JsonMember& member, std::string_view text) {
  const auto value_at = static_cast<std::size_t>(member.value.raw.data() - text.data());
  const std::size_t closing = text.rfind('"', value_at - 1);
  return text.rfind('"', closing - 1);
}

base::Result<std::string> read_jwks(const std::string& path, const ReadFile& read_file) {
  const base::Result<std::string> content = read_file(path);
  if (!content) return base::fail(cut(content.error().what, 200));
  const auto json = jose::JsonDocument::parse(*content);
  if (!json) return base::fail(fmt::format("not JSON at line {}, column {}: {}", json.error().line, json.error().column, json.error().reason));
  if (json->root().kind != JsonKind::object) return base::fail(std::string(jose::name_of(json->root().kind)));
  return std::string(json->root().raw);
}

}  // namespace

base::Result<std::string, std::vector<Fault>> inline_key_files(std::string_view document, const ReadFile& read_file) {
  const auto json = jose::JsonDocument::parse(document);
  const JsonValue* servers = json ? json->root().find("oauth_servers") : nullptr;
  if (servers == nullptr) return std::string(document);

  FaultList faults;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < servers->elements.size(); ++i) {
    const JsonMember* member = key_file_of(servers->elements[i]);
    if (member == nullptr) continue;
    const std::string path(member->value.string);
    base::Result<std::string> jwks = read_jwks(path, read_file);
    if (!jwks) {
      faults.add(Place().member("oauth_servers").element(i).member(kMember), quote(path) + ": " + jwks.error().what,
                 "a readable file that holds a JWK Set");
      continue;
    }
    const std::size_t begin = begin_of(*member, json->text());
    out += json->text().substr(copied, begin - copied);
    out += "\"jwks\": " + *jwks;
    copied = static_cast<std::size_t>(member->value.raw.data() - json->text().data()) + member->value.raw.size();
  }
  if (!faults.empty()) return std::unexpected(std::move(faults).take());
  out += json->text().substr(copied);
  return out;
}

}  // namespace assay::snapshot
