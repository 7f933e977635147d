// One thread of the generator. Internal to the engine.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <latch>
#include <optional>
#include <string>
#include <vector>

#include "load/answer.h"
#include "load/connection.h"
#include "load/engine.h"
#include "load/schedule.h"

namespace assay::load {

// Times: of a run; the same for all its threads. Requests are sent from start to end, those from begin on are measured.
struct Times {
  Nanoseconds start = 0;
  Nanoseconds begin = 0;
  Nanoseconds end = 0;
  Nanoseconds give_up = 0;  // open loop: what is not answered by then is unfinished
};

// Shared: what the coordinator and the threads of a run have in common.
struct Shared {
  explicit Shared(unsigned threads) : connected(threads), done(threads) {}
  std::latch connected;   // counted down by each thread, also by one that failed
  std::latch go{1};
  std::latch done;        // counted down by each thread at its end
  Times times;            // written before `go`
  std::atomic<bool> stop = false;
};

// Sender: connections of one thread, and its share of the measurement. connect(), then run(), in that thread; the results belong to whoever joins it.
class Sender {
 public:
  Sender(const Plan& plan, const Frames& frames, Shared& shared, unsigned thread);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void connect();
  void run();

  // tokens(): answered with verdicts so far; any thread.
  std::uint64_t tokens() const noexcept { return tokens_.load(std::memory_order_relaxed); }
  Measured& result() noexcept { return result_; }

  std::string failure;  // why this thread has ended early; empty: it has not

 private:
  bool finished(Nanoseconds now) const noexcept;
  void release(Nanoseconds now);
  void fill(std::size_t index, Nanoseconds now);
  void flush(std::size_t index);
  void read(std::size_t index);
  void take_answer(std::size_t index, std::span<const std::byte> frame, Nanoseconds now);
  void check_verdicts(const Pending& pending, bool measured);
  void unexpected(std::uint64_t count, std::string what);
  void watch_for_silence(Nanoseconds now);
  void wait(Nanoseconds now);
  void count_unfinished();
  bool is_measured(const Pending& pending) const noexcept { return pending.since >= times_.begin && pending.since < times_.end; }

  const Plan& plan_;
  const Frames& frames_;
  Shared& shared_;
  unsigned thread_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::size_t cursor_;  // into frames_.order()
  Times times_;
  std::optional<Arrivals> arrivals_;  // of an open loop
  std::size_t under_way_ = 0;
  Nanoseconds next_watch_ = 0;
  std::vector<epoll_event> events_;
  std::vector<std::uint8_t> codes_;
  Measured result_;
  alignas(64) std::atomic<std::uint64_t> tokens_ = 0;
};

}  // namespace assay::load
