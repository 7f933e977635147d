// SHA-2 (FIPS 180-4), of whole messages.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace assay::crypto {

// Digests, in the order of the standard.
using Sha256Digest = std::array<std::byte, 32>;
using Sha384Digest = std::array<std::byte, 48>;
using Sha512Digest = std::array<std::byte, 64>;

// sha256(message), ...: the digest of the whole message. Thread-safe.
Sha256Digest sha256(base::Bytes message) noexcept;
Sha384Digest sha384(base::Bytes message) noexcept;
Sha512Digest sha512(base::Bytes message) noexcept;

}  // namespace assay::crypto
