// One table, both ways.
#include "jose/algorithm_names.h"

#include <array>
#include <utility>

namespace assay::jose {
namespace {

using crypto::Algorithm;

// The first name of an algorithm is the one it is called by.
constexpr auto kNames = std::to_array<std::pair<std::string_view, Algorithm>>({
    {"RS256", Algorithm::rs256}, {"RS384", Algorithm::rs384}, {"RS512", Algorithm::rs512},
    {"PS256", Algorithm::ps256}, {"PS384", Algorithm::ps384}, {"PS512", Algorithm::ps512},
    {"ES256", Algorithm::es256}, {"ES384", Algorithm::es384}, {"ES512", Algorithm::es512},
    {"EdDSA", Algorithm::eddsa}, {"Ed25519", Algorithm::eddsa},
});

}  // namespace

Algorithm algorithm_of(std::string_view name) noexcept {
  for (const auto& [known, algorithm] : kNames) {
    if (known == name) return algorithm;
  }
  return Algorithm::unset;
}

std::string_view name_of(Algorithm algorithm) noexcept {
  for (const auto& [name, known] : kNames) {
    if (known == algorithm) return name;
  }
  return "unset";
}

}  // namespace assay::jose
