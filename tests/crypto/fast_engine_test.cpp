// Our engines against the reference engine: any mix of algorithms, keys with and without tables, good signatures and bad ones, in batches of every kind.
#include "crypto/fast_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "crypto/engine_set.h"
#include "crypto/known_answers.h"
#include "crypto/sha2/sha256.h"
#include "crypto/signer.h"
#include "crypto/table_builder.h"

namespace assay::crypto {
namespace {

using test::Octets;
using test::SigningKey;

// levels(): those that this processor runs, the fastest first.
std::vector<EngineLevel> levels() {
  std::vector<EngineLevel> levels;
  std::ranges::copy_if(kKernelLevels, std::back_inserter(levels), [](EngineLevel level) { return Kernels::of(level).has_value(); });
  return levels;
}

// Case: what a batch is made of. Owns what its check borrows. answer: the reference engine's.
struct Case {
  Algorithm algorithm;
  std::shared_ptr<const KeyMaterial> key;
  Octets message;
  Octets signature;
  SignatureResult answer;
  SignatureCheckView check() const { return {algorithm, key.get(), message, signature}; }
};

// pool(): signatures of every algorithm over several keys, two thirds of them spoilt.
const std::vector<Case>& pool() {
  static const std::vector<Case> made = [] {
    std::vector<Case> cases;
    std::mt19937_64 random(11);
    const auto reference = make_reference_engine();
    const auto add = [&](const SigningKey& key, std::initializer_list<Algorithm> algorithms) {
      const auto material = key.material();
      for (const Algorithm algorithm : algorithms) {
        for (int i = 0; i < 6; ++i) {
          Octets message(random() % 1500);
          for (std::byte& octet : message) octet = static_cast<std::byte>(random());
          Octets signature = key.sign(algorithm, message);
          if (i % 3 == 1) signature = test::flipped(signature, random() % (8 * signature.size()));
          if (i % 3 == 2 && !message.empty()) message = test::flipped(message, random() % (8 * message.size()));
          cases.push_back({algorithm, material, message, signature, test::verify(*reference, algorithm, *material, message, signature)});
        }
      }
    };
    using enum Algorithm;
    for (const unsigned bits : {2048U, 2056U, 3072U, 4096U}) add(SigningKey::rsa(bits), {rs256, rs384, rs512, ps256, ps384, ps512});
    for (int i = 0; i < 4; ++i) {
      add(SigningKey::ec(KeyType::p256), {es256});
      add(SigningKey::ec(KeyType::p384), {es384});
      add(SigningKey::ec(KeyType::p521), {es512});
      add(SigningKey::ed25519(), {eddsa});
    }
    return cases;
  }();
  return made;
}

std::vector<SignatureResult> answers_of(Engine& engine, const std::vector<SignatureCheckView>& checks) {
  std::vector<SignatureResult> results(checks.size());
  verify_batch(engine, checks, results);
  return results;
}

// without_tables(): the pool, with keys that have no tables yet.
std::vector<Case> without_tables() {
  std::vector<Case> cases = pool();
  std::map<const KeyMaterial*, std::shared_ptr<const KeyMaterial>> anew;
  for (Case& c : cases) {
    auto& key = anew[c.key.get()];
    const auto copy = [](base::Bytes octets) { return Octets(octets.begin(), octets.end()); };
    if (key == nullptr) key = *test::make_material(c.key->type(), copy(c.key->first()), copy(c.key->second()));
    c.key = key;
  }
  return cases;
}

std::vector<TableWish> wishes(const std::vector<Case>& cases) {
  std::vector<TableWish> wishes;
  for (const Case& c : cases) wishes.push_back({c.key, 0, 1});
  return wishes;
}

void answers_right(Engine& engine, const std::vector<Case>& cases) {
  std::mt19937_64 random(12);
  for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 16U, 64U, 255U, 256U, 257U, 600U}) {
    const int rounds = size < 64 ? 20 : 2;
    for (int round = 0; round < rounds; ++round) {
      std::vector<SignatureCheckView> checks;
      std::vector<SignatureResult> answers;
      std::vector<sha2::Sha256Prefix> prefixes(size);
      for (std::size_t i = 0; i < size; ++i) {
        const Case& c = cases[random() % cases.size()];
        checks.push_back(c.check());
        answers.push_back(c.answer);
        if (random() % 2 == 0) continue;
        // Of half of them a beginning is hashed already, whatever their algorithm makes of that.
        const std::size_t blocks = random() % (c.message.size() / sha2::kSha256BlockBytes + 1);
        prefixes[i].absorb(sha2::sha256_portable(), base::Bytes(c.message).first(blocks * sha2::kSha256BlockBytes));
        checks.back().prefix = &prefixes[i];
      }
      ASSERT_EQ(answers_of(engine, checks), answers) << "batch of " << size;
    }
  }
}

