// Publication is a pointer per worker, swapped between two batches; nobody waits for it but the deploy's answer. The barrier: a worker names its generation only after
// the batch judged by the one before has been answered, so once every worker names the new one, no request is judged by an older one any more.
#include "server/deployer.h"

#include <algorithm>
#include <utility>

#include "loop/callback.h"

namespace assay::server {

Deployer::Deployer(loop::Loop& main, DeployerParts parts)
    : builder_(parts.builder),
      workers_(parts.workers),
      quota_(parts.quota),
      log_(parts.log),
      late_ms_(parts.late_ms),
      current_(std::move(parts.snapshot)),
      late_(main, loop::bind<&Deployer::on_late>(this)) {
  builder_.set_listener(this);
}

Deployer::~Deployer() {
  builder_.set_listener(nullptr);
  builder_.retire(std::move(current_));
}

void Deployer::deploy(std::uint64_t ticket, std::string document, bool dry_run) { builder_.submit({.ticket = ticket, .document = std::move(document), .dry_run = dry_run}); }

void Deployer::on_built(Built built) noexcept {
  if (!built.faults.empty()) {
    log_.warning("{}: configuration refused, {} faults, the first at {}: found {}, allowed {}", built.dry_run ? "dry run" : "deploy", built.faults.size(),
                 base::printable(built.faults.front().pointer, 256), built.faults.front().found, built.faults.front().allowed);
    return tell({.ticket = built.ticket, .generation = current_->generation(), .faults = std::move(built.faults)});
  }
  if (built.dry_run) return tell({.ticket = built.ticket, .generation = current_->generation(), .faults = {}});
  publish(built.ticket, std::move(built.snapshot));
}

void Deployer::publish(std::uint64_t ticket, std::shared_ptr<const snapshot::Snapshot> snapshot) {
  std::swap(current_, snapshot);
  builder_.retire(std::move(snapshot));
  quota_.set_limits(current_->limits().connections, current_->limits().connections_per_uid);
  published_.push_back({.outcome = {.ticket = ticket, .deployment = current_->deployment(), .generation = current_->generation(), .faults = {}}});
  for (const auto& worker : workers_) worker->publish(current_);
  if (!late_.running()) late_.start(late_ms_);
  on_worker_progress();
}

void Deployer::on_worker_progress() noexcept {
  while (!published_.empty()) {
    const std::uint64_t generation = published_.front().outcome.generation;
    if (!std::ranges::all_of(workers_, [generation](const auto& worker) { return worker->generation() >= generation; })) return;
    const DeployOutcome outcome = std::move(published_.front().outcome);
    published_.pop_front();
    log_.info("deployment {} is in force, generation {}", outcome.deployment, outcome.generation);
    tell(outcome);
  }
  late_.stop();
}

void Deployer::on_late() noexcept {
  if (published_.empty()) return;
  Published& oldest = published_.front();
  if (!std::exchange(oldest.reported_late, true)) {
    for (const auto& worker : workers_) {
      if (worker->generation() >= oldest.outcome.generation) continue;
      log_.warning("worker {} has not taken up generation {} after {} ms", worker->index(), oldest.outcome.generation, late_ms_);
    }
  }
  late_.start(late_ms_);
}

void Deployer::tell(const DeployOutcome& outcome) noexcept {
  if (listener_ != nullptr) listener_->on_deployed(outcome);
}

}  // namespace assay::server
