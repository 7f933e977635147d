// Private to crypto: what the AVX2 kernels need to know of a key, and the form of their numbers.
//
// A number is a sequence of 4 K signed digits of 49 bits, held as doubles. The reduction works in stages: a stage of g digits adds q n', where n' = c n = -1
// mod 2^(49 g), so that the quotient q is the g low digits themselves, and these go: what is added above them is q y, y = (n' + 1) / 2^(49 g) < n. A stage
// leaves a number that is longer than n by its g digits, less those that the later stages take away; so the stages shrink, and the last ones leave `slack`
// digits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/rsa/aligned.h"
#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/padding.h"

namespace assay::crypto::rsa {

inline constexpr std::size_t kDigitBits = 49;
inline constexpr std::size_t kLanes = 4;
inline constexpr std::size_t kStagesMax = 8;
// Digits of a digest of up to 512 bits.
inline constexpr std::size_t kDigestDigits = 11;
static_assert(kDigestDigits * kDigitBits > 512 + 1);  // and the sign of balanced digits

// Shape: how numbers of one class of moduli are cut into digits, and how they are reduced.
struct Shape {
  std::size_t block = 0;  // K: digits of a lane when one number lies over the four lanes
  std::array<std::size_t, kStagesMax> stages{};
  std::size_t stage_count = 0;
  std::size_t slack = 0;

  constexpr std::size_t digits() const noexcept { return kLanes * block; }
  // excess_bits(): a reduced number is below 2^excess_bits n in absolute value (reduces() proves it).
  constexpr std::size_t excess_bits() const noexcept { return kDigitBits * slack + 3; }
  // bits_max(): of a modulus: a reduced number stays below 2^(49 digits() - 2), so that a carry pass leaves no carry above the top digit.
  constexpr std::size_t bits_max() const noexcept { return kDigitBits * digits() - 2 - excess_bits(); }
  constexpr std::size_t stage(std::size_t index) const noexcept { return stages[index]; }
};

inline constexpr std::size_t kShapeCount = 3;
inline constexpr std::array<Shape, kShapeCount> kShapes{{
    {.block = 11, .stages = {22, 11, 6, 3, 2}, .stage_count = 5, .slack = 2},
    {.block = 16, .stages = {32, 16, 8, 4, 2, 1, 1}, .stage_count = 7, .slack = 1},
    {.block = 22, .stages = {44, 22, 11, 6, 3, 2}, .stage_count = 6, .slack = 2},
}};

// reduces(shape): whether the stages reduce a product of two numbers below 2^excess n to one below 2^excess n again, n having bits_max() bits or fewer. In
// units of n: the product (or that of a number and a signature, which is below n, with a head, which is, and a digest times a number below n) over 2^(49 digits) is at
// most 2^(2 excess + bits_max - 49 digits), and the quotient of a stage of g digits, after which `later` more digits are taken away, adds at most
// 0.51 2^(49 (g - later)): digits are signed and below 2^48 (1 + 2^-30).
constexpr bool reduces(const Shape& shape) noexcept {
  // In sixteenths of 2^(49 slack): excess is three bits more.
  const std::size_t product_bits = 2 * shape.excess_bits() + shape.bits_max();
  const std::size_t product_exponent = kDigitBits * (shape.digits() + shape.slack);
  if (product_bits + 4 < product_exponent) return false;  // then the sum below would need more than sixteenths
  std::size_t sum = std::size_t{1} << (product_bits + 4 - product_exponent);
  std::size_t later = 0;
  for (std::size_t i = shape.stage_count; i-- > 0;) {
    if (shape.stage(i) > later + shape.slack) return false;
    sum += shape.stage(i) == later + shape.slack ? 9U : 1U;
    later += shape.stage(i);
  }
  return later == shape.digits() && sum <= std::size_t{16} << 3;
}
static_assert(reduces(kShapes[0]) && reduces(kShapes[1]) && reduces(kShapes[2]));
static_assert(kShapes[0].bits_max() >= 2048 && kShapes[1].bits_max() >= 3072 && kShapes[2].bits_max() >= 4096);

// shape_index(bits): the smallest shape for moduli of that many bits; kShapeCount if none is large enough.
constexpr std::size_t shape_index(std::size_t bits) noexcept {
  std::size_t index = 0;
  while (index < kShapeCount && bits > kShapes[index].bits_max()) ++index;
  return index;
}

// VectorConstants: what the kernels read; plain pointers into a VectorKey. Tables lie as vectors: digit K lane + row of a number at 4 row + lane, on 32 octets.
struct VectorConstants {
  std::uint32_t exponent = 0;
  // y of each stage, one after the other, digits() each.
  const double* stages = nullptr;
  // FormNumbers (form.h), of R = 2^(49 digits()); the last reduction of a power drops two words.
  const double* factor = nullptr;
  const double* negative = nullptr;
  // Of each hash, digits() each, in the order of RsaHash.
  const double* heads = nullptr;

  const double* head(RsaHash hash, std::size_t digits) const noexcept { return heads + (static_cast<std::size_t>(hash) - 1) * digits; }
};

// VectorKey: the constants of one modulus and exponent. A resource, immutable. Made in portable code, whatever the processor.
class VectorKey {
 public:
  // VectorKey(modulus, exponent): modulus.bits() has a shape (CHECKed).
  VectorKey(const Modulus& modulus, std::uint32_t exponent);
  VectorKey(const VectorKey&) = delete;
  VectorKey& operator=(const VectorKey&) = delete;

  std::size_t shape() const noexcept { return shape_; }
  const VectorConstants& constants() const noexcept { return constants_; }
  // bytes(): of heap.
  std::size_t bytes() const noexcept;

 private:
  std::size_t shape_;
  AlignedArray<double> tables_;
  VectorConstants constants_;
};

// split(words, digits): balanced digits: d_i in [-2^48, 2^48), the last one takes what is left. Sum d_i 2^(49 i) is the number.
void split(std::span<const Word> words, std::span<std::int64_t> digits) noexcept;

}  // namespace assay::crypto::rsa
