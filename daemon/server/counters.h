// What a thread counts for status and metrics: written by that thread alone, read by any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"
#include "base/histogram.h"
#include "server/error_code.h"

namespace assay::server {

using base::Counter;

// Counters: of a worker or of the control server.
struct Counters {
  Counter connections;  // open now
  Counter connections_opened;
  Counter connections_dropped;  // slow, idle, or not speaking the protocol
  Counter requests;             // frames that were answered, with verdicts or an error
  std::array<Counter, kErrorCodeCount> errors;

  void count(ErrorCode code) noexcept { errors[static_cast<std::size_t>(code)].add(); }
};

// WorkerCounters: of a worker. The histograms of batches are of those with tokens.
struct WorkerCounters : Counters {
  base::Histogram request_us;  // from when a frame had come whole to when its answer was written
  base::Histogram batch_us;    // from when its first frame was taken to when its last answer was written
  base::Histogram batch_tokens;
};

}  // namespace assay::server
