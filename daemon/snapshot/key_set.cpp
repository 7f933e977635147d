// The index by kid is made once; a token's candidates are then a look-up and a scan over the few keys that share a kid.
#include "snapshot/key_set.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/bytes.h"

namespace assay::snapshot {
namespace {

// Each part has a fixed size or its length before it, so that no two contents have one encoding.
crypto::Sha256Digest id_of(const jose::Jwks& jwks) {
  std::string content = fmt::format("keys {} ", jwks.keys.size());
  for (const jose::VerificationKey& key : jwks.keys) content += base::as_text(key.id);
  for (const jose::SkippedKey& key : jwks.skipped) {
    content += fmt::format(" skipped {} {} {}:{}", key.index, key.alarm, key.reason.size(), key.reason);
    content += key.kid ? fmt::format(" kid {}:{}", key.kid->size(), *key.kid) : " no kid";
  }
  return crypto::sha256(base::as_bytes(content));
}

}  // namespace

KeySet::KeySet(jose::Jwks jwks) : jwks_(std::move(jwks)), id_(id_of(jwks_)) {
  for (std::size_t i = 0; i < jwks_.keys.size(); ++i) {
    if (jwks_.keys[i].kid) by_kid_[*jwks_.keys[i].kid].push_back(i);
  }
  for (const jose::VerificationKey& key : jwks_.keys) {
    Served& served = served_.emplace_back(Served{key.id, {}, {}});
    for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<crypto::Algorithm>(i);
      const auto offers_it = [&](std::optional<std::string_view> kid) {
        const Candidates offered = candidates(kid, algorithm);
        return std::find(offered.keys.begin(), offered.keys.begin() + offered.count, &key) != offered.keys.begin() + offered.count;
      };
      if (key.kid && offers_it(*key.kid)) served.with_kid.insert(algorithm);
      if (offers_it(std::nullopt)) served.without_kid.insert(algorithm);
    }
  }
}

const jose::VerificationKey* KeySet::serving(const jose::KeyId& id, bool has_kid, crypto::Algorithm algorithm) const noexcept {
  for (std::size_t i = 0; i < served_.size(); ++i) {
    if (served_[i].id != id) continue;
    if ((has_kid ? served_[i].with_kid : served_[i].without_kid).contains(algorithm)) return &jwks_.keys[i];
  }
  return nullptr;
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
