// What is done with field elements a few times a signature or key. FieldElement's products are in the header, where they are inlined.
#include "crypto/ed25519/field.h"

#include <bit>

namespace assay::crypto::ed25519 {

Words load_words(const std::byte* octets) noexcept {
  Words words;
  std::memcpy(words.word, octets, sizeof words.word);
  if constexpr (std::endian::native == std::endian::big) {
    for (std::uint64_t& word : words.word) word = std::byteswap(word);
  }
  return words;
}

FieldElement from_words(const Words& words) noexcept {
  const std::uint64_t* w = words.word;
  return {{w[0] & kLimbMask, (w[0] >> 51 | w[1] << 13) & kLimbMask, (w[1] >> 38 | w[2] << 26) & kLimbMask, (w[2] >> 25 | w[3] << 39) & kLimbMask, w[3] >> 12 & kLimbMask}};
}

namespace {

// ripple(x): carries from limb 0 to limb 4; what leaves limb 4 is returned.
std::uint64_t ripple(std::uint64_t (&x)[5]) noexcept {
  for (int i = 0; i < 4; ++i) {
    x[i + 1] += x[i] >> 51;
    x[i] &= kLimbMask;
  }
  const std::uint64_t out = x[4] >> 51;
  x[4] &= kLimbMask;
  return out;
}

FieldElement squared(FieldElement a, int times) noexcept {
  for (; times != 0; --times) Field::square(a, a);
  return a;
}

}  // namespace

Words to_words(const FieldElement& a) noexcept {
  std::uint64_t x[5];
  for (int i = 0; i < 5; ++i) x[i] = a.limb[i];
  // The first round brings the number below 2^255 + 2^18, the second below 2^255.
  for (int round = 0; round < 2; ++round) x[0] += 19 * ripple(x);
  // x + 19 reaches 2^255 exactly if x >= p.
  std::uint64_t reaches = (x[0] + 19) >> 51;
  for (int i = 1; i < 5; ++i) reaches = (x[i] + reaches) >> 51;
  x[0] += 19 * reaches;
  ripple(x);
  return {{x[0] | x[1] << 51, x[1] >> 13 | x[2] << 38, x[2] >> 26 | x[3] << 25, x[3] >> 39 | x[4] << 12}};
}

bool is_zero(const FieldElement& a) noexcept { return to_words(a) == Words{}; }
bool equal(const FieldElement& a, const FieldElement& b) noexcept { return to_words(a) == to_words(b); }

FieldElement power_2_252_3(const FieldElement& a) noexcept {
  // a^(2^k - 1) for k = 1, 2, 4, 5, 10, ... 250: the exponents add up by (2^m - 1) 2^n + (2^n - 1) = 2^(m + n) - 1.
  const FieldElement k2 = squared(a, 1) * a;
  const FieldElement k4 = squared(k2, 2) * k2;
  const FieldElement k5 = squared(k4, 1) * a;
  const FieldElement k10 = squared(k5, 5) * k5;
  const FieldElement k20 = squared(k10, 10) * k10;
  const FieldElement k40 = squared(k20, 20) * k20;
  const FieldElement k50 = squared(k40, 10) * k10;
  const FieldElement k100 = squared(k50, 50) * k50;
  const FieldElement k200 = squared(k100, 100) * k100;
  const FieldElement k250 = squared(k200, 50) * k50;
  return squared(k250, 2) * a;
}

}  // namespace assay::crypto::ed25519