TEST(FastEngine, AgreesWithTheReferenceFromTheFirstKeyToTheLastTable) {
  for (const EngineLevel level : levels()) {
    SCOPED_TRACE(name_of(level));
    CurveTables curves;
    const auto engine = make_fast_engine(*Kernels::of(level), curves);
    EXPECT_EQ(engine->name(), name_of(level));
    const std::vector<Case> cases = without_tables();
    if (level == best_level()) answers_right(*engine, cases);  // nothing is there: the reference engine, for the curves
    TableBuilder builder({level, level, level, level}, curves);
    const auto wanted = wishes(cases);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(builder.build_next(wanted, std::uint64_t{1} << 30));
    EXPECT_NE(curves.ec(KeyType::p521), nullptr);
    EXPECT_EQ(builder.figures().tables, 0U);
    answers_right(*engine, cases);  // the curves have their tables, the keys have none
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(builder.build_next(wanted, std::uint64_t{1} << 30));
    answers_right(*engine, cases);  // some have one
    while (builder.build_next(wanted, std::uint64_t{1} << 30)) {
    }
    EXPECT_EQ(builder.figures().tables, 16U);
    EXPECT_EQ(builder.figures().keys_without, 0U);
    answers_right(*engine, cases);
  }
}

// Every beginning of a message, for every algorithm. One of other octets is another message to who goes on from it; algorithms without SHA-256, and the reference engine, never look at it.
TEST(FastEngine, GoesOnFromABeginningThatIsHashedAlready) {
  std::mt19937_64 random(13);
  Octets message(6 * sha2::kSha256BlockBytes + 17);
  for (std::byte& octet : message) octet = static_cast<std::byte>(random());
  using enum Algorithm;
  // New keys each time: tables are given back with them, before the memory that they are in goes.
  const auto cases_of_new_keys = [&message] {
    std::vector<Case> cases;
    const auto add = [&](const SigningKey& key, std::initializer_list<Algorithm> algorithms) {
      for (const Algorithm algorithm : algorithms) cases.push_back({algorithm, key.material(), message, key.sign(algorithm, message), SignatureResult::valid});
    };
    add(SigningKey::rsa(2048), {rs256, rs384, rs512, ps256, ps384, ps512});
    add(SigningKey::ec(KeyType::p256), {es256});
    add(SigningKey::ec(KeyType::p384), {es384});
    add(SigningKey::ec(KeyType::p521), {es512});
    add(SigningKey::ed25519(), {eddsa});
    return cases;
  };
  const auto expect = [&](Engine& engine, const std::vector<Case>& cases, bool looks) {
    for (const Case& c : cases) {
      SCOPED_TRACE(test::name(c.algorithm));
      SignatureCheckView check = c.check();
      for (std::size_t octets = 0; octets <= message.size(); octets += sha2::kSha256BlockBytes) {
        sha2::Sha256Prefix prefix;
        prefix.absorb(sha2::sha256_portable(), base::Bytes(message).first(octets));
        check.prefix = &prefix;
        EXPECT_EQ(answers_of(engine, {check}), std::vector{SignatureResult::valid}) << octets;
        if (octets == 0) continue;
        const Octets other = test::flipped(message, random() % (8 * octets));
        sha2::Sha256Prefix wrong;
        wrong.absorb(sha2::sha256_portable(), base::Bytes(other).first(octets));
        check.prefix = &wrong;
        const bool fails = looks && hashes_by_sha256(c.algorithm);
        EXPECT_EQ(answers_of(engine, {check}), std::vector{fails ? SignatureResult::invalid : SignatureResult::valid}) << octets;
        // And an octet of the message that the beginning covers is not looked at again: the caller has said what it is.
        check.prefix = &prefix;
        check.message = other;
        EXPECT_EQ(answers_of(engine, {check}), std::vector{fails ? SignatureResult::valid : SignatureResult::invalid}) << octets;
        check.message = message;
      }
    }
  };
  expect(*make_reference_engine(), cases_of_new_keys(), false);
  for (const EngineLevel level : levels()) {
    SCOPED_TRACE(name_of(level));
    CurveTables curves;
    TableBuilder builder({level, level, level, level}, curves);
    const std::vector<Case> cases = cases_of_new_keys();
    const auto wanted = wishes(cases);
    while (builder.build_next(wanted, std::uint64_t{1} << 30)) {
    }
    expect(*make_fast_engine(*Kernels::of(level), curves), cases, true);
  }
}

