// The batch: what a worker's connections brought in one turn of the loop, judged by one snapshot and answered with one write per connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "crypto/engine.h"
#include "server/counters.h"
#include "server/log_limiter.h"
#include "server/ready_queue.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/verdict_tally.h"
#include "snapshot/snapshot.h"
#include "verdict/validator.h"

namespace assay::server {

// Batch: a resource of one worker; keeps its memory from batch to batch and allocates nothing once it has seen the largest.
class Batch {
 public:
  // The arguments outlive the batch; lane: in all that workers count together; cache: as in verdict::Validator; version: of the daemon, for Pong.
  Batch(crypto::Engine& engine, base::HashKey hash_key, std::size_t lane, verdict::TokenCache* cache, VerdictTally& tally, const base::Clock& clock, base::Log& log, WorkerCounters& counters,
        std::string_view version);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // run(ready, snapshot): takes frames from the ready connections in turn, judges all their tokens at once and answers. Connections that have more frames stay in
  // ready; those whose peer does not take the answer leave it until it is flushed. Every answer to one request comes from this snapshot.
  void run(ReadyQueue& ready, const snapshot::Snapshot& snapshot) noexcept;
  // must_wake_schedule(): of the last batch, as in verdict::Validator.
  bool must_wake_schedule() const noexcept { return validator_.must_wake_schedule(); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint64_t kScaleOne = 1024;

  // Item: one request of the batch, and its place among those of its connection.
  struct Item {
    RequestView request;
    ErrorCode error = ErrorCode::unset;  // set: answered by it
    std::string_view error_text;
    const snapshot::ApiService* api_service = nullptr;
    std::uint64_t arrived_us = 0;
    std::uint32_t first_token = 0;
    std::uint32_t next = kNone;
  };
  enum class Taken : std::uint8_t { full, one, last };  // nothing fits any more; a frame; a frame, and none after it from this connection

  void collect(ReadyQueue& ready, const snapshot::Snapshot& snapshot);
  Taken take(Connection& connection, const snapshot::Snapshot& snapshot, std::uint64_t now_us);
  Taken add(Connection& connection, Item item);
  void judge();
  void answer(ReadyQueue& ready, const snapshot::Snapshot& snapshot);
  base::Bytes encode(const Item& item, const snapshot::Snapshot& snapshot);
  void count(const Item& item, std::span<const verdict::VerdictView> verdicts);
  void log_refused(base::LogLevel level, std::string_view token, const snapshot::ApiService& api_service, const verdict::VerdictView& verdict) const;

  const base::Clock& clock_;
  base::Log& log_;
  WorkerCounters& counters_;
  VerdictTally& tally_;
  const std::size_t lane_;
  const std::string_view version_;
  verdict::Validator validator_;
  ReplyEncoder encoder_;
  base::Arena arena_;  // the spans of the requests

  // Of the current batch.
  std::vector<Item> items_;
  std::vector<Connection*> connections_;
  std::vector<Connection*> deferred_;  // have had their share of this batch
  std::span<const verdict::VerdictView> verdicts_;  // the validator's
  std::uint64_t begin_us_ = 0;
  std::uint64_t signatures_ns_ = 0;                 // what its signatures will cost, on the engine's scale
  std::uint64_t cost_ns_ = 0;                       // what all of it will cost
  std::vector<std::byte> staged_;  // the answers for one connection, if there are several

  LogLimiter nonsense_log_;
  LogBudget first_refusals_{limits::kFirstRefusalsLoggedMax, limits::kRefusalLogMs};
  std::uint64_t token_ns_ = 0;       // what a token has cost of late, as estimated: a moving average
  std::uint64_t scale_ = kScaleOne;  // of the engine's estimates to what signatures take here: a moving average
};

}  // namespace assay::server
