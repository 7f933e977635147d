// Both clocks at one instant. Schedules run by the one, the age of keys by both.
#pragma once

#include <algorithm>
#include <cstdint>

namespace assay::sources {

// Moment: a reading of both clocks (base/clock.h). A value.
struct Moment {
  std::uint64_t boot_ms = 0;  // CLOCK_BOOTTIME: never steps back
  std::int64_t real_s = 0;    // CLOCK_REALTIME: may step anywhere
  friend bool operator==(const Moment&, const Moment&) = default;
};

// real_elapsed_ms(since_s, now_s): at the least, for both are rounded down: of two readings that differ by 1 hardly any time may lie between. A clock that stepped back says 0.
constexpr std::uint64_t real_elapsed_ms(std::int64_t since_s, std::int64_t now_s) noexcept {
  return now_s > since_s ? (static_cast<std::uint64_t>(now_s) - static_cast<std::uint64_t>(since_s) - 1) * 1000 : 0;
}

// elapsed_ms(since, now): the larger of what the two clocks say.
constexpr std::uint64_t elapsed_ms(const Moment& since, const Moment& now) noexcept {
  const std::uint64_t boot_ms = now.boot_ms > since.boot_ms ? now.boot_ms - since.boot_ms : 0;
  return std::max(boot_ms, real_elapsed_ms(since.real_s, now.real_s));
}

}  // namespace assay::sources
