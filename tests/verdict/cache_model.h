// The model test of the token cache: a machine does what operators, issuers and clients do, in any order, and compares every verdict with one that was found
// without a cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crypto/engine.h"
#include "snapshot/compiler.h"
#include "snapshot/deployment.h"
#include "snapshot/key_set_pool.h"
#include "snapshot/key_source.h"
#include "snapshot/snapshot.h"
#include "support/compiled.h"
#include "verdict/cache_world.h"
#include "verdict/token_cache.h"
#include "verdict/validator.h"

namespace assay::tests {

// Choices: a run of octets, from a fuzzer or drawn from a seed, as the choices of a machine. At their end every choice is 0.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> octets) noexcept : left_(octets) {}
  bool empty() const noexcept { return left_.empty(); }
  std::uint8_t octet() noexcept;
  // below(bound): of at most 256.
  std::size_t below(std::size_t bound) noexcept { return octet() % bound; }

 private:
  std::span<const std::uint8_t> left_;
};

// drawn(seed, octets): so many octets, the same for the same seed.
std::vector<std::uint8_t> drawn(std::uint64_t seed, std::size_t octets);

// RememberingEngine: another engine that is asked each question about these algorithms only once, for verifying would be most of the time. Questions are kept
// whole.
class RememberingEngine final : public crypto::Engine {
 public:
  RememberingEngine(std::unique_ptr<crypto::Engine> engine, crypto::AlgorithmSet remembered) : engine_(std::move(engine)), remembered_(remembered) {}
  std::string_view name() const noexcept override { return engine_->name(); }
  std::uint64_t cost_ns(crypto::Algorithm algorithm, const crypto::KeyMaterial& key) const noexcept override { return engine_->cost_ns(algorithm, key); }

 private:
  void answer(std::span<const crypto::SignatureCheckView> checks, std::span<crypto::SignatureResult> results) noexcept override;

  const std::unique_ptr<crypto::Engine> engine_;
  const crypto::AlgorithmSet remembered_;
  std::unordered_map<std::string, crypto::SignatureResult> answers_;
};

// kLanes: how many validators may count the use of keys: the model's is lane 0.
inline constexpr std::size_t kLanes = 4;

// Referee: what all machines of a process share, because it is slow to make: the model, a validator without a cache over the reference engine, and the keys.
class Referee {
 public:
  Referee();
  verdict::Validator& model() noexcept { return model_; }
  snapshot::KeySetPool& pool() noexcept { return pool_; }

 private:
  RememberingEngine engine_;
  verdict::Validator model_;
  snapshot::KeySetPool pool_;
  std::vector<std::shared_ptr<const snapshot::KeySet>> kept_;  // so that the pool keeps their material
};

// Contender: what is compared with the model.
class Contender {
 public:
  virtual ~Contender() = default;
  virtual std::string_view name() const = 0;
  // As Validator::validate.
  virtual void validate(const snapshot::Snapshot& snapshot, std::span<const verdict::TokenRequestView> requests, std::int64_t now_s,
                        std::span<verdict::VerdictView> verdicts) = 0;
  virtual void end_era(crypto::Algorithm) {}
};

// CachedContender: a validator with a cache of so many sets.
class CachedContender final : public Contender {
 public:
  CachedContender(std::string name, std::size_t sets, crypto::Engine& engine, std::size_t lane);
  std::string_view name() const override { return name_; }
  void validate(const snapshot::Snapshot& snapshot, std::span<const verdict::TokenRequestView> requests, std::int64_t now_s,
                std::span<verdict::VerdictView> verdicts) override {
    validator_.validate(snapshot, requests, now_s, verdicts);
  }
  void end_era(crypto::Algorithm algorithm) override { cache_->end_era(algorithm); }
  verdict::TokenCacheFigures figures() const { return cache_->figures(); }

 private:
  const std::string name_;
  const std::unique_ptr<verdict::TokenCache> cache_;
  verdict::Validator validator_;
};

// fast_engine(): for RSA the daemon's own code, the fastest that this processor runs; for curves it has no tables and asks the reference engine. ES256, which
// is slow then, is remembered.
std::unique_ptr<crypto::Engine> fast_engine();

// Difference: a verdict that is not the model's.
struct Difference {
  std::size_t step = 0;
  std::string contender;
  schema::Code expected = schema::Code::unset;
  schema::Code found = schema::Code::unset;
  std::string text;  // both verdicts, the token and where it was presented
};

// Machine: a history: an octet chooses what happens next.
class Machine {
 public:
  // All that is borrowed outlives the machine.
  Machine(Referee& referee, std::span<Contender* const> contenders, Choices choices);

  // step(): what happens next; false: the choices are at their end. differences(): so far.
  bool step();
  std::span<const Difference> differences() const noexcept { return differences_; }
  std::size_t steps() const noexcept { return steps_; }
  // judged(), accepted(): verdicts of the model.
  std::size_t judged() const noexcept { return judged_; }
  std::size_t accepted() const noexcept { return accepted_; }

 private:
  void validate_batch();
  void move_clock();
  void push();
  void edit(world::Entries& entries);
  void edit_settings();
  void deploy(bool is_staged);
  void roll_back();
  void end_era();
  void put_in_force(snapshot::Deployment next);
  void compile();
  void compare(const Contender& contender, const verdict::TokenRequestView& request, const verdict::VerdictView& expected, const verdict::VerdictView& found);

  Referee& referee_;
  const std::span<Contender* const> contenders_;
  Choices choices_;
  NoIdentities identities_;
  snapshot::Compiler compiler_{identities_, kLanes};
  world::Settings settings_ = world::usual();
  std::array<world::Entries, world::kUrls.size()> held_;
  snapshot::KeySources sources_;
  snapshot::Deployment in_force_ = snapshot::nothing_deployed();
  std::vector<snapshot::Deployment> history_;  // the last few
  std::uint64_t deployments_ = 0;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  std::int64_t now_s_ = world::kEpoch_s + 1;
  std::size_t steps_ = 0;
  std::size_t judged_ = 0;
  std::size_t accepted_ = 0;
  std::vector<Difference> differences_;
};

}  // namespace assay::tests
