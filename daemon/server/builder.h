// The builder: the one thread on which changes are made, kept on disk and compiled, and on which snapshots end.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "crypto/table_builder.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/change_request.h"
#include "server/ledger.h"
#include "server/limits.h"
#include "server/snapshot_bin.h"
#include "server/state_report.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// BuildJob: a change to make. ticket: whatever the asker knows it by.
struct BuildJob {
  std::uint64_t ticket = 0;
  ChangeRequest request;
};

// Built: what became of all the jobs that waited together.
struct Built {
  struct Done {
    std::uint64_t ticket = 0;
    Outcome outcome;
  };
  std::vector<Done> done;
  std::shared_ptr<const snapshot::Snapshot> snapshot;  // null: nothing to publish
  std::shared_ptr<const StateReport> report;           // null: as before
  std::uint64_t build_us = 0;                          // with a snapshot for jobs: what it took
};

// BuildListener: learns of finished jobs, in their order, on the main loop's thread; also when there were none and the report has changed.
class BuildListener {
 public:
  virtual ~BuildListener() = default;
  virtual void on_built(Built built) noexcept = 0;
};

// Builder: a resource. Jobs are done in order; those that arrive during a build go into the next snapshot together. While the disk refuses to keep the state it is tried
// again every kTryAgainMs, and so are accounts of `clients` that the host did not know. The destructor lets the jobs in hand end, drops those that wait, and frees what was retired.
class Builder final : public SnapshotBin {
 public:
  // ledger: started, its first snapshot made; tables: null if the engines take none. The builder's thread is the only one to use them from here on. try_again_ms: see above.
  Builder(loop::Loop& main, std::unique_ptr<Ledger> ledger, std::unique_ptr<crypto::TableBuilder> tables, std::uint64_t try_again_ms = limits::kTryAgainMs);
  ~Builder() override;

  // On the main loop's thread.
  void set_listener(BuildListener* listener) noexcept { listener_ = listener; }
  void submit(BuildJob job);
  // take_back(): the jobs that have not been begun, in their order; their tickets. Nothing comes of them.
  std::vector<std::uint64_t> take_back();
  // From any thread.
  void retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept override;
  // table_figures(): of the tables made so far; nothing if the engines take none, or none has been thought of yet.
  std::optional<crypto::TableFigures> table_figures() const;

 private:
  void work();
  Built build(std::vector<BuildJob> jobs);
  void give(Built built);
  bool build_table();
  void on_results() noexcept;

  BuildListener* listener_ = nullptr;
  const std::uint64_t try_again_ms_;
  loop::Async results_wake_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<BuildJob> jobs_;
  std::vector<std::shared_ptr<const snapshot::Snapshot>> retired_;
  std::deque<Built> results_;
  std::optional<crypto::TableFigures> table_figures_;
  bool stopping_ = false;

  // The thread's.
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<crypto::TableBuilder> tables_;
  std::thread thread_;
};

}  // namespace assay::server
