// What the workers and the schedule of a key source tell each other between two snapshots: a flag one way, an answer the other. No kid passes, so that a flood of
// made-up ones costs a worker a few loads each, and the schedule nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace assay::snapshot {

// UnknownKid: what becomes of a token whose kid no key of its source has.
struct UnknownKid {
  bool is_refused = false;           // false: unavailable, for the keys may be about to come
  std::uint32_t retry_after_ms = 0;  // unavailable: when it is worth asking again
  bool must_wake = false;            // the schedule has not been told yet: wake it
};

// SourceSignals: of one URL source, shared by the snapshots that name it. Thread-safe. A resource.
class SourceSignals {
 public:
  SourceSignals() = default;
  SourceSignals(const SourceSignals&) = delete;
  SourceSignals& operator=(const SourceSignals&) = delete;

  // --- For workers. ---
  // are_keys_stale(): they serve no more, whatever the snapshot says.
  bool are_keys_stale() const noexcept { return stale_.load(std::memory_order_acquire); }
  // unknown_kid(): such a token has come.
  UnknownKid unknown_kid() noexcept {
    const std::uint64_t answer = answer_.load(std::memory_order_acquire);
    if (answer == kRefuse) return {.is_refused = true};
    UnknownKid unknown{.retry_after_ms = kUsualRetryMs};
    if (answer != kAsk) {
      unknown.retry_after_ms = static_cast<std::uint32_t>(answer);
    } else {
      // The load first: a flag that is set already shall not cost the workers a cache line that they take from each other.
      unknown.must_wake = !asked_.load(std::memory_order_relaxed) && !asked_.exchange(true, std::memory_order_acq_rel);
    }
    return unknown;
  }

  // --- For the schedule, one thread. ---
  void set_keys_stale(bool stale) noexcept { stale_.store(stale, std::memory_order_release); }
  // take_asked(): whether an unknown kid has come since the last call, while the answer was to ask.
  bool take_asked() noexcept { return asked_.exchange(false, std::memory_order_acq_rel); }
  // What tokens of unknown kids get from now on: a refusal; a hint when to come again, at least 1; or the usual hint, and the schedule is asked.
  void answer_refused() noexcept { answer_.store(kRefuse, std::memory_order_release); }
  void answer_retry(std::uint64_t after_ms) noexcept { answer_.store(std::clamp<std::uint64_t>(after_ms, 1, UINT32_MAX - 1), std::memory_order_release); }
  void answer_by_asking() noexcept { answer_.store(kAsk, std::memory_order_release); }

 private:
  static constexpr std::uint64_t kAsk = 0;
  static constexpr std::uint64_t kRefuse = UINT32_MAX;
  static constexpr std::uint32_t kUsualRetryMs = 250;  // what a fetch and the snapshot with its keys take, usually

  std::atomic<std::uint64_t> answer_{kAsk};  // kAsk, kRefuse, or milliseconds
  std::atomic<bool> asked_{false};
  std::atomic<bool> stale_{false};
};

}  // namespace assay::snapshot
