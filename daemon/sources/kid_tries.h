// Which fetches unknown kids may cause. Whoever sends made-up kids, however many, gets no more out of it than the bucket holds, and costs two numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sources/limits.h"

namespace assay::sources {

// KidTries: of one source: a bucket of tries, and those that are planned. A value. Times are of CLOCK_BOOTTIME, in milliseconds.
class KidTries {
 public:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  // token_ms(): from when on the bucket has a try.
  std::uint64_t token_ms() const noexcept { return spent_until_ms_ > kDepthMs ? spent_until_ms_ - kDepthMs : 0; }
  // next_ms(): when the next planned try is due; kNever: none is planned.
  std::uint64_t next_ms() const noexcept { return next_ms_; }

  // begin(now_ms): a kid was seen that no key has: a try at once and others after it. False: there are planned ones already, or the bucket is empty.
  bool begin(std::uint64_t now_ms) noexcept {
    if (next_ms_ != kNever || token_ms() > now_ms) return false;
    next_ms_ = now_ms;
    made_ = 0;
    return true;
  }
  // took(now_ms): an order is given; if a planned try is due it is this one. It counts from now on, whatever comes of it.
  void took(std::uint64_t now_ms) noexcept {
    if (next_ms_ > now_ms) return;
    spent_until_ms_ = std::max(spent_until_ms_, now_ms) + limits::kKidTryMs;
    next_ms_ = made_ < std::size(limits::kKidTryGapsMs) ? now_ms + limits::kKidTryGapsMs[made_] : kNever;
    ++made_;
    if (token_ms() > next_ms_) next_ms_ = kNever;
  }
  // end(): what was planned is needed no more.
  void end() noexcept { next_ms_ = kNever; }

 private:
  // A full bucket was spent until now or earlier, an empty one is spent until all but one of its tries have come back (the "generic cell rate algorithm").
  static constexpr std::uint64_t kDepthMs = (limits::kKidTriesBurst - 1) * limits::kKidTryMs;

  std::uint64_t spent_until_ms_ = 0;
  std::uint64_t next_ms_ = kNever;
  std::size_t made_ = 0;  // of the planned ones
};

}  // namespace assay::sources
