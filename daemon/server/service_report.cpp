// systemd takes a service that is not ready for one that is reloading, or broken; so every reload that is begun is ended, also one that is refused or dropped.
#include "server/service_report.h"

#include <fmt/format.h>

#include "loop/callback.h"
#include "server/limits.h"

namespace assay::server {

ServiceReport::ServiceReport(loop::Loop& main, ServiceManager* manager, const StatusSource& status, const Deployer& deployer)
    : manager_(manager), status_(status), deployer_(deployer), timer_(main, loop::bind<&ServiceReport::look>(this)) {}

void ServiceReport::ready() {
  if (manager_ == nullptr) return;
  told_ = line();
  manager_->ready(told_);
  timer_.start(limits::kServiceLineMs, limits::kServiceLineMs);
}

void ServiceReport::reload_begun() {
  if (manager_ != nullptr && reloads_++ == 0) manager_->reloading();
}

void ServiceReport::reload_ended() {
  if (manager_ == nullptr || --reloads_ != 0 || !timer_.running()) return;
  told_ = line();
  manager_->ready(told_);
}

void ServiceReport::stopping() {
  if (manager_ == nullptr) return;
  timer_.stop();
  manager_->stopping();
}

void ServiceReport::look() noexcept {
  std::string now = line();
  if (now == told_) return;
  told_ = std::move(now);
  manager_->status(told_);
}

std::string ServiceReport::line() const {
  const snapshot::Snapshot& current = deployer_.current();
  const StatusFigures figures = status_.figures();
  const std::size_t services = current.api_services().size();
  const std::size_t problems = deployer_.report().problems.size() + figures.problems.size();
  return fmt::format("deployment {}, generation {}, {} API service{}; {}; assay-fetch is {}connected", current.deployment(), current.generation(), services, services == 1 ? "" : "s",
                     problems == 0 ? "well" : fmt::format("{} problem{}: assayctl status", problems, problems == 1 ? "" : "s"), figures.fetcher_connected ? "" : "not ");
}

}  // namespace assay::server
