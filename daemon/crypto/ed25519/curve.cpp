// Points as RFC 8032 writes them: y in 255 bits, and the lowest bit of x above it.
#include "crypto/ed25519/curve.h"

#include <algorithm>

namespace assay::crypto::ed25519 {

namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

// The y of the points of order 1, 2, 4 and 8 (those of order 8 have two, y and -y). Such a point T has 8T = 0; tests/crypto/ed25519/curve_test.cpp says that there are no others.
constexpr Words kSmallOrder[] = {
    {{1, 0, 0, 0}},
    {{0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}},
    {{0, 0, 0, 0}},
    {{0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1}},
    {{0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e}},
};

}  // namespace

std::optional<AffinePoint> decode(const Words& encoding) noexcept {
  Words number = encoding;
  number.word[3] &= ~kSignBit;
  const bool odd = (encoding.word[3] & kSignBit) != 0;
  const FieldElement y = from_words(number);
  if (to_words(y) != number) return std::nullopt;  // y >= p
  // x^2 = u/v, and x = u v^3 (u v^7)^((p - 5)/8) is a root of it or of its negative, if there is one.
  const FieldElement yy = y * y;
  const FieldElement u = carried(yy - kOne);
  const FieldElement v = kD * yy + kOne;
  const FieldElement v3 = v * v * v;
  const FieldElement v7 = v3 * v3 * v;
  FieldElement x = u * v3 * power_2_252_3(u * v7);
  const FieldElement vxx = v * (x * x);
  if (!equal(vxx, u)) {
    if (!is_zero(vxx + u)) return std::nullopt;
    x = x * kRootOfMinusOne;
  }
  const Words root = to_words(x);
  if (root == Words{} && odd) return std::nullopt;
  if (((root.word[0] & 1) != 0) != odd) x = carried(kZero - x);
  return AffinePoint{x, y};
}

bool has_small_order(const Words& y) noexcept {
  return std::ranges::any_of(kSmallOrder, [&](const Words& small) { return small == y; });
}

AffinePoint base_point() noexcept {
  // y = 4/5 and x even: 0x66...6658, little-endian.
  constexpr std::uint64_t kSixes = 0x6666666666666666;
  return *decode({{0x6666666666666658, kSixes, kSixes, kSixes}});
}

Curve::Extended extended(const AffinePoint& p) noexcept { return {p.x, p.y, kOne, p.x * p.y}; }

}  // namespace assay::crypto::ed25519
