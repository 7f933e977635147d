// The StatusReport: the snapshot as it serves now (names, keys used and skipped) and the figures. Control frames are large enough for the largest configuration;
// should one not fit all the same, the encoder answers response_too_large like for any other answer.
#include "crypto/key_material.h"
#include "jose/algorithm_names.h"
#include "jose/base64url.h"
#include "schema/codes.h"
#include "server/reply.h"
#include "server/reply_builder.h"
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

template <class State>
flatbuffers::Offset<wire::KeyStatus> key_status(State& state, const jose::VerificationKey& key) {
  const auto names = names_of(key.algorithms);
  const auto algorithms = state.strings(std::span<const std::string_view>(names));
  const auto kid = key.kid ? state.string(*key.kid) : StringOffset();
  const auto type = state.string(key.material->describe());
  const auto thumbprint = state.string(jose::base64url_encode(key.thumbprint));
  return wire::CreateKeyStatus(state.builder, kid, key.kid.has_value(), algorithms, type, thumbprint);
}

template <class State>
flatbuffers::Offset<wire::OAuthServerStatus> server_status(State& state, const snapshot::OAuthServer& server) {
  std::vector<flatbuffers::Offset<wire::KeyStatus>> keys;
  std::vector<flatbuffers::Offset<wire::SkippedKey>> skipped;
  if (server.keys != nullptr) {
    for (const jose::VerificationKey& key : server.keys->keys()) keys.push_back(key_status(state, key));
    for (const jose::SkippedKey& key : server.keys->skipped()) {
      const auto kid = key.kid ? state.string(*key.kid) : StringOffset();
      skipped.push_back(wire::CreateSkippedKey(state.builder, static_cast<std::uint32_t>(key.index), kid, state.string(key.reason), key.alarm));
    }
  }
  const auto key_list = state.builder.CreateVector(keys);
  const auto skipped_list = state.builder.CreateVector(skipped);
  const auto issuers = state.strings(std::span<const std::string>(server.issuers));
  const auto name = state.string(server.name);
  const auto source = state.string(name_of(server.key_source));
  return wire::CreateOAuthServerStatus(state.builder, name, issuers, source, server.keys != nullptr, key_list, skipped_list);
}

template <class State>
flatbuffers::Offset<wire::ApiServiceStatus> service_status(State& state, const snapshot::ApiService& service) {
  const auto servers = state.strings(service.oauth_servers());
  return wire::CreateApiServiceStatus(state.builder, state.string(service.name()), servers, service.deployment());
}

}  // namespace

base::Bytes ReplyEncoder::status(std::uint64_t id, const StatusFigures& figures, const snapshot::Snapshot& snapshot) {
  State& state = *state_;
  flatbuffers::FlatBufferBuilder& builder = state.builder;
  builder.Clear();
  std::vector<flatbuffers::Offset<wire::OAuthServerStatus>> servers;
  for (const auto& server : snapshot.oauth_servers()) servers.push_back(server_status(state, *server));
  std::vector<flatbuffers::Offset<wire::ApiServiceStatus>> services;
  for (const auto& service : snapshot.api_services()) services.push_back(service_status(state, *service));
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

  const auto version = state.string(figures.version);
  const auto engine = state.string(figures.engine);
  const auto service_list = builder.CreateVector(services);
  const auto server_list = builder.CreateVector(servers);
  const auto worker_list = builder.CreateVector(workers);
  const auto verdict_list = builder.CreateVector(verdicts);
  const auto error_list = builder.CreateVector(errors);
  const auto report = wire::CreateStatusReport(builder, version, figures.started_at_s, snapshot.generation(), snapshot.deployment(), engine, service_list, server_list,
                                               worker_list, verdict_list, error_list, figures.connections_refused, figures.connections_dropped);
  const base::Bytes frame = state.finish(id, wire::Body::StatusReport, report);
  return frame.size() > state.frame_bytes_max ? error(id, ErrorCode::response_too_large) : frame;
}

}  // namespace assay::server
