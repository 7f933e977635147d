// A figure that one thread writes and any reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace assay::base {

// Counter: one writer, many readers, relaxed: a reader sees some recent value, and the writer pays for no locked instruction.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept { value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
  void subtract(std::uint64_t amount = 1) noexcept { value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace assay::base
