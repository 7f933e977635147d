// A deployment shares settings with those before it, so that a staged one costs what it changes, and comparing is mostly comparing pointers. Which document a setting
// came from is kept beside it: the disk keeps documents, and puts deployments together from them.
#include "snapshot/deployment.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

template <class Settings>
using ByName = std::unordered_multimap<std::string_view, std::shared_ptr<const Settings>>;

// shared(settings, known): the equal ones of that name, or these.
template <class Settings>
std::shared_ptr<const Settings> shared(Settings settings, const ByName<Settings>& known) {
  const auto [first, last] = known.equal_range(settings.name);
  const auto equal = std::find_if(first, last, [&](const auto& entry) { return *entry.second == settings; });
  return equal != last ? equal->second : std::make_shared<const Settings>(std::move(settings));
}

template <class Settings>
const std::shared_ptr<const Settings>* find(const std::vector<std::shared_ptr<const Settings>>& all, std::string_view name) {
  const auto found = std::ranges::find_if(all, [name](const auto& settings) { return settings->name == name; });
  return found == all.end() ? nullptr : &*found;
}

using ServersByName = std::unordered_map<std::string_view, OAuthServerPointer>;

ServersByName servers_of(const Document& document) {
  ServersByName servers;
  for (const OAuthServerPointer& server : document.oauth_servers) servers.emplace(server->name, server);
  return servers;
}

// deployed(settings, document, servers): a Config has passed every check, so every name is there.
DeployedService deployed(const std::shared_ptr<const ApiServiceSettings>& settings, std::uint64_t document, const ServersByName& servers) {
  DeployedService service{.settings = settings, .oauth_servers = {}, .document = document};
  for (const std::string& name : settings->oauth_servers) {
    const auto found = servers.find(name);
    CHECK(found != servers.end());
    service.oauth_servers.push_back(found->second);
  }
  return service;
}

// note_documents(deployment, candidates): its documents, and of what is withheld the part that still stands in one of them.
void note_documents(Deployment& deployment, std::span<const DocumentPointer> candidates) {
  std::set<std::uint64_t> used{deployment.base->number, deployment.newest->number};
  for (const DeployedService& service : deployment.api_services) used.insert(service.document);
  used.erase(0);
  deployment.documents.clear();
  for (const std::uint64_t number : used) {
    const auto found = std::ranges::find_if(candidates, [number](const DocumentPointer& document) { return document->number == number; });
    CHECK(found != candidates.end());
    deployment.documents.push_back(*found);
  }
  std::erase_if(deployment.withheld, [&used](const Withheld& withheld) { return !used.contains(withheld.document); });
}

// without(keys, withheld, pool): the set less these keys, which it lists as skipped.
std::shared_ptr<const KeySet> without(const KeySet& keys, std::span<const jose::KeyId> withheld, KeySetPool& pool) {
  jose::Jwks jwks{.keys = {}, .skipped = {keys.skipped().begin(), keys.skipped().end()}};
  std::set<std::size_t> skipped;
  for (const jose::SkippedKey& key : keys.skipped()) skipped.insert(key.index);
  std::size_t index = 0;
  for (const jose::VerificationKey& key : keys.keys()) {
    while (skipped.contains(index)) ++index;
    if (std::ranges::find(withheld, key.id) == withheld.end()) {
      jwks.keys.push_back(key);
    } else {
      jwks.skipped.push_back({.index = index, .kid = key.kid, .reason = "withdrawn since; a rollback brings no key back", .alarm = false});
    }
    ++index;
  }
  return pool.intern(std::move(jwks));
}

