// Frames of the control socket with every field set, odd text included: what has to be read, and to be shown.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/frames.h"

namespace assay::test {

using Strings = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>>;

inline Strings strings(Builder& b, const std::vector<std::string>& items) { return b.CreateVectorOfStrings(items); }

template <class Table>
auto tables(Builder& b, const std::vector<flatbuffers::Offset<Table>>& items) {
  return b.CreateVector(items);
}

inline flatbuffers::Offset<wire::Change> change(Builder& b, wire::Subject subject, wire::ChangeKind kind, const char* name, const char* kid = nullptr,
                                                const std::vector<std::string>& details = {}) {
  const auto name_text = b.CreateString(name);
  const flatbuffers::Offset<flatbuffers::String> kid_text = kid == nullptr ? flatbuffers::Offset<flatbuffers::String>() : b.CreateString(kid);
  return wire::CreateChange(b, subject, kind, name_text, kid_text, details.empty() ? Strings() : strings(b, details));
}

inline auto sample_changes(Builder& b) {
  using wire::ChangeKind;
  using wire::Subject;
  return tables<wire::Change>(b, {change(b, Subject::api_service, ChangeKind::added, "orders"),
                                  change(b, Subject::oauth_server, ChangeKind::altered, "corp", nullptr, {"issuers", "algorithms"}),
                                  change(b, Subject::key, ChangeKind::removed, "corp", "es256", {"P-256", "thumb"}),
                                  change(b, Subject::key, ChangeKind::added, "corp", nullptr, {"RSA 2048", "print"}),
                                  change(b, Subject::clients, ChangeKind::altered, ""), change(b, Subject::daemon, ChangeKind::altered, "", nullptr, {"limits"}),
                                  change(b, static_cast<Subject>(77), static_cast<ChangeKind>(78), "new\x1b")});
}

inline auto sample_skipped(Builder& b) {
  return tables<wire::SkippedKey>(b, {wire::CreateSkippedKeyDirect(b, 2, "old\x1b", "it is private", true),
                                      wire::CreateSkippedKeyDirect(b, 3, nullptr, "kty AKP is not known", false)});
}

inline Bytes full_deployed_frame(std::uint64_t id, std::uint64_t deployment, bool kept = true, std::uint64_t restores = 0) {
  return framed(id, wire::Body::Deployed, [&](Builder& b) {
    const auto changes = sample_changes(b);
    const auto behind = tables<wire::Behind>(b, {wire::CreateBehind(b, b.CreateString("billing"), true, strings(b, {"corp", "partners"}))});
    const auto notes = strings(b, {"OAuth server \x1b[31m is used by no API service"});
    return wire::CreateDeployed(b, deployment, 5, kInstance, kept, changes, behind, notes, restores).Union();
  });
}

inline Bytes pushed_frame(std::uint64_t id, bool changed, bool kept, std::uint64_t generation = 6) {
  return framed(id, wire::Body::Pushed, [&](Builder& b) {
    const auto changes = changed ? sample_changes(b) : flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Change>>>();
    const auto skipped = sample_skipped(b);
    const auto notes = changed ? strings(b, {"no key is left\x1b"}) : Strings();
    return wire::CreatePushed(b, generation, kInstance, changed, kept, changes, skipped, notes).Union();
  });
}

// refreshed_frame(id, changed, failure): failure may be null.
inline Bytes refreshed_frame(std::uint64_t id, bool changed, const char* failure, std::uint64_t generation = 6) {
  return framed(id, wire::Body::Refreshed, [&](Builder& b) {
    const auto changes = changed ? sample_changes(b) : flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Change>>>();
    const auto skipped = sample_skipped(b);
    const auto why = failure == nullptr ? flatbuffers::Offset<flatbuffers::String>() : b.CreateString(failure);
    return wire::CreateRefreshed(b, generation, kInstance, changed, why, changes, skipped).Union();
  });
}

// rolled_back_frame(id, deployment, restores): a rollback that changes nothing.
inline Bytes rolled_back_frame(std::uint64_t id, std::uint64_t deployment, std::uint64_t restores) {
  return framed(id, wire::Body::Deployed, [&](Builder& b) { return wire::CreateDeployed(b, deployment, 6, kInstance, true, 0, 0, 0, restores).Union(); });
}

inline Bytes conflict_frame(std::uint64_t id, std::uint64_t deployment) {
  return framed(id, wire::Body::Error, [&](Builder& b) {
    const std::string text = "deployment " + std::to_string(deployment) + " is in force, where 1 was expected; nothing has changed";
    return wire::CreateErrorDirect(b, wire::ErrorCode::conflict, text.c_str(), nullptr, deployment).Union();
  });
}

// faults_frame(id, code, text, faults): pointer, found, allowed of each.
inline Bytes faults_frame(std::uint64_t id, wire::ErrorCode code, const char* text, const std::vector<std::vector<std::string>>& faults) {
  return framed(id, wire::Body::Error, [&](Builder& b) {
    std::vector<flatbuffers::Offset<wire::Fault>> items;
    for (const auto& fault : faults) items.push_back(wire::CreateFaultDirect(b, fault[0].c_str(), fault[1].c_str(), fault[2].c_str()));
    return wire::CreateErrorDirect(b, code, text, &items).Union();
  });
}

// SourceSample: how a URL source stands.
struct SourceSample {
  wire::SourceState state = wire::SourceState::fresh;
  std::int64_t fetched_at = 1'700'000'300;
  std::int64_t fresh_until = 1'700'000'600;
  std::int64_t stale_until = 1'700'086'700;
  flatbuffers::Optional<std::uint64_t> next_try_in_ms = 11'001;
  const char* etag = nullptr;
  const char* last_error = nullptr;
  std::int64_t failed_at = 0;
  std::uint64_t failures = 0;
};

// ServerSample: an OAuth server whose keys are at hand.
struct ServerSample {
  std::string name;
  std::string key_source = "jwks";
  std::string url;  // "": none
  std::vector<std::string> api_services;
  std::size_t keys = 1;
  std::int64_t keys_changed_at = 0;
  std::optional<SourceSample> source = std::nullopt;
};

// StatusSample: what a report says; the rest of it is always the same.
struct StatusSample {
  std::vector<std::pair<wire::Severity, std::string>> problems;
  std::size_t more_services = 0;  // with nothing wrong, before the one that is behind
  std::size_t more_servers = 0;   // likewise
  std::size_t more_errors = 0;    // of a newer daemon, one of each
  bool state = true;
  bool kept = true;
  std::string state_dir = "/var/lib/assay";
  bool other_engine = false;  // ES256 has another, with a name of no good
  bool key_tables = false;
  bool token_cache = false;
  bool token_cache_used = true;
  std::vector<ServerSample> servers;  // after the others
  bool fetcher_connected = false;
};

inline flatbuffers::Offset<wire::OAuthServerStatus> sample_server(Builder& b) {
  const auto algorithms = strings(b, {"RS256"});
  const auto keys = tables<wire::KeyStatus>(
      b, {wire::CreateKeyStatus(b, b.CreateString("key-1"), true, algorithms, b.CreateString("RSA 2048"), b.CreateString("thumbprint-of-key-1"),
                                1'700'000'100, 1'700'000'200, 1'234'567),
          wire::CreateKeyStatus(b, 0, false, algorithms, b.CreateString("RSA 3072"), b.CreateString("print"), 1'700'000'100)});
  return wire::CreateOAuthServerStatus(b, b.CreateString("corp"), strings(b, {"https://id.example.com/am"}), b.CreateString("jwks_url"), true, keys,
                                       sample_skipped(b), b.CreateString("https://id.example.com/jwks"), 1'700'000'100, 1'700'000'300, strings(b, {"orders"}));
}

inline flatbuffers::Offset<wire::OAuthServerStatus> server_of(Builder& b, const ServerSample& sample) {
  std::vector<flatbuffers::Offset<wire::KeyStatus>> keys;
  for (std::size_t i = 0; i < sample.keys; ++i) keys.push_back(wire::CreateKeyStatus(b));
  const auto url = sample.url.empty() ? flatbuffers::Offset<flatbuffers::String>() : b.CreateString(sample.url);
  flatbuffers::Offset<wire::SourceStatus> source;
  if (sample.source) {
    const SourceSample& said = *sample.source;
    source = wire::CreateSourceStatusDirect(b, said.state, said.fetched_at, said.fresh_until, said.stale_until, said.next_try_in_ms, said.etag, said.last_error,
                                            said.failed_at, said.failures);
  }
  return wire::CreateOAuthServerStatus(b, b.CreateString(sample.name), 0, b.CreateString(sample.key_source), true, tables<wire::KeyStatus>(b, keys), 0, url,
                                       sample.keys_changed_at, sample.keys_changed_at, strings(b, sample.api_services), source);
}

inline Bytes status_frame(std::uint64_t id, const StatusSample& sample = {}) {
  return framed(id, wire::Body::StatusReport, [&](Builder& b) {
    std::vector<flatbuffers::Offset<wire::ApiServiceStatus>> services;
    std::vector<flatbuffers::Offset<wire::OAuthServerStatus>> servers;
    for (std::size_t i = 0; i < sample.more_services; ++i) {
      services.push_back(wire::CreateApiServiceStatus(b, b.CreateString("service-" + std::to_string(i)), strings(b, {"corp"}), 3, 1'700'000'050));
    }
    services.push_back(wire::CreateApiServiceStatus(b, b.CreateString("orders"), strings(b, {"corp", "partners", "c", "d", "e"}), 2, 1'700'000'000, true,
                                                    strings(b, {"corp"})));
    for (std::size_t i = 0; i < sample.more_servers; ++i) {
      servers.push_back(server_of(b, {.name = "server-" + std::to_string(i)}));
    }
    servers.push_back(wire::CreateOAuthServerStatus(b, b.CreateString("partners"), 0, b.CreateString("jwks_url"), false));
    servers.push_back(sample_server(b));
    for (const ServerSample& server : sample.servers) servers.push_back(server_of(b, server));
    std::vector<flatbuffers::Offset<wire::Problem>> problems;
    for (const auto& [severity, text] : sample.problems) problems.push_back(wire::CreateProblemDirect(b, severity, text.c_str()));
    const std::vector<flatbuffers::Offset<wire::DeploymentStatus>> deployments{
        wire::CreateDeploymentStatus(b, 1, 1'700'000'000, wire::DeploymentKind::full, 0, 2, 0, 4321),
        wire::CreateDeploymentStatus(b, 2, 1'700'000'010, wire::DeploymentKind::staged, 0, 2, strings(b, {"orders", "b\x1b"}), 1234567),
        wire::CreateDeploymentStatus(b, 3, 1'700'000'050, wire::DeploymentKind::rollback, 1, 2, 0, 4321)};
    const std::vector<flatbuffers::Offset<wire::WorkerStatus>> workers{wire::CreateWorkerStatus(b, 4, 2, 1000, 2000, 900)};
    const std::vector<flatbuffers::Offset<wire::CodeCount>> verdicts{wire::CreateCodeCount(b, static_cast<wire::Code>(123), 1),
                                                                     wire::CreateCodeCount(b, wire::Code::accepted, 1234567),
                                                                     wire::CreateCodeCount(b, wire::Code::expired, 0)};
    std::vector<flatbuffers::Offset<wire::ErrorCount>> errors;
    for (std::size_t i = 0; i < sample.more_errors; ++i) errors.push_back(wire::CreateErrorCount(b, static_cast<wire::ErrorCode>(100 + i), 1));
    errors.push_back(wire::CreateErrorCount(b, wire::ErrorCode::overloaded, 6));
    const std::vector<flatbuffers::Offset<wire::AlgorithmEngine>> engines{wire::CreateAlgorithmEngineDirect(b, "RS256", "reference"),
                                                                          wire::CreateAlgorithmEngineDirect(b, "ES256", sample.other_engine ? "simd\x1b" : "reference")};
    const auto key_tables = sample.key_tables ? wire::CreateKeyTables(b, std::uint64_t{256} << 20, 1'000, std::uint64_t{128} << 20, 45'678'901, 24) : flatbuffers::Offset<wire::KeyTables>();
    const auto token_cache = !sample.token_cache       ? flatbuffers::Offset<wire::TokenCache>()
                             : sample.token_cache_used ? wire::CreateTokenCache(b, 67'000'000, 128'000, 5'000, 1'234'567, 8'765, 4, 3, 2, 1, 9, 8)
                                                       : wire::CreateTokenCache(b, 67'000'000, 128'000);
    return wire::CreateStatusReportDirect(b, "1.2.3", 1'700'000'000, 4, 3, "reference", &services, &servers, &workers, &verdicts, &errors, 8, 9, kInstance,
                                          sample.state ? sample.state_dir.c_str() : nullptr, sample.kept, &problems, &deployments, &engines, key_tables, token_cache,
                                          sample.fetcher_connected)
        .Union();
  });
}

inline Bytes metrics_frame(std::uint64_t id, std::string_view text) {
  return framed(id, wire::Body::MetricsText, [&](Builder& b) { return wire::CreateMetricsText(b, b.CreateString(text.data(), text.size())).Union(); });
}

}  // namespace assay::test
