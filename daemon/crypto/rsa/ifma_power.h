// Private to crypto: the seam between portable code and the IFMA kernels, as vector_power.h is that of the AVX2 kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/ifma_key.h"

namespace assay::crypto::rsa {

// power_one_ifma_vartime: s^e for one signature over the eight lanes. digits: 8 K of them, digit K l + r at 8 r + l, on 64 octets; in: of s < n, each in [0,
// 2^52); out: of a number below 2 n that is congruent to s^e, as well each in [0, 2^52). shape is that of the constants.
void power_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, std::int64_t* digits) noexcept;

// power_eight_ifma_vartime: the same for eight signatures, one a lane, under keys of one shape and exponent. Digit i of signature l at 8 i + l.
void power_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], std::int64_t* digits) noexcept;

// encodes_one_ifma_vartime, encodes_eight_ifma_vartime: whether s^e is the PKCS#1 encoding of the digest, mod n; of eight, bit l is that of signature l. digits:
// of s, as above. digest: kIfmaDigestDigits of them, each in [0, 2^52), digit i at i; of eight, digit i of signature l at 8 i + l. heads: of each
// signature, IfmaConstants::head.
bool encodes_one_ifma_vartime(std::size_t shape, const IfmaConstants& constants, const std::int64_t* head, const std::int64_t* digest,
                              const std::int64_t* digits) noexcept;
std::uint8_t encodes_eight_ifma_vartime(std::size_t shape, const IfmaConstants* const (&constants)[kIfmaLanes], const std::int64_t* const (&heads)[kIfmaLanes],
                                        const std::int64_t* digest, const std::int64_t* digits) noexcept;

}  // namespace assay::crypto::rsa
