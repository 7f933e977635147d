// A key set: the verification keys that a key source holds now, indexed for the request path.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/algorithm.h"
#include "crypto/sha2.h"
#include "jose/jwk.h"

namespace assay::snapshot {

// Candidates: the keys to try for one token, in document order; borrowed from the key set.
struct Candidates {
  std::array<const jose::VerificationKey*, base::limits::kCandidateKeysMax> keys{};
  std::size_t count = 0;
};

// KeySet: a resource, immutable, shared by the snapshots that name its source. Thread-safe.
class KeySet {
 public:
  explicit KeySet(jose::Jwks jwks);
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  // candidates(kid, algorithm): the first four keys that fit the algorithm and, if the token has a kid, have that very kid (RFC 7515 section 4.1.4; a key
  // without kid is then none). Allocates nothing.
  Candidates candidates(std::optional<std::string_view> kid, crypto::Algorithm algorithm) const noexcept ASSAY_LIFETIMEBOUND;

  // serving(id, has_kid, algorithm): the key with this id, if it is among the candidates for tokens of the algorithm with its kid (has_kid) or without any; null otherwise. A token that it
  // has verified once would be verified by it now.
  const jose::VerificationKey* serving(const jose::KeyId& id, bool has_kid, crypto::Algorithm algorithm) const noexcept ASSAY_LIFETIMEBOUND;

  std::span<const jose::VerificationKey> keys() const noexcept ASSAY_LIFETIMEBOUND { return jwks_.keys; }
  // id(): SHA-256 over what the set holds: its keys by id, in order, and the entries that were skipped. Sets with one id are equal.
  const crypto::Sha256Digest& id() const noexcept ASSAY_LIFETIMEBOUND { return id_; }

  std::span<const jose::SkippedKey> skipped() const noexcept ASSAY_LIFETIMEBOUND { return jwks_.skipped; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  // Served: a key's id, and for tokens of which algorithms the key is among the candidates.
  struct Served {
    jose::KeyId id;
    crypto::AlgorithmSet with_kid;
    crypto::AlgorithmSet without_kid;
  };
  jose::Jwks jwks_;
  crypto::Sha256Digest id_;
  // Positions in keys() by kid, ascending.
  std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>> by_kid_;
  std::vector<Served> served_;  // of keys(), by position
};

}  // namespace assay::snapshot
