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

// Windows: how a number below L = 2^252 + 2^124.6 is cut: digits of `width` bits, from -2^(width - 1) to 2^(width - 1). The highest digit is not negative and is what is left, so that the
// bit above 252 needs no window of its own: it is 2^(252 - width (count - 1)) at most, for the windows below and what exceeds 2^252 add less than one to it.
struct Windows {
  unsigned width;
  unsigned count;
  std::size_t entries;      // of a window: multiples 0 to 2^(width - 1)
  std::size_t top_entries;  // of the highest
  Words bias;               // 2^(width - 1) in every window but the highest

  ASSAY_INLINE constexpr std::size_t entries_of(std::size_t window) const noexcept { return window + 1 < count ? entries : top_entries; }
  constexpr std::size_t all_entries() const noexcept { return (count - 1) * entries + top_entries; }
};

inline constexpr unsigned kWidthMin = 4;
inline constexpr unsigned kWidthMax = 13;
inline constexpr std::size_t kWindowsMax = 64;

constexpr Windows windows_of(unsigned width, unsigned count) noexcept {
  Windows windows = {width, count, (std::size_t{1} << (width - 1)) + 1, (std::size_t{1} << (252 - width * (count - 1))) + 1, {}};
  for (unsigned i = 0; i + 1 < windows.count; ++i) {
    const unsigned bit = width * i + width - 1;
    windows.bias.word[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
  return windows;
}

// windows_of(width): those of tables.
constexpr Windows windows_of(unsigned width) noexcept { return windows_of(width, (252 + width - 1) / width); }

// kSpotWindows: those of a point without a table, of which there are the multiples 0 to 8 only: one more, so that the highest digit is below that too.
inline constexpr Windows kSpotWindows = windows_of(4, 64);

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
  if (i + 1 == windows.count) return static_cast<int>(bits);
  const int half = 1 << (windows.width - 1);
  return static_cast<int>(bits & ((std::uint64_t{1} << windows.width) - 1)) - half;
}

}  // namespace assay::crypto::ed25519
