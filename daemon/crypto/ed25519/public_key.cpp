// Keys: what happens once a key, before its table is made.
#include <algorithm>

#include "crypto/ed25519/curve.h"
#include "crypto/ed25519/ed25519.h"

namespace assay::crypto::ed25519 {

std::optional<PublicKey> PublicKey::decode(base::Bytes octets) noexcept {
  PublicKey key;
  if (octets.size() != key.octets_.size()) return std::nullopt;
  const std::optional<AffinePoint> point = ed25519::decode(load_words(octets.data()));
  if (!point || has_small_order(to_words(point->y))) return std::nullopt;
  std::ranges::copy(octets, key.octets_.begin());
  key.negated_ = {carried(kZero - point->x), point->y};
  return key;
}

}  // namespace assay::crypto::ed25519
