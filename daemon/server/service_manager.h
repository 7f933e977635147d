// The service manager: systemd, or nobody. It hands over sockets, wants to know how the service stands, and ends what hangs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "server/listener.h"

namespace assay::server {

// ServiceManager: whoever has started the process and watches over it (sd_notify(3)). For the main thread. No failure is reported to the caller: a service runs on, whatever its manager hears.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;
  // watchdog_ms(): the process is ended if alive() is not called for so long; 0: nobody watches.
  virtual std::uint64_t watchdog_ms() const noexcept = 0;
  virtual void alive() noexcept = 0;
  // ready(line): it serves: after the start, and after reloading(). line: see status().
  virtual void ready(const std::string& line) noexcept = 0;
  virtual void reloading() noexcept = 0;
  virtual void stopping() noexcept = 0;
  // status(line): how it stands, for people; without line breaks.
  virtual void status(const std::string& line) noexcept = 0;
};

// make_service_manager(log): systemd by $NOTIFY_SOCKET; null if nobody has started this process who wants to hear from it.
std::unique_ptr<ServiceManager> make_service_manager(base::Log& log);

// take_listening_sockets(): those that systemd has handed over to this process, by their names (sd_listen_fds_with_names(3)); empty if there are none. To be called once, before there
// are threads: it removes what says so from the environment. Failures: a name that is none of ours or stands twice, a descriptor that is not a Unix stream socket that listens.
base::Result<ListeningSockets> take_listening_sockets();

}  // namespace assay::server
