// Nearly always all algorithms are at one level, and a batch goes to that level's engine as it came. Only where one has stepped down is it taken apart.
#include "crypto/worker_engine.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/limits.h"

namespace assay::crypto {
namespace {

using base::limits::kBatchTokensMax;

class WorkerEngine final : public Engine {
 public:
  WorkerEngine(LevelEngines engines, const EngineLevels& levels, CrossCheck& cross_check) : engines_(std::move(engines)), levels_(levels), cross_check_(cross_check) {
    CHECK(engines_.at(EngineLevel::reference) != nullptr);
    picked_.reserve(kBatchTokensMax);
    positions_.reserve(kBatchTokensMax);
    answers_.resize(kBatchTokensMax);
  }

  // The best that any algorithm has.
  std::string_view name() const noexcept override {
    EngineLevel best = EngineLevel::reference;
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) best = std::min(best, levels_.of(static_cast<Algorithm>(i)));
    return name_of(best);
  }
  std::uint64_t cost_ns(Algorithm algorithm, const KeyMaterial& key) const noexcept override {
    const std::uint64_t once = at(levels_.of(algorithm)).cost_ns(algorithm, key);
    return cross_check_.is_inline() ? once + reference().cost_ns(algorithm, key) : once;
  }

 private:
  Engine& reference() const noexcept { return *engines_.at(EngineLevel::reference); }
  Engine& at(EngineLevel level) const noexcept { return engines_.at(level) != nullptr ? *engines_.at(level) : reference(); }

  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    const EngineLevel level = levels_.of(checks.front().algorithm);
    if (std::ranges::all_of(checks, [&](const SignatureCheckView& check) { return levels_.of(check.algorithm) == level; })) {
      answer_at(level, checks, results);
      return;
    }
    // Levels may go down meanwhile: a check that no pass has picked is answered by the reference engine, which comes last.
    for (const EngineLevel pass : {EngineLevel::ifma, EngineLevel::simd, EngineLevel::scalar, EngineLevel::reference}) {
      for (std::size_t next = 0; next < checks.size();) {
        picked_.clear();
        positions_.clear();
        for (; next < checks.size() && picked_.size() < kBatchTokensMax; ++next) {
          const bool is_its_turn = pass == EngineLevel::reference ? results[next] == SignatureResult::unset : levels_.of(checks[next].algorithm) == pass;
          if (!is_its_turn) continue;
          picked_.push_back(checks[next]);
          positions_.push_back(next);
        }
        if (picked_.empty()) continue;
        const auto answers = std::span(answers_).first(picked_.size());
        answer_at(pass, picked_, answers);
        for (std::size_t i = 0; i < answers.size(); ++i) results[positions_[i]] = answers[i];
      }
    }
  }

  void answer_at(EngineLevel level, std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    verify_batch(at(level), checks, results);
    if (level == EngineLevel::reference) return;
    if (cross_check_.is_inline()) {
      check_inline(checks, results);
    } else {
      cross_check_.offer(checks, results);
    }
  }

  // What both engines accept is accepted.
  void check_inline(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (results[i] != SignatureResult::valid) continue;
      verify_batch(reference(), checks.subspan(i, 1), results.subspan(i, 1));
      if (results[i] != SignatureResult::valid) cross_check_.disagree(checks[i].algorithm);
    }
  }

  const LevelEngines engines_;
  const EngineLevels& levels_;
  CrossCheck& cross_check_;
  std::vector<SignatureCheckView> picked_;
  std::vector<std::size_t> positions_;
  std::vector<SignatureResult> answers_;
};

}  // namespace

std::unique_ptr<Engine> make_worker_engine(LevelEngines engines, const EngineLevels& levels, CrossCheck& cross_check) {
  return std::make_unique<WorkerEngine>(std::move(engines), levels, cross_check);
}

}  // namespace assay::crypto
