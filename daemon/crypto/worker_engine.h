// Private to crypto: the engine that a worker gets.
#pragma once

#include <memory>

#include "crypto/cross_check.h"
#include "crypto/engine.h"
#include "crypto/engine_levels.h"

namespace assay::crypto {

// LevelEngines: an engine for each level that an algorithm may be at; null where none ever is.
struct LevelEngines {
  std::unique_ptr<Engine> simd;
  std::unique_ptr<Engine> scalar;
  std::unique_ptr<Engine> reference;  // never null
};

// make_worker_engine(engines, levels, cross_check): each check by the engine at its algorithm's level at the moment; what was accepted above the reference engine is offered to the cross
// check, or checked inline. levels and cross_check outlive it.
std::unique_ptr<Engine> make_worker_engine(LevelEngines engines, const EngineLevels& levels, CrossCheck& cross_check);

}  // namespace assay::crypto
