// Private to ed25519: multiples of a point, so that a multiple by any number is a sum of one entry a window: no doublings.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/ed25519/edwards.h"
#include "crypto/ed25519/field.h"

namespace assay::crypto::ed25519 {

// AffinePoint: a point of the curve. Limbs as a product has them.
struct AffinePoint {
  FieldElement x, y;
};

// ProjectivePoint: x = X/Z, y = Y/Z. Limbs as a product's, or up to 2^53.
struct ProjectivePoint {
  FieldElement x, y, z;
};

// TableEntry: (y - x)/2, (y + x)/2 and d x y of a point, five limbs each, signed and of 51 bits, as doubles: the lanes' own form, which others convert as they load it.
// Two cache lines. Limbs are within 2^50 + 2^16 of zero.
struct alignas(128) TableEntry {
  double limb[16];
};
inline constexpr std::size_t kEntryMinus = 0, kEntryPlus = 5, kEntryT = 10;

// Windows: how a number below 2^253 is cut: digits of `width` bits, from -2^(width - 1) to 2^(width - 1); the highest digit is not negative.
struct Windows {
  unsigned width;
  unsigned count;
  std::size_t entries;  // of a window: multiples 0 to 2^(width - 1)
  Words bias;           // 2^(width - 1) in every window but the highest
};

inline constexpr unsigned kWidthMin = 4;
inline constexpr unsigned kWidthMax = 13;
inline constexpr std::size_t kWindowsMax = 64;

constexpr Windows windows_of(unsigned width) noexcept {
  Windows windows = {width, (253 + width - 1) / width, (std::size_t{1} << (width - 1)) + 1, {}};
  for (unsigned i = 0; i + 1 < windows.count; ++i) {
    const unsigned bit = width * i + width - 1;
    windows.bias.word[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
  return windows;
}

// TableView: entry j of window i is j 2^(width i) P. Borrowed from the table.
struct TableView {
  Windows windows;
  const TableEntry* entries;
};

// BiasedScalar: a scalar with the bias of its windows added: then a digit is a window less 2^(width - 1), and no digit depends on another.
struct BiasedScalar {
  std::uint64_t word[6];
};

ASSAY_INLINE BiasedScalar add_bias(const Words& scalar, const Windows& windows) noexcept {
  BiasedScalar sum = {};
  unsigned long long carry = 0;
  for (int i = 0; i < 4; ++i) {
    const Field::Wide word = Field::Wide{scalar.word[i]} + windows.bias.word[i] + carry;
    sum.word[i] = static_cast<std::uint64_t>(word);
    carry = static_cast<std::uint64_t>(word >> 64);
  }
  sum.word[4] = carry;
  return sum;
}

// digit(scalar, windows, i): the i-th digit.
ASSAY_INLINE int digit(const BiasedScalar& scalar, const Windows& windows, unsigned i) noexcept {
  const unsigned bit = windows.width * i;
  const std::uint64_t* word = scalar.word + bit / 64;
  const std::uint64_t bits = word[0] >> bit % 64 | word[1] << 1 << (63 - bit % 64);
  const int half = 1 << (windows.width - 1);
  return static_cast<int>(bits & ((std::uint64_t{1} << windows.width) - 1)) - (i + 1 < windows.count ? half : 0);
}

}  // namespace assay::crypto::ed25519
