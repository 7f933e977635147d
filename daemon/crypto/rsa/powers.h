// Private to crypto: s^e mod n by the vector kernels, octets in, octets or an answer out. Only where rsa_simd_supported().
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

// Pkcs1Of: is signature^e mod n the PKCS#1 v1.5 encoding of the digest? As above; the digest is as long as the hash says.
struct Pkcs1Of {
  const RsaKey::Parts* key = nullptr;
  base::Bytes signature;
  RsaHash hash = RsaHash::unset;
  base::Bytes digest;
};
// encodes_one_vartime(check), encodes_four_vartime(four): the answer, and the answers; the keys of the four are of one shape and exponent. The power is never
// brought back to octets: the encoding is brought to where the power is.
bool encodes_one_vartime(const Pkcs1Of& check) noexcept;
std::array<bool, kLanes> encodes_four_vartime(const std::array<Pkcs1Of, kLanes>& four) noexcept;

}  // namespace assay::crypto::rsa
