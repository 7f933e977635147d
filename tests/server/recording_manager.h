// A service manager that remembers what it was told.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "server/service_manager.h"

namespace assay::test {

// RecordingManager: messages as "ready: LINE", "reloading", "stopping", "status: LINE", "alive". Thread-safe.
class RecordingManager final : public server::ServiceManager {
 public:
  explicit RecordingManager(std::uint64_t watchdog_ms = 0) : watchdog_ms_(watchdog_ms) {}
  std::uint64_t watchdog_ms() const noexcept override { return watchdog_ms_; }
  void alive() noexcept override { add("alive"); }
  void ready(const std::string& line) noexcept override { add("ready: " + line); }
  void reloading() noexcept override { add("reloading"); }
  void stopping() noexcept override { add("stopping"); }
  void status(const std::string& line) noexcept override { add("status: " + line); }

  std::vector<std::string> told() const {
    const std::scoped_lock lock(mutex_);
    return told_;
  }
  std::size_t count(const std::string& message) const { return static_cast<std::size_t>(std::ranges::count(told(), message)); }

 private:
  void add(std::string message) {
    const std::scoped_lock lock(mutex_);
    told_.push_back(std::move(message));
  }
  const std::uint64_t watchdog_ms_;
  mutable std::mutex mutex_;
  std::vector<std::string> told_;
};

}  // namespace assay::test