// withhold(deployment, pool): takes what it withholds out of its services. Each version of a server is altered once, however many services share it.
void withhold(Deployment& deployment, KeySetPool& pool) {
  for (const Withheld& withheld : deployment.withheld) {
    std::map<OAuthServerPointer, OAuthServerPointer> altered;
    for (DeployedService& service : deployment.api_services) {
      if (service.document != withheld.document) continue;
      for (OAuthServerPointer& server : service.oauth_servers) {
        if (server->name != withheld.oauth_server || server->key_source.inline_keys == nullptr) continue;
        OAuthServerPointer& replacement = altered[server];
        if (replacement == nullptr) {
          OAuthServerSettings settings = *server;
          settings.key_source.inline_keys = without(*settings.key_source.inline_keys, withheld.keys, pool);
          replacement = std::make_shared<const OAuthServerSettings>(std::move(settings));
        }
        server = replacement;
      }
    }
  }
}

// inline_keys_of(deployment): the sets of each OAuth server that has inline keys, over all versions that are in use.
std::map<std::string_view, std::vector<const KeySet*>> inline_keys_of(const Deployment& deployment) {
  std::map<std::string_view, std::vector<const KeySet*>> sets;
  for (const DeployedService& service : deployment.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) {
      if (server->key_source.inline_keys != nullptr) sets[server->name].push_back(server->key_source.inline_keys.get());
    }
  }
  return sets;
}

}  // namespace

Deployment nothing_deployed() {
  const auto none = std::make_shared<const Document>();
  Deployment deployment;
  deployment.base = none;
  deployment.newest = none;
  return deployment;
}

DocumentPointer make_document(Config config, std::uint64_t number, std::int64_t deployed_at_s, std::uint64_t bytes, std::span<const DocumentPointer> known) {
  ByName<OAuthServerSettings> known_servers;
  ByName<ApiServiceSettings> known_services;
  for (const DocumentPointer& document : known) {
    for (const auto& server : document->oauth_servers) known_servers.emplace(server->name, server);
    for (const auto& service : document->api_services) known_services.emplace(service->name, service);
  }
  auto document = std::make_shared<Document>();
  document->number = number;
  document->deployed_at_s = deployed_at_s;
  document->bytes = bytes;
  for (OAuthServerSettings& server : config.oauth_servers) document->oauth_servers.push_back(shared(std::move(server), known_servers));
  for (ApiServiceSettings& service : config.api_services) document->api_services.push_back(shared(std::move(service), known_services));
  document->clients = std::move(config.clients);
  document->limits = config.limits;
  return document;
}

Deployment deploy(const DocumentPointer& document) {
  Deployment deployment;
  deployment.number = document->number;
  deployment.deployed_at_s = document->deployed_at_s;
  deployment.kind = DeploymentKind::full;
  const ServersByName servers = servers_of(*document);
  for (const auto& settings : document->api_services) deployment.api_services.push_back(deployed(settings, document->number, servers));
  deployment.base = document;
  deployment.newest = document;
  deployment.documents = {document};
  return deployment;
}

base::Result<Deployment, std::vector<Fault>> deploy(const Deployment& in_force, const DocumentPointer& document, std::span<const std::string> api_services) {
  FaultList faults;
  if (in_force.number == 0) faults.add({}, "a deployment of some API services, and nothing deployed before", "a deployment of the whole document first");
  Deployment next = in_force;
  next.number = document->number;
  next.deployed_at_s = document->deployed_at_s;
  next.kind = DeploymentKind::staged;
  next.restores = 0;
  next.staged.assign(api_services.begin(), api_services.end());
  next.newest = document;
  const ServersByName servers = servers_of(*document);
  std::set<std::string_view> named;
  for (const std::string& name : api_services) {
    if (!named.insert(name).second) faults.add(Place().member("api_services"), quote(name) + " twice among those that are to be deployed", "each name once");
    const auto* settings = find(document->api_services, name);
    if (settings == nullptr) {
      faults.add(Place().member("api_services"), "no API service " + quote(name) + ", which is to be deployed", "an API service of each name that is to be deployed");
      continue;
    }
    DeployedService service = deployed(*settings, document->number, servers);
    const auto place = std::ranges::find_if(next.api_services, [&name](const DeployedService& other) { return other.settings->name == name; });
    if (place == next.api_services.end()) {
      next.api_services.push_back(std::move(service));
    } else {
      *place = std::move(service);
    }
  }
  if (next.api_services.size() > in_force.base->limits.api_services) {
    faults.add(Place().member("api_services"), fmt::format("{} API services, those in force included", next.api_services.size()),
               fmt::format("at most {} (daemon.limits.api_services in force)", in_force.base->limits.api_services));
  }
  if (!faults.empty()) return std::unexpected(std::move(faults).take());
  std::vector<DocumentPointer> candidates = in_force.documents;
  candidates.push_back(document);
  note_documents(next, candidates);
  return next;
}

