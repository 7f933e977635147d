// Engines that lie, and what becomes of them.
#include "crypto/cross_check.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "crypto/engine_set.h"
#include "crypto/signer.h"
#include "crypto/worker_engine.h"

namespace assay::crypto {
namespace {

using test::Octets;
using test::SigningKey;
using enum SignatureResult;

// LyingEngine: calls everything of some algorithms valid, and asks the reference engine about the others.
class LyingEngine final : public Engine {
 public:
  explicit LyingEngine(AlgorithmSet lies) : lies_(lies) {}
  std::string_view name() const noexcept override { return "lying"; }
  std::uint64_t cost_ns(Algorithm, const KeyMaterial&) const noexcept override { return 1; }

 private:
  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    verify_batch(*reference_, checks, results);
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (lies_.contains(checks[i].algorithm)) results[i] = valid;
    }
  }
  AlgorithmSet lies_;
  std::unique_ptr<Engine> reference_ = make_reference_engine();
};

bool soon(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

// with_simd(engine): that, and the reference engine.
LevelEngines with_simd(std::unique_ptr<Engine> engine) {
  LevelEngines engines;
  engines.at(EngineLevel::simd) = std::move(engine);
  engines.at(EngineLevel::reference) = make_reference_engine();
  return engines;
}

class CrossCheckTest : public testing::Test {
 protected:
  CrossCheckTest() {
    lies.insert(Algorithm::eddsa);
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) levels.set(static_cast<Algorithm>(i), EngineLevel::simd);
    for (const SigningKey* key : {&ed25519, &p256}) materials.push_back(key->material());
    good = {ed25519.sign(Algorithm::eddsa, message), p256.sign(Algorithm::es256, message)};
    for (const Octets& signature : good) bad.push_back(test::flipped(signature, 100));
  }
  void start(CrossCheckMode mode) {
    cross_check.emplace(CrossCheckOptions{.mode = mode, .percent = 100, .on_disagreement = [this](Algorithm algorithm) { last = algorithm; ++alarms; }}, levels);
    engine = make_worker_engine(with_simd(std::make_unique<LyingEngine>(lies)), levels, *cross_check);
  }
  // ask(): of each algorithm a good signature and a bad one.
  std::vector<SignatureResult> ask() {
    std::vector<SignatureCheckView> checks;
    for (std::size_t i = 0; i < 2; ++i) {
      const Algorithm algorithm = i == 0 ? Algorithm::eddsa : Algorithm::es256;
      checks.push_back({algorithm, materials[i].get(), message, good[i]});
      checks.push_back({algorithm, materials[i].get(), message, bad[i]});
    }
    std::vector<SignatureResult> results(checks.size());
    verify_batch(*engine, checks, results);
    return results;
  }

  const SigningKey ed25519 = SigningKey::ed25519();
  const SigningKey p256 = SigningKey::ec(KeyType::p256);
  const Octets message = test::from_text("a message");
  std::vector<std::shared_ptr<const KeyMaterial>> materials;
  std::vector<Octets> good;
  std::vector<Octets> bad;
  AlgorithmSet lies;
  EngineLevels levels;
  std::atomic<int> alarms{0};
  std::atomic<Algorithm> last{Algorithm::unset};
  std::optional<CrossCheck> cross_check;
  std::unique_ptr<Engine> engine;
};

TEST_F(CrossCheckTest, OffBelievesTheEngine) {
  start(CrossCheckMode::off);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(), (std::vector{valid, valid, valid, invalid}));
  EXPECT_EQ(alarms, 0);
  EXPECT_EQ(cross_check->checked(), 0U);
}

// Wherever in a batch it stands.
TEST_F(CrossCheckTest, ASampleFindsTheLieAndTheReferenceTakesOver) {
  start(CrossCheckMode::sample);
  EXPECT_TRUE(soon([&] {
    ask();
    return alarms == 1;
  }));
  EXPECT_EQ(last, Algorithm::eddsa);
  EXPECT_EQ(levels.of(Algorithm::eddsa), EngineLevel::reference);
  EXPECT_EQ(levels.of(Algorithm::es256), EngineLevel::simd);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(), (std::vector{valid, invalid, valid, invalid}));
  EXPECT_EQ(alarms, 1);
}

TEST_F(CrossCheckTest, SamplesOfAnHonestEngineAgree) {
  lies = {};
  start(CrossCheckMode::sample);
  EXPECT_TRUE(soon([&] {
    EXPECT_EQ(ask(), (std::vector{valid, invalid, valid, invalid}));
    return cross_check->checked() > 20;
  }));
  EXPECT_EQ(alarms, 0);
  EXPECT_EQ(levels.of(Algorithm::eddsa), EngineLevel::simd);
}

TEST_F(CrossCheckTest, InlineLetsNoLiePass) {
  start(CrossCheckMode::inline_);
  EXPECT_EQ(ask(), (std::vector{valid, invalid, valid, invalid}));
  EXPECT_EQ(alarms, 1);
  EXPECT_EQ(last, Algorithm::eddsa);
  EXPECT_EQ(levels.of(Algorithm::eddsa), EngineLevel::reference);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(), (std::vector{valid, invalid, valid, invalid}));
  EXPECT_EQ(alarms, 1);
}

// A key may be withdrawn, and a batch's memory used again, while its sample is being verified.
TEST_F(CrossCheckTest, ASampleOutlivesItsKeyAndItsMessage) {
  lies = {};
  start(CrossCheckMode::sample);
  for (int i = 0; i < 50; ++i) {
    auto key = p256.material();
    Octets copy = message;
    const SignatureCheckView check{Algorithm::es256, key.get(), copy, good[1]};
    SignatureResult result = unset;
    verify_batch(*engine, std::span(&check, 1), std::span(&result, 1));
    EXPECT_EQ(result, valid);
    std::ranges::fill(copy, std::byte{0});
  }
  EXPECT_TRUE(soon([&] { return cross_check->checked() > 0; }));
  EXPECT_EQ(alarms, 0);
}

TEST_F(CrossCheckTest, EndsWhileItRests) {
  cross_check.emplace(CrossCheckOptions{.mode = CrossCheckMode::sample, .percent = 1}, levels);
  engine = make_worker_engine(with_simd(std::make_unique<LyingEngine>(AlgorithmSet())), levels, *cross_check);
  EXPECT_TRUE(soon([&] {  // an offer is let go when the thread holds the lock just then, as it does when it starts
    ask();
    return cross_check->checked() > 0;
  }));
  engine.reset();
  cross_check.reset();  // does not wait for the rest to be over; a test that hangs would say so
}

}  // namespace
}  // namespace assay::crypto
