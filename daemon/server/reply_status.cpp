// The StatusReport: the snapshot as it serves now (names, keys used and skipped), the state it came from, and the figures. Control frames are large enough
// for the largest configuration; should one not fit all the same, the encoder answers response_too_large like for any other answer.
#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "crypto/key_material.h"
#include "jose/algorithm_names.h"
#include "jose/base64url.h"
#include "schema/codes.h"
#include "server/reply.h"
#include "server/reply_builder.h"
#include "server/state_report.h"
#include "server/status.h"

namespace assay::server {
namespace {

std::string_view name_of(snapshot::KeySource::Kind kind) {
  switch (kind) {
    case snapshot::KeySource::Kind::unset: return "";
    case snapshot::KeySource::Kind::jwks: return "jwks";
    case snapshot::KeySource::Kind::jwks_url: return "jwks_url";
    case snapshot::KeySource::Kind::discovery: return "discovery";
  }
  return "";
}

std::vector<std::string_view> names_of(crypto::AlgorithmSet set) {
  std::vector<std::string_view> names;
  for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<crypto::Algorithm>(i);
    if (set.contains(algorithm)) names.push_back(jose::name_of(algorithm));
  }
  return names;
}

using ServersInUse = std::map<const snapshot::OAuthServer*, std::vector<std::string_view>>;

template <class State>
flatbuffers::Offset<wire::KeyStatus> key_status(State& state, const jose::VerificationKey& key, const snapshot::KeyUse* use) {
  const auto names = names_of(key.algorithms);
  const auto algorithms = state.strings(std::span<const std::string_view>(names));
  const auto kid = key.kid ? state.string(*key.kid) : StringOffset();
  const auto type = state.string(key.material->describe());
  const auto thumbprint = state.string(jose::base64url_encode(key.thumbprint));
  return wire::CreateKeyStatus(state.builder, kid, key.kid.has_value(), algorithms, type, thumbprint, use == nullptr ? 0 : use->since_s(),
                               use == nullptr ? 0 : use->last_used_s(), use == nullptr ? 0 : use->count());
}

wire::SourceState state_of(sources::SourceState state) {
  switch (state) {
    case sources::SourceState::unset: return wire::SourceState::unset;
    case sources::SourceState::never_fetched: return wire::SourceState::never_fetched;
    case sources::SourceState::fresh: return wire::SourceState::fresh;
    case sources::SourceState::due: return wire::SourceState::due;
    case sources::SourceState::fetching: return wire::SourceState::fetching;
    case sources::SourceState::failing: return wire::SourceState::failing;
    case sources::SourceState::stale: return wire::SourceState::stale;
  }
  return wire::SourceState::unset;
}

template <class State>
flatbuffers::Offset<wire::SourceStatus> source_status(State& state, const sources::SourceReport& report) {
  const auto etag = report.etag.empty() ? StringOffset() : state.string(report.etag);
  const auto last_error = report.last_error.empty() ? StringOffset() : state.string(report.last_error);
  flatbuffers::Optional<std::uint64_t> next_try_in_ms;
  if (report.next_try_in_ms) next_try_in_ms = *report.next_try_in_ms;
  return wire::CreateSourceStatus(state.builder, state_of(report.state), report.fetched_at_s.value_or(0), report.fresh_until_s.value_or(0), report.stale_until_s.value_or(0), next_try_in_ms,
                                  etag, last_error, report.failed_at_s.value_or(0), report.consecutive_failures);
}

template <class State>
flatbuffers::Offset<wire::OAuthServerStatus> server_status(State& state, const snapshot::OAuthServer& server, const snapshot::KeySources& sources, const StatusFigures& figures,
                                                           const std::vector<std::string_view>& api_services) {
  std::vector<flatbuffers::Offset<wire::KeyStatus>> keys;
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::SkippedKey>>> skipped;
  if (server.keys != nullptr) {
    for (const jose::VerificationKey& key : server.keys->keys()) keys.push_back(key_status(state, key, server.use_of(key)));
    skipped = state.skipped_keys(server.keys->skipped());
  }
  const auto key_list = state.builder.CreateVector(keys);
  const snapshot::KeySource& key_source = server.settings->key_source;
  const auto held = sources.find(snapshot::source_id(key_source));
  const auto report = figures.sources.find(snapshot::source_id(key_source));
  const auto issuers = state.strings(std::span<const std::string>(server.settings->issuers));
  const auto name = state.string(server.name);
  const auto source = state.string(name_of(key_source.kind));
  const auto url = key_source.is_url() ? state.string(key_source.url) : StringOffset();
  const auto services = state.strings(std::span<const std::string_view>(api_services));
  const auto schedule = report == figures.sources.end() ? flatbuffers::Offset<wire::SourceStatus>() : source_status(state, report->second);
  return wire::CreateOAuthServerStatus(state.builder, name, issuers, source, server.serving_keys() != nullptr, key_list, skipped, url,
                                       held == sources.end() ? 0 : held->second->changed_at_s, held == sources.end() ? 0 : held->second->checked_at_s, services, schedule);
}

template <class State>
flatbuffers::Offset<wire::ApiServiceStatus> service_status(State& state, const snapshot::Deployment& deployment, const snapshot::DeployedService& service) {
  const auto behind = snapshot::behind(deployment, service);
  const auto document = std::ranges::find_if(deployment.documents, [&service](const auto& one) { return one->number == service.document; });
  const auto servers = state.strings(std::span<const std::string>(service.settings->oauth_servers));
  const auto name = state.string(service.settings->name);
  const auto behind_servers = behind ? state.strings(std::span<const std::string>(behind->oauth_servers)) : StringsOffset();
  return wire::CreateApiServiceStatus(state.builder, name, servers, service.document, document == deployment.documents.end() ? 0 : (*document)->deployed_at_s,
                                      behind && behind->own_settings, behind_servers);
}

wire::Severity severity_of(Problem::Severity severity) {
  switch (severity) {
    case Problem::Severity::unset: return wire::Severity::unset;
    case Problem::Severity::notice: return wire::Severity::notice;
    case Problem::Severity::warning: return wire::Severity::warning;
    case Problem::Severity::alarm: return wire::Severity::alarm;
  }
  return wire::Severity::unset;
}

wire::DeploymentKind kind_of(snapshot::DeploymentKind kind) {
  switch (kind) {
    case snapshot::DeploymentKind::unset: return wire::DeploymentKind::unset;
    case snapshot::DeploymentKind::full: return wire::DeploymentKind::full;
    case snapshot::DeploymentKind::staged: return wire::DeploymentKind::staged;
    case snapshot::DeploymentKind::rollback: return wire::DeploymentKind::rollback;
  }
  return wire::DeploymentKind::unset;
}

template <class State>
flatbuffers::Offset<wire::DeploymentStatus> deployment_status(State& state, const snapshot::Deployment& deployment) {
  const auto staged = deployment.staged.empty() ? StringsOffset() : state.strings(std::span<const std::string>(deployment.staged));
  return wire::CreateDeploymentStatus(state.builder, deployment.number, deployment.deployed_at_s, kind_of(deployment.kind), deployment.restores,
                                      static_cast<std::uint32_t>(deployment.api_services.size()), staged, deployment.newest->bytes);
}

}  // namespace

