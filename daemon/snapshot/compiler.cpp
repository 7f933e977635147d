// Settings that are equal are the same object (deployment.h), and so are key sets: so what can be taken over from the snapshot before is found by comparing pointers.
#include "snapshot/compiler.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

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

void add(Rights& rights, const Account& account) {
  if (account.uid) rights.uids.push_back(*account.uid);
  if (account.gid) rights.gids.push_back(*account.gid);
}

void sort_once(std::vector<std::uint32_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void sort_once(Rights& rights) {
  sort_once(rights.uids);
  sort_once(rights.gids);
}

// sort_as(servers, order): by the place of their names in a document; those that it does not have come last.
void sort_as(std::vector<std::shared_ptr<const OAuthServer>>& servers, const std::vector<OAuthServerPointer>& order) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (const OAuthServerPointer& settings : order) places.emplace(settings->name, places.size());
  // Versions of one stay in their order: their position is the second half of the key.
  std::map<std::pair<std::size_t, std::size_t>, std::shared_ptr<const OAuthServer>> sorted;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto found = places.find(servers[i]->name);
    sorted.emplace(std::pair(found == places.end() ? places.size() : found->second, i), servers[i]);
  }
  servers.clear();
  for (auto& [place, server] : sorted) servers.push_back(std::move(server));
}

}  // namespace

Compiler::Granted Compiler::grant(const std::vector<ClientSettings>& clients, const Identities& identities) {
  Granted granted;
  FaultList faults;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const Account account = resolve(clients[i], Place().member("clients").element(i), identities, faults);
    if (!account.uid && !account.gid) ++granted.unknown;
    for (const std::string& name : clients[i].api_services) add(granted.api_services[name], account);
    if (clients[i].control == ControlRight::read) add(granted.control_read, account);
    if (clients[i].control == ControlRight::write) add(granted.control_write, account);
  }
  for (auto& [name, rights] : granted.api_services) sort_once(rights);
  sort_once(granted.control_read);
  sort_once(granted.control_write);
  granted.unknown_accounts = std::move(faults).take();
  return granted;
}

std::vector<Fault> check_accounts(const std::optional<std::vector<ClientSettings>>& clients, const Identities& identities) {
  return clients ? Compiler::grant(*clients, identities).unknown_accounts : std::vector<Fault>();
}

bool Compiler::look_up_again() {
  if (granted_.unknown == 0) return false;
  Granted granted = grant(*granted_for_->clients, identities_);
  if (granted.unknown >= granted_.unknown) return false;
  granted_ = std::move(granted);
  return true;
}

std::vector<std::shared_ptr<KeyUse>> Compiler::uses_for(const OAuthServer& server, const HeldKeys* held, std::int64_t since_s) {
  std::vector<std::shared_ptr<KeyUse>> uses;
  for (const jose::VerificationKey& key : server.keys->keys()) {
    std::weak_ptr<KeyUse>& known = uses_[{server.name, key.id}];
    std::shared_ptr<KeyUse> use = known.lock();
    if (use == nullptr) {
      std::int64_t key_since_s = since_s;
      if (held != nullptr) {
        const auto found = held->since_s.find(key.id);
        key_since_s = found != held->since_s.end() ? found->second : held->changed_at_s;
      }
      use = std::make_shared<KeyUse>(lanes_, key_since_s);
      known = use;
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

std::shared_ptr<SourceSignals> Compiler::signals_for(const SourceId& id) {
  std::weak_ptr<SourceSignals>& known = signals_[id];
  std::shared_ptr<SourceSignals> signals = known.lock();
  if (signals == nullptr) known = signals = std::make_shared<SourceSignals>();
  return signals;
}

std::shared_ptr<const OAuthServer> Compiler::server_for(const OAuthServerPointer& settings, const KeySources& sources, std::int64_t since_s) {
  std::shared_ptr<const OAuthServer>& server = servers_[settings.get()];
  if (server != nullptr) return server;
  const HeldKeys* held = nullptr;
  if (settings->key_source.is_url()) {
    const auto found = sources.find(source_id(settings->key_source));
    if (found != sources.end()) held = found->second.get();
  }
  const std::shared_ptr<const KeySet>& keys = held != nullptr ? held->keys : settings->key_source.inline_keys;
  if (const auto last = last_servers_.find(settings.get()); last != last_servers_.end() && last->second->keys == keys) return server = last->second;
  auto made = std::make_shared<OAuthServer>(OAuthServer{.name = settings->name,
                                                        .algorithms = settings->algorithms,
                                                        .token_type = settings->token_type,
                                                        .clock_skew_tolerance_s = settings->clock_skew_tolerance_s,
                                                        .keys = keys,
                                                        .uses = {},
                                                        .settings = settings,
                                                        .signals = settings->key_source.is_url() ? signals_for(source_id(settings->key_source)) : nullptr,
                                                        .name_id = count_names_->oauth_servers.id_of(settings->name)});
  if (made->keys != nullptr) made->uses = uses_for(*made, held, since_s);
  ++compiled_.oauth_servers;
  return server = made;
}

std::shared_ptr<const Snapshot> Compiler::compile(const Deployment& deployment, const KeySources& sources, std::uint64_t instance, std::uint64_t generation) {
  compiled_ = {};
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->instance_ = instance;
  snapshot->generation_ = generation;
  snapshot->deployment_ = deployment.number;
  snapshot->daemon_ = deployment.base->daemon;
  snapshot->count_names_ = count_names_;

  const auto& clients = deployment.base->clients;
  if (granted_for_ != deployment.base) {
    granted_ = clients ? grant(*clients, identities_) : Granted();
    granted_for_ = deployment.base;
  }
  if (clients) {
    snapshot->control_read_ = granted_.control_read;
    snapshot->control_write_ = granted_.control_write;
  }

  for (const DeployedService& deployed : deployment.api_services) {
    const auto document = std::ranges::find_if(deployment.documents, [&](const DocumentPointer& one) { return one->number == deployed.document; });
    CHECK(document != deployment.documents.end());
    std::vector<std::shared_ptr<const OAuthServer>> servers;
    for (const OAuthServerPointer& settings : deployed.oauth_servers) {
      const bool is_new = !servers_.contains(settings.get());
      servers.push_back(server_for(settings, sources, (*document)->deployed_at_s));
      if (is_new) snapshot->oauth_servers_.push_back(servers.back());
    }
    std::optional<Rights> rights;
    if (clients) {
      const auto granted = granted_.api_services.find(deployed.settings->name);
      rights = granted == granted_.api_services.end() ? Rights() : granted->second;
    }
    std::shared_ptr<const ApiService> service;
    if (last_ != nullptr) {
      if (const auto last = last_->by_name_.find(deployed.settings->name); last != last_->by_name_.end()) service = last->second;
    }
    if (service == nullptr || !service->equals(deployed.settings, servers, rights)) {
      service = std::make_shared<const ApiService>(deployed.settings, std::move(servers), std::move(rights), count_names_->api_services.id_of(deployed.settings->name));
      ++compiled_.api_services;
    }
    CHECK(snapshot->by_name_.emplace(service->name(), service).second);
    snapshot->api_services_.push_back(std::move(service));
  }
  sort_as(snapshot->oauth_servers_, deployment.newest->oauth_servers);
  last_ = snapshot;
  last_servers_ = std::exchange(servers_, {});
  std::erase_if(uses_, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(signals_, [](const auto& entry) { return entry.second.expired(); });
  return snapshot;
}

}  // namespace assay::snapshot
