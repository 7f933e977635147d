// Limits of the files on disk. They are no protection against anybody, for the folder is ours alone; they keep a foreign or broken file from filling the memory. The
// writer obeys them too, so that nothing is written that could not be read back.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace assay::store::limits {

using namespace base::limits;

// A document as the wire carries it, and the two lines before it: less than 256 bytes.
inline constexpr std::size_t kDocumentFileBytesMax = kControlFrameBytesMax + 4 * 1024;

// A JWKS as given, two URLs, three paths and an entity tag (each character escaped to 6 at worst: 98 KiB), the keys with their ages. 512 KiB is more, and round.
inline constexpr std::size_t kKeysFileBytesMax = 512 * 1024;
static_assert(kJwksBytesMax + 6 * (2 * kUrlBytesMax + 3 * kPathBytesMax + kEtagBytesMax) + kJwksKeysMax * 80 + 1024 <= kKeysFileBytesMax);

// A name has 256 code points, each escaped to 6 bytes at worst: so an API service takes 1,582 bytes, and 1,539 among those of a staged deployment. With 8,192 of them
// in 6 deployments that is 147 MiB; 8,192 URL sources of 2,125 bytes take 17 MiB.
// Withdrawn keys are inline keys of documents that are kept. A document has 512 Ki members and a key at least three (kty, crv, x), which makes 174,762 of them; each
// takes 87 bytes and an issuer of 1,024: 185 MiB. That is one document's keys, all withdrawn; JsonDocument would read hardly more beside the rest of a state, as the
// second sum shows. (A key counts once for each issuer that has lost it; and an issuer's quotes, commas and control characters take 6 bytes each. Where that goes
// beyond the limit, the writer refuses.)
// Which leaves 162 MiB for withheld keys, of 35 bytes each. In practice: 25 API services in 6 deployments take 8 KiB, a withdrawn key 120 bytes.
inline constexpr std::size_t kServiceInStateBytesMax = 1582;
inline constexpr std::size_t kStagedInStateBytesMax = 1539;
inline constexpr std::size_t kSourceInStateBytesMax = 77 + kUrlBytesMax;
inline constexpr std::size_t kWithdrawnInStateBytesMax = 87 + kIssuerBytesMax;
inline constexpr std::size_t kWithdrawnMax = kDocumentMembersMax / 3;
inline constexpr std::size_t kStateFileBytesMax = 512 * 1024 * 1024;
static_assert((kDeploymentsKept + 1) * kApiServicesLimitMax * (kServiceInStateBytesMax + kStagedInStateBytesMax) + kOAuthServersLimitMax * kSourceInStateBytesMax +
                  kWithdrawnMax * kWithdrawnInStateBytesMax <=
              kStateFileBytesMax - 160 * 1024 * 1024);
static_assert(2 * ((kDeploymentsKept + 1) * kApiServicesLimitMax + kWithdrawnMax) + 3 * kOAuthServersLimitMax <= kDocumentMembersMax - 50 * 1024);

}  // namespace assay::store::limits