// A table of other arithmetic, or a curve's, must not be taken for one's own.
TEST(FastEngine, ServesBesideTablesOfAnotherLevel) {
  if (levels().size() < 2) GTEST_SKIP() << "this processor has one level";
  for (const EngineLevel made : levels()) {
    CurveTables curves;
    TableBuilder builder({made, made, made, made}, curves);
    for (const auto& [algorithm, key] : {std::pair(Algorithm::es256, SigningKey::ec(KeyType::p256)), std::pair(Algorithm::eddsa, SigningKey::ed25519())}) {
      const auto material = key.material();
      const std::vector<TableWish> wanted{{material, 0, 1}};
      while (builder.build_next(wanted, 1 << 30)) {
      }
      ASSERT_TRUE(material->ec_table() != nullptr || material->ed25519_table() != nullptr);
      const Octets message = test::from_text("message");
      const Octets signature = key.sign(algorithm, message);
      const Octets bad = test::flipped(signature, 77);
      for (const EngineLevel asked : levels()) {
        const auto engine = make_fast_engine(*Kernels::of(asked), curves);
        EXPECT_EQ(answers_of(*engine, {{algorithm, material.get(), message, signature}, {algorithm, material.get(), message, bad}}),
                  (std::vector{SignatureResult::valid, SignatureResult::invalid}))
            << test::name(algorithm) << ": tables of " << name_of(made) << ", asked " << name_of(asked);
      }
    }
  }
}

// CountingEngine: the reference engine, and how often it was asked.
class CountingEngine final : public Engine {
 public:
  explicit CountingEngine(std::size_t& asked) : asked_(asked) {}
  std::string_view name() const noexcept override { return "counting"; }
  std::uint64_t cost_ns(Algorithm, const KeyMaterial&) const noexcept override { return 1; }

 private:
  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    asked_ += checks.size();
    verify_batch(*reference_, checks, results);
  }
  std::size_t& asked_;
  std::unique_ptr<Engine> reference_ = make_reference_engine();
};

// A fast path that silently stops being used is a bug that no answer shows.
TEST(FastEngine, AsksTheReferenceOnlyWhileACurveHasNoTable) {
  for (const EngineLevel level : levels()) {
    CurveTables curves;
    std::size_t asked = 0;
    const auto engine = make_fast_engine(*Kernels::of(level), curves, std::make_unique<CountingEngine>(asked));
    const std::vector<Case> cases = without_tables();
    std::vector<SignatureCheckView> checks;
    std::size_t on_curves = 0;
    for (const Case& c : cases) {
      checks.push_back(c.check());
      if (c.key->type() != KeyType::rsa) ++on_curves;
    }
    answers_of(*engine, checks);
    EXPECT_EQ(asked, on_curves);
    TableBuilder builder({level, level, level, level}, curves);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(builder.build_next(wishes(cases), 0));
    asked = 0;
    answers_of(*engine, checks);
    EXPECT_EQ(asked, 0U) << name_of(level);
  }
}

