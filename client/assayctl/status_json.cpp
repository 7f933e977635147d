// One object on one line. What does not apply is left out (a kid, a URL, what a rollback restores); everything else is always there.
#include "client/assayctl/status_json.h"

#include <vector>

#include "client/assayctl/changes.h"
#include "client/assayctl/sources.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

std::string server_json(const assay::OAuthServerStatus& server) {
  JsonObject object;
  object.text("name", server.name)
      .raw("issuers", json_array(server.issuers))
      .text("key_source", server.key_source)
      .boolean("available", server.available)
      .raw("keys", json_list(server.keys, [](const assay::KeyStatus& key) { return key_json(key, nullptr); }))
      .raw("skipped", skipped_json(server.skipped));
  if (server.url) object.text("url", *server.url).integer("keys_changed_at", server.keys_changed_at).integer("keys_checked_at", server.keys_checked_at);
  if (server.source) object.raw("source", source_json(*server.source));
  return object.raw("api_services", json_array(server.api_services)).str();
}

std::string service_json(const assay::ApiServiceStatus& service) {
  return JsonObject()
      .text("name", service.name)
      .raw("oauth_servers", json_array(service.oauth_servers))
      .number("deployment", service.deployment)
      .integer("deployed_at", service.deployed_at)
      .boolean("own_settings_behind", service.own_settings_behind)
      .raw("behind", json_array(service.behind))
      .str();
}

std::string worker_json(const assay::WorkerStatus& worker) {
  return JsonObject()
      .number("generation", worker.generation)
      .number("connections", worker.connections)
      .number("requests", worker.requests)
      .number("tokens", worker.tokens)
      .number("batches", worker.batches)
      .str();
}

std::string problem_json(const assay::Problem& problem) {
  return JsonObject().text("severity", assay::name(problem.severity)).text("text", problem.text).str();
}

std::string counts_json(const std::vector<assay::Count>& counts) {
  JsonObject object;
  for (const assay::Count& count : counts) object.number(count.name, count.count);
  return object.str();
}

}  // namespace

std::string key_json(const assay::KeyStatus& key, const std::string* oauth_server) {
  JsonObject object;
  if (oauth_server != nullptr) object.text("oauth_server", *oauth_server);
  if (key.kid) object.text("kid", *key.kid);
  object.text("type", key.type).raw("algorithms", json_array(key.algorithms)).text("thumbprint", key.thumbprint);
  return object.integer("since", key.since).integer("last_used", key.last_used).number("verified", key.verified).str();
}

std::string deployment_json(const assay::DeploymentStatus& deployment, std::uint64_t in_force) {
  JsonObject object;
  object.number("deployment", deployment.deployment).integer("deployed_at", deployment.deployed_at).text("kind", assay::name(deployment.kind));
  if (deployment.kind == assay::DeploymentKind::rollback) object.number("restores", deployment.restores);
  object.number("api_services", deployment.api_services);
  if (deployment.kind == assay::DeploymentKind::staged) object.raw("staged", json_array(deployment.staged));
  return object.number("bytes", deployment.bytes).boolean("in_force", deployment.deployment == in_force).str();
}

std::string engine_json(const assay::AlgorithmEngine& item) { return JsonObject().text("algorithm", item.algorithm).text("engine", item.engine).str(); }

std::string tables_json(const assay::KeyTables& tables) {
  return JsonObject()
      .number("budget", tables.budget)
      .number("tables", tables.tables)
      .number("bytes", tables.bytes)
      .number("curve_bytes", tables.curve_bytes)
      .number("keys_without", tables.keys_without)
      .str();
}

std::string cache_json(const assay::TokenCache& cache) {
  return JsonObject()
      .number("bytes", cache.bytes)
      .number("capacity", cache.capacity)
      .number("entries", cache.entries)
      .number("hits", cache.hits)
      .number("misses", cache.misses)
      .number("keys_gone", cache.keys_gone)
      .number("evicted", cache.evicted)
      .number("expired", cache.expired)
      .number("oversized", cache.oversized)
      .number("busy", cache.busy)
      .number("passed", cache.passed)
      .str();
}

std::string report_json(const assay::StatusReport& report) {
  JsonObject object;
  object.text("version", report.version)
      .integer("started_at", report.started_at)
      .number("generation", report.generation)
      .number("deployment", report.deployment)
      .text("engine", report.engine)
      .raw("engines", json_list(report.engines, engine_json))
      .raw("api_services", json_list(report.api_services, service_json))
      .raw("oauth_servers", json_list(report.oauth_servers, server_json))
      .raw("workers", json_list(report.workers, worker_json))
      .raw("verdicts", counts_json(report.verdicts))
      .raw("errors", counts_json(report.errors))
      .number("connections_refused", report.connections_refused)
      .number("connections_dropped", report.connections_dropped)
      .text("instance", hex(report.instance));
  object.boolean("fetcher_connected", report.fetcher_connected);
  if (report.key_tables) object.raw("key_tables", tables_json(*report.key_tables));
  if (report.token_cache) object.raw("token_cache", cache_json(*report.token_cache));
  if (report.state_dir) object.text("state_dir", *report.state_dir);
  return object.boolean("kept", report.kept)
      .raw("problems", json_list(report.problems, problem_json))
      .raw("deployments", json_list(report.deployments, [&](const assay::DeploymentStatus& item) { return deployment_json(item, report.deployment); }))
      .str();
}

}  // namespace assayctl
