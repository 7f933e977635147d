// How much a key is used: for operators who wonder whether it can be withdrawn.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/check.h"

namespace assay::snapshot {

// KeyUse: the tokens that a key has verified for an OAuth server, while some snapshot had it. A resource, shared by snapshots. Each worker counts in a lane of its own, on
// a cache line of its own, so that counting costs nobody else anything.
class KeyUse {
 public:
  // lanes: one for each worker, at least one. since_s: how long the OAuth server has had the key, in seconds since 1970.
  KeyUse(std::size_t lanes, std::int64_t since_s) : lanes_(std::make_unique<Lane[]>(lanes)), lane_count_(lanes), since_s_(since_s) {}

  // verified(lane, now_s): a token has been verified. One thread a lane.
  void verified(std::size_t lane, std::int64_t now_s) noexcept {
    DCHECK(lane < lane_count_);
    Lane& mine = lanes_[lane];
    mine.count.store(mine.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    mine.last_used_s.store(now_s, std::memory_order_relaxed);
  }

  std::int64_t since_s() const noexcept { return since_s_; }
  // count(), last_used_s() (0: never): over all lanes, of about now. Thread-safe.
  std::uint64_t count() const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < lane_count_; ++i) sum += lanes_[i].count.load(std::memory_order_relaxed);
    return sum;
  }
  std::int64_t last_used_s() const noexcept {
    std::int64_t latest = 0;
    for (std::size_t i = 0; i < lane_count_; ++i) {
      const std::int64_t used_s = lanes_[i].last_used_s.load(std::memory_order_relaxed);
      if (used_s > latest) latest = used_s;
    }
    return latest;
  }

 private:
  struct alignas(64) Lane {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::int64_t> last_used_s{0};
  };
  std::unique_ptr<Lane[]> lanes_;
  std::size_t lane_count_;
  std::int64_t since_s_;
};

}  // namespace assay::snapshot
