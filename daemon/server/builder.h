// The builder: the one thread on which configurations become snapshots, and on which snapshots end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/snapshot_bin.h"
#include "snapshot/config.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// compile(document, deployment, generation, identities): a configuration document as a snapshot, or every fault in it. Thread-safe.
base::Result<std::shared_ptr<const snapshot::Snapshot>, std::vector<snapshot::Fault>> compile(std::string_view document, std::uint64_t deployment,
                                                                                              std::uint64_t generation, const snapshot::Identities& identities);

// log_skipped_keys(snapshot, log): a line for each key of a JWKS that is not used; an alarm for those that should never have been published.
void log_skipped_keys(const snapshot::Snapshot& snapshot, base::Log& log);

// BuildJob: a document to compile. ticket: whatever the asker knows it by.
struct BuildJob {
  std::uint64_t ticket = 0;
  std::string document;
  bool dry_run = false;
};

// Built: what became of a job. snapshot is null for a dry run and when there are faults.
struct Built {
  std::uint64_t ticket = 0;
  bool dry_run = false;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
  std::vector<snapshot::Fault> faults;
};

// BuildListener: learns of finished jobs, in their order, on the main loop's thread.
class BuildListener {
 public:
  virtual ~BuildListener() = default;
  virtual void on_built(Built built) noexcept = 0;
};

// Builder: a resource. Jobs are done in order; numbers are given here, to successful builds alone, so that they grow without gaps. The destructor lets the job in
// hand end, drops those that wait, and frees what was retired.
class Builder final : public SnapshotBin {
 public:
  // last_deployment, last_generation: the numbers in force; the next ones are one more. The arguments outlive the builder.
  Builder(loop::Loop& main, const snapshot::Identities& identities, base::Log& log, std::uint64_t last_deployment, std::uint64_t last_generation);
  ~Builder() override;

  // On the main loop's thread.
  void set_listener(BuildListener* listener) noexcept { listener_ = listener; }
  void submit(BuildJob job);
  // From any thread.
  void retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept override;

 private:
  void work();
  Built build(BuildJob job);
  void on_results() noexcept;

  const snapshot::Identities& identities_;
  base::Log& log_;
  BuildListener* listener_ = nullptr;
  loop::Async results_wake_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<BuildJob> jobs_;
  std::vector<std::shared_ptr<const snapshot::Snapshot>> retired_;
  std::deque<Built> results_;
  bool stopping_ = false;

  // The thread's.
  std::uint64_t last_deployment_;
  std::uint64_t last_generation_;
  std::thread thread_;
};

}  // namespace assay::server
