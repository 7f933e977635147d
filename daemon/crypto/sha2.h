// SHA-2 (FIPS 180-4), as much of it as the daemon needs outside signatures.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace assay::crypto {

// Sha256Digest: 32 octets, in the order of the standard.
using Sha256Digest = std::array<std::byte, 32>;

// sha256(message): the digest of the whole message. Thread-safe.
Sha256Digest sha256(base::Bytes message) noexcept;

}  // namespace assay::crypto
