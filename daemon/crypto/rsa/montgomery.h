// Private to crypto: residues of an odd modulus in 64-bit words, in portable C++.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/limits.h"

namespace assay::crypto::rsa {

using Word = std::uint64_t;
inline constexpr std::size_t kWordBits = 64;
inline constexpr std::size_t kWordsMax = base::limits::kRsaBitsMax / kWordBits;

// Residue: a number of as many words as the modulus has, the lowest first; what is above them is not meant. In range: below 2 n, or below R where R < 4 n.
using Residue = std::array<Word, kWordsMax>;

// load_words(octets, words): a big-endian number, filled up with zeros; the octets fit.
void load_words(base::Bytes octets, std::span<Word> words) noexcept;
// store_words(words, octets): big-endian; what does not fit is dropped.
void store_words(std::span<const Word> words, std::span<std::byte> octets) noexcept;
// inverse_of(odd): odd^-1 mod 2^64.
Word inverse_of(Word odd) noexcept;

// Modulus: n, odd, and R = 2^(64 words()). A value.
class Modulus {
 public:
  // Modulus(n): big-endian without leading zeros, 1 to 8192 bits.
  explicit Modulus(base::Bytes n) noexcept;

  std::size_t bits() const noexcept { return bits_; }
  std::size_t bytes() const noexcept { return (bits_ + 7) / 8; }
  std::size_t words() const noexcept { return words_; }
  std::span<const Word> number() const noexcept { return std::span(n_).first(words_); }
  // r_squared(): R^2 mod n.
  const Residue& r_squared() const noexcept { return r_squared_; }

  // clear_two_words(t): t[0 .. words()-1] += q n, which makes the lowest two words zero; returns the two words above. words() > 1.
  std::array<Word, 2> clear_two_words(Word* t) const noexcept;
  // r = a b R^-1 mod n, r = a^2 R^-1 mod n: factors and result in range. r may be a factor.
  void multiply_vartime(Residue& r, const Residue& a, const Residue& b) const noexcept;
  void square_vartime(Residue& r, const Residue& a) const noexcept;
  // a = a + above R mod n; that number in range, or below 2 n, so that at most three subtractions are enough.
  void canonicalize_vartime(Residue& a, Word above = 0) const noexcept;
  // a = -a mod n, a in range.
  void negate_vartime(Residue& a) const noexcept;
  // power_of_two_vartime(exponent): 2^exponent mod n; a doubling for each bit that n does not have.
  Residue power_of_two_vartime(std::size_t exponent) const noexcept;
  // power_vartime(a, e): a^e R^(1-e) mod n, which is Montgomery's form of the power if a is in it; e > 0.
  Residue power_vartime(const Residue& a, std::uint32_t e) const noexcept;

 private:
  using Product = std::array<Word, 2 * kWordsMax>;
  void reduce_vartime(Residue& r, Product& t) const noexcept;

  std::size_t bits_;
  std::size_t words_;
  Word negative_inverse_;
  Residue n_{};
  Residue r_squared_;
};

}  // namespace assay::crypto::rsa
