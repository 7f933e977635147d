// A worker: a thread with a loop, connections and an engine of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "crypto/engine.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/batch.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/limits.h"
#include "server/snapshot_bin.h"
#include "server/verdict_tally.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// WorkerParts: what a worker is made from; references outlive it.
struct WorkerParts {
  const base::Clock& clock;
  base::Log& log;
  base::HashKey hash_key;
  std::string_view version;
  std::unique_ptr<crypto::Engine> engine;
  verdict::TokenCache* token_cache = nullptr;          // shared by the workers; null: none
  VerdictTally& tally;                                 // shared by the workers
  std::shared_ptr<const snapshot::Snapshot> snapshot;  // never null
  SnapshotBin& bin;                                    // takes the snapshots that the worker is done with
  loop::Async& wake;                                   // of the main loop: a snapshot was taken up, a kid came that nobody knows, or the worker has drained
  std::uint64_t sweep_ms = limits::kSweepMs;
  std::uint64_t drain_ms = limits::kDrainMs;
};

// Worker: a resource. Its methods are for the main thread; everything below `thread_` belongs to the worker's. It is built before its thread starts and
// destroyed after its thread has ended, so that its loop is never touched by two at once.
class Worker final : private ConnectionOwner {
 public:
  Worker(std::size_t index, WorkerParts parts);
  // Drains, if nobody has asked for that yet, and joins.
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // adopt(incoming): serve this connection.
  void adopt(Incoming incoming);
  // publish(snapshot): judge by it from the next batch on. generation() tells when that is so.
  void publish(std::shared_ptr<const snapshot::Snapshot> snapshot);
  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }
  // drain(): answer what has been read, then close; whoever does not read for kDrainUnreadMs is closed, and whatever is left after drain_ms. drained() tells when the thread is about to end.
  void drain();
  bool drained() const noexcept { return drained_.load(std::memory_order_acquire); }

  // wake(): has its loop turn. wakes(): how often it has done so for a wake; several wakes may become one.
  void wake() noexcept { wake_.send(); }
  std::uint64_t wakes() const noexcept { return wakes_.value(); }

  // load(): connections adopted and not closed yet.
  std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
  const WorkerCounters& counters() const noexcept { return counters_; }
  const Traffic& traffic() const noexcept { return connections_.traffic(); }
  // cpu_ns(): what its thread has had of a processor so far; nothing once it has ended.
  std::optional<std::uint64_t> cpu_ns() const noexcept;
  std::size_t index() const noexcept { return index_; }
  std::string_view engine_name() const noexcept { return engine_->name(); }

 private:
  void on_input(Connection& connection) noexcept override;
  void on_flushed(Connection& connection) noexcept override;
  void on_closing(Connection& connection) noexcept override;
  void on_slot_free() noexcept override;

  void on_wake() noexcept;
  void on_check() noexcept;
  void on_sweep() noexcept;
  void on_drain_unread() noexcept;
  void on_drain_over() noexcept;
  void serve();
  void open_adopted();
  void take_up_snapshot() noexcept;
  void begin_drain() noexcept;

  const std::size_t index_;
  const base::Clock& clock_;
  base::Log& log_;
  SnapshotBin& bin_;
  loop::Async& main_wake_;
  const std::uint64_t sweep_ms_;
  const std::uint64_t drain_ms_;
  WorkerCounters counters_;
  Counter wakes_;

  // Between the threads.
  std::mutex mutex_;
  std::vector<Incoming> inbox_;
  std::shared_ptr<const snapshot::Snapshot> offered_;  // null: nothing newer
  std::atomic<std::uint64_t> offered_generation_;
  std::atomic<std::uint64_t> generation_;
  std::atomic<std::size_t> load_{0};
  std::atomic<bool> drain_asked_{false};
  std::atomic<bool> drained_{false};

  // The thread's.
  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  std::unique_ptr<crypto::Engine> engine_;
  Batch batch_;
  ReadyQueue ready_;
  std::vector<Incoming> adopted_;
  bool draining_ = false;
  loop::Loop loop_;
  BufferPool buffers_;
  ConnectionPool connections_;
  loop::Async wake_;
  loop::Check check_;
  loop::Idle idle_;
  loop::Timer sweep_;
  loop::Timer drain_unread_;
  loop::Timer drain_over_;
  std::thread thread_;
};

}  // namespace assay::server
