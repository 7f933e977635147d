// The store knows texts and numbers, the state knows settings and keys; this is the seam between them. Nothing that comes from the disk is trusted to be good by today's
// rules: the store vouches for the bytes only.
#include "server/recorder.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/check.h"
#include "base/hex.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/sha2.h"
#include "jose/jwk.h"

namespace assay::server {
namespace {

using snapshot::KeySource;

constexpr std::array<std::pair<KeySource::Kind, std::string_view>, 2> kSourceKinds{
    {{KeySource::Kind::jwks_url, "jwks_url"}, {KeySource::Kind::discovery, "discovery"}}};

std::string_view name_of(KeySource::Kind kind) {
  for (const auto& [one, name] : kSourceKinds) {
    if (one == kind) return name;
  }
  CHECK(false);
}

store::DeploymentKind recorded(snapshot::DeploymentKind kind) { return static_cast<store::DeploymentKind>(kind); }
snapshot::DeploymentKind restored(store::DeploymentKind kind) { return static_cast<snapshot::DeploymentKind>(kind); }
static_assert(static_cast<int>(store::DeploymentKind::full) == static_cast<int>(snapshot::DeploymentKind::full) &&
              static_cast<int>(store::DeploymentKind::staged) == static_cast<int>(snapshot::DeploymentKind::staged) &&
              static_cast<int>(store::DeploymentKind::rollback) == static_cast<int>(snapshot::DeploymentKind::rollback));

store::DeploymentRecord record_of(const snapshot::Deployment& deployment) {
  store::DeploymentRecord record{.number = deployment.number,
                                 .deployed_at_s = deployment.deployed_at_s,
                                 .kind = recorded(deployment.kind),
                                 .restores = deployment.restores,
                                 .document = deployment.newest->number,
                                 .base = deployment.base->number,
                                 .api_services = {},
                                 .staged = deployment.staged,
                                 .withheld = {}};
  for (const snapshot::DeployedService& service : deployment.api_services) record.api_services.push_back({service.settings->name, service.document});
  for (const snapshot::Withheld& withheld : deployment.withheld) {
    store::Withheld out{.document = withheld.document, .oauth_server = withheld.oauth_server, .keys = {}};
    for (const jose::KeyId& key : withheld.keys) out.keys.push_back(base::hex(key));
    record.withheld.push_back(std::move(out));
  }
  return record;
}

// An entity tag is what a peer says, and may have octets that JSON cannot hold (RFC 9110 section 8.8.3: obs-text): no save fails because of it. Without its tag a set is
// fetched whole once after a restart.
bool can_be_stored(std::string_view etag) { return etag.size() <= base::limits::kEtagBytesMax && std::ranges::all_of(etag, [](char c) { return c > 0x20 && c < 0x7F; }); }

store::SourceRecord record_of(const snapshot::SourceId& id, const snapshot::HeldKeys& held) {
  store::SourceRecord record{.kind = std::string(name_of(id.kind)),
                             .url = id.url,
                             .ca_file = id.access.ca_file,
                             .client_certificate = id.access.client_certificate,
                             .client_key = id.access.client_key,
                             .proxy = id.access.proxy,
                             .allow_http = id.access.allow_http,
                             .etag = can_be_stored(held.etag) ? held.etag : std::string(),
                             .generation = held.generation,
                             .changed_at_s = held.changed_at_s,
                             .checked_at_s = held.checked_at_s,
                             .jwks = held.jwks,
                             .since = {}};
  for (const auto& [key, since_s] : held.since_s) record.since.push_back({base::hex(key), since_s});
  return record;
}

std::optional<snapshot::Deployment> restore(const store::DeploymentRecord& record, std::span<const snapshot::DocumentPointer> documents, snapshot::KeySetPool& pool) {
  snapshot::Deployment outline;
  outline.number = record.number;
  outline.deployed_at_s = record.deployed_at_s;
  outline.kind = restored(record.kind);
  outline.restores = record.restores;
  outline.staged = record.staged;
  for (const store::Withheld& withheld : record.withheld) {
    snapshot::Withheld out{.document = withheld.document, .oauth_server = withheld.oauth_server, .keys = {}};
    for (const std::string& key : withheld.keys) {
      if (!base::parse_hex(key, out.keys.emplace_back())) return std::nullopt;
    }
    outline.withheld.push_back(std::move(out));
  }
  std::vector<snapshot::Origin> origins;
  for (const auto& service : record.api_services) origins.push_back({service.name, service.document});
  return snapshot::reassemble(std::move(outline), origins, record.base, record.document, documents, pool);
}

}  // namespace

void Recorder::add_document(const snapshot::Document& document, std::string text) {
  documents_[document.number] = std::make_shared<const store::DocumentRecord>(
      store::DocumentRecord{.number = document.number, .deployed_at_s = document.deployed_at_s, .text = std::make_shared<const std::string>(std::move(text))});
}

bool Recorder::is_last_whole(const State& state, std::string_view digest) const {
  const auto last = std::find_if(state.history.rbegin(), state.history.rend(), [](const auto& one) { return one->kind == snapshot::DeploymentKind::full; });
  const auto found = last == state.history.rend() ? documents_.end() : documents_.find((*last)->number);
  return found != documents_.end() && base::hex(crypto::sha256(base::as_bytes(*found->second->text))) == digest;
}

void Recorder::forget_others(const State& state) {
  std::set<std::uint64_t> used;
  for (const snapshot::DeploymentPointer& deployment : state.history) {
    for (const snapshot::DocumentPointer& document : deployment->documents) used.insert(document->number);
  }
  std::erase_if(documents_, [&used](const auto& entry) { return !used.contains(entry.first); });
  std::erase_if(sources_, [&state](const auto& entry) { return !state.sources.contains(entry.first); });
}

store::Records Recorder::records_of(const State& state) {
  store::Records records;
  records.state.instance = state.instance;
  records.state.generation = state.deployed_generation;
  records.state.file_digest = state.file_digest;
  for (const auto& [issuer, key] : state.withdrawn) records.state.withdrawn.push_back({issuer, base::hex(key)});
  std::set<std::uint64_t> used;
  for (const snapshot::DeploymentPointer& deployment : state.history) {
    if (deployment->number == 0) continue;
    records.state.deployments.push_back(record_of(*deployment));
    for (const snapshot::DocumentPointer& document : deployment->documents) used.insert(document->number);
  }
  for (const std::uint64_t number : used) {
    const auto found = documents_.find(number);
    CHECK(found != documents_.end());
    records.documents.push_back(found->second);
  }
  for (const auto& [id, held] : state.sources) {
    auto& [known, record] = sources_[id];
    if (known != held) {
      record = std::make_shared<const store::SourceRecord>(record_of(id, *held));
      known = held;
    }
    records.sources.push_back(record);
  }
  return records;
}

std::optional<std::pair<snapshot::SourceId, std::shared_ptr<const snapshot::HeldKeys>>> restore_source(const store::SourceRecord& record, snapshot::KeySetPool& pool) {
  snapshot::SourceId id{.kind = KeySource::Kind::unset,
                        .url = record.url,
                        .access = {.ca_file = record.ca_file,
                                   .client_certificate = record.client_certificate,
                                   .client_key = record.client_key,
                                   .proxy = record.proxy,
                                   .allow_http = record.allow_http}};
  for (const auto& [kind, name] : kSourceKinds) {
    if (name == record.kind) id.kind = kind;
  }
  auto jwks = jose::parse_jwks(record.jwks, pool.materials());
  if (id.kind == KeySource::Kind::unset || !jwks) return std::nullopt;
  snapshot::HeldKeys held{.keys = pool.intern(std::move(*jwks)),
                          .jwks = record.jwks,
                          .generation = record.generation,
                          .changed_at_s = record.changed_at_s,
                          .checked_at_s = record.checked_at_s,
                          .etag = record.etag,
                          .since_s = {}};
  for (const auto& [key, since_s] : record.since) {
    if (jose::KeyId key_id; base::parse_hex(key, key_id)) held.since_s[key_id] = since_s;
  }
  return std::pair(std::move(id), std::make_shared<const snapshot::HeldKeys>(std::move(held)));
}

Restored Recorder::restore(const store::Records& records, snapshot::KeySetPool& pool) {
  Restored restored;
  std::vector<snapshot::DocumentPointer> documents;
  for (const auto& record : records.documents) {
    auto config = snapshot::parse_config(*record->text, pool);
    if (!config) {
      const snapshot::Fault& fault = config.error().front();
      restored.losses.push_back(fmt::format("the stored document of deployment {} is no good any more: {}: found {}, allowed {}", record->number,
                                            base::printable(fault.pointer), fault.found, fault.allowed));
      continue;
    }
    documents.push_back(snapshot::make_document(std::move(*config), record->number, record->deployed_at_s, record->text->size(), documents));
    documents_[record->number] = record;
  }
  State state;
  state.instance = records.state.instance;
  state.generation = records.state.generation;
  state.deployed_generation = records.state.generation;
  state.file_digest = records.state.file_digest;
  for (const store::Withdrawn& withdrawn : records.state.withdrawn) {
    if (crypto::Sha256Digest key; base::parse_hex(withdrawn.key, key)) state.withdrawn.emplace(withdrawn.issuer, key);
  }
  for (const store::DeploymentRecord& record : records.state.deployments) {
    auto deployment = server::restore(record, documents, pool);
    if (deployment) {
      state.history.push_back(std::make_shared<const snapshot::Deployment>(std::move(*deployment)));
    } else if (&record == &records.state.deployments.back()) {
      restored.losses.push_back(fmt::format("deployment {}, which was in force, cannot be restored", record.number));
      return restored;
    } else {
      restored.losses.push_back(fmt::format("deployment {} cannot be rolled back to any more", record.number));
    }
  }
  if (state.history.empty()) state.history.push_back(std::make_shared<const snapshot::Deployment>(snapshot::nothing_deployed()));
  for (const auto& record : records.sources) {
    if (auto source = restore_source(*record, pool)) {
      state.generation = std::max(state.generation, record->generation);
      state.sources.insert(std::move(*source));
    } else {
      restored.losses.push_back(fmt::format("the stored keys of {} are no JWK Set any more", base::printable(record->url, 256)));
    }
  }
  restored.state = std::move(state);
  return restored;
}

}  // namespace assay::server