Deployment roll_back(std::span<const DeploymentPointer> history, std::size_t target, std::uint64_t number, std::int64_t deployed_at_s, KeySetPool& pool) {
  CHECK(target < history.size());
  Deployment next = *history[target];
  next.restores = next.number;
  next.number = number;
  next.deployed_at_s = deployed_at_s;
  next.kind = DeploymentKind::rollback;
  next.staged.clear();

  // What an OAuth server had when it last had inline keys is what it may have.
  std::map<std::string_view, std::vector<const KeySet*>> last_had;
  for (std::size_t i = history.size(); i-- > target;) last_had.merge(inline_keys_of(*history[i]));
  std::map<std::pair<std::uint64_t, std::string>, Withheld> lost;
  for (const DeployedService& service : next.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) {
      if (server->key_source.inline_keys == nullptr || lost.contains({service.document, server->name})) continue;
      const std::vector<const KeySet*>& sets = last_had[server->name];
      Withheld withheld{.document = service.document, .oauth_server = server->name, .keys = {}};
      for (const jose::VerificationKey& key : server->key_source.inline_keys->keys()) {
        if (std::ranges::none_of(sets, [&key](const KeySet* set) { return set->contains(key.id); })) withheld.keys.push_back(key.id);
      }
      lost.emplace(std::pair(service.document, server->name), std::move(withheld));
    }
  }
  for (auto& [place, withheld] : lost) {
    if (!withheld.keys.empty()) next.withheld.push_back(std::move(withheld));
  }
  withhold(next, pool);
  return next;
}

std::optional<Deployment> reassemble(Deployment outline, std::span<const Origin> origins, std::uint64_t base, std::uint64_t newest,
                                     std::span<const DocumentPointer> documents, KeySetPool& pool) {
  const DocumentPointer none = std::make_shared<const Document>();
  std::map<std::uint64_t, std::pair<DocumentPointer, ServersByName>> by_number{{0, {none, {}}}};
  for (const DocumentPointer& document : documents) by_number.emplace(document->number, std::pair(document, servers_of(*document)));
  if (!by_number.contains(base) || !by_number.contains(newest)) return std::nullopt;
  outline.base = by_number[base].first;
  outline.newest = by_number[newest].first;
  outline.api_services.clear();
  for (const Origin& origin : origins) {
    const auto found = by_number.find(origin.document);
    if (found == by_number.end()) return std::nullopt;
    const auto* settings = find(found->second.first->api_services, origin.api_service);
    if (settings == nullptr) return std::nullopt;
    outline.api_services.push_back(deployed(*settings, origin.document, found->second.second));
  }
  note_documents(outline, documents);
  withhold(outline, pool);
  return outline;
}

std::optional<Behind> behind(const Deployment& deployment, const DeployedService& service) {
  Behind behind{.api_service = service.settings->name, .own_settings = false, .oauth_servers = {}};
  if (service.document == deployment.newest->number) return std::nullopt;
  const auto* own = find(deployment.newest->api_services, service.settings->name);
  behind.own_settings = own == nullptr || (*own != service.settings && !(**own == *service.settings));
  for (const OAuthServerPointer& server : service.oauth_servers) {
    const auto* newest = find(deployment.newest->oauth_servers, server->name);
    if (newest == nullptr || (*newest != server && !(**newest == *server))) behind.oauth_servers.push_back(server->name);
  }
  if (!behind.own_settings && behind.oauth_servers.empty()) return std::nullopt;
  return behind;
}

}  // namespace assay::snapshot
