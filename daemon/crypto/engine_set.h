// The engines of a process: which one verifies which algorithm, found out when it starts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/algorithm.h"
#include "crypto/cross_check.h"
#include "crypto/curve_tables.h"
#include "crypto/engine.h"
#include "crypto/engine_choice.h"
#include "crypto/engine_levels.h"
#include "crypto/kernels.h"
#include "crypto/table_builder.h"

namespace assay::crypto {

// StepDown: a level that does not serve. algorithm: the one that failed its known answers; unset: all, for the processor does not run that level.
struct StepDown {
  EngineLevel level = EngineLevel::unset;
  Algorithm algorithm = Algorithm::unset;
};

// EngineSet: a resource that outlives the engines it makes.
class EngineSet {
 public:
  // Takes the chosen level, or the next one that this processor runs, and has each algorithm verify its known answers (known_answers.h) with and without tables; an algorithm that
  // fails steps down a level. Takes some tens of milliseconds.
  // cross_check: what becomes of acceptances afterwards.
  // kernels_of: the code of a level; tests put other code there.
  using KernelsOf = std::function<std::optional<Kernels>(EngineLevel)>;
  EngineSet(EngineChoice choice, CrossCheckOptions cross_check, KernelsOf kernels_of = &Kernels::of);
  ~EngineSet();
  EngineSet(const EngineSet&) = delete;
  EngineSet& operator=(const EngineSet&) = delete;

  // level_of(algorithm): at the moment; never unset for an algorithm that is not. Any thread.
  EngineLevel level_of(Algorithm algorithm) const noexcept { return levels_.of(algorithm); }
  // chosen_level(): what every algorithm began with, before any failed.
  EngineLevel chosen_level() const noexcept { return chosen_level_; }
  // step_downs(): what is not as it was asked for; for automatic, only what failed.
  std::span<const StepDown> step_downs() const noexcept ASSAY_LIFETIMEBOUND { return step_downs_; }
  // make_engine(): one for a worker.
  std::unique_ptr<Engine> make_engine();
  // make_table_builder(): the one that there may be; it attaches what the engines then use. Null if they use no tables.
  std::unique_ptr<TableBuilder> make_table_builder();

 private:
  const KernelsOf kernels_of_;
  EngineLevels levels_;
  EngineLevel chosen_level_ = EngineLevel::unset;
  std::vector<StepDown> step_downs_;
  CurveTables curves_;
  CrossCheck cross_check_;
};

}  // namespace assay::crypto
