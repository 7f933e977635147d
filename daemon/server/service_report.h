// What the service manager is told about the daemon.
#pragma once

#include <cstddef>
#include <string>

#include "loop/handles.h"
#include "loop/loop.h"
#include "server/deployer.h"
#include "server/service_manager.h"
#include "server/status.h"

namespace assay::server {

// ServiceReport: a resource of the main loop's thread. From ready() until stopping() its line is renewed within kServiceLineMs of a change, and at once when a reload ends.
class ServiceReport {
 public:
  // manager: null: nobody is told anything. References outlive the report.
  ServiceReport(loop::Loop& main, ServiceManager* manager, const StatusSource& status, const Deployer& deployer);

  void ready();
  // reload_begun(), reload_ended(): a deploy or a rollback, however it ends. Several may overlap.
  void reload_begun();
  void reload_ended();
  void stopping();
  // look(): tells the line if it has changed. Its timer does this by itself.
  void look() noexcept;

 private:
  std::string line() const;

  ServiceManager* const manager_;
  const StatusSource& status_;
  const Deployer& deployer_;
  std::size_t reloads_ = 0;
  std::string told_;  // the line
  loop::Timer timer_;
};

}  // namespace assay::server
