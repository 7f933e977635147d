// Private to crypto: s^e mod n by the vector kernels, octets in, octets or an answer out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/rsa/key_parts.h"

namespace assay::crypto::rsa {

// PowerOf: encoded = signature^e mod n. Both have as many octets as n; signature < n.
struct PowerOf {
  const RsaKey::Parts* key = nullptr;
  base::Bytes signature;
  std::span<std::byte> encoded;
};

// Pkcs1Of: is signature^e mod n the PKCS#1 v1.5 encoding of the digest? As above; the digest is as long as the hash says.
struct Pkcs1Of {
  const RsaKey::Parts* key = nullptr;
  base::Bytes signature;
  RsaHash hash = RsaHash::unset;
  base::Bytes digest;
};

// Vectors: the kernels of one kind of processor, of which each shape of keys has its own.
struct Vectors {
  std::size_t lanes = 0;          // so many signatures are raised together, under keys of one shape and exponent
  std::size_t together_from = 0;  // so many take less time together, some lanes idle, than one by one: measured, the same for every shape

  // takes(key): whether it was prepared for these kernels: else it is not given to the others. shape(key): below 256.
  bool (*takes)(const RsaKey::Parts& key) noexcept = nullptr;
  std::size_t (*shape)(const RsaKey::Parts& key) noexcept = nullptr;
  // power_lanes(powers), encodes_lanes(checks): as many as there are lanes.
  void (*power_one)(const PowerOf& power) noexcept = nullptr;
  void (*power_lanes)(const PowerOf* powers) noexcept = nullptr;
  // The answer, and the answers, a bit a lane. The power is never brought back to octets: the encoding is brought to where the power is.
  bool (*encodes_one)(const Pkcs1Of& check) noexcept = nullptr;
  std::uint32_t (*encodes_lanes)(const Pkcs1Of* checks) noexcept = nullptr;
  // Whoever takes, one by one, what these do not: their longest moduli may be shorter. Null: nobody.
  const Vectors* below = nullptr;
};
inline constexpr std::size_t kLanesMax = kIfmaLanes;

// simd_vectors(), ifma_vectors(): null where this processor or this build cannot run them.
const Vectors* simd_vectors() noexcept;
const Vectors* ifma_vectors() noexcept;

}  // namespace assay::crypto::rsa