base::Bytes ReplyEncoder::status(std::uint64_t id, const StatusFigures& figures, const StateReport& report, const snapshot::Snapshot& snapshot) {
  State& state = *state_;
  flatbuffers::FlatBufferBuilder& builder = state.builder;
  builder.Clear();
  std::vector<flatbuffers::Offset<wire::OAuthServerStatus>> servers;
  ServersInUse in_use;
  for (const auto& service : snapshot.api_services()) {
    for (const auto& server : service->oauth_servers()) in_use[server.get()].push_back(service->name());
  }
  for (const auto& server : snapshot.oauth_servers()) {
    servers.push_back(server_status(state, *server, report.state.sources, figures, in_use[server.get()]));
    // Checked as it grows: a builder has a limit of its own, and reaching it ends the process. One server comes to less than a megabyte.
    if (builder.GetSize() > state.frame_bytes_max) return error(id, ErrorCode::response_too_large);
  }
  const snapshot::Deployment& in_force = report.state.in_force();
  std::vector<flatbuffers::Offset<wire::ApiServiceStatus>> services;
  for (const snapshot::DeployedService& service : in_force.api_services) {
    services.push_back(service_status(state, in_force, service));
    if (builder.GetSize() > state.frame_bytes_max) return error(id, ErrorCode::response_too_large);
  }
  std::vector<flatbuffers::Offset<wire::WorkerStatus>> workers;
  for (const WorkerFigures& worker : figures.workers) {
    workers.push_back(wire::CreateWorkerStatus(builder, worker.generation, worker.connections, worker.requests, worker.tokens, worker.batches));
  }
  std::vector<flatbuffers::Offset<wire::CodeCount>> verdicts;
  for (const schema::CodeInfo& code : schema::kCodes) {
    const std::uint64_t count = figures.verdicts[static_cast<std::size_t>(code.code)];
    if (count != 0) verdicts.push_back(wire::CreateCodeCount(builder, static_cast<wire::Code>(code.code), count));
  }
  std::vector<flatbuffers::Offset<wire::ErrorCount>> errors;
  for (std::size_t i = 0; i < figures.errors.size(); ++i) {
    if (figures.errors[i] != 0) errors.push_back(wire::CreateErrorCount(builder, static_cast<wire::ErrorCode>(i), figures.errors[i]));
  }

  std::vector<flatbuffers::Offset<wire::Problem>> problems;
  for (const Problem::Severity severity : {Problem::Severity::alarm, Problem::Severity::warning, Problem::Severity::notice}) {
    for (const std::vector<Problem>* all : {&report.problems, &figures.problems}) {
      for (const Problem& problem : *all) {
        if (problem.severity == severity) problems.push_back(wire::CreateProblem(builder, severity_of(severity), state.string(problem.text)));
      }
    }
  }
  std::vector<flatbuffers::Offset<wire::DeploymentStatus>> deployments;
  for (const auto& deployment : report.state.history) {
    if (deployment->number != 0) deployments.push_back(deployment_status(state, *deployment));
  }

  std::vector<flatbuffers::Offset<wire::AlgorithmEngine>> engines;
  for (const EngineUse& use : figures.engines) {
    const auto algorithm = state.string(jose::name_of(use.algorithm));
    engines.push_back(wire::CreateAlgorithmEngine(builder, algorithm, state.string(crypto::name_of(use.engine))));
  }
  flatbuffers::Offset<wire::KeyTables> tables;
  if (const auto& of = figures.tables) {
    tables = wire::CreateKeyTables(builder, snapshot.daemon().key_table_budget_bytes, of->tables, of->bytes, of->curve_bytes, of->keys_without);
  }
  flatbuffers::Offset<wire::TokenCache> token_cache;
  if (const auto& of = figures.token_cache) {
    token_cache = wire::CreateTokenCache(builder, of->bytes, of->capacity, of->entries, of->hits, of->misses, of->keys_gone, of->evicted, of->expired, of->oversized, of->busy,
                                         of->passed);
  }

  const auto version = state.string(figures.version);
  const auto engine = state.string(figures.engine);
  const auto service_list = builder.CreateVector(services);
  const auto server_list = builder.CreateVector(servers);
  const auto worker_list = builder.CreateVector(workers);
  const auto verdict_list = builder.CreateVector(verdicts);
  const auto error_list = builder.CreateVector(errors);
  const auto state_dir = report.state_dir.empty() ? StringOffset() : state.string(report.state_dir);
  const auto problem_list = builder.CreateVector(problems);
  const auto deployment_list = builder.CreateVector(deployments);
  const auto engine_list = builder.CreateVector(engines);
  return state.finish_within(*this, id, wire::Body::StatusReport,
                             wire::CreateStatusReport(builder, version, figures.started_at_s, snapshot.generation(), snapshot.deployment(), engine, service_list, server_list,
                                                      worker_list, verdict_list, error_list, figures.connections_refused, figures.connections_dropped,
                                                      snapshot.instance(), state_dir, report.kept, problem_list, deployment_list, engine_list, tables, token_cache, figures.fetcher_connected));
}

}  // namespace assay::server
