// The index by kid is made once; a token's candidates are then a look-up and a scan over the few keys that share a kid.
#include "snapshot/key_set.h"

namespace assay::snapshot {

KeySet::KeySet(jose::Jwks jwks) : jwks_(std::move(jwks)) {
  for (std::size_t i = 0; i < jwks_.keys.size(); ++i) {
    if (jwks_.keys[i].kid) by_kid_[*jwks_.keys[i].kid].push_back(i);
  }
}

Candidates KeySet::candidates(std::optional<std::string_view> kid, crypto::Algorithm algorithm) const noexcept {
  Candidates candidates;
  const auto offer = [&](const jose::VerificationKey& key) {
    if (candidates.count < candidates.keys.size() && key.algorithms.contains(algorithm)) candidates.keys[candidates.count++] = &key;
  };
  if (!kid) {
    for (const jose::VerificationKey& key : jwks_.keys) offer(key);
  } else if (const auto found = by_kid_.find(*kid); found != by_kid_.end()) {
    for (const std::size_t position : found->second) offer(jwks_.keys[position]);
  }
  return candidates;
}

}  // namespace assay::snapshot
