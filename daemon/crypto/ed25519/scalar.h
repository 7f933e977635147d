// Private to ed25519: numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032 section 5.1).
#pragma once

#include <cstddef>

#include "crypto/ed25519/field.h"

namespace assay::crypto::ed25519 {

inline constexpr Words kOrder = {{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}};

// is_reduced(s): s < L.
bool is_reduced(const Words& s) noexcept;

// reduce_512(octets): 64 octets, little-endian, modulo L. RFC 8032 section 5.1.7 step 2. Checked against libsodium (tests/crypto/ed25519/scalar_test.cpp).
Words reduce_512(const std::byte* octets) noexcept;

}  // namespace assay::crypto::ed25519
