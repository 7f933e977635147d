// An implementation that gives a wrong answer on this processor must not serve, and the only way to know is to ask it something whose answer is known. Each algorithm is tried by
// itself, since that is what one fault breaks; the reference engine is the floor, and is tried too: if that fails nothing can be trusted and the process ends.
#include "crypto/engine_set.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/fast_engine.h"
#include "crypto/known_answers.h"
#include "crypto/worker_engine.h"

namespace assay::crypto {
namespace {

EngineLevel first_level(EngineChoice choice) noexcept {
  switch (choice) {
    case EngineChoice::simd: return EngineLevel::simd;
    case EngineChoice::scalar: return EngineLevel::scalar;
    case EngineChoice::reference: return EngineLevel::reference;
    case EngineChoice::automatic:
    case EngineChoice::ifma:
    case EngineChoice::unset: break;
  }
  return EngineLevel::ifma;
}

EngineLevel below(EngineLevel level) noexcept {
  switch (level) {
    case EngineLevel::ifma: return EngineLevel::simd;
    case EngineLevel::simd: return EngineLevel::scalar;
    case EngineLevel::scalar:
    case EngineLevel::reference:
    case EngineLevel::unset: break;
  }
  return EngineLevel::reference;
}

}  // namespace

EngineSet::EngineSet(EngineChoice choice, CrossCheckOptions cross_check, KernelsOf kernels_of)
    : kernels_of_(std::move(kernels_of)), cross_check_(std::move(cross_check), levels_) {
  EngineLevel level = first_level(choice);
  for (; level != EngineLevel::reference && !kernels_of_(level); level = below(level)) {
    if (choice != EngineChoice::automatic) step_downs_.push_back({level, Algorithm::unset});
  }
  chosen_level_ = level;
  AlgorithmSet left = AlgorithmSet::all();
  for (;; level = below(level)) {
    const std::optional<Kernels> kernels = level == EngineLevel::reference ? std::nullopt : kernels_of_(level);
    CHECK(kernels.has_value() == (level != EngineLevel::reference));
    const AlgorithmSet failed = failed_known_answers(kernels ? &*kernels : nullptr, left);
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      if (!left.contains(algorithm)) continue;
      if (!failed.contains(algorithm)) levels_.set(algorithm, level);
      else step_downs_.push_back({level, algorithm});
    }
    left = failed;
    if (left.empty()) return;
    CHECK(level != EngineLevel::reference);
  }
}

EngineSet::~EngineSet() = default;

std::unique_ptr<Engine> EngineSet::make_engine() {
  LevelEngines engines;
  engines.at(EngineLevel::reference) = make_reference_engine();
  for (std::size_t i = 1; i <= kAlgorithmCount; ++i) {
    const EngineLevel level = levels_.of(static_cast<Algorithm>(i));
    if (engines.at(level) == nullptr) engines.at(level) = make_fast_engine(*kernels_of_(level), curves_);
  }
  return make_worker_engine(std::move(engines), levels_, cross_check_);
}

std::unique_ptr<TableBuilder> EngineSet::make_table_builder() {
  const TableBuilder::Levels levels{level_of(Algorithm::es256), level_of(Algorithm::es384), level_of(Algorithm::es512), level_of(Algorithm::eddsa)};
  if (std::ranges::all_of(levels, [](EngineLevel level) { return level == EngineLevel::reference; })) return nullptr;
  return std::make_unique<TableBuilder>(levels, curves_);
}

}  // namespace assay::crypto
