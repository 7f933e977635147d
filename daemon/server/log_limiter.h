// What one peer can make happen as often as it likes is logged once a second, with how often it happened since.
#pragma once

#include <cstddef>
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

// LogBudget: a value; for one kind of event and one thread: so many lines in a while, and then none until the next begins.
class LogBudget {
 public:
  LogBudget(std::size_t lines, std::uint64_t ms) noexcept : lines_(lines), ms_(ms) {}
  // take(now_ms): whether there is a line left.
  bool take(std::uint64_t now_ms) noexcept {
    if (taken_ == 0 || now_ms - began_at_ms_ >= ms_) {
      began_at_ms_ = now_ms;
      taken_ = 0;
    }
    if (taken_ == lines_) return false;
    ++taken_;
    return true;
  }

 private:
  const std::size_t lines_;
  const std::uint64_t ms_;
  std::size_t taken_ = 0;
  std::uint64_t began_at_ms_ = 0;
};

}  // namespace assay::server
