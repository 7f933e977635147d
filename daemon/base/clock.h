// The clock seam: the core takes the time as an argument; only what schedules or batches holds a Clock.
#pragma once

#include <cstdint>

namespace assay::base {

// Clock: reads time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // realtime_s(): CLOCK_REALTIME, whole seconds since 1970, rounded down. Validity of tokens is judged by it.
  virtual std::int64_t realtime_s() const noexcept = 0;
  // boottime_us(): CLOCK_BOOTTIME, microseconds; never steps back, counts suspended time. Schedules and time limits run by it, in milliseconds.
  virtual std::uint64_t boottime_us() const noexcept = 0;
  std::uint64_t boottime_ms() const noexcept { return boottime_us() / 1000; }
};

}  // namespace assay::base
