// Deploys: from a document to the moment from which no verdict names an older generation.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
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

// DeployOutcome: the end of a deploy. Refused if there are faults, and then nothing has changed. deployment is 0 for a dry run; generation is then the one in force.
struct DeployOutcome {
  std::uint64_t ticket = 0;
  std::uint64_t deployment = 0;
  std::uint64_t generation = 0;
  std::vector<snapshot::Fault> faults;
};

class DeployListener {
 public:
  virtual ~DeployListener() = default;
  virtual void on_deployed(const DeployOutcome& outcome) noexcept = 0;
};

// DeployerParts: references outlive the deployer.
struct DeployerParts {
  Builder& builder;
  std::span<const std::unique_ptr<Worker>> workers;
  ConnectionQuota& quota;  // takes the limits of each snapshot
  base::Log& log;
  std::shared_ptr<const snapshot::Snapshot> snapshot;  // in force; never null
  std::uint64_t late_ms = limits::kLateWorkerMs;
};

// Deployer: a resource of the main loop's thread. (Staged deploys, keys that are pushed, and state on disk join here: each ends in a snapshot that publish() takes.)
class Deployer final : private BuildListener {
 public:
  Deployer(loop::Loop& main, DeployerParts parts);
  ~Deployer() override;
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  void set_listener(DeployListener* listener) noexcept { listener_ = listener; }
  // deploy(ticket, document, dry_run): the listener gets exactly one outcome for each ticket, later, deploys in order.
  void deploy(std::uint64_t ticket, std::string document, bool dry_run);
  // on_worker_progress(): to be called when a worker may have taken up a snapshot.
  void on_worker_progress() noexcept;
  // current(): what was published last. Valid until the next deploy is published.
  const snapshot::Snapshot& current() const noexcept { return *current_; }

 private:
  // Published: waits for the workers.
  struct Published {
    DeployOutcome outcome;
    bool reported_late = false;
  };
  void on_built(Built built) noexcept override;
  void publish(std::uint64_t ticket, std::shared_ptr<const snapshot::Snapshot> snapshot);
  void on_late() noexcept;
  void tell(const DeployOutcome& outcome) noexcept;

  Builder& builder_;
  const std::span<const std::unique_ptr<Worker>> workers_;
  ConnectionQuota& quota_;
  base::Log& log_;
  const std::uint64_t late_ms_;
  DeployListener* listener_ = nullptr;
  std::shared_ptr<const snapshot::Snapshot> current_;
  std::deque<Published> published_;  // generations ascending
  loop::Timer late_;
};

}  // namespace assay::server
