// An engine that checks nothing, for benchmarks alone: it stands at the seam that the daemon has for its engines, so that what is measured is everything around the signature.
#pragma once

#include <algorithm>

#include "crypto/engine.h"

namespace assay::bench {

// EmptyEngine: calls every signature valid.
class EmptyEngine final : public crypto::Engine {
 public:
  std::string_view name() const noexcept override { return "empty"; }
  std::uint64_t cost_ns(crypto::Algorithm, const crypto::KeyMaterial&) const noexcept override { return 0; }

 private:
  void answer(std::span<const crypto::SignatureCheckView>, std::span<crypto::SignatureResult> results) noexcept override {
    std::ranges::fill(results, crypto::SignatureResult::valid);
  }
};

}  // namespace assay::bench
