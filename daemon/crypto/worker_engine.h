// Private to crypto: the engine that a worker gets.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "crypto/cross_check.h"
#include "crypto/engine.h"
#include "crypto/engine_levels.h"

namespace assay::crypto {

// LevelEngines: an engine for each level that an algorithm may be at; null where none ever is. That of reference is never null.
class LevelEngines {
 public:
  std::unique_ptr<Engine>& at(EngineLevel level) noexcept ASSAY_LIFETIMEBOUND { return engines_[static_cast<std::size_t>(level)]; }
  const std::unique_ptr<Engine>& at(EngineLevel level) const noexcept ASSAY_LIFETIMEBOUND { return engines_[static_cast<std::size_t>(level)]; }

 private:
  std::array<std::unique_ptr<Engine>, kEngineLevelCount + 1> engines_;
};

// make_worker_engine(engines, levels, cross_check): each check by the engine at its algorithm's level at the moment; what was accepted above the reference engine is offered to the cross
// check, or checked inline. levels and cross_check outlive it.
std::unique_ptr<Engine> make_worker_engine(LevelEngines engines, const EngineLevels& levels, CrossCheck& cross_check);

}  // namespace assay::crypto
