// Private to crypto: whether octets are a point that may be a public key. Third-party arithmetic behind an interface of our own.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/key_material.h"

namespace assay::crypto {

// PointCheck: only `good` is a point to verify with. failed: the library could not say (out of memory).
enum class PointCheck : std::uint8_t { unset = 0, good, not_reduced, off_curve, small_order, failed };

// check_ec_point(type, x, y): type is one of p256, p384, p521; x and y have its coordinate_bytes (both CHECKed). not_reduced: a coordinate is not below the
// prime of the field. SEC 1 section 3.2.2.1. Thread-safe.
PointCheck check_ec_point(KeyType type, base::Bytes x, base::Bytes y) noexcept;

// check_ed25519_point(point): 32 octets (CHECKed). not_reduced: y is not below 2^255 - 19. Points with a component of small order beside one of large order are
// good; points of small order alone are not. RFC 8032 section 5.1.3. Thread-safe.
PointCheck check_ed25519_point(base::Bytes point) noexcept;

}  // namespace assay::crypto
