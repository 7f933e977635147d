// What the request path asks: look-ups in what the compiler has prepared. References are pointers, lists are sorted arrays or tables, names of accounts are numbers.
#include "snapshot/snapshot.h"

#include <algorithm>
#include <utility>

namespace assay::snapshot {

bool Rights::include(const PeerIdentity& peer) const noexcept {
  const auto has_gid = [this](std::uint32_t gid) { return std::binary_search(gids.begin(), gids.end(), gid); };
  return std::binary_search(uids.begin(), uids.end(), peer.uid) || has_gid(peer.gid) || std::any_of(peer.groups.begin(), peer.groups.end(), has_gid);
}

ApiService::ApiService(std::shared_ptr<const ApiServiceSettings> settings, std::vector<std::shared_ptr<const OAuthServer>> servers, std::optional<Rights> rights, NameId name_id)
    : settings_(std::move(settings)), servers_(std::move(servers)), rights_(std::move(rights)), name_id_(name_id), audiences_(settings_->audiences) {
  std::sort(audiences_.begin(), audiences_.end());
  for (const auto& server : servers_) {
    for (const std::string& issuer : server->settings->issuers) CHECK(by_issuer_.emplace(issuer, server.get()).second);
  }
}

const OAuthServer* ApiService::server_of(std::string_view issuer) const noexcept {
  const auto found = by_issuer_.find(issuer);
  return found == by_issuer_.end() ? nullptr : found->second;
}

bool ApiService::takes_audience(std::string_view audience) const noexcept {
  return std::binary_search(audiences_.begin(), audiences_.end(), audience, std::less<>());
}

bool ApiService::equals(const std::shared_ptr<const ApiServiceSettings>& settings, std::span<const std::shared_ptr<const OAuthServer>> servers,
                        const std::optional<Rights>& rights) const noexcept {
  return settings_ == settings && std::ranges::equal(servers_, servers) && rights_ == rights;
}

const ApiService* Snapshot::api_service(std::string_view name) const noexcept {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

ControlRight Snapshot::control_right(const PeerIdentity& peer) const noexcept {
  if (!control_write_ || control_write_->include(peer)) return ControlRight::write;
  return control_read_->include(peer) ? ControlRight::read : ControlRight::none;
}

}  // namespace assay::snapshot
