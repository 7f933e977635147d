// A worker proves that its loop turns by answering a wake, which costs it one turn four times an interval and nothing in between; so one that is busy for less than
// half an interval is never taken for one that hangs, and who is late once is fed again in time. That this runs at all proves the same of the main loop. The
// builder and whoever doubts signatures are not watched: what they do may take long, and no request waits for it.
#include "server/watchdog.h"

#include "loop/callback.h"

namespace assay::server {

Watchdog::Watchdog(loop::Loop& main, ServiceManager* manager, std::span<const std::unique_ptr<Worker>> workers, base::Log& log)
    : manager_(manager), workers_(workers), log_(log), timer_(main, loop::bind<&Watchdog::look>(this)) {
  const std::uint64_t interval_ms = manager_ == nullptr ? 0 : manager_->watchdog_ms();
  if (interval_ms == 0) return;
  for (const auto& worker : workers_) {
    wakes_.push_back(worker->wakes());
    worker->wake();
  }
  timer_.start(interval_ms / 4, interval_ms / 4);
}

// A worker that has drained has no loop that could turn.
void Watchdog::look() noexcept {
  bool all_turn = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& worker = *workers_[i];
    const std::uint64_t wakes = worker.wakes();
    if (wakes == wakes_[i] && !worker.drained()) {
      all_turn = false;
      log_.warning("worker {} has not turned since the watchdog has asked; the service manager is not told that all is well", worker.index());
      continue;
    }
    wakes_[i] = wakes;
    worker.wake();
  }
  if (all_turn) manager_->alive();
}

}  // namespace assay::server
