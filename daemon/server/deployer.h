// Changes of what is in force: from the request to the moment from which no verdict names an older generation.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/builder.h"
#include "server/limits.h"
#include "server/quota.h"
#include "server/worker.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// ChangeListener: learns what came of each change that it has asked for. ticket: whatever it knows the change by.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void on_change_done(std::uint64_t ticket, const Outcome& outcome) noexcept = 0;
  // on_change_dropped: nobody has begun it, and nobody will.
  virtual void on_change_dropped(std::uint64_t ticket) noexcept = 0;
};

// PublishListener: is shown each snapshot before the workers are, and the report that comes with it.
class PublishListener {
 public:
  virtual ~PublishListener() = default;
  virtual void on_publish(const snapshot::Snapshot& snapshot, const StateReport& report) noexcept = 0;
};

// DeployerParts: references outlive the deployer.
struct DeployerParts {
  Builder& builder;
  std::span<const std::unique_ptr<Worker>> workers;
  ConnectionQuota& quota;  // takes the limits of each snapshot
  base::Log& log;
  std::shared_ptr<const snapshot::Snapshot> snapshot;  // in force; never null
  std::shared_ptr<const StateReport> report;           // never null
  std::uint64_t late_ms = limits::kLateWorkerMs;
};

// BuildFigures: of snapshots for changes.
struct BuildFigures {
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  std::uint64_t last_us = 0;
};

// Deployer: a resource of the main loop's thread.
class Deployer final : private BuildListener {
 public:
  Deployer(loop::Loop& main, DeployerParts parts);
  ~Deployer() override;
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  void set_publish_listener(PublishListener* listener) noexcept { publish_listener_ = listener; }
  // change(asker, ticket, request): the asker gets exactly one outcome for each ticket, later, in the order of the requests: once every worker judges by the snapshot that came
  // of it, or by a newer one. Or it is told that the change was dropped.
  void change(ChangeListener& asker, std::uint64_t ticket, ChangeRequest request);
  // drop_waiting(): those that have not been begun.
  void drop_waiting() noexcept;
  // forget(asker): it is told nothing more.
  void forget(const ChangeListener& asker) noexcept;
  // on_worker_progress(): to be called when a worker may have taken up a snapshot.
  void on_worker_progress() noexcept;
  // current(): what was published last. Valid until the next deploy is published.
  const snapshot::Snapshot& current() const noexcept { return *current_; }
  // report(): as of the last change. Valid until the next.
  const StateReport& report() const noexcept { return *report_; }
  // change_counts(), build_figures(): since the start.
  const ChangeCounts& change_counts() const noexcept ASSAY_LIFETIMEBOUND { return change_counts_; }
  const BuildFigures& build_figures() const noexcept ASSAY_LIFETIMEBOUND { return build_figures_; }
  // late_workers(): those that have been reported late and still are.
  std::vector<std::size_t> late_workers() const;

 private:
  // Waiting: outcomes that wait for the workers to take up a generation.
  struct Waiting {
    std::uint64_t generation = 0;
    std::vector<Built::Done> done;
    bool reported_late = false;
  };
  void on_built(Built built) noexcept override;
  void publish(std::shared_ptr<const snapshot::Snapshot> snapshot);
  void on_late() noexcept;

  Builder& builder_;
  const std::span<const std::unique_ptr<Worker>> workers_;
  ConnectionQuota& quota_;
  base::Log& log_;
  const std::uint64_t late_ms_;
  PublishListener* publish_listener_ = nullptr;
  // Asked: by whom, and what he calls it; by number of the job, which is the builder's ticket.
  struct Asked {
    ChangeListener* asker = nullptr;  // null: gone
    std::uint64_t ticket = 0;
    std::optional<std::string_view> kind;  // for change_counts()
    bool dry_run = false;
  };
  void count(const Asked& asked, const Outcome& outcome);
  std::map<std::uint64_t, Asked> asked_;
  std::uint64_t last_job_ = 0;
  ChangeCounts change_counts_;
  BuildFigures build_figures_;
  std::shared_ptr<const snapshot::Snapshot> current_;
  std::shared_ptr<const StateReport> report_;
  std::deque<Waiting> waiting_;  // generations ascending
  loop::Timer late_;
};

}  // namespace assay::server
