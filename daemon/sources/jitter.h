// Where the schedule gets its randomness from: nothing here is secret, and with the same seed everything happens at the same time again.
#pragma once

#include <cstdint>

namespace assay::sources {

// Jitter: splitmix64 (Steele, Lea and Flood 2014). A value.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) noexcept : state_(seed) {}
  // up_to(most): 0 to most, both included; even enough for times.
  std::uint64_t up_to(std::uint64_t most) noexcept { return most == UINT64_MAX ? next() : next() % (most + 1); }

 private:
  std::uint64_t next() noexcept {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t word = state_;
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
    word = (word ^ word >> 27) * 0x94D049BB133111EB;
    return word ^ word >> 31;
  }

  std::uint64_t state_;
};

}  // namespace assay::sources
