// Documents and JWKS stand byte for byte behind the line of JSON, not in it: what an operator gave comes back as he gave it, however deep or large, white space
// included. The state names its documents by digest and its sources by their files, so that its own rename commits which of the files in the folder belong together.
#include "store/format.h"

#include <fmt/core.h>

#include <algorithm>

#include "jose/json_document.h"
#include "store/json_fields.h"
#include "store/limits.h"
#include "store/names.h"

namespace assay::store {
namespace {

using jose::JsonDocument;
using jose::JsonKind;
using jose::JsonValue;

constexpr std::size_t kKeyIdDigits = 32;
constexpr std::size_t kDigestDigits = 64;

base::Result<JsonDocument> parse(std::string_view text) {
  auto json = JsonDocument::parse(text);
  if (!json) return base::fail(fmt::format("its JSON is malformed at column {}", json.error().column));
  return std::move(*json);
}

bool all_unique(std::vector<std::string_view> texts) {
  std::ranges::sort(texts);
  return std::ranges::adjacent_find(texts) == texts.end();
}

// unique_strings(values, out): strings alone, none empty, none twice.
bool unique_strings(std::span<const JsonValue> values, std::vector<std::string>& out) {
  for (const JsonValue& value : values) {
    if (value.kind != JsonKind::string || value.string.empty()) return false;
    out.emplace_back(value.string);
  }
  return all_unique({out.begin(), out.end()});
}

bool unique_key_ids(std::span<const JsonValue> values, std::vector<std::string>& out) {
  return unique_strings(values, out) && std::ranges::all_of(out, [](const std::string& id) { return is_hex(id, kKeyIdDigits); });
}

std::string_view name_of(DeploymentKind kind) {
  switch (kind) {
    case DeploymentKind::full: return "full";
    case DeploymentKind::staged: return "staged";
    case DeploymentKind::rollback: return "rollback";
    case DeploymentKind::unset: break;
  }
  return "unset";
}

DeploymentKind kind_of(std::string_view name) {
  for (const DeploymentKind kind : {DeploymentKind::full, DeploymentKind::staged, DeploymentKind::rollback}) {
    if (name == name_of(kind)) return kind;
  }
  return DeploymentKind::unset;
}

// number_of(text): the value of 16 hex digits.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) number = number << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  return number;
}

// seconds(time): as it is written; a time before 1970 becomes one that the decoder refuses.
std::uint64_t seconds(std::int64_t time) { return static_cast<std::uint64_t>(time); }

void write_deployment(JsonWriter& json, const DeploymentRecord& deployment) {
  json.open_object();
  json.number_member("number", deployment.number);
  json.number_member("deployed_at", seconds(deployment.deployed_at_s));
  json.string_member("kind", name_of(deployment.kind));
  json.number_member("restores", deployment.restores);
  json.number_member("document", deployment.document);
  json.number_member("base", deployment.base);
  json.name("api_services");
  json.open_array();
  for (const DeploymentRecord::Service& service : deployment.api_services) {
    json.open_object();
    json.string_member("name", service.name);
    json.number_member("document", service.document);
    json.close_object();
  }
  json.close_array();
  json.name("staged");
  json.open_array();
  for (const std::string& name : deployment.staged) json.string(name);
  json.close_array();
  json.name("withheld");
  json.open_array();
  for (const Withheld& withheld : deployment.withheld) {
    json.open_object();
    json.number_member("document", withheld.document);
    json.string_member("oauth_server", withheld.oauth_server);
    json.name("keys");
    json.open_array();
    for (const std::string& key : withheld.keys) json.string(key);
    json.close_array();
    json.close_object();
  }
  json.close_array();
  json.close_object();
}

std::string write_state(const StateFile& file) {
  JsonWriter json;
  json.open_object();
  json.string_member("instance", fmt::format("{:016x}", file.state.instance));
  json.number_member("generation", file.state.generation);
  json.string_member("file_digest", file.state.file_digest);
  json.name("documents");
  json.open_array();
  for (const StateFile::Document& document : file.documents) {
    json.open_object();
    json.number_member("number", document.number);
    json.string_member("digest", document.digest);
    json.close_object();
  }
  json.close_array();
  json.name("sources");
  json.open_array();
  for (const StateFile::Source& source : file.sources) {
    json.open_object();
    json.string_member("kind", source.kind);
    json.string_member("url", source.url);
    json.string_member("file", source.file);
    json.close_object();
  }
  json.close_array();
  json.name("deployments");
  json.open_array();
  for (const DeploymentRecord& deployment : file.state.deployments) write_deployment(json, deployment);
  json.close_array();
  json.name("withdrawn");
  json.open_array();
  for (const Withdrawn& withdrawn : file.state.withdrawn) {
    json.open_object();
    json.string_member("issuer", withdrawn.issuer);
    json.string_member("key", withdrawn.key);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return json.text();
}

bool is_line(std::string_view text, std::size_t bytes_max) { return text.size() <= bytes_max && !text.contains('\n'); }

bool is_source(std::string_view kind, std::string_view url) {
  return (kind == "jwks_url" || kind == "discovery") && !url.empty() && is_line(url, limits::kUrlBytesMax);
}

bool is_source(const SourceRecord& source) {
  return is_source(source.kind, source.url) && is_line(source.ca_file, limits::kPathBytesMax) && is_line(source.client_certificate, limits::kPathBytesMax) &&
         is_line(source.client_key, limits::kPathBytesMax) && source.client_certificate.empty() == source.client_key.empty() &&
         is_line(source.proxy, limits::kUrlBytesMax) && source.etag.size() <= limits::kEtagBytesMax;
}

bool read_services(std::span<const JsonValue> values, DeploymentRecord& out) {
  std::vector<std::string_view> names;
  for (const JsonValue& value : values) {
    JsonFieldsView fields(value);
    const std::string_view name = fields.string("name");
    const std::uint64_t document = fields.number("document", 1, out.number);
    if (!fields.complete() || name.empty()) return false;
    names.push_back(name);
    out.api_services.push_back({.name = std::string(name), .document = document});
  }
  return all_unique(std::move(names));
}

bool read_withheld(std::span<const JsonValue> values, DeploymentRecord& out) {
  for (const JsonValue& value : values) {
    JsonFieldsView fields(value);
    Withheld withheld{.document = fields.number("document", 1, out.number), .oauth_server = std::string(fields.string("oauth_server")), .keys = {}};
    if (!unique_key_ids(fields.array("keys"), withheld.keys) || !fields.complete() || withheld.oauth_server.empty()) return false;
    out.withheld.push_back(std::move(withheld));
  }
  std::vector<std::pair<std::uint64_t, std::string_view>> servers;
  for (const Withheld& withheld : out.withheld) servers.emplace_back(withheld.document, withheld.oauth_server);
  std::ranges::sort(servers);
  return std::ranges::adjacent_find(servers) == servers.end();
}

base::Result<DeploymentRecord> read_deployment(const JsonValue& value) {
  JsonFieldsView fields(value);
  DeploymentRecord out;
  out.number = fields.number("number", 1);
  const auto fail = [&out](std::string_view what) { return base::fail(fmt::format("deployment {} {}", out.number, what)); };
  out.deployed_at_s = fields.time("deployed_at");
  out.kind = kind_of(fields.string("kind"));
  out.restores = fields.number("restores");
  out.document = fields.number("document", 1, out.number);
  out.base = fields.number("base", 1, out.number);
  const auto services = fields.array("api_services");
  const auto staged = fields.array("staged");
  const auto withheld = fields.array("withheld");
  if (!fields.complete()) return fail("lacks a member, has one too many, or one of the wrong type or range");
  if (out.kind == DeploymentKind::unset) return fail("is of no known kind");
  if ((out.kind == DeploymentKind::rollback) != (out.restores != 0) || out.restores >= out.number) return fail("restores what it cannot restore");
  if (!read_services(services, out)) return fail("has malformed API services");
  if (!unique_strings(staged, out.staged) || (!out.staged.empty() && out.kind != DeploymentKind::staged)) return fail("has malformed staged API services");
  if (!read_withheld(withheld, out)) return fail("has malformed withheld keys");
  return out;
}

bool read_documents(std::span<const JsonValue> values, StateFile& out) {
  for (const JsonValue& value : values) {
    JsonFieldsView fields(value);
    const std::uint64_t number = fields.number("number", 1);
    const std::string_view digest = fields.string("digest");
    if (!fields.complete() || !is_hex(digest, kDigestDigits)) return false;
    out.documents.push_back({.number = number, .digest = std::string(digest)});
  }
  std::vector<std::uint64_t> numbers;
  for (const StateFile::Document& document : out.documents) numbers.push_back(document.number);
  std::ranges::sort(numbers);
  return std::ranges::adjacent_find(numbers) == numbers.end();
}

bool read_sources(std::span<const JsonValue> values, StateFile& out) {
  std::vector<std::string_view> files;
  for (const JsonValue& value : values) {
    JsonFieldsView fields(value);
    const std::string_view kind = fields.string("kind");
    const std::string_view url = fields.string("url");
    const std::string_view file = fields.string("file");
    const FileName name = parse_name(file);
    if (!fields.complete() || !is_source(kind, url) || name.kind != FileName::Kind::keys || name.stage != FileName::Stage::whole) return false;
    files.push_back(file);
    out.sources.push_back({.kind = std::string(kind), .url = std::string(url), .file = std::string(file)});
  }
  return all_unique(std::move(files));
}

base::Result<void> read_deployments(std::span<const JsonValue> values, StateFile& out) {
  std::vector<std::uint64_t> documents;
  for (const StateFile::Document& document : out.documents) documents.push_back(document.number);
  std::ranges::sort(documents);
  for (const JsonValue& value : values) {
    auto deployment = read_deployment(value);
    if (!deployment) return std::unexpected(deployment.error());
    if (!out.state.deployments.empty() && out.state.deployments.back().number >= deployment->number) return base::fail("its deployments are out of order");
    if (!std::ranges::includes(documents, needs(*deployment))) {
      return base::fail(fmt::format("deployment {} needs a document that is not listed", deployment->number));
    }
    out.state.deployments.push_back(std::move(*deployment));
  }
  return {};
}

bool read_withdrawn(std::span<const JsonValue> values, StateFile& out) {
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  for (const JsonValue& value : values) {
    JsonFieldsView fields(value);
    const std::string_view issuer = fields.string("issuer");
    const std::string_view key = fields.string("key");
    if (!fields.complete() || issuer.empty() || issuer.size() > limits::kIssuerBytesMax || !is_hex(key, kDigestDigits)) return false;
    seen.emplace_back(issuer, key);
    out.state.withdrawn.push_back({.issuer = std::string(issuer), .key = std::string(key)});
  }
  std::ranges::sort(seen);
  return std::ranges::adjacent_find(seen) == seen.end();
}

template <class Record>
base::Result<Encoded> checked(Encoded file, std::size_t bytes_max, const Record& record, base::Result<Decoded<Record>> (*decode)(std::string_view)) {
  if (file.content.size() > bytes_max) return base::fail(fmt::format("would be larger than {} bytes", bytes_max));
  const auto back = decode(file.content);
  if (!back) return base::fail("could not be read back: " + back.error().what);
  if (back->record != record) return base::fail("would not be read back as it was written");
  return file;
}

}  // namespace

std::vector<std::uint64_t> needs(const DeploymentRecord& deployment) {
  std::vector<std::uint64_t> numbers{deployment.document, deployment.base};
  for (const DeploymentRecord::Service& service : deployment.api_services) numbers.push_back(service.document);
  std::ranges::sort(numbers);
  numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
  return numbers;
}

base::Result<Encoded> encode_state(const StateFile& file) { return checked(seal("state", write_state(file), {}), limits::kStateFileBytesMax, file, &decode_state); }

base::Result<Encoded> encode_document(const DocumentRecord& document) {
  if (document.text == nullptr) return base::fail("has no text");
  JsonWriter json;
  json.open_object();
  json.number_member("number", document.number);
  json.number_member("deployed_at", seconds(document.deployed_at_s));
  json.close_object();
  return checked(seal("document", json.text(), *document.text), limits::kDocumentFileBytesMax, document, &decode_document);
}

base::Result<Encoded> encode_keys(const SourceRecord& source) {
  JsonWriter json;
  json.open_object();
  json.string_member("kind", source.kind);
  json.string_member("url", source.url);
  json.string_member("ca_file", source.ca_file);
  json.string_member("client_certificate", source.client_certificate);
  json.string_member("client_key", source.client_key);
  json.string_member("proxy", source.proxy);
  json.boolean_member("allow_http", source.allow_http);
  json.string_member("etag", source.etag);
  json.number_member("generation", source.generation);
  json.number_member("changed_at", seconds(source.changed_at_s));
  json.number_member("checked_at", seconds(source.checked_at_s));
  json.name("since");
  json.open_array();
  for (const SourceRecord::Since& since : source.since) {
    json.open_object();
    json.string_member("key", since.key);
    json.number_member("at", seconds(since.since_s));
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return checked(seal("keys", json.text(), source.jwks), limits::kKeysFileBytesMax, source, &decode_keys);
}

base::Result<Decoded<StateFile>> decode_state(std::string_view content) {
  const auto opened = open("state", content);
  if (!opened) return std::unexpected(opened.error());
  if (!opened->rest.empty()) return base::fail("it goes on after its second line");
  const auto json = parse(opened->line);
  if (!json) return std::unexpected(json.error());

  JsonFieldsView fields(json->root());
  StateFile file;
  const std::string_view instance = fields.string("instance");
  file.state.generation = fields.number("generation");
  file.state.file_digest = fields.string("file_digest");
  const auto documents = fields.array("documents");
  const auto sources = fields.array("sources");
  const auto deployments = fields.array("deployments");
  const auto withdrawn = fields.array("withdrawn");
  if (!fields.complete() || !is_hex(instance, 16)) return base::fail("it lacks a member, has one too many, or one of the wrong type");
  file.state.instance = number_of(instance);
  if (!file.state.file_digest.empty() && !is_hex(file.state.file_digest, kDigestDigits)) return base::fail("its file_digest is malformed");
  if (!read_documents(documents, file)) return base::fail("its documents are malformed");
  if (!read_sources(sources, file)) return base::fail("its sources are malformed");
  if (const auto read = read_deployments(deployments, file); !read) return std::unexpected(read.error());
  if (!read_withdrawn(withdrawn, file)) return base::fail("its withdrawn keys are malformed");
  return Decoded<StateFile>{std::move(file), std::string(opened->digest)};
}

base::Result<Decoded<DocumentRecord>> decode_document(std::string_view content) {
  const auto opened = open("document", content);
  if (!opened) return std::unexpected(opened.error());
  const auto json = parse(opened->line);
  if (!json) return std::unexpected(json.error());
  JsonFieldsView fields(json->root());
  DocumentRecord document{.number = fields.number("number", 1), .deployed_at_s = fields.time("deployed_at"), .text = nullptr};
  if (!fields.complete()) return base::fail("its second line is malformed");
  document.text = std::make_shared<const std::string>(opened->rest);
  return Decoded<DocumentRecord>{std::move(document), std::string(opened->digest)};
}

base::Result<Decoded<SourceRecord>> decode_keys(std::string_view content) {
  const auto opened = open("keys", content);
  if (!opened) return std::unexpected(opened.error());
  const auto json = parse(opened->line);
  if (!json) return std::unexpected(json.error());
  JsonFieldsView fields(json->root());
  SourceRecord source;
  source.kind = fields.string("kind");
  source.url = fields.string("url");
  source.ca_file = fields.string("ca_file");
  source.client_certificate = fields.string("client_certificate");
  source.client_key = fields.string("client_key");
  source.proxy = fields.string("proxy");
  source.allow_http = fields.boolean("allow_http");
  source.etag = fields.string("etag");
  source.generation = fields.number("generation");
  source.changed_at_s = fields.time("changed_at");
  source.checked_at_s = fields.time("checked_at");
  std::vector<std::string_view> keys;
  for (const JsonValue& value : fields.array("since")) {
    JsonFieldsView since(value);
    keys.push_back(since.string("key"));
    source.since.push_back({.key = std::string(keys.back()), .since_s = since.time("at")});
    if (!since.complete() || !is_hex(keys.back(), kKeyIdDigits)) return base::fail("the ages of its keys are malformed");
  }
  if (!fields.complete() || !is_source(source) || !all_unique(std::move(keys))) return base::fail("its second line is malformed");
  const auto jwks = JsonDocument::parse(opened->rest);
  if (!jwks || jwks->root().kind != JsonKind::object) return base::fail("its JWKS is no JSON object");
  source.jwks = opened->rest;
  return Decoded<SourceRecord>{std::move(source), std::string(opened->digest)};
}

}  // namespace assay::store
