// What one peer can make happen as often as it likes is logged once a second, with how often it happened since.
#pragma once

#include <cstdint>

#include "server/limits.h"

namespace assay::server {

// LogLimiter: a value; for one kind of event and one thread.
class LogLimiter {
 public:
  // count(now_ms): an event. 0: do not log it; else how many there were since the last line, this one included.
  std::uint64_t count(std::uint64_t now_ms) noexcept {
    ++events_;
    if (logged_before_ && now_ms - logged_at_ms_ < limits::kPeerLogMs) return 0;
    logged_before_ = true;
    logged_at_ms_ = now_ms;
    const std::uint64_t events = events_;
    events_ = 0;
    return events;
  }

 private:
  std::uint64_t logged_at_ms_ = 0;
  std::uint64_t events_ = 0;
  bool logged_before_ = false;
};

}  // namespace assay::server
