// The watchdog: tells the service manager that all loops turn, for as long as they do.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/log.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/service_manager.h"
#include "server/worker.h"

namespace assay::server {

// Watchdog: a resource of the main loop's thread. A loop that hangs ends the feeding, and so the process; what a worker does within one turn may take half of the manager's interval.
class Watchdog {
 public:
  // manager: null, or one that does not watch: nothing happens. workers: may be none. References outlive the watchdog.
  Watchdog(loop::Loop& main, ServiceManager* manager, std::span<const std::unique_ptr<Worker>> workers, base::Log& log);
  // look(): feeds if every worker's loop has turned since the last time, and asks them all to turn again. Its timer does this by itself, four times an interval.
  void look() noexcept;

 private:
  ServiceManager* const manager_;
  const std::span<const std::unique_ptr<Worker>> workers_;
  base::Log& log_;
  std::vector<std::uint64_t> wakes_;  // of each worker, when it was asked
  loop::Timer timer_;
};

}  // namespace assay::server
