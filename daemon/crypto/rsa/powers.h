// Private to crypto: s^e mod n by the vector kernels, octets in, octets out. Only where rsa_simd_supported().
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "crypto/rsa/key_parts.h"

namespace assay::crypto::rsa {

// power_one_vartime(key, signature, encoded): encoded = signature^e mod n. Both have as many octets as n; signature < n; the key has vectors.
void power_one_vartime(const RsaKey::Parts& key, base::Bytes signature, std::span<std::byte> encoded) noexcept;

// PowerOf: one of four.
struct PowerOf {
  const RsaKey::Parts* key = nullptr;
  base::Bytes signature;
  std::span<std::byte> encoded;
};
// power_four_vartime(four): the same for each; the keys are of one shape and exponent.
void power_four_vartime(const std::array<PowerOf, kLanes>& four) noexcept;

}  // namespace assay::crypto::rsa
