// What a thread counts for status: written by that thread alone, read by any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/counter.h"
#include "schema/codes.h"
#include "server/error_code.h"

namespace assay::server {

using base::Counter;

// Counters: of a worker or of the control server.
struct Counters {
  Counter connections;  // open now
  Counter requests;     // frames that were answered, with verdicts or an error
  Counter tokens;
  Counter batches;
  Counter connections_dropped;  // slow, idle, or not speaking the protocol
  std::array<Counter, 256> verdicts;
  std::array<Counter, kErrorCodeCount> errors;

  void count(schema::Code code) noexcept { verdicts[static_cast<std::size_t>(code)].add(); }
  void count(ErrorCode code) noexcept { errors[static_cast<std::size_t>(code)].add(); }
};

}  // namespace assay::server
