// When the requests of an open loop are due. Arithmetic alone: the clock is an argument.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/clock.h"

namespace assay::load {

// Schedule: arrivals at a constant rate, of which one thread takes every stride-th, beginning with number `first`. An arrival is due at its time whatever has become of
// those before it: that is what makes the loop open, and latencies that count from due_ns() free of coordinated omission. A value.
class Schedule {
 public:
  Schedule(Nanoseconds start, double arrivals_per_s, std::uint64_t first, std::uint64_t stride) noexcept
      : start_(start), interval_(1e9 / arrivals_per_s), first_(first), stride_(stride) {}

  // due_ns(k): when this thread's k-th arrival is due, counted from 0.
  Nanoseconds due_ns(std::uint64_t k) const noexcept { return start_ + std::llround(static_cast<double>(first_ + k * stride_) * interval_); }

  // due_by(now): how many of this thread's arrivals are due at that time.
  std::uint64_t due_by(Nanoseconds now) const noexcept {
    if (now < start_) return 0;
    const double arrivals = static_cast<double>(now - start_) / interval_ - static_cast<double>(first_);
    if (arrivals < 0) return due_ns(0) <= now ? 1 : 0;
    auto count = static_cast<std::uint64_t>(arrivals / static_cast<double>(stride_));
    // Rounding may be off by one either way; due_ns() has the last word.
    while (count > 0 && due_ns(count - 1) > now) --count;
    while (due_ns(count) <= now) ++count;
    return count;
  }

 private:
  Nanoseconds start_;
  double interval_;
  std::uint64_t first_;
  std::uint64_t stride_;
};

// Arrivals: the arrivals of one thread dealt out to its connections in turn. What is due and cannot be sent waits, each with its own time. No I/O.
class Arrivals {
 public:
  // end: arrivals due then or later do not take place.
  Arrivals(const Schedule& schedule, std::size_t connections, Nanoseconds end) : schedule_(schedule), sent_(connections), total_(end_count(schedule, end)) {}

  // release(now): lets everything become due that is; how many that were. They belong to the connections next() names, one after the other.
  std::uint64_t release(Nanoseconds now) noexcept {
    const std::uint64_t due = std::min(schedule_.due_by(now), total_);
    const std::uint64_t fresh = due > released_ ? due - released_ : 0;
    released_ += fresh;
    return fresh;
  }
  // next_ns(): when the next arrival is due; INT64_MAX: there is none.
  Nanoseconds next_ns() const noexcept { return released_ < total_ ? schedule_.due_ns(released_) : INT64_MAX; }
  // connection_of(k): whose the k-th arrival of this thread is.
  std::size_t connection_of(std::uint64_t k) const noexcept { return k % sent_.size(); }
  std::uint64_t released() const noexcept { return released_; }

  // waits(connection): whether an arrival of that connection is due and has not been taken. take(connection): takes the oldest; when it was due.
  bool waits(std::size_t connection) const noexcept { return number(connection) < released_; }
  Nanoseconds take(std::size_t connection) noexcept {
    const Nanoseconds due = schedule_.due_ns(number(connection));
    ++sent_[connection];
    return due;
  }

 private:
  static std::uint64_t end_count(const Schedule& schedule, Nanoseconds end) noexcept { return schedule.due_by(end - 1); }
  std::uint64_t number(std::size_t connection) const noexcept { return sent_[connection] * sent_.size() + connection; }

  Schedule schedule_;
  std::vector<std::uint64_t> sent_;  // by connection
  std::uint64_t total_;
  std::uint64_t released_ = 0;
};

}  // namespace assay::load
