// How many connections there may be, in all and per user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace assay::server {

class ConnectionQuota;

// ConnectionCharge: one connection, charged to its user until this is destroyed, on whatever thread. Movable. The quota outlives it.
class ConnectionCharge {
 public:
  ConnectionCharge() noexcept = default;
  ConnectionCharge(ConnectionCharge&& other) noexcept : quota_(std::exchange(other.quota_, nullptr)), uid_(other.uid_) {}
  ConnectionCharge& operator=(ConnectionCharge&& other) noexcept;
  ~ConnectionCharge();

 private:
  friend class ConnectionQuota;
  ConnectionCharge(ConnectionQuota& quota, std::uint32_t uid) noexcept : quota_(&quota), uid_(uid) {}
  ConnectionQuota* quota_ = nullptr;
  std::uint32_t uid_ = 0;
};

// ConnectionQuota: a resource. Thread-safe.
class ConnectionQuota {
 public:
  ConnectionQuota(std::size_t connections_max, std::size_t connections_per_uid_max) noexcept
      : connections_max_(connections_max), connections_per_uid_max_(connections_per_uid_max) {}
  ConnectionQuota(const ConnectionQuota&) = delete;
  ConnectionQuota& operator=(const ConnectionQuota&) = delete;
  ~ConnectionQuota();

  // charge(uid): nothing if a limit is reached.
  std::optional<ConnectionCharge> charge(std::uint32_t uid);
  // set_limits(...): for connections to come; those that are open stay.
  void set_limits(std::size_t connections_max, std::size_t connections_per_uid_max);
  std::size_t connections() const;

 private:
  friend class ConnectionCharge;
  void give_back(std::uint32_t uid) noexcept;

  mutable std::mutex mutex_;
  std::size_t connections_max_;
  std::size_t connections_per_uid_max_;
  std::size_t connections_ = 0;
  std::unordered_map<std::uint32_t, std::size_t> by_uid_;  // only users with connections
};

}  // namespace assay::server
