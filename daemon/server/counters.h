// What a thread counts for status: written by that thread alone, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "schema/codes.h"
#include "server/error_code.h"

namespace assay::server {

// Counter: one writer, many readers, relaxed: a reader sees some recent value, and the writer pays for no locked instruction.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept { value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
  void subtract(std::uint64_t amount = 1) noexcept { value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

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
