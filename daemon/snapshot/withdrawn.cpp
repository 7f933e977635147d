// Withdrawals are not recorded as they happen, for a key may leave in many ways: with a document, with a push, with a source that is put in place of an inline set, with a
// new name of its OAuth server. What counts is that it could come back and is not there.
#include "snapshot/withdrawn.h"

#include <map>
#include <string_view>
#include <unordered_set>

namespace assay::snapshot {
namespace {

using Fingerprints = std::set<crypto::Sha256Digest>;
using KeysByIssuer = std::map<std::string_view, Fingerprints>;

// add(server, sources, keys): the keys of its issuers, if they are at hand.
void add(const OAuthServerSettings& server, const KeySources& sources, KeysByIssuer& keys) {
  const KeySet* set = server.key_source.inline_keys.get();
  if (server.key_source.is_url()) {
    const auto held = sources.find(source_id(server.key_source));
    set = held == sources.end() ? nullptr : held->second->keys.get();
  }
  if (set == nullptr) return;
  for (const std::string& issuer : server.issuers) {
    Fingerprints& of_issuer = keys[issuer];
    for (const jose::VerificationKey& key : set->keys()) of_issuer.insert(key.material->fingerprint());
  }
}

// keys_in_force(now): inline sets of a rollback say nothing: that it lacks what came after it is no withdrawal.
KeysByIssuer keys_in_force(const InForceView& now) {
  KeysByIssuer keys;
  std::unordered_set<const OAuthServerSettings*> seen;
  for (const DeployedService& service : now.deployment.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) {
      if (now.deployment.kind == DeploymentKind::rollback && !server->key_source.is_url()) continue;
      if (seen.insert(server.get()).second) add(*server, now.sources, keys);
    }
  }
  return keys;
}

// keys_declared(now): by the document deployed last, in use or not. A rollback's document is not one.
KeysByIssuer keys_declared(const InForceView& now) {
  KeysByIssuer keys;
  if (now.deployment.kind == DeploymentKind::rollback) return keys;
  for (const OAuthServerPointer& server : now.deployment.newest->oauth_servers) add(*server, now.sources, keys);
  return keys;
}

}  // namespace

void update(WithdrawnKeys& withdrawn, const InForceView& now, std::span<const DeploymentPointer> history) {
  const KeysByIssuer in_force = keys_in_force(now);
  const KeysByIssuer declared = keys_declared(now);
  const auto is_withdrawn = [&](const std::pair<std::string, crypto::Sha256Digest>& entry) {
    if (const auto keys = in_force.find(entry.first); keys != in_force.end()) return !keys->second.contains(entry.second);
    const auto keys = declared.find(entry.first);
    return withdrawn.contains(entry) || (keys != declared.end() && !keys->second.contains(entry.second));
  };
  WithdrawnKeys next;
  std::unordered_set<const OAuthServerSettings*> seen;
  for (const DeploymentPointer& deployment : history) {
    for (const DocumentPointer& document : deployment->documents) {
      for (const OAuthServerPointer& server : document->oauth_servers) {
        if (server->key_source.inline_keys == nullptr || !seen.insert(server.get()).second) continue;
        for (const std::string& issuer : server->issuers) {
          for (const jose::VerificationKey& key : server->key_source.inline_keys->keys()) {
            std::pair entry(issuer, key.material->fingerprint());
            if (is_withdrawn(entry)) next.insert(std::move(entry));
          }
        }
      }
    }
  }
  withdrawn = std::move(next);
}

}  // namespace assay::snapshot
