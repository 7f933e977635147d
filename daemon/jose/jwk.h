// JWK and JWKS (RFC 7517, RFC 7518 section 6, RFC 8037): documents into verification keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/algorithm.h"
#include "crypto/key_material.h"
#include "crypto/material_pool.h"
#include "crypto/sha2.h"

namespace assay::jose {

// KeyId: 128 bits of SHA-256 over exactly {kid, permitted algorithms, key material}: it names content and is never reused for something else.
using KeyId = std::array<std::byte, 16>;

// VerificationKey: a key with what it may be used for. A value; the material is shared.
struct VerificationKey {
  std::optional<std::string> kid;
  crypto::AlgorithmSet algorithms;  // never empty: those its material can verify, narrowed by `alg`
  std::shared_ptr<const crypto::KeyMaterial> material;
  crypto::Sha256Digest thumbprint{};  // RFC 7638
  KeyId id{};
};

// SkippedKey: an entry of `keys` that was not taken, and why. One bad key never takes the others with it.
struct SkippedKey {
  std::size_t index = 0;
  std::optional<std::string> kid;  // when it is a string
  std::string reason;
  bool alarm = false;  // a private or symmetric key: somebody has published a secret
  friend bool operator==(const SkippedKey&, const SkippedKey&) = default;
};

// Jwks: what a JWK Set holds for us.
struct Jwks {
  std::vector<VerificationKey> keys;  // in document order
  std::vector<SkippedKey> skipped;
};

// parse_jwks(text, pool): reads a JWK Set (RFC 7517 section 5). Fails only if the text is no JSON object with an array `keys` of at most 64, or one of its own members stands
// twice; a set without a usable key is not a failure here. Extra members are ignored. Skipped: entries that are no object or have a member twice, unknown kty
// or crv, `use` other than sig, `key_ops` without verify, an `alg` that is unknown or does not fit, private members (d, p, q, dp, dq, qi, oth) and `oct` keys
// (both alarms), numbers that KeyMaterial refuses. Material that the pool knows is shared.
base::Result<Jwks> parse_jwks(std::string_view text, crypto::MaterialPool& pool);
// parse_jwks(text): with a pool of its own.
base::Result<Jwks> parse_jwks(std::string_view text);

}  // namespace assay::jose
