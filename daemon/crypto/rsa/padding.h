// The encodings that a signature is recovered to: EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 section 9), checked in one place for every engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/sha2/sha256.h"
#include "crypto/sha2/sha512.h"

namespace assay::crypto {

// RsaPadding, RsaHash: of a signature; of pss, also the hash of MGF1. unset verifies nothing.
enum class RsaPadding : std::uint8_t { unset = 0, pkcs1, pss };
enum class RsaHash : std::uint8_t { unset = 0, sha256, sha384, sha512 };

// digest_bytes(hash): 32, 48 or 64; 0 for unset.
constexpr std::size_t digest_bytes(RsaHash hash) noexcept {
  switch (hash) {
    case RsaHash::sha256: return 32;
    case RsaHash::sha384: return 48;
    case RsaHash::sha512: return 64;
    case RsaHash::unset: break;
  }
  return 0;
}

namespace rsa {

// Hashes: the implementations that PSS hashes by. Both are set.
struct Hashes {
  const sha2::Sha256Code* sha256 = nullptr;
  const sha2::Sha512Code* sha512 = nullptr;
};

// encode_pkcs1(hash, digest, encoded): the one PKCS#1 v1.5 encoding of a digest (RFC 8017 section 9.2), which fills `encoded`. That is as long as a modulus
// that KeyMaterial takes, and the digest as long as the hash says (CHECKed).
void encode_pkcs1(RsaHash hash, base::Bytes digest, std::span<std::byte> encoded) noexcept;

// encodes(hashes, padding, hash, digest, encoded, bits): whether encoded, s^e mod n in as many octets as n of that many bits has, is an encoding of the digest.
// Strict: PKCS#1 v1.5 is compared as a whole, with the NULL parameter (section 9.2); PSS has a salt as long as the hash (RFC 7518 section 3.5). Any input is
// answered.
bool encodes(const Hashes& hashes, RsaPadding padding, RsaHash hash, base::Bytes digest, base::Bytes encoded, std::size_t bits) noexcept;

}  // namespace rsa
}  // namespace assay::crypto
