// Publication is a pointer per worker, swapped between two batches; nobody waits for it but the answer to whoever asked for the change. The barrier: a worker names its generation only after
// the batch judged by the one before has been answered, so once every worker names the new one, no request is judged by an older one any more.
#include "server/deployer.h"

#include <algorithm>
#include <utility>

#include "loop/callback.h"

namespace assay::server {
namespace {

bool is_dry_run(const ChangeRequest& request) {
  if (const auto* deploy = std::get_if<DeployRequest>(&request)) return deploy->dry_run;
  const auto* rollback = std::get_if<RollbackRequest>(&request);
  return rollback != nullptr && rollback->dry_run;
}

}  // namespace

Deployer::Deployer(loop::Loop& main, DeployerParts parts)
    : builder_(parts.builder),
      workers_(parts.workers),
      quota_(parts.quota),
      log_(parts.log),
      late_ms_(parts.late_ms),
      current_(std::move(parts.snapshot)),
      report_(std::move(parts.report)),
      late_(main, loop::bind<&Deployer::on_late>(this)) {
  builder_.set_listener(this);
  // All from the start, so that the first of each shows as an increase.
  for (const std::string_view kind : {"deploy", "rollback", "push", "fetch"}) {
    for (const std::string_view outcome : {"changed", "unchanged", "dry_run", "refused"}) change_counts_[{kind, outcome}] = 0;
  }
}

Deployer::~Deployer() {
  builder_.set_listener(nullptr);
  builder_.retire(std::move(current_));
}

void Deployer::change(ChangeListener& asker, std::uint64_t ticket, ChangeRequest request) {
  asked_[++last_job_] = {.asker = &asker, .ticket = ticket, .kind = kind_of(request), .dry_run = is_dry_run(request)};
  builder_.submit({.ticket = last_job_, .request = std::move(request)});
}

void Deployer::drop_waiting() noexcept {
  for (const std::uint64_t job : builder_.take_back()) {
    const auto asked = asked_.extract(job);
    if (!asked.empty() && asked.mapped().asker != nullptr) asked.mapped().asker->on_change_dropped(asked.mapped().ticket);
  }
}

void Deployer::forget(const ChangeListener& asker) noexcept {
  for (auto& [job, asked] : asked_) {
    if (asked.asker == &asker) asked.asker = nullptr;
  }
}

// What has changed nothing waits as well, for what was published before it: whoever pushes a set that is there already may rely on it, too.
void Deployer::on_built(Built built) noexcept {
  if (built.report != nullptr) report_ = std::move(built.report);
  if (built.snapshot != nullptr) {
    if (publish_listener_ != nullptr) publish_listener_->on_publish(*built.snapshot, *report_);
    publish(std::move(built.snapshot));
    if (!built.done.empty()) {
      ++build_figures_.count;
      build_figures_.sum_us += built.build_us;
      build_figures_.last_us = built.build_us;
    }
  }
  if (!built.done.empty()) waiting_.push_back({.generation = current_->generation(), .done = std::move(built.done)});
  if (!waiting_.empty() && !late_.running()) late_.start(late_ms_);
  on_worker_progress();
}

void Deployer::publish(std::shared_ptr<const snapshot::Snapshot> snapshot) {
  std::swap(current_, snapshot);
  builder_.retire(std::move(snapshot));
  quota_.set_limits(current_->limits().connections, current_->limits().connections_per_uid);
  for (const auto& worker : workers_) worker->publish(current_);
}

void Deployer::on_worker_progress() noexcept {
  while (!waiting_.empty()) {
    const std::uint64_t generation = waiting_.front().generation;
    if (!std::ranges::all_of(workers_, [generation](const auto& worker) { return worker->generation() >= generation || worker->drained(); })) return;
    const std::vector<Built::Done> all = std::move(waiting_.front().done);
    waiting_.pop_front();
    for (const auto& [ticket, outcome] : all) {
      if (outcome.changed) {
        const std::uint64_t deployment = current_->deployment();
        log_.event(base::Event::change_in_force, {{"DEPLOYMENT", deployment}, {"GENERATION", generation}}, "in force: deployment {}, generation {}", deployment, generation);
      }
      const auto asked = asked_.extract(ticket);
      if (!asked.empty()) count(asked.mapped(), outcome);
      if (!asked.empty() && asked.mapped().asker != nullptr) asked.mapped().asker->on_change_done(asked.mapped().ticket, outcome);
    }
  }
  late_.stop();
}

void Deployer::count(const Asked& asked, const Outcome& outcome) {
  if (!asked.kind) return;
  const std::string_view came = outcome.error != ErrorCode::unset ? "refused" : asked.dry_run ? "dry_run" : outcome.changed ? "changed" : "unchanged";
  ++change_counts_[{*asked.kind, came}];
}

std::vector<std::size_t> Deployer::late_workers() const {
  std::vector<std::size_t> late;
  if (waiting_.empty() || !waiting_.front().reported_late) return late;
  for (const auto& worker : workers_) {
    if (worker->generation() < waiting_.front().generation && !worker->drained()) late.push_back(worker->index());
  }
  return late;
}

void Deployer::on_late() noexcept {
  if (waiting_.empty()) return;
  Waiting& oldest = waiting_.front();
  if (!std::exchange(oldest.reported_late, true)) {
    for (const std::size_t worker : late_workers()) {
      log_.event(base::Event::worker_late, {{"WORKER", worker}, {"GENERATION", oldest.generation}}, "worker {} has not taken up generation {} after {} ms", worker, oldest.generation, late_ms_);
    }
  }
  late_.start(late_ms_);
}

}  // namespace assay::server
