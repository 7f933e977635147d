// The gate in front of every engine. What an engine is asked is well-formed: a key, an algorithm of that key, a signature of the one right length; so an engine
// can index by these without looking again. What an engine answers counts only for what it was asked, and only if it is a value that exists.
#include "crypto/engine.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/limits.h"

namespace assay::crypto {

namespace {

// Well-formed checks with malformed ones in between are gathered on the stack and handed over this many at a time: the malformed do not split a batch, and nothing is allocated.
constexpr std::size_t kGatheredMax = base::limits::kBatchTokensMax;

// signature_bytes(key): the only length of a signature under this key, whichever of its algorithms made it: RFC 8017 section 8 (octets of the modulus), RFC 7518
// section 3.4 (r and s in full length), RFC 8032 section 5.1.6.
std::size_t signature_bytes(const KeyMaterial& key) noexcept {
  return key.type() == KeyType::rsa ? key.first().size() : 2 * coordinate_bytes(key.type());
}

}  // namespace

bool is_well_formed(const SignatureCheckView& check) noexcept {
  if (check.prefix != nullptr && check.prefix->octets() > check.message.size()) return false;
  return check.key != nullptr && algorithms_of(check.key->type()).contains(check.algorithm) && check.signature.size() == signature_bytes(*check.key);
}

void verify_batch(Engine& engine, std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept {
  CHECK(results.size() == checks.size());
  std::ranges::fill(results, SignatureResult::unset);
  // Whatever is neither of the two answers counts as none.
  const auto ask = [&engine](std::span<const SignatureCheckView> asked, std::span<SignatureResult> answers) {
    engine.answer(asked, answers);
    for (SignatureResult& answer : answers) {
      if (answer != SignatureResult::valid && answer != SignatureResult::invalid) answer = SignatureResult::unset;
    }
  };
  if (checks.empty()) return;
  if (std::ranges::all_of(checks, is_well_formed)) return ask(checks, results);

  std::array<SignatureCheckView, kGatheredMax> asked;
  std::array<SignatureResult, kGatheredMax> answers;
  std::array<std::size_t, kGatheredMax> positions;
  for (std::size_t next = 0; next < checks.size();) {
    std::size_t count = 0;
    for (; next < checks.size() && count < kGatheredMax; ++next) {
      if (!is_well_formed(checks[next])) {
        results[next] = SignatureResult::invalid;
        continue;
      }
      asked[count] = checks[next];
      answers[count] = SignatureResult::unset;
      positions[count] = next;
      ++count;
    }
    if (count == 0) continue;
    ask(std::span(asked).first(count), std::span(answers).first(count));
    for (std::size_t i = 0; i < count; ++i) results[positions[i]] = answers[i];
  }
}

}  // namespace assay::crypto
