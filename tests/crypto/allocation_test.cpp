// The gate in front of the engines allocates nothing: what an engine allocates is its own affair, so the engine here does nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "crypto/engine.h"
#include "crypto/signer.h"

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

}  // namespace
}  // namespace assay::crypto
