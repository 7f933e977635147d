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
  // boottime_ms(): CLOCK_BOOTTIME, milliseconds; never steps back, counts suspended time. Schedules and time limits run by it.
  virtual std::uint64_t boottime_ms() const noexcept = 0;
};

}  // namespace assay::base