#if defined(__x86_64__)
// What the system says of the processor, which is not how the daemon asks.
TEST(Kernels, AreThoseThatTheProcessorRuns) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && !line.starts_with("flags")) {
  }
  ASSERT_TRUE(line.starts_with("flags"));
  line += ' ';
  const auto has = [&line](std::string_view flag) { return line.find(" " + std::string(flag) + " ") != std::string::npos; };
  const bool has_simd = has("avx2") && has("fma") && has("bmi1") && has("bmi2");
  const bool has_ifma = has_simd && has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl") && has("avx512ifma");
  const auto ifma = Kernels::of(EngineLevel::ifma);
  ASSERT_EQ(ifma.has_value(), has_ifma);
  EXPECT_EQ(best_level(), has_ifma ? EngineLevel::ifma : has_simd ? EngineLevel::simd : EngineLevel::scalar);
  if (ifma) {
    EXPECT_EQ(ifma->sha256 == sha2::sha256_sha_ni(), has("sha_ni"));
    EXPECT_EQ(ifma->sha512, sha2::sha512_avx512());
    EXPECT_EQ(ifma->ec, ec::Arithmetic::ifma);
    EXPECT_EQ(ifma->ed25519, ed25519::ifma_code());
    EXPECT_EQ(ifma->rsa, &verify_rsa_ifma_vartime);
  }
  const auto simd = Kernels::of(EngineLevel::simd);
  ASSERT_EQ(simd.has_value(), has_simd);
  if (!simd) return;
  EXPECT_EQ(simd->sha256 == sha2::sha256_sha_ni(), has("sha_ni"));
  EXPECT_EQ(simd->sha512, sha2::sha512_avx2());
  EXPECT_EQ(simd->ec, ec::Arithmetic::avx2);
  EXPECT_EQ(simd->ed25519, ed25519::simd_code());
  EXPECT_EQ(simd->rsa, &verify_rsa_simd_vartime);
}
#endif

// RSA: more bits and larger exponents cost more.
TEST(FastEngine, KnowsWhatRsaCosts) {
  CurveTables curves;
  const auto engine = make_fast_engine(*Kernels::of(EngineLevel::scalar), curves);
  const auto cost = [&](unsigned bits, std::uint32_t exponent) {
    Octets modulus(bits / 8, std::byte{0xFF});
    Octets e;
    for (int shift = 24; shift >= 0; shift -= 8) e.push_back(static_cast<std::byte>(exponent >> shift & 0xFF));
    return engine->cost_ns(Algorithm::rs256, **KeyMaterial::make_rsa(modulus, e));
  };
  EXPECT_EQ(cost(2048, 65537), 8000U);
  EXPECT_LT(cost(2048, 3), cost(2048, 65537));
  EXPECT_GT(cost(2048, 0xFFFFFFFF), 2 * cost(2048, 65537));
  EXPECT_EQ(cost(4096, 65537), 4 * cost(2048, 65537));
  EXPECT_EQ(cost(8192, 65537), 5 * 16 * cost(2048, 65537));
}

TEST(FastEngine, GivesEveryAlgorithmACost) {
  CurveTables curves;
  const auto engine = make_fast_engine(*Kernels::of(EngineLevel::scalar), curves);
  for (const Case& c : pool()) EXPECT_GT(engine->cost_ns(c.algorithm, *c.key), 0U);
}

// A batch is cut by these, so they must follow what is there.
TEST(FastEngine, CostsLessWithEachTable) {
  for (const KeyType type : {KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519}) {
    CurveTables curves;
    const auto engine = make_fast_engine(*Kernels::of(EngineLevel::scalar), curves);
    const auto key = SigningKey::of_type(type).material();
    const Algorithm algorithm = test::algorithms(type).front();
    TableBuilder builder({EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar}, curves);
    const std::vector<TableWish> wanted{{key, 0, 1}};
    const std::uint64_t at_first = engine->cost_ns(algorithm, *key);
    EXPECT_EQ(at_first, make_reference_engine()->cost_ns(algorithm, *key));
    ASSERT_TRUE(builder.build_next(wanted, 1 << 30));
    const std::uint64_t with_curve = engine->cost_ns(algorithm, *key);
    if (type != KeyType::ed25519) {  // for which libsodium is as quick
      EXPECT_LT(with_curve, at_first) << key->describe();
    }
    ASSERT_TRUE(builder.build_next(wanted, 1 << 30));
    EXPECT_LT(engine->cost_ns(algorithm, *key), with_curve) << key->describe();
  }
}

// --- Which engine serves ---

TEST(EngineSet, TakesWhatTheProcessorRuns) {
  struct Chosen {
    EngineChoice choice;
    EngineLevel level;
    std::size_t step_downs;
  };
  const EngineLevel best = best_level(), at_most_simd = std::max(best, EngineLevel::simd);
  const auto levels_above = [](EngineLevel from, EngineLevel level) { return static_cast<std::size_t>(level) - static_cast<std::size_t>(from); };
  const Chosen cases[] = {{EngineChoice::automatic, best, 0},
                          {EngineChoice::ifma, best, levels_above(EngineLevel::ifma, best)},
                          {EngineChoice::simd, at_most_simd, levels_above(EngineLevel::simd, at_most_simd)},
                          {EngineChoice::scalar, EngineLevel::scalar, 0},
                          {EngineChoice::reference, EngineLevel::reference, 0}};
  for (const auto& [choice, level, step_downs] : cases) {
    EngineSet set(choice, {.mode = CrossCheckMode::off});
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) EXPECT_EQ(set.level_of(static_cast<Algorithm>(i)), level);
    EXPECT_EQ(set.chosen_level(), level);
    EXPECT_EQ(set.make_engine()->name(), name_of(level));
    EXPECT_EQ(set.step_downs().size(), step_downs);
  }
}

