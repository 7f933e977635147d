// Inputs for arithmetic: random ones, and those of few ones or few zeros, where carries are long.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "crypto/number.h"

namespace assay::crypto::test {

inline const Number kPrime25519 = Number::power_of_two(255) - Number(19);
inline const Number kOrder25519 = Number::power_of_two(252) + Number::hex("14def9dea2f79cd65812631a5cf5d3ed");  // RFC 8032 section 5.1, L

// octets_for_trial(random, trial, size): by turns random, sparse, dense, and runs of equal bits.
inline std::vector<std::byte> octets_for_trial(std::mt19937_64& random, int trial, std::size_t size) {
  std::vector<std::byte> octets(size);
  for (std::size_t i = 0; i < size; ++i) {
    switch (trial % 4) {
      case 0: octets[i] = static_cast<std::byte>(random()); break;
      case 1: octets[i] = static_cast<std::byte>(random() % 8 == 0 ? 1U << random() % 8 : 0); break;
      case 2: octets[i] = static_cast<std::byte>(random() % 8 == 0 ? ~(1U << random() % 8) : 0xFF); break;
      default: octets[i] = i % 7 != 0 && i != 0 ? octets[i - 1] : static_cast<std::byte>(random() % 2 == 0 ? 0 : 0xFF); break;
    }
  }
  return octets;
}

}  // namespace assay::crypto::test
