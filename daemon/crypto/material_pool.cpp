// Looked up by fingerprint before anything is checked: what has the fingerprint of a key that exists has its numbers, and they have passed every check.
#include "crypto/material_pool.h"

#include <utility>

namespace assay::crypto {

template <class Make>
base::Result<std::shared_ptr<const KeyMaterial>> MaterialPool::find_or(const Sha256Digest& fingerprint, Make make) {
  if (const auto found = known_.find(fingerprint); found != known_.end()) {
    if (auto material = found->second.lock()) return material;
  }
  base::Result<std::shared_ptr<const KeyMaterial>> material = make();
  if (!material) return material;
  ++made_;
  known_[fingerprint] = *material;
  return material;
}

base::Result<std::shared_ptr<const KeyMaterial>> MaterialPool::rsa(base::Bytes modulus, base::Bytes exponent) {
  return find_or(fingerprint_of(KeyType::rsa, modulus, exponent), [&] { return KeyMaterial::make_rsa(modulus, exponent); });
}

base::Result<std::shared_ptr<const KeyMaterial>> MaterialPool::ec(KeyType type, base::Bytes x, base::Bytes y) {
  return find_or(fingerprint_of(type, x, y), [&] { return KeyMaterial::make_ec(type, x, y); });
}

base::Result<std::shared_ptr<const KeyMaterial>> MaterialPool::ed25519(base::Bytes point) {
  return find_or(fingerprint_of(KeyType::ed25519, point, {}), [&] { return KeyMaterial::make_ed25519(point); });
}

void MaterialPool::prune() {
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace assay::crypto
