// Private to crypto: the seam between portable code and the AVX2 kernels. Numbers cross it as digits of 64 bits in memory, so that the kernels' files,
// which are compiled for processors that not everybody has, hold nothing but arithmetic.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {

// power_one_avx2_vartime: s^e for one signature over the four lanes. digits: 4 K of them, digit K l + r at 4 r + l, on 32 octets; in: of s < n, each in [0,
// 2^49); out: columns below 2^60 in absolute value whose sum, each with its weight, is congruent to 2^128 s^e and below 2^excess_bits n in absolute value.
// shape is that of the constants. Sums of doubles are rounded to nearest, as a thread begins.
void power_one_avx2_vartime(std::size_t shape, const VectorConstants& constants, std::int64_t* digits) noexcept;

// power_four_avx2_vartime: the same for four signatures, one a lane, under keys of one shape and exponent. Digit i of signature l at 4 i + l.
void power_four_avx2_vartime(std::size_t shape, const VectorConstants* const (&constants)[kLanes], std::int64_t* digits) noexcept;

// encodes_one_avx2_vartime, encodes_four_avx2_vartime: the same, but for what comes out: columns below 2^60 in absolute value whose sum is below 2^excess_bits
// n in absolute value, and a multiple of n if and only if s^e is the PKCS#1 encoding of the digest, mod n. digest: kDigestDigits of them, each in [0, 2^49),
// digit i of signature l at 4 i + l; the other lanes of one signature are zero. heads: of each signature, VectorConstants::head.
void encodes_one_avx2_vartime(std::size_t shape, const VectorConstants& constants, const double* head, const std::int64_t* digest, std::int64_t* digits) noexcept;
void encodes_four_avx2_vartime(std::size_t shape, const VectorConstants* const (&constants)[kLanes], const double* const (&heads)[kLanes],
                               const std::int64_t* digest, std::int64_t* digits) noexcept;

}  // namespace assay::crypto::rsa
