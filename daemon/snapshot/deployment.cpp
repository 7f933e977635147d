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
#include "base/limits.h"
#include "base/log.h"
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

// without(keys, withheld, pool): the set less these keys.
std::shared_ptr<const KeySet> without(const KeySet& keys, std::span<const jose::KeyId> withheld, KeySetPool& pool) {
  jose::Jwks jwks{.keys = {}, .skipped = {keys.skipped().begin(), keys.skipped().end()}};
  for (const jose::VerificationKey& key : keys.keys()) {
    if (std::ranges::find(withheld, key.id) == withheld.end()) jwks.keys.push_back(key);
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
  document->daemon = config.daemon;
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
      std::vector<std::string_view> there;
      for (const auto& service : document->api_services) there.push_back(service->name);
      const std::string_view meant = nearest(name, there);
      faults.add(Place().member("api_services"), "no API service " + quote(name) + ", which is to be deployed",
                 meant.empty() ? "the name of an API service of the document" : "the name of an API service of the document, such as " + quote(meant));
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
  if (next.api_services.size() > in_force.base->daemon.limits.api_services) {
    faults.add(Place().member("api_services"), fmt::format("{} API services, those in force included", next.api_services.size()),
               fmt::format("at most {} (daemon.limits.api_services in force)", in_force.base->daemon.limits.api_services));
  }
  if (!faults.empty()) return std::unexpected(std::move(faults).take());
  std::vector<DocumentPointer> candidates = in_force.documents;
  candidates.push_back(document);
  note_documents(next, candidates);
  if (next.documents.size() > base::limits::kDocumentsInForceMax) {
    faults.add({}, fmt::format("settings from {} documents would be in force", next.documents.size()),
               fmt::format("at most {}; deploy the whole document", base::limits::kDocumentsInForceMax));
    return std::unexpected(std::move(faults).take());
  }
  return next;
}

Deployment roll_back(const Deployment& target, std::uint64_t number, std::int64_t deployed_at_s, const IsWithdrawn& is_withdrawn, KeySetPool& pool) {
  Deployment next = target;
  next.restores = target.number;
  next.number = number;
  next.deployed_at_s = deployed_at_s;
  next.kind = DeploymentKind::rollback;
  next.staged.clear();

  // One entry for each server of each document: what the target withholds already, and what has been lost since.
  std::map<std::pair<std::uint64_t, std::string>, Withheld> entries;
  for (Withheld& withheld : next.withheld) entries.emplace(std::pair(withheld.document, withheld.oauth_server), std::move(withheld));
  std::set<std::pair<std::uint64_t, OAuthServerPointer>> seen;
  for (const DeployedService& service : next.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) {
      if (server->key_source.inline_keys == nullptr || !seen.insert({service.document, server}).second) continue;
      for (const jose::VerificationKey& key : server->key_source.inline_keys->keys()) {
        if (!is_withdrawn(*server, key)) continue;
        Withheld& withheld = entries[{service.document, server->name}];
        withheld.document = service.document;
        withheld.oauth_server = server->name;
        if (std::ranges::find(withheld.keys, key.id) == withheld.keys.end()) withheld.keys.push_back(key.id);  // a set may have a key twice
      }
    }
  }
  next.withheld.clear();
  for (auto& [place, withheld] : entries) next.withheld.push_back(std::move(withheld));
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

std::string kids_withheld(const Withheld& withheld, std::span<const DocumentPointer> documents) {
  std::vector<std::string> kids;
  for (const DocumentPointer& document : documents) {
    if (document->number != withheld.document) continue;
    const auto* server = find(document->oauth_servers, withheld.oauth_server);
    if (server == nullptr || (*server)->key_source.inline_keys == nullptr) continue;
    for (const jose::VerificationKey& key : (*server)->key_source.inline_keys->keys()) {
      if (std::ranges::find(withheld.keys, key.id) != withheld.keys.end()) kids.push_back(key.kid ? base::printable(*key.kid) : "without kid");
    }
  }
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kids.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + kids[i];
  if (kids.size() > kShown) text += fmt::format(" and {} more", kids.size() - kShown);
  return text;
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
