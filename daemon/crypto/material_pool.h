// Key material by content: the same numbers are checked, and later their tables computed, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/key_material.h"
#include "crypto/sha2.h"

namespace assay::crypto {

// MaterialPool: hands out the material that is there already, or makes it. It owns nothing: material lives as long as somebody uses it. A resource, for one thread at
// a time.
class MaterialPool {
 public:
  MaterialPool() = default;
  MaterialPool(const MaterialPool&) = delete;
  MaterialPool& operator=(const MaterialPool&) = delete;

  // As the makers of KeyMaterial, whose failures these are.
  base::Result<std::shared_ptr<const KeyMaterial>> rsa(base::Bytes modulus, base::Bytes exponent);
  base::Result<std::shared_ptr<const KeyMaterial>> ec(KeyType type, base::Bytes x, base::Bytes y);
  base::Result<std::shared_ptr<const KeyMaterial>> ed25519(base::Bytes point);

  // made(): how many were made so far, rather than found.
  std::uint64_t made() const noexcept { return made_; }
  // prune(): forgets material that is gone.
  void prune();

 private:
  // The digests are of SHA-256, so any part of one is as good as a hash.
  struct Hash {
    std::size_t operator()(const Sha256Digest& digest) const noexcept {
      std::size_t hash;
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };
  template <class Make>
  base::Result<std::shared_ptr<const KeyMaterial>> find_or(const Sha256Digest& fingerprint, Make make);

  std::unordered_map<Sha256Digest, std::weak_ptr<const KeyMaterial>, Hash> known_;
  std::uint64_t made_ = 0;
};

}  // namespace assay::crypto
