// Key sources whose keys are no part of the configuration: what they are, and what they hold.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jose/jwk.h"
#include "snapshot/config.h"
#include "snapshot/key_set.h"

namespace assay::snapshot {

// SourceId: names a URL source: OAuth servers that ask the same place in the same way share it. A value.
struct SourceId {
  KeySource::Kind kind = KeySource::Kind::unset;  // jwks_url or discovery
  std::string url;
  SourceAccess access;
  friend auto operator<=>(const SourceId&, const SourceId&) = default;
};

// source_id(source): of a KeySource that is_url().
inline SourceId source_id(const KeySource& source) { return {source.kind, source.url, source.access}; }

// HeldKeys: the key set that a URL source holds now, and how it came to it. Immutable; replaced whole.
struct HeldKeys {
  std::shared_ptr<const KeySet> keys;  // never null; may be empty, when all were withdrawn
  std::string jwks;                    // as it was given
  std::uint64_t generation = 0;        // the first that had this set
  std::int64_t changed_at_s = 0;       // when the source got this set
  std::int64_t checked_at_s = 0;       // when it was last given or confirmed
  std::string etag;                    // its entity tag (RFC 9110 section 8.8.3), as the issuer gave it; empty: none
  std::map<jose::KeyId, std::int64_t> since_s;  // of each key: when the source first had it, without interruption
};

// KeySources: the URL sources that hold a set. One that is not here has none: its tokens are unavailable.
using KeySources = std::map<SourceId, std::shared_ptr<const HeldKeys>>;

}  // namespace assay::snapshot
