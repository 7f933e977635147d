// Whoever can write a discovery document decides whose keys count; so it is read as strictly as a configuration: no member may stand twice, and the issuer is compared before
// the address is looked at.
#include "fetch/metadata.h"

#include <fmt/core.h>

#include <algorithm>

#include "jose/json_document.h"
#include "snapshot/key_url.h"

namespace assay::fetch {
namespace {

using jose::JsonDocument;
using jose::JsonError;
using jose::JsonKind;
using jose::JsonValue;

std::string describe(const JsonError& error) { return fmt::format("not JSON: {}, line {}, column {}", error.reason, error.line, error.column); }

std::string_view without_slash(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return issuer;
}

}  // namespace

std::string openid_configuration_url(std::string_view issuer) { return std::string(without_slash(issuer)) + "/.well-known/openid-configuration"; }

std::string oauth_metadata_url(std::string_view issuer) {
  issuer = without_slash(issuer);
  const std::size_t host = issuer.find("://") + 3;
  const std::size_t path = std::min(issuer.find('/', host), issuer.size());
  return std::string(issuer.substr(0, path)) + "/.well-known/oauth-authorization-server" + std::string(issuer.substr(path));
}

std::string find_json_fault(std::string_view text) {
  if (text.empty()) return "an empty body";
  const auto document = JsonDocument::parse(text);
  if (!document) return describe(document.error());
  return document->root().kind == JsonKind::object ? std::string() : "JSON, but no object";
}

base::Result<std::string> read_jwks_uri(std::string_view metadata, std::string_view issuer, bool allow_http) {
  if (metadata.empty()) return base::fail("an empty body");
  const auto document = JsonDocument::parse(metadata);
  if (!document) return base::fail(describe(document.error()));
  const JsonValue& root = document->root();
  if (root.kind != JsonKind::object) return base::fail("JSON, but no object");
  if (std::ranges::any_of(root.members, &jose::JsonMember::duplicate)) return base::fail("a member stands twice");
  const JsonValue* named = root.find("issuer");
  if (named == nullptr || named->kind != JsonKind::string) return base::fail("no issuer that is a string");
  if (named->string != issuer) {
    const bool same_but_for_slash = without_slash(named->string) == without_slash(issuer);
    return base::fail(same_but_for_slash ? "its issuer is another one, by a slash at the end" : "its issuer is another one");
  }
  const JsonValue* uri = root.find("jwks_uri");
  if (uri == nullptr || uri->kind != JsonKind::string) return base::fail("no jwks_uri that is a string");
  if (!snapshot::is_key_url(uri->string, allow_http)) return base::fail("its jwks_uri is none that keys may be fetched from");
  // Otherwise any issuer could have this host's own services asked, and take whoever listens there for itself.
  const bool leaves_https = issuer.starts_with("https:") && !uri->string.starts_with("https:");
  if (leaves_https && !allow_http) return base::fail("its jwks_uri is not https, as the issuer is");
  return std::string(uri->string);
}

}  // namespace assay::fetch
