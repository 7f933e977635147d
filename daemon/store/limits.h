// Limits of the files on disk. They are no protection against anybody, for the folder is ours alone; they keep a foreign or broken file from filling the memory. The
// writer obeys them too, so that nothing is written that could not be read back.
#pragma once

#include <cstddef>

#include "base/limits.h"

namespace assay::store::limits {

using namespace base::limits;

// A document as the wire carries it, and the two lines before it: less than 256 bytes.
inline constexpr std::size_t kDocumentFileBytesMax = kControlFrameBytesMax + 4 * 1024;

// A JWKS as given, the URL (each character escaped to 6 at worst: 12 KiB), the keys with their ages. 512 KiB is twice as much, and round.
inline constexpr std::size_t kKeysFileBytesMax = 512 * 1024;
static_assert(kJwksBytesMax + 6 * kUrlBytesMax + kJwksKeysMax * 80 + 1024 <= kKeysFileBytesMax);

// A name has 256 code points, each escaped to 6 bytes at worst: so an API service takes 1,582 bytes, and 1,539 among those of a staged deployment. With 8,192 of them
// in 6 deployments that is 147 MiB; 8,192 URL sources of 2,100 bytes take 17 MiB; which leaves 92 MiB for withheld keys, of 35 bytes each. In practice: 25 API
// services in 6 deployments take 8 KiB.
inline constexpr std::size_t kServiceInStateBytesMax = 1582;
inline constexpr std::size_t kStagedInStateBytesMax = 1539;
inline constexpr std::size_t kStateFileBytesMax = 256 * 1024 * 1024;
static_assert((kDeploymentsKept + 1) * kApiServicesLimitMax * (kServiceInStateBytesMax + kStagedInStateBytesMax) + kOAuthServersLimitMax * 2100 <=
              kStateFileBytesMax - 90 * 1024 * 1024);

}  // namespace assay::store::limits
