// Private to ed25519: the constants of the curve, and points as octets.
#pragma once

#include <optional>

#include "crypto/ed25519/edwards.h"
#include "crypto/ed25519/field.h"
#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {

using Curve = Edwards<Field>;

// RFC 8032 section 5.1, in limbs of 51 bits (tests/crypto/ed25519/curve_test.cpp computes them anew).
inline constexpr FieldElement kD = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};  // -121665/121666
inline constexpr FieldElement kTwiceD = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};  // 2 d
inline constexpr FieldElement kHalf = {{0x7fffffffffff7, 0x7ffffffffffff, 0x7ffffffffffff, 0x7ffffffffffff, 0x3ffffffffffff}};  // 1/2
inline constexpr FieldElement kRootOfMinusOne = {{0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};  // 2^((p - 1)/4)

// decode(encoding): RFC 8032 section 5.1.3; nothing unless it is canonical and on the curve.
std::optional<AffinePoint> decode(const Words& encoding) noexcept;
// has_small_order(y): whether the points with this y, below p, are among the eight whose order divides the cofactor.
bool has_small_order(const Words& y) noexcept;

// base_point(): B.
AffinePoint base_point() noexcept;

// extended(p): to compute with.
Curve::Extended extended(const AffinePoint& p) noexcept;

}  // namespace assay::crypto::ed25519
