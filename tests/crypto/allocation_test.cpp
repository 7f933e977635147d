// The gate in front of the engines allocates nothing, and neither do our own engines, once they have seen each curve. What the reference engine allocates is its libraries' affair.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "crypto/engine.h"
#include "crypto/fast_engine.h"
#include "crypto/signer.h"
#include "crypto/table_builder.h"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace assay::crypto {
namespace {

class YesEngine final : public Engine {
 public:
  std::string_view name() const noexcept override { return "yes"; }
  std::uint64_t cost_ns(Algorithm, const KeyMaterial&) const noexcept override { return 0; }

 private:
  void answer(std::span<const SignatureCheckView>, std::span<SignatureResult> results) noexcept override {
    for (SignatureResult& result : results) result = SignatureResult::valid;
  }
};

TEST(VerifyBatch, AllocatesNothing) {
  const auto key = test::SigningKey::ed25519().material();
  const test::Octets signature(64);
  std::vector<SignatureCheckView> checks(1000, {Algorithm::eddsa, key.get(), {}, signature});
  checks[7].key = nullptr;
  std::vector<SignatureResult> results(checks.size());
  YesEngine engine;
  const std::size_t before = allocations;
  verify_batch(engine, checks, results);
  EXPECT_EQ(allocations, before);
  EXPECT_GT(before, 0U);  // the counter counts
  EXPECT_EQ(results[6], SignatureResult::valid);
  EXPECT_EQ(results[7], SignatureResult::invalid);
}

TEST(FastEngine, AllocatesNothingAfterItsFirstBatch) {
  for (const EngineLevel level : kKernelLevels) {
    if (!Kernels::of(level)) continue;
    CurveTables curves;
    TableBuilder builder({level, level, level, level}, curves);
    const test::Octets message(333);
    std::vector<test::Octets> signatures;
    std::vector<SignatureCheckView> checks;
    std::vector<TableWish> wishes;
    for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519}) {
      const auto key = test::SigningKey::of_type(type);
      wishes.push_back({key.material(), 0, 0});
      for (const Algorithm algorithm : test::algorithms(type)) {
        signatures.push_back(key.sign(algorithm, message));
        checks.push_back({algorithm, wishes.back().key.get(), message, {}});
      }
    }
    for (std::size_t i = 0; i < checks.size(); ++i) checks[i].signature = signatures[i];
    while (builder.build_next(wishes, 1 << 30)) {
    }
    const auto engine = make_fast_engine(*Kernels::of(level), curves);
    std::vector<SignatureResult> results(checks.size());
    verify_batch(*engine, checks, results);
    const std::size_t before = allocations;
    for (int i = 0; i < 3; ++i) verify_batch(*engine, checks, results);
    EXPECT_EQ(allocations, before) << name_of(level);
    EXPECT_EQ(results, std::vector(checks.size(), SignatureResult::valid)) << name_of(level);
  }
}

}  // namespace
}  // namespace assay::crypto
