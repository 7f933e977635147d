#include "store/scenario.h"

#include <algorithm>

#include "store/format.h"
#include "store/names.h"

namespace assay::test {

using store::DeploymentKind;
using store::DeploymentRecord;
using store::Records;

namespace {

constexpr std::int64_t kStart = 1'700'000'000;
const std::string kKeyA(32, 'a');
const std::string kKeyB(32, 'b');
const std::string kKeyNumbers(64, 'e');

DeploymentRecord with_names(DeploymentRecord deployment, std::vector<std::string> staged) {
  deployment.staged = std::move(staged);
  return deployment;
}

}  // namespace

std::shared_ptr<const store::DocumentRecord> document(std::uint64_t number, std::string text) {
  return std::make_shared<const store::DocumentRecord>(store::DocumentRecord{
      .number = number, .deployed_at_s = kStart + static_cast<std::int64_t>(number), .text = std::make_shared<const std::string>(std::move(text))});
}

std::shared_ptr<const store::SourceRecord> source(std::string url, std::uint64_t generation, std::string jwks) {
  return std::make_shared<const store::SourceRecord>(store::SourceRecord{.kind = "jwks_url",
                                                                         .url = std::move(url),
                                                                         .ca_file = {},
                                                                         .client_certificate = {},
                                                                         .client_key = {},
                                                                         .proxy = {},
                                                                         .allow_http = false,
                                                                         .etag = {},
                                                                         .generation = generation,
                                                                         .changed_at_s = kStart,
                                                                         .checked_at_s = kStart + static_cast<std::int64_t>(generation),
                                                                         .jwks = std::move(jwks),
                                                                         .since = {{kKeyA, kStart}, {kKeyB, kStart + 1}}});
}

std::shared_ptr<const store::SourceRecord> source_by_way(const store::SourceRecord& of, std::string ca_file) {
  store::SourceRecord record = of;
  record.ca_file = std::move(ca_file);
  record.client_certificate = "/etc/assay/fetch.pem";
  record.client_key = "/etc/assay/fetch.key";
  record.proxy = "http://proxy.example.com:3128";
  record.allow_http = true;
  record.etag = "W/\"5\"";
  return std::make_shared<const store::SourceRecord>(std::move(record));
}

DeploymentRecord deployment(std::uint64_t number, DeploymentKind kind, std::vector<DeploymentRecord::Service> services) {
  const auto by_document = [](const auto& a, const auto& b) { return a.document < b.document; };
  const auto [oldest, newest] = std::ranges::minmax(services, by_document);
  return {.number = number,
          .deployed_at_s = kStart + static_cast<std::int64_t>(number),
          .kind = kind,
          .restores = kind == DeploymentKind::rollback ? 1U : 0U,
          .document = newest.document,
          .base = oldest.document,
          .api_services = std::move(services),
          .staged = {},
          .withheld = {}};
}

Records small_records() {
  Records records;
  records.state = {.instance = 0xfedcba9876543210, .generation = 7, .deployments = {}, .file_digest = std::string(64, 'd'), .withdrawn = {}};
  records.state.deployments = {deployment(1, DeploymentKind::full, {{"orders", 1}}), deployment(2, DeploymentKind::full, {{"orders", 2}, {"payments", 2}})};
  records.state.withdrawn = {{"https://id.example.com", kKeyNumbers}};
  records.documents = {document(1, "{\"a\": 1}"), document(2, "{\"b\": 2}\n")};
  records.sources = {source("https://id.example.com/jwks", 5)};
  return records;
}

std::vector<Step> life() {
  std::vector<Step> steps;
  Records now;
  const auto step = [&](std::string_view what) { steps.push_back({what, now}); };
  auto& deployments = now.state.deployments;

  now.state.instance = 42;
  step("no deployment yet");
  now.state.generation = 1;
  deployments.push_back(deployment(1, DeploymentKind::full, {{"orders", 1}}));
  now.documents.push_back(document(1, "one"));
  step("the first deploy");
  deployments.push_back(deployment(2, DeploymentKind::full, {{"orders", 2}, {"payments", 2}}));
  now.documents.push_back(document(2, std::string(3000, '2')));
  now.state.file_digest = std::string(64, '2');
  step("a deploy from --config");
  now.sources.push_back(source("https://a.example.com/jwks", 3));
  step("keys for a source that had none");
  deployments.push_back(with_names(deployment(3, DeploymentKind::staged, {{"orders", 3}, {"payments", 2}}), {"orders"}));
  now.documents.push_back(document(3, "three"));
  now.state.withdrawn = {{"https://id.example.com", kKeyNumbers}, {"urn:batch", kKeyNumbers}};
  step("a staged deploy that withdraws an inline key");
  now.sources[0] = source("https://a.example.com/jwks", 4, "{\"keys\":[1]}");
  step("a push of keys");
  now.sources.push_back(source("https://b.example.com/jwks", 5));
  step("keys for a second source");
  now.sources.push_back(source_by_way(*now.sources[1], "/etc/assay/ca.pem"));
  step("keys for a source that differs from another in access only");
  now.sources[2] = source_by_way(*source("https://b.example.com/jwks", 6, "{\"keys\":[2]}"), "/etc/assay/ca.pem");
  step("a push of keys to that one alone");
  now.sources.erase(now.sources.begin() + 2);
  step("a deploy that reaches a place in one way only");
  now.sources[0] = source("https://a.example.com/jwks", 6, "{\"keys\":[1]}");
  step("keys that were confirmed");
  deployments.push_back(deployment(4, DeploymentKind::rollback, {{"orders", 1}}));
  deployments.back().withheld = {{.document = 1, .oauth_server = "corp", .keys = {kKeyA, kKeyB}}};
  now.state.generation = 7;
  step("a rollback");
  now.sources[1] = source("https://b.example.com/jwks", 8, "{}");
  step("a withdrawal of all keys");
  deployments.push_back(deployment(5, DeploymentKind::full, {{"payments", 5}}));
  now.documents.push_back(document(5, "five"));
  now.sources.erase(now.sources.begin());
  step("a deploy that no longer uses a source");
  deployments.erase(deployments.begin() + 1, deployments.begin() + 3);  // 2 and 3
  now.documents.erase(now.documents.begin() + 1, now.documents.begin() + 3);
  now.state.withdrawn.erase(now.state.withdrawn.begin());
  deployments.push_back(deployment(6, DeploymentKind::full, {{"payments", 6}}));
  now.documents.push_back(document(6, ""));
  step("a deploy that lets two old documents go, and with them a withdrawn key");
  now.sources.clear();
  step("no source any more");
  now.state.file_digest.clear();
  step("a file that is forgotten");
  step("nothing new");
  return steps;
}

std::string holds(FakeDisk disk, const Records* records) {
  const Opened opened(disk);
  if (!opened.loaded) return "cannot be loaded: " + opened.loaded.error().what;
  if (!opened.loaded->damage.empty()) return "damage: " + opened.loaded->damage.front();
  if (records == nullptr) return opened.loaded->records ? "records where none should be" : "";
  if (!opened.loaded->records) return "no records";
  if (!opened.loaded->orphan_sources.empty()) return "orphans beside records";
  return *opened.loaded->records == *records ? "" : "other records";
}

std::string nothing_else(const FakeDisk& disk, const Records& records) {
  std::vector<std::string> expected{std::string(store::kStateName)};
  for (const auto& record : records.documents) expected.push_back(store::document_name(record->number, store::encode_document(*record)->digest));
  for (const auto& record : records.sources) expected.push_back(store::keys_name(*record));
  std::string text;
  for (const auto& [name, content] : disk.files()) {
    if (std::erase(expected, name) == 0) text += " " + name + " is too much";
  }
  for (const std::string& name : expected) text += " " + name + " is missing";
  return text;
}

}  // namespace assay::test
