// Time of the load generator: nanoseconds of CLOCK_MONOTONIC, as numbers, so that schedules are arithmetic and tests need no clock.
#pragma once

#include <cstdint>
#include <ctime>

namespace assay::load {

using Nanoseconds = std::int64_t;

inline constexpr Nanoseconds kNsPerS = 1'000'000'000;

inline Nanoseconds clock_ns(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<Nanoseconds>(now.tv_sec) * kNsPerS + now.tv_nsec;
}
inline Nanoseconds now_ns() noexcept { return clock_ns(CLOCK_MONOTONIC); }

inline constexpr double seconds(Nanoseconds ns) noexcept { return static_cast<double>(ns) * 1e-9; }
inline constexpr Nanoseconds nanoseconds(double s) noexcept { return static_cast<Nanoseconds>(s * 1e9); }

}  // namespace assay::load
