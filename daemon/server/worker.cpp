// A turn of the worker's loop: read callbacks collect frames, then the check callback takes up the newest snapshot and runs one batch. If frames are left, an idle
// handle keeps the loop turning without waiting, so that the other connections' bytes are seen between two batches. The only lock is around the inbox; no
// token is judged under it.
#include "server/worker.h"

#include <pthread.h>
#include <time.h>

#include <utility>

#include "base/check.h"
#include "loop/callback.h"

namespace assay::server {

using loop::bind;

Worker::Worker(std::size_t index, WorkerParts parts)
    : index_(index),
      clock_(parts.clock),
      log_(parts.log),
      bin_(parts.bin),
      main_wake_(parts.wake),
      sweep_ms_(parts.sweep_ms),
      drain_ms_(parts.drain_ms),
      offered_generation_(parts.snapshot->generation()),
      generation_(parts.snapshot->generation()),
      snapshot_(std::move(parts.snapshot)),
      engine_(std::move(parts.engine)),
      batch_(*engine_, parts.hash_key, index_, parts.token_cache, parts.tally, clock_, log_, counters_, parts.version),
      buffers_(limits::kDataFrameBytesMax),
      connections_(loop_, *this, clock_, limits::kDataFrameBytesMax, buffers_),
      wake_(loop_, bind<&Worker::on_wake>(this)),
      check_(loop_, bind<&Worker::on_check>(this)),
      idle_(loop_),
      sweep_(loop_, bind<&Worker::on_sweep>(this)),
      drain_unread_(loop_, bind<&Worker::on_drain_unread>(this)),
      drain_over_(loop_, bind<&Worker::on_drain_over>(this)),
      thread_([this] { serve(); }) {}

Worker::~Worker() {
  drain();
  thread_.join();
  bin_.retire(std::move(offered_));  // published to a worker that was stopping
}

void Worker::serve() {
  pthread_setname_np(pthread_self(), ("assay-w" + std::to_string(index_)).substr(0, 15).c_str());
  loop_.run();
  bin_.retire(std::move(snapshot_));
  drained_.store(true, std::memory_order_release);
  main_wake_.send();
}

void Worker::adopt(Incoming incoming) {
  load_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::scoped_lock lock(mutex_);
    inbox_.push_back(std::move(incoming));
  }
  wake_.send();
}

void Worker::publish(std::shared_ptr<const snapshot::Snapshot> snapshot) {
  const std::uint64_t generation = snapshot->generation();
  {
    const std::scoped_lock lock(mutex_);
    std::swap(offered_, snapshot);
    offered_generation_.store(generation, std::memory_order_release);
  }
  bin_.retire(std::move(snapshot));  // one that was never taken up
  wake_.send();
}

void Worker::drain() {
  if (!drain_asked_.exchange(true)) wake_.send();
}

// Asked of the thread's own clock, so that the thread need not look at any. The thread may have ended; until it is joined its name is good.
std::optional<std::uint64_t> Worker::cpu_ns() const noexcept {
  clockid_t clock{};
  timespec time{};
  if (::pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

void Worker::on_wake() noexcept {
  wakes_.add();
  take_up_snapshot();
  open_adopted();
  if (drain_asked_.load() && !draining_) begin_drain();
}

void Worker::open_adopted() {
  {
    const std::scoped_lock lock(mutex_);
    std::swap(adopted_, inbox_);
  }
  for (Incoming& incoming : adopted_) {
    Connection* connection = drain_asked_.load() ? nullptr : connections_.open(std::move(incoming));
    if (connection == nullptr) {
      load_.fetch_sub(1, std::memory_order_relaxed);
      continue;
    }
    counters_.connections.add();
    counters_.connections_opened.add();
    if (!sweep_.running()) sweep_.start(sweep_ms_, sweep_ms_);
  }
  adopted_.clear();
}

// take_up_snapshot(): between batches only. The old one leaves by the bin: its memory is not freed here.
void Worker::take_up_snapshot() noexcept {
  if (offered_generation_.load(std::memory_order_acquire) == generation_.load(std::memory_order_relaxed)) return;
  std::shared_ptr<const snapshot::Snapshot> next;
  {
    const std::scoped_lock lock(mutex_);
    std::swap(next, offered_);
  }
  if (next == nullptr) return;
  std::swap(snapshot_, next);
  generation_.store(snapshot_->generation(), std::memory_order_release);
  bin_.retire(std::move(next));
  main_wake_.send();
}

void Worker::on_check() noexcept {
  take_up_snapshot();
  if (!ready_.empty()) {
    batch_.run(ready_, *snapshot_);
    if (batch_.must_wake_schedule()) main_wake_.send();
  }
  ready_.empty() ? idle_.stop() : idle_.start();
}

void Worker::on_input(Connection& connection) noexcept { ready_.push_back(connection); }

void Worker::on_flushed(Connection& connection) noexcept {
  if (connection.has_frame()) ready_.push_back(connection);
}

void Worker::on_closing(Connection& connection) noexcept {
  ready_.remove(connection);
  counters_.connections.subtract();
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::on_slot_free() noexcept {
  if (draining_ && connections_.used() == 0) loop_.stop();
}

void Worker::on_sweep() noexcept {
  connections_.drop_overdue("connections", counters_, log_);
  if (connections_.used() == 0) sweep_.stop();
}

void Worker::begin_drain() noexcept {
  draining_ = true;
  drain_over_.start(drain_ms_);
  drain_unread_.start(limits::kDrainUnreadMs, limits::kDrainUnreadMs);
  connections_.each_open([](Connection& connection) { connection.finish(); });
  if (connections_.used() == 0) loop_.stop();
}

// The sockets may be systemd's: then everybody else waits in their queues until this process has ended and the next has begun.
void Worker::on_drain_unread() noexcept {
  const std::uint64_t now_us = clock_.boottime_us();
  connections_.each_open([now_us](Connection& connection) {
    if (connection.unread_for(now_us, limits::kDrainUnreadMs)) connection.close();
  });
}

void Worker::on_drain_over() noexcept {
  connections_.each_open([](Connection& connection) { connection.close(); });
}

}  // namespace assay::server
