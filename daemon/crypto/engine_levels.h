// Which engine serves which algorithm, at the moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "crypto/algorithm.h"
#include "crypto/kernels.h"

namespace assay::crypto {

// EngineLevels: a resource, read by every worker in every batch. Levels only ever go down.
class EngineLevels {
 public:
  EngineLevel of(Algorithm algorithm) const noexcept { return levels_[static_cast<std::size_t>(algorithm)].load(std::memory_order_relaxed); }
  void set(Algorithm algorithm, EngineLevel level) noexcept { levels_[static_cast<std::size_t>(algorithm)].store(level, std::memory_order_relaxed); }

 private:
  std::array<std::atomic<EngineLevel>, kAlgorithmCount + 1> levels_{};
};

}  // namespace assay::crypto
