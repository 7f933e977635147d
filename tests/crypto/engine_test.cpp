#include "crypto/engine.h"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::Octets;
using test::SigningKey;
using enum SignatureResult;

constexpr KeyType kKeyTypes[] = {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519};

// ScriptedEngine: remembers what it was asked and answers by a function.
class ScriptedEngine final : public Engine {
 public:
  using Script = std::function<SignatureResult(const SignatureCheckView&)>;
  explicit ScriptedEngine(Script script) : script_(std::move(script)) {}
  std::string_view name() const noexcept override { return "scripted"; }
  std::uint64_t cost_ns(Algorithm, const KeyMaterial&) const noexcept override { return 0; }

  std::vector<SignatureCheckView> asked;
  std::vector<std::size_t> batches;

 private:
  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    ASSERT_EQ(checks.size(), results.size());
    batches.push_back(checks.size());
    for (std::size_t i = 0; i < checks.size(); ++i) {
      EXPECT_EQ(results[i], unset);
      asked.push_back(checks[i]);
      results[i] = script_(checks[i]);
    }
  }
  Script script_;
};

ScriptedEngine always(SignatureResult result) {
  return ScriptedEngine([result](const SignatureCheckView&) { return result; });
}

// Question: a well-formed check that owns its parts.
struct Question {
  explicit Question(KeyType type) : key(SigningKey::of_type(type).material()) {
    algorithm = test::algorithms(type).front();
    signature.resize(type == KeyType::rsa ? key->first().size() : 2 * coordinate_bytes(type));
  }
  SignatureCheckView view() const { return {algorithm, key.get(), message, signature}; }

  std::shared_ptr<const KeyMaterial> key;
  Algorithm algorithm;
  Octets message = test::from_text("message");
  Octets signature;
};

SignatureResult ask(Engine& engine, const SignatureCheckView& check) {
  SignatureResult result = valid;
  verify_batch(engine, {&check, 1}, {&result, 1});
  return result;
}

TEST(VerifyBatch, PassesAnswersOn) {
  const Question question(KeyType::p256);
  for (const SignatureResult answer : {valid, invalid}) {
    ScriptedEngine engine = always(answer);
    EXPECT_EQ(ask(engine, question.view()), answer);
    ASSERT_EQ(engine.asked.size(), 1U);
    EXPECT_EQ(engine.asked[0].key, question.key.get());
    EXPECT_EQ(engine.asked[0].algorithm, Algorithm::es256);
    EXPECT_EQ(engine.asked[0].message.data(), question.message.data());
    EXPECT_EQ(engine.asked[0].signature.data(), question.signature.data());
  }
}

// What nobody answered reads as refused, whatever stood in the results before.
TEST(VerifyBatch, LeavesUnansweredChecksUnset) {
  ScriptedEngine engine = always(unset);
  EXPECT_EQ(ask(engine, Question(KeyType::ed25519).view()), unset);
}

TEST(VerifyBatch, LeavesAnswersThatDoNotExistUnset) {
  const Question question(KeyType::ed25519);
  for (const unsigned value : {3U, 17U, 255U}) {
    ScriptedEngine engine = always(static_cast<SignatureResult>(value));
    EXPECT_EQ(ask(engine, question.view()), unset);
  }
}

TEST(VerifyBatch, RefusesACheckWithoutKeyUnasked) {
  ScriptedEngine engine = always(valid);
  Question question(KeyType::p256);
  SignatureCheckView check = question.view();
  check.key = nullptr;
  EXPECT_EQ(ask(engine, check), invalid);
  EXPECT_EQ(ask(engine, SignatureCheckView{}), invalid);
  EXPECT_TRUE(engine.asked.empty());
}

// RFC 8725 section 3.1: the algorithm must be one of the key's, never the token's wish alone. All pairs of key type and algorithm.
TEST(VerifyBatch, RefusesEveryAlgorithmThatIsNotTheKeysUnasked) {
  for (const KeyType type : kKeyTypes) {
    Question question(type);
    for (std::size_t value = 0; value <= kAlgorithmCount + 1; ++value) {
      ScriptedEngine engine = always(valid);
      question.algorithm = static_cast<Algorithm>(value);
      const bool fits = value != 0 && value <= kAlgorithmCount && algorithms_of(type).contains(question.algorithm);
      EXPECT_EQ(ask(engine, question.view()), fits ? valid : invalid) << question.key->describe() << ' ' << test::name(question.algorithm);
      EXPECT_EQ(engine.asked.size(), fits ? 1U : 0U);
    }
  }
}

