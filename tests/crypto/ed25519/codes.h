// The implementations of Ed25519 that this processor can run, and what the tests ask of them.
#pragma once

#include <memory>
#include <vector>

#include "crypto/ed25519/ed25519.h"
#include "crypto/sha2/codes.h"
#include "crypto/signer.h"
#include "crypto/table_memory_for_tests.h"

namespace assay::crypto::test {

inline std::vector<const ed25519::Code*> ed25519_codes() {
  std::vector<const ed25519::Code*> codes = {&ed25519::scalar_code()};
#if defined(__x86_64__)
  if (ed25519::simd_code() != nullptr && processor_has_avx2() && __builtin_cpu_supports("fma")) codes.push_back(ed25519::simd_code());
  if (ed25519::ifma_code() != nullptr && processor_has_avx2() && __builtin_cpu_supports("fma") && processor_has_ifma()) codes.push_back(ed25519::ifma_code());
#endif
  return codes;
}

// Verifier: one implementation with a table of the base point and its own scratch.
class Verifier {
 public:
  explicit Verifier(const ed25519::Code& code, unsigned base_width = 8)
      : code_(code), hash_(*sha512_codes().back()), base_(ed25519::Table::make_base(table_memory(), code, base_width)), scratch_(new ed25519::Scratch) {}

  std::vector<SignatureResult> verify(std::span<const ed25519::CheckView> checks) const {
    std::vector<SignatureResult> results(checks.size());
    ed25519::verify_vartime(code_, hash_, *base_, *scratch_, checks, results);
    return results;
  }
  const ed25519::Code& code() const { return code_; }
  const ed25519::Table& base() const { return *base_; }

 private:
  const ed25519::Code& code_;
  const sha2::Sha512Code& hash_;
  std::unique_ptr<const ed25519::Table> base_;
  std::unique_ptr<ed25519::Scratch> scratch_;
};

inline std::vector<Verifier> verifiers() {
  std::vector<Verifier> all;
  for (const ed25519::Code* code : ed25519_codes()) all.emplace_back(*code);
  return all;
}

}  // namespace assay::crypto::test
