// Compiled once, off the request path: references become pointers, lists become sorted arrays or tables, names of accounts become numbers. A Config has
// passed every check, so what does not resolve here is a bug and no fault.
#include "snapshot/snapshot.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

template <class T>
void sort_once(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::unique_ptr<const OAuthServer> compile(const OAuthServerSettings& settings) {
  return std::make_unique<const OAuthServer>(OAuthServer{.name = settings.name,
                                                         .issuers = settings.issuers,
                                                         .algorithms = settings.algorithms,
                                                         .token_type = settings.token_type,
                                                         .clock_skew_tolerance_s = settings.clock_skew_tolerance_s,
                                                         .key_source = settings.key_source.kind,
                                                         .keys = settings.key_source.inline_keys});
}

// Account: what an entry of `clients` stands for: one of the two, or nothing if the host does not know it.
struct Account {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

Account resolve(const ClientSettings& client, const Place& place, const Identities& identities, FaultList& faults) {
  Account account{client.uid, client.gid};
  if (client.user) {
    account.uid = identities.uid_of(*client.user);
    if (!account.uid) faults.add(place.member("user"), quote(*client.user), "a user that this host knows");
  }
  if (client.group) {
    account.gid = identities.gid_of(*client.group);
    if (!account.gid) faults.add(place.member("group"), quote(*client.group), "a group that this host knows");
  }
  return account;
}

}  // namespace

const OAuthServer* ApiService::server_of(std::string_view issuer) const noexcept {
  const auto found = by_issuer_.find(issuer);
  return found == by_issuer_.end() ? nullptr : found->second;
}

bool ApiService::takes_audience(std::string_view audience) const noexcept {
  return std::binary_search(audiences_.begin(), audiences_.end(), audience, std::less<>());
}

bool ApiService::permits(const PeerIdentity& peer) const noexcept {
  if (!rights_) return true;
  const auto has_gid = [&](std::uint32_t gid) { return std::binary_search(rights_->gids.begin(), rights_->gids.end(), gid); };
  return std::binary_search(rights_->uids.begin(), rights_->uids.end(), peer.uid) || has_gid(peer.gid) ||
         std::any_of(peer.groups.begin(), peer.groups.end(), has_gid);
}

base::Result<std::shared_ptr<const Snapshot>, std::vector<Fault>> Snapshot::build(const Config& config, std::uint64_t deployment,
                                                                                  std::uint64_t generation, const Identities& identities) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->generation_ = generation;
  snapshot->deployment_ = deployment;
  snapshot->limits_ = config.limits;

  std::unordered_map<std::string_view, const OAuthServer*> servers;
  for (const OAuthServerSettings& settings : config.oauth_servers) {
    const OAuthServer& server = *snapshot->oauth_servers_.emplace_back(compile(settings));
    CHECK(servers.emplace(server.name, &server).second);
  }

  // Rights first: with `clients` in the configuration an API service that no entry names is open to nobody.
  FaultList faults;
  std::unordered_map<std::string_view, ApiService::Rights> rights;
  for (std::size_t i = 0; config.clients && i < config.clients->size(); ++i) {
    const ClientSettings& client = (*config.clients)[i];
    const Account account = resolve(client, Place().member("clients").element(i), identities, faults);
    for (const std::string& name : client.api_services) {
      if (account.uid) rights[name].uids.push_back(*account.uid);
      if (account.gid) rights[name].gids.push_back(*account.gid);
    }
  }
  if (!faults.empty()) return std::unexpected(std::move(faults).take());

  for (const ApiServiceSettings& settings : config.api_services) {
    auto service = std::make_unique<ApiService>();
    service->settings_ = settings;
    service->deployment_ = deployment;
    service->audiences_ = settings.audiences;
    sort_once(service->audiences_);
    for (const std::string& name : settings.oauth_servers) {
      const auto found = servers.find(name);
      CHECK(found != servers.end());
      // Two servers of one API service with one issuer would make the choice of keys a matter of order.
      for (const std::string& issuer : found->second->issuers) CHECK(service->by_issuer_.emplace(issuer, found->second).second);
    }
    if (config.clients) {
      service->rights_ = std::move(rights[settings.name]);
      sort_once(service->rights_->uids);
      sort_once(service->rights_->gids);
    }
    CHECK(snapshot->by_name_.emplace(service->settings_.name, service.get()).second);
    snapshot->api_services_.push_back(std::move(service));
  }
  return snapshot;
}

const ApiService* Snapshot::api_service(std::string_view name) const noexcept {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace assay::snapshot
