// A public key's numbers, checked once and never changed, and what is computed from them once and for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "crypto/algorithm.h"
#include "crypto/attach_once.h"
#include "crypto/sha2.h"

namespace assay::crypto {

class RsaKey;
namespace ec {
class Table;
}
namespace ed25519 {
class PublicKey;
class Table;
}

// KeyType: what kind of numbers a key has.
enum class KeyType : std::uint8_t { unset = 0, rsa, p256, p384, p521, ed25519 };

// algorithms_of(type): those that a key of this type can verify: each EC curve its own one (RFC 7518 section 3.4).
AlgorithmSet algorithms_of(KeyType type) noexcept;

// coordinate_bytes(type): octets of one coordinate (P-256 32, P-384 48, P-521 66, Ed25519 32); 0 for RSA.
std::size_t coordinate_bytes(KeyType type) noexcept;

// fingerprint_of(type, first, second): SHA-256 over type and numbers, as KeyMaterial::fingerprint() has it. Of RSA numbers leading zero octets do not count.
Sha256Digest fingerprint_of(KeyType type, base::Bytes first, base::Bytes second);

// KeyMaterial: a resource, immutable but for the table that is attached to it once, shared by every verification key with the same numbers. Only the makers below construct it, so that
// what exists has passed every check. Thread-safe.
class KeyMaterial : public std::enable_shared_from_this<KeyMaterial> {
 public:
  KeyMaterial(const KeyMaterial&) = delete;
  KeyMaterial& operator=(const KeyMaterial&) = delete;

  KeyType type() const noexcept { return type_; }
  // bits(): of the RSA modulus or of the curve's field.
  std::size_t bits() const noexcept { return bits_; }
  // first(), second(): RSA: modulus and exponent, big-endian without leading zeros. EC: x and y, big-endian, coordinate_bytes each.
  // Ed25519: the 32 octets of RFC 8032 section 5.1.5, and nothing.
  base::Bytes first() const noexcept ASSAY_LIFETIMEBOUND { return first_; }
  base::Bytes second() const noexcept ASSAY_LIFETIMEBOUND { return second_; }
  // fingerprint(): SHA-256 over type and numbers: equal for equal keys only. Engines file what they derive from a key under it.
  const Sha256Digest& fingerprint() const noexcept ASSAY_LIFETIMEBOUND { return fingerprint_; }
  // describe(): "RSA 2048", "P-256", "P-384", "P-521", "Ed25519".
  std::string describe() const;

  // What our kernels take. rsa(), ed25519(): the key prepared for them; null for other types. ec_table(), ed25519_table(): multiples of the key, null until they are attached.
  const RsaKey* rsa() const noexcept ASSAY_LIFETIMEBOUND { return rsa_.get(); }
  const ed25519::PublicKey* ed25519() const noexcept ASSAY_LIFETIMEBOUND { return ed25519_.get(); }
  const ec::Table* ec_table() const noexcept ASSAY_LIFETIMEBOUND { return ec_table_.get(); }
  const ed25519::Table* ed25519_table() const noexcept ASSAY_LIFETIMEBOUND { return ed25519_table_.get(); }
  // attach(table): made from this very key; once (CHECKed). The key verifies before and after, the same signatures. One thread attaches, others may be verifying.
  void attach(std::unique_ptr<const ec::Table> table) const noexcept;
  void attach(std::unique_ptr<const ed25519::Table> table) const noexcept;

  // make_rsa(modulus, exponent): big-endian, leading zero octets accepted. Modulus of 2048 to 8192 bits and odd, exponent odd, 3 <= e < 2^32.
  static base::Result<std::shared_ptr<const KeyMaterial>> make_rsa(base::Bytes modulus, base::Bytes exponent);
  // make_ec(type, x, y): type one of p256, p384, p521; coordinates of exactly coordinate_bytes; both below p, and on the curve
  // (SEC 1 section 3.2.2.1; the cofactor is 1, so every such point but infinity, which has no coordinates, is of full order).
  static base::Result<std::shared_ptr<const KeyMaterial>> make_ec(KeyType type, base::Bytes x, base::Bytes y);
  // make_ed25519(point): 32 octets: a canonical encoding (RFC 8032 section 5.1.3) of a point on the curve that is not of small order.
  static base::Result<std::shared_ptr<const KeyMaterial>> make_ed25519(base::Bytes point);
  ~KeyMaterial();

 private:
  KeyMaterial(KeyType type, std::size_t bits, std::vector<std::byte> first, std::vector<std::byte> second);

  KeyType type_;
  std::size_t bits_;
  std::vector<std::byte> first_;
  std::vector<std::byte> second_;
  Sha256Digest fingerprint_;
  std::unique_ptr<const RsaKey> rsa_;
  std::unique_ptr<const ed25519::PublicKey> ed25519_;
  mutable AttachOnce<ec::Table> ec_table_;
  mutable AttachOnce<ed25519::Table> ed25519_table_;
};

}  // namespace assay::crypto
