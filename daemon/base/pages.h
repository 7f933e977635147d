// Large blocks of memory, straight from the system: in large pages where it gives them, and left out of core dumps.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "base/check.h"

namespace assay::base {

// Pages: owns its memory, which is zero at first and takes none of the host's before it is touched. Movable; empty after it was moved from.
class Pages {
 public:
  Pages() noexcept = default;
  // map(bytes): that many octets, not none, aligned to a large page (2 MiB). Empty if the system refuses.
  static Pages map(std::size_t bytes) noexcept;
  Pages(Pages&& other) noexcept : memory_(std::exchange(other.memory_, {})) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Pages();

  explicit operator bool() const noexcept { return !memory_.empty(); }
  std::span<std::byte> bytes() const noexcept ASSAY_LIFETIMEBOUND { return memory_; }

 private:
  explicit Pages(std::span<std::byte> memory) noexcept : memory_(memory) {}
  std::span<std::byte> memory_;
};

}  // namespace assay::base