// RFC 8017 section 8.1.2 step 1, RFC 7518 section 3.4, RFC 8032 section 5.1.7: a signature has one length.
TEST(VerifyBatch, RefusesEverySignatureOfAnotherLengthUnasked) {
  for (const KeyType type : kKeyTypes) {
    Question question(type);
    const std::size_t right = question.signature.size();
    for (std::size_t size = 0; size <= 2 * right + 1; ++size) {
      ScriptedEngine engine = always(valid);
      question.signature.assign(size, std::byte{1});
      ASSERT_EQ(ask(engine, question.view()), size == right ? valid : invalid) << question.key->describe() << ", " << size << " octets";
      ASSERT_EQ(engine.asked.size(), size == right ? 1U : 0U);
    }
  }
}

// A prefix is a beginning of the message; a longer one is of something else. It is passed on as it is.
TEST(VerifyBatch, RefusesAPrefixLongerThanTheMessageUnasked) {
  for (const KeyType type : kKeyTypes) {
    Question question(type);
    for (std::size_t blocks = 0; blocks <= 3; ++blocks) {
      sha2::Sha256Prefix prefix;
      const Octets beginning(blocks * sha2::kSha256BlockBytes);
      prefix.absorb(sha2::sha256_portable(), beginning);
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{127}, std::size_t{128}, std::size_t{129}, std::size_t{200}}) {
        ScriptedEngine engine = always(valid);
        question.message.assign(size, std::byte{0});
        SignatureCheckView check = question.view();
        check.prefix = &prefix;
        const bool fits = size >= beginning.size();
        EXPECT_EQ(ask(engine, check), fits ? valid : invalid) << size << " octets after " << blocks << " blocks";
        ASSERT_EQ(engine.asked.size(), fits ? 1U : 0U);
        if (fits) {
          EXPECT_EQ(engine.asked[0].prefix, &prefix);
        }
      }
    }
  }
}

// A modulus of 2049 bits takes 257 octets: lengths follow the modulus, not the nearest usual size.
TEST(VerifyBatch, CountsTheOctetsOfOddModuli) {
  Octets modulus(257);
  modulus.front() = std::byte{1};
  modulus.back() = std::byte{1};
  const auto key = KeyMaterial::make_rsa(modulus, test::from_hex("010001"));
  ASSERT_TRUE(key);
  ScriptedEngine engine = always(valid);
  for (const std::size_t size : {256U, 257U, 258U}) {
    const Octets signature(size);
    EXPECT_EQ(ask(engine, {Algorithm::rs256, key->get(), {}, signature}), size == 257 ? valid : invalid);
  }
}

TEST(VerifyBatch, TakesAnEmptyBatch) {
  ScriptedEngine engine = always(valid);
  verify_batch(engine, {}, {});
  EXPECT_TRUE(engine.batches.empty());
}

// More checks than the gate gathers at a time, malformed ones in between: each answer lands where it was asked, and batches stay full.
TEST(VerifyBatch, KeepsAnswersInTheirPlaces) {
  constexpr std::size_t kChecks = 1500;
  const Question question(KeyType::p256);
  std::vector<Octets> messages;
  for (std::size_t i = 0; i < kChecks; ++i) messages.push_back(test::from_text(i % 3 == 0 ? "bad" : "good"));
  std::vector<SignatureCheckView> checks;
  for (std::size_t i = 0; i < kChecks; ++i) {
    SignatureCheckView check = question.view();
    check.message = messages[i];
    if (i % 5 == 0) check.signature = check.signature.first(63);
    checks.push_back(check);
  }
  ScriptedEngine engine([](const SignatureCheckView& check) { return check.message.size() == 4 ? valid : invalid; });
  std::vector<SignatureResult> results(kChecks, valid);
  verify_batch(engine, checks, results);
  for (std::size_t i = 0; i < kChecks; ++i) ASSERT_EQ(results[i], i % 3 == 0 || i % 5 == 0 ? invalid : valid) << i;
  EXPECT_EQ(engine.asked.size(), kChecks - kChecks / 5);
  EXPECT_EQ(engine.batches.size(), 5U);
}

TEST(VerifyBatchDeathTest, EndsTheProcessIfResultsHaveAnotherSize) {
  ScriptedEngine engine = always(valid);
  const SignatureCheckView check;
  EXPECT_DEATH(verify_batch(engine, {&check, 1}, {}), "results.size\\(\\) == checks.size\\(\\)");
}

}  // namespace
}  // namespace assay::crypto