TEST(EngineSet, MakesEnginesThatShareTables) {
  EngineSet set(EngineChoice::automatic, {.mode = CrossCheckMode::sample, .percent = 100});
  const auto engine = set.make_engine();
  const auto builder = set.make_table_builder();
  const std::vector<Case> cases = without_tables();
  for (int i = 0; i < 6; ++i) builder->build_next(wishes(cases), 1 << 30);
  answers_right(*engine, cases);
}

// --- Known answers ---

TEST(KnownAnswers, CoverEveryAlgorithmAndAreRight) {
  AlgorithmSet covered;
  for (const KnownAnswer& answer : known_answers()) covered.insert(answer.algorithm);
  EXPECT_EQ(covered, AlgorithmSet::all());
  for (const EngineLevel level : levels()) {
    const auto kernels = Kernels::of(level);
    EXPECT_TRUE(failed_known_answers(&*kernels, AlgorithmSet::all()).empty()) << name_of(level);
  }
  EXPECT_TRUE(failed_known_answers(nullptr, AlgorithmSet::all()).empty());
}

RsaRouted call_all_valid(std::span<const RsaCheckView>, std::span<SignatureResult> results) noexcept {
  for (SignatureResult& result : results) result = SignatureResult::valid;
  return {};
}
RsaRouted call_none_valid(std::span<const RsaCheckView>, std::span<SignatureResult> results) noexcept {
  for (SignatureResult& result : results) result = SignatureResult::invalid;
  return {};
}

bool is_rsa(Algorithm algorithm) { return test::name(algorithm).starts_with("RS") || test::name(algorithm).starts_with("PS"); }

// Code that accepts too much, and code that accepts too little: its algorithms step down, and the others stay.
TEST(KnownAnswers, FindBrokenCode) {
  for (const auto broken : {&call_all_valid, &call_none_valid}) {
    Kernels kernels = *Kernels::of(EngineLevel::scalar);
    kernels.rsa = broken;
    const AlgorithmSet failed = failed_known_answers(&kernels, AlgorithmSet::all());
    EngineSet set(EngineChoice::scalar, {.mode = CrossCheckMode::off}, [&](EngineLevel) { return std::optional(kernels); });
    for (std::size_t i = 1; i <= kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      EXPECT_EQ(failed.contains(algorithm), is_rsa(algorithm)) << test::name(algorithm);
      EXPECT_EQ(set.level_of(algorithm), is_rsa(algorithm) ? EngineLevel::reference : EngineLevel::scalar) << test::name(algorithm);
    }
    EXPECT_EQ(set.step_downs().size(), 6U);
    EXPECT_EQ(set.chosen_level(), EngineLevel::scalar);
    const auto engine = set.make_engine();
    answers_right(*engine, without_tables());
  }
  Kernels kernels = *Kernels::of(EngineLevel::scalar);
  static const sha2::Sha512Code kLazy{"lazy", [](sha2::Sha512State*, const std::byte* const*, std::size_t) noexcept {}, nullptr, 1};
  kernels.sha512 = &kLazy;
  const AlgorithmSet failed = failed_known_answers(&kernels, AlgorithmSet::all());
  for (const Algorithm algorithm : {Algorithm::rs384, Algorithm::rs512, Algorithm::ps512, Algorithm::es384, Algorithm::es512, Algorithm::eddsa}) EXPECT_TRUE(failed.contains(algorithm));
  for (const Algorithm algorithm : {Algorithm::rs256, Algorithm::ps256, Algorithm::es256}) EXPECT_FALSE(failed.contains(algorithm));
}

// --- Tables ---

