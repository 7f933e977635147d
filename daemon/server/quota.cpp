// What a peer uses up is charged to it by an object that travels with the connection, so that no way of ending one can forget to give it back.
#include "server/quota.h"

#include "base/check.h"

namespace assay::server {

ConnectionCharge& ConnectionCharge::operator=(ConnectionCharge&& other) noexcept {
  std::swap(quota_, other.quota_);
  std::swap(uid_, other.uid_);
  return *this;
}

ConnectionCharge::~ConnectionCharge() {
  if (quota_ != nullptr) quota_->give_back(uid_);
}

ConnectionQuota::~ConnectionQuota() { CHECK(connections_ == 0 && by_uid_.empty()); }

std::optional<ConnectionCharge> ConnectionQuota::charge(std::uint32_t uid) {
  const std::scoped_lock lock(mutex_);
  if (connections_ >= connections_max_) return std::nullopt;
  const auto found = by_uid_.find(uid);
  if ((found == by_uid_.end() ? 0 : found->second) >= connections_per_uid_max_) return std::nullopt;
  ++connections_;
  ++by_uid_[uid];
  return ConnectionCharge(*this, uid);
}

void ConnectionQuota::set_limits(std::size_t connections_max, std::size_t connections_per_uid_max) {
  const std::scoped_lock lock(mutex_);
  connections_max_ = connections_max;
  connections_per_uid_max_ = connections_per_uid_max;
}

std::size_t ConnectionQuota::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

void ConnectionQuota::give_back(std::uint32_t uid) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = by_uid_.find(uid);
  CHECK(connections_ > 0 && found != by_uid_.end());
  --connections_;
  if (--found->second == 0) by_uid_.erase(found);
}

}  // namespace assay::server
