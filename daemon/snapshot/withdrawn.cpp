// Withdrawals are not recorded as they happen, for a key may leave in many ways: with a document, with a push, with a source that is put in place of an inline set, with a
// new name of its OAuth server. What counts is that it could come back and is not there.
#include "snapshot/withdrawn.h"

#include <map>
#include <string_view>
#include <unordered_set>

namespace assay::snapshot {
namespace {

using Fingerprints = std::set<crypto::Sha256Digest>;

// at_hand(server, sources): the set that it verifies with; null if there is none.
const KeySet* at_hand(const OAuthServerSettings& server, const KeySources& sources) {
  if (!server.key_source.is_url()) return server.key_source.inline_keys.get();
  const auto held = sources.find({server.key_source.kind, server.key_source.url});
  return held == sources.end() ? nullptr : held->second->keys.get();
}

std::map<std::string_view, Fingerprints> known_keys(const InForceView& now) {
  std::map<std::string_view, Fingerprints> known;
  std::unordered_set<const OAuthServerSettings*> seen;
  const auto add = [&](const OAuthServerPointer& server) {
    if (!seen.insert(server.get()).second) return;
    const KeySet* set = at_hand(*server, now.sources);
    if (set == nullptr) return;
    for (const std::string& issuer : server->issuers) {
      Fingerprints& keys = known[issuer];
      for (const jose::VerificationKey& key : set->keys()) keys.insert(key.material->fingerprint());
    }
  };
  for (const DeployedService& service : now.deployment.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) add(server);
  }
  // A document that is deployed says what an issuer's keys are even where nothing uses them yet. A rollback's document says nothing of the kind.
  if (now.deployment.kind != DeploymentKind::rollback) {
    for (const OAuthServerPointer& server : now.deployment.newest->oauth_servers) add(server);
  }
  return known;
}

}  // namespace

void update(WithdrawnKeys& withdrawn, const InForceView& now, std::span<const DeploymentPointer> history) {
  const auto known = known_keys(now);
  WithdrawnKeys next;
  std::unordered_set<const OAuthServerSettings*> seen;
  for (const DeploymentPointer& deployment : history) {
    for (const DocumentPointer& document : deployment->documents) {
      for (const OAuthServerPointer& server : document->oauth_servers) {
        if (server->key_source.inline_keys == nullptr || !seen.insert(server.get()).second) continue;
        for (const std::string& issuer : server->issuers) {
          const auto keys = known.find(issuer);
          for (const jose::VerificationKey& key : server->key_source.inline_keys->keys()) {
            std::pair entry(issuer, key.material->fingerprint());
            if (keys == known.end() ? withdrawn.contains(entry) : !keys->second.contains(entry.second)) next.insert(std::move(entry));
          }
        }
      }
    }
  }
  withdrawn = std::move(next);
}

}  // namespace assay::snapshot