TEST(TableBuilder, TakesTheMostUsedFirstAndObeysTheBudget) {
  CurveTables curves;
  TableBuilder builder({EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar}, curves);
  std::vector<TableWish> wanted;
  for (std::uint64_t i = 0; i < 8; ++i) wanted.push_back({SigningKey::ec(KeyType::p256).material(), 0, i});
  constexpr std::uint64_t kBudget = 1 << 20;
  EXPECT_TRUE(builder.build_next(wanted, kBudget));  // the curve's
  EXPECT_GT(builder.figures().curve_bytes, 0U);
  EXPECT_EQ(builder.figures().tables, 0U);
  EXPECT_TRUE(builder.build_next(wanted, kBudget));
  EXPECT_NE(wanted[7].key->ec_table(), nullptr);
  wanted[0].uses = 100;
  EXPECT_TRUE(builder.build_next(wanted, kBudget));
  EXPECT_NE(wanted[0].key->ec_table(), nullptr);
  while (builder.build_next(wanted, kBudget)) {
  }
  const TableFigures figures = builder.figures();
  EXPECT_LE(figures.bytes, kBudget);
  EXPECT_GE(figures.tables, 5U);
  EXPECT_EQ(figures.tables + figures.keys_without, 8U);
  // What is gone gives its room back.
  const std::size_t tables = figures.tables;
  std::erase_if(wanted, [](const TableWish& wish) { return wish.key->ec_table() != nullptr && wish.uses < 7; });
  EXPECT_LT(builder.figures().tables, tables);
  while (builder.build_next(wanted, kBudget)) {
  }
  EXPECT_EQ(builder.figures().keys_without, 0U);
  EXPECT_LE(builder.figures().bytes, kBudget);
}

// One key changed of many builds one table.
TEST(TableBuilder, MakesATableOnlyForWhatIsNew) {
  CurveTables curves;
  const EngineLevel level = best_level();
  TableBuilder builder({level, level, level, level}, curves);
  std::vector<TableWish> wanted;
  for (int i = 0; i < 50; ++i) wanted.push_back({SigningKey::ed25519().material(), 0, 1});
  while (builder.build_next(wanted, std::uint64_t{1} << 30)) {
  }
  wanted[25].key = SigningKey::ed25519().material();
  EXPECT_TRUE(builder.build_next(wanted, std::uint64_t{1} << 30));
  EXPECT_NE(wanted[25].key->ed25519_table(), nullptr);
  EXPECT_FALSE(builder.build_next(wanted, std::uint64_t{1} << 30));
  EXPECT_EQ(builder.figures().tables, 50U);
}

TEST(TableBuilder, GivesNoSourceMoreThanAQuarterWhileOthersLackTables) {
  CurveTables curves;
  TableBuilder builder({EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar}, curves);
  std::vector<TableWish> wanted;
  for (std::uint64_t i = 0; i < 12; ++i) wanted.push_back({SigningKey::ec(KeyType::p256).material(), 1, 1000});
  wanted.push_back({SigningKey::ec(KeyType::p256).material(), 2, 1});
  constexpr std::uint64_t kBudget = 3 << 20;
  while (wanted.back().key->ec_table() == nullptr) {
    std::uint64_t greedy = 0;
    for (std::size_t i = 0; i < 12; ++i) greedy += wanted[i].key->ec_table() != nullptr ? wanted[i].key->ec_table()->bytes() : 0;
    ASSERT_LE(greedy, kBudget / 4);
    ASSERT_TRUE(builder.build_next(wanted, kBudget));
  }
  while (builder.build_next(wanted, kBudget)) {
  }
  EXPECT_GT(builder.figures().tables, 9U);
  EXPECT_LE(builder.figures().bytes, kBudget);
}

TEST(TableBuilder, MakesNoneWithoutABudgetOrForTheReference) {
  const std::vector<TableWish> wanted{{SigningKey::ec(KeyType::p256).material(), 0, 1}, {SigningKey::rsa(2048).material(), 0, 1}};
  CurveTables curves;
  TableBuilder builder({EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar, EngineLevel::scalar}, curves);
  EXPECT_TRUE(builder.build_next(wanted, 0));  // the curve's own
  EXPECT_FALSE(builder.build_next(wanted, 0));
  EXPECT_EQ(builder.figures().keys_without, 1U);
  CurveTables none;
  TableBuilder reference({EngineLevel::reference, EngineLevel::reference, EngineLevel::reference, EngineLevel::reference}, none);
  EXPECT_FALSE(reference.build_next(wanted, 1 << 30));
  EXPECT_EQ(none.ec(KeyType::p256), nullptr);
}

}  // namespace
}  // namespace assay::crypto
