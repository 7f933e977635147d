// Private to crypto: what the IFMA kernels need to know of a key, and the form of their numbers.
//
// A number is a sequence of 10 B unsigned digits of 52 bits, the width of the processor's multiplier, which takes the lowest 52 bits of what it is given and
// no notice of the others: so a factor is always a digit that has been carried. Reduction is Montgomery's (1985), digit by digit, R = 2^(52 digits()).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "crypto/rsa/aligned.h"
#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/padding.h"

namespace assay::crypto::rsa {

inline constexpr std::size_t kIfmaDigitBits = 52;
inline constexpr std::size_t kIfmaLanes = 8;
inline constexpr std::size_t kIfmaBlock = 10;
// Digits of a digest of up to 512 bits: one block.
inline constexpr std::size_t kIfmaDigestDigits = kIfmaBlock;
static_assert(kIfmaDigestDigits * kIfmaDigitBits >= 512);

// IfmaShape: how numbers of one class of moduli are cut into digits.
struct IfmaShape {
  std::size_t blocks = 0;  // B: of kIfmaBlock digits
  std::size_t rows = 0;    // K: digits of a lane when one number lies over the eight lanes; the last ones of the last lane may be none of the number's

  constexpr std::size_t digits() const noexcept { return kIfmaBlock * blocks; }
  // places(): digits of a number over the lanes with those that are none.
  constexpr std::size_t places() const noexcept { return kIfmaLanes * rows; }
  // bits_max(): of a modulus: the longest that ifma_reduces(digits(), bits) is true of.
  constexpr std::size_t bits_max() const noexcept { return kIfmaDigitBits * digits() - 2; }
};

inline constexpr std::size_t kIfmaShapeCount = 3;
inline constexpr std::array<IfmaShape, kIfmaShapeCount> kIfmaShapes{{{.blocks = 4, .rows = 5}, {.blocks = 6, .rows = 8}, {.blocks = 8, .rows = 10}}};

// ifma_reduces(digits, bits): whether a product of two numbers below 2 n, n of that many bits, is reduced to one below 2 n again, which has no more digits:
// (t + q n) / R < t / R + n, q < R, and 4 n^2 / R <= n. It is as well if t is the product of such a number and a signature, which is below n, a number below n, and
// a digest's times a number below n: 2 n^2 + n + 2^(52 kIfmaDigestDigits) n <= 4 n^2.
constexpr bool ifma_reduces(std::size_t digits, std::size_t bits) noexcept {
  return bits + 2 <= kIfmaDigitBits * digits && kIfmaDigitBits * kIfmaDigestDigits + 1 <= bits;
}

// ifma_holds(shape): that, and whether there are places for all digits and none too many. No column leaves its 64 bits: tests/crypto/rsa/ifma_bounds_test.cpp.
constexpr bool ifma_holds(const IfmaShape& shape) noexcept {
  return ifma_reduces(shape.digits(), shape.bits_max()) && shape.digits() <= shape.places() && shape.places() - shape.digits() < shape.rows;
}
static_assert(ifma_holds(kIfmaShapes[0]) && ifma_holds(kIfmaShapes[1]) && ifma_holds(kIfmaShapes[2]));
static_assert(ifma_reduces(kIfmaShapes[0].digits(), base::limits::kRsaBitsMin));  // the shortest modulus is longer than a digest too
static_assert(kIfmaShapes[0].bits_max() >= 2048 && kIfmaShapes[1].bits_max() >= 3072 && kIfmaShapes[2].bits_max() >= 4096);

// ifma_shape_index(bits): the smallest shape for moduli of that many bits; kIfmaShapeCount if none is large enough.
constexpr std::size_t ifma_shape_index(std::size_t bits) noexcept {
  std::size_t index = 0;
  while (index < kIfmaShapeCount && bits > kIfmaShapes[index].bits_max()) ++index;
  return index;
}

// IfmaConstants: what the kernels read; plain pointers into an IfmaKey. Tables lie as vectors: digit K lane + row of a number at 8 row + lane, on 64 octets.
struct IfmaConstants {
  std::uint32_t exponent = 0;
  // -1/n mod 2^52.
  std::int64_t inverse = 0;
  const std::int64_t* modulus = nullptr;
  // FormNumbers (form.h), of R; a power is brought back whole.
  const std::int64_t* factor = nullptr;
  const std::int64_t* negative = nullptr;
  // Of each hash, places() each, in the order of RsaHash.
  const std::int64_t* heads = nullptr;

  const std::int64_t* head(RsaHash hash, std::size_t places) const noexcept { return heads + (static_cast<std::size_t>(hash) - 1) * places; }
};

// IfmaKey: the constants of one modulus and exponent. A resource, immutable. Made in portable code, whatever the processor.
class IfmaKey {
 public:
  // IfmaKey(modulus, exponent): modulus.bits() has a shape, the exponent is odd and at least 3 (CHECKed).
  IfmaKey(const Modulus& modulus, std::uint32_t exponent);
  IfmaKey(const IfmaKey&) = delete;
  IfmaKey& operator=(const IfmaKey&) = delete;

  std::size_t shape() const noexcept { return shape_; }
  const IfmaConstants& constants() const noexcept { return constants_; }
  // bytes(): of heap.
  std::size_t bytes() const noexcept;

 private:
  std::size_t shape_;
  AlignedArray<std::int64_t> tables_;
  IfmaConstants constants_;
};

}  // namespace assay::crypto::rsa
