// Key sets by content: documents that hold the same keys share them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "crypto/material_pool.h"
#include "crypto/sha2.h"
#include "jose/jwk.h"
#include "snapshot/key_set.h"

namespace assay::snapshot {

// KeySetPool: hands out the set that is there already, or keeps the new one. It owns nothing: sets live as long as somebody uses them. A resource, for one thread at a
// time.
class KeySetPool {
 public:
  KeySetPool() = default;
  KeySetPool(const KeySetPool&) = delete;
  KeySetPool& operator=(const KeySetPool&) = delete;

  std::shared_ptr<const KeySet> intern(jose::Jwks jwks);
  crypto::MaterialPool& materials() noexcept ASSAY_LIFETIMEBOUND { return materials_; }

  // made(): how many sets were new so far.
  std::uint64_t made() const noexcept { return made_; }
  // prune(): forgets what is gone, material included.
  void prune();

 private:
  crypto::MaterialPool materials_;
  std::map<crypto::Sha256Digest, std::weak_ptr<const KeySet>> known_;
  std::uint64_t made_ = 0;
};

}  // namespace assay::snapshot
