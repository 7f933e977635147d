// Distrust of our own kernels: what they accept is verified once more by the reference engine, a little of it or all of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "crypto/engine.h"
#include "crypto/engine_choice.h"
#include "crypto/engine_levels.h"

namespace assay::crypto {

struct CrossCheckOptions {
  CrossCheckMode mode = CrossCheckMode::sample;
  unsigned percent = 1;                                        // of one processor, for sample: 1 to 100
  std::function<void(Algorithm)> on_disagreement = [](Algorithm) {};  // on whichever thread finds it, once for each algorithm
};

// CrossCheck: a resource that outlives the engines that offer to it. A disagreement takes the algorithm down to the reference engine for the life of the process.
class CrossCheck {
 public:
  CrossCheck(CrossCheckOptions options, EngineLevels& levels);
  ~CrossCheck();
  CrossCheck(const CrossCheck&) = delete;
  CrossCheck& operator=(const CrossCheck&) = delete;

  bool is_inline() const noexcept { return options_.mode == CrossCheckMode::inline_; }
  // offer(checks, results): what an engine has answered, for one of the valid ones to be copied if the time for another has come. Costs one load if it has not. Any thread.
  void offer(std::span<const SignatureCheckView> checks, std::span<const SignatureResult> results) noexcept;
  // disagree(algorithm): the reference engine finds a signature invalid that was found valid. Any thread.
  void disagree(Algorithm algorithm) noexcept;
  // checked(): how many samples have been verified so far.
  std::uint64_t checked() const noexcept { return checked_.load(std::memory_order_relaxed); }

 private:
  struct Sample {
    Algorithm algorithm = Algorithm::unset;
    std::shared_ptr<const KeyMaterial> key;
    std::vector<std::byte> message;
    std::vector<std::byte> signature;
  };
  void work();

  const CrossCheckOptions options_;
  EngineLevels& levels_;
  std::atomic<bool> wants_sample_{false};
  std::atomic<std::uint64_t> checked_{0};
  std::atomic<std::uint64_t> offers_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  Sample sample_;
  bool has_sample_ = false;
  bool stopping_ = false;
  std::thread thread_;  // sample mode alone
};

}  // namespace assay::crypto
