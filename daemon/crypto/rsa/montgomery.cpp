// Montgomery arithmetic of 2048 to 8192 bits without intrinsics: what every processor can do, and the yardstick of the vector kernels.
//
// Rows of four products: these do not wait for each other, only the carries do. No sum below overflows: (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
#include "crypto/rsa/montgomery.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr Word low(Wide x) noexcept { return static_cast<Word>(x); }
constexpr Word high(Wide x) noexcept { return static_cast<Word>(x >> kWordBits); }

// add_product(t, a, b, carry): t += a b + carry; returns the word above.
inline Word add_product(Word& t, Word a, Word b, Word carry) noexcept {
  const Wide x = Wide{a} * b + t + carry;
  t = low(x);
  return high(x);
}

// add_row(t, a, count, b): t[0..count-1] += a b; returns the word above them. Written so that g++ starts four multiplications before it needs the first one's
// carry.
inline Word add_row(Word* t, const Word* a, std::size_t count, Word b) noexcept {
  Word carry = 0;
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    Wide p0 = Wide{a[j]} * b;
    Wide p1 = Wide{a[j + 1]} * b;
    Wide p2 = Wide{a[j + 2]} * b;
    Wide p3 = Wide{a[j + 3]} * b;
    p0 += t[j];
    p1 += t[j + 1];
    p2 += t[j + 2];
    p3 += t[j + 3];
    p0 += carry;
    p1 += high(p0);
    p2 += high(p1);
    p3 += high(p2);
    carry = high(p3);
    t[j] = low(p0);
    t[j + 1] = low(p1);
    t[j + 2] = low(p2);
    t[j + 3] = low(p3);
  }
  for (; j < count; ++j) carry = add_product(t[j], a[j], b, carry);
  return carry;
}

// subtract(r, a, b, count): r = a - b mod 2^(64 count); returns the borrow.
Word subtract(Word* r, const Word* a, const Word* b, std::size_t count) noexcept {
  Word borrow = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Wide x = Wide{a[i]} - b[i] - borrow;
    r[i] = low(x);
    borrow = high(x) & 1;
  }
  return borrow;
}

// double_in_place(a, count): a = 2 a mod 2^(64 count); returns the bit that fell out.
Word double_in_place(Word* a, std::size_t count) noexcept {
  Word carry = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Word out = a[i] >> (kWordBits - 1);
    a[i] = a[i] << 1 | carry;
    carry = out;
  }
  return carry;
}

// double_and_add_squares(t, a, count): t = 2 t + sum a[i]^2 2^(128 i).
void double_and_add_squares(Word* t, const Word* a, std::size_t count) noexcept {
  Word carry = 0;
  Word shifted_out = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Wide square = Wide{a[i]} * a[i];
    const Word t0 = t[2 * i];
    const Word t1 = t[2 * i + 1];
    const Wide x = Wide{t0 << 1 | shifted_out} + low(square) + carry;
    const Wide y = Wide{t1 << 1 | t0 >> (kWordBits - 1)} + high(square) + high(x);
    shifted_out = t1 >> (kWordBits - 1);
    t[2 * i] = low(x);
    t[2 * i + 1] = low(y);
    carry = high(y);
  }
}

// big_endian_word(octets): eight octets as a number; of a word in memory, the octets of the number that it is.
Word big_endian_word(const std::byte* octets) noexcept {
  Word word;
  std::memcpy(&word, octets, sizeof word);
  return std::endian::native == std::endian::little ? std::byteswap(word) : word;
}

std::size_t bits_of(base::Bytes n) noexcept { return 8 * (n.size() - 1) + static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(n[0]))); }

}  // namespace

// Whole words at a time; the octets at the top, where they are no whole word, one by one.
void load_words(base::Bytes octets, std::span<Word> words) noexcept {
  const std::size_t whole = octets.size() / sizeof(Word);
  for (std::size_t i = 0; i < whole; ++i) words[i] = big_endian_word(octets.data() + octets.size() - (i + 1) * sizeof(Word));
  std::fill(words.begin() + static_cast<std::ptrdiff_t>(whole), words.end(), 0);
  for (std::size_t i = 0; i < octets.size() % sizeof(Word); ++i) words[whole] = words[whole] << 8 | std::to_integer<Word>(octets[i]);
}

void store_words(std::span<const Word> words, std::span<std::byte> octets) noexcept {
  const std::size_t whole = octets.size() / sizeof(Word);
  for (std::size_t i = 0; i < whole; ++i) {
    const Word word = big_endian_word(reinterpret_cast<const std::byte*>(&words[i]));
    std::memcpy(octets.data() + octets.size() - (i + 1) * sizeof(Word), &word, sizeof word);
  }
  const std::size_t rest = octets.size() % sizeof(Word);
  for (std::size_t i = 0; i < rest; ++i) octets[i] = static_cast<std::byte>(words[whole] >> (8 * (rest - 1 - i)) & 0xFF);
}

// Newton: each step doubles the bits that are right, and odd is its own inverse mod 8.
Word inverse_of(Word odd) noexcept {
  Word inverse = odd;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}

Modulus::Modulus(base::Bytes n) noexcept : bits_(bits_of(n)), words_((bits_ + kWordBits - 1) / kWordBits) {
  load_words(n, std::span(n_).first(words_));
  negative_inverse_ = Word{0} - inverse_of(n_[0]);
  // 2^words R, whose square is 2^(2 words) R in Montgomery's form, and so on up to 2^(64 words) R = R^2.
  r_squared_ = power_of_two_vartime(kWordBits * words_ + words_);
  for (std::size_t done = 1; done < kWordBits; done *= 2) square_vartime(r_squared_, r_squared_);
  canonicalize_vartime(r_squared_);
}

// r = t R^-1 mod n. Montgomery (1985), word by word. Before the last subtraction r < t / R + n. If R < 4 n, that is below R + n, and the subtraction makes it
// < R; else t < 4 n^2 makes it < 2 n. Checked against OpenSSL's integers in power_test.cpp.
void Modulus::reduce_vartime(Residue& r, std::array<Word, 2 * kWordsMax>& t) const noexcept {
  Word carry = 0;
  for (std::size_t i = 0; i < words_; ++i) {
    const Word top = add_row(&t[i], n_.data(), words_, t[i] * negative_inverse_);
    const Wide x = Wide{t[i + words_]} + top + carry;
    t[i + words_] = low(x);
    carry = high(x);
  }
  if (carry != 0) {
    subtract(r.data(), &t[words_], n_.data(), words_);
  } else {
    std::copy_n(&t[words_], words_, r.data());
  }
}

// a b R^-1 mod n, see the header. words()^2 products and the reduction's words()^2. Plain or Montgomery's domain. Variable time in the last subtraction only.
void Modulus::multiply_vartime(Residue& r, const Residue& a, const Residue& b) const noexcept {
  std::array<Word, 2 * kWordsMax> t;
  std::fill_n(t.data(), words_, 0);
  for (std::size_t i = 0; i < words_; ++i) t[i + words_] = add_row(&t[i], a.data(), words_, b[i]);
  reduce_vartime(r, t);
}

// a^2 R^-1 mod n, see the header. Products of different words once, doubled, and the squares: about half the work of a product.
void Modulus::square_vartime(Residue& r, const Residue& a) const noexcept {
  std::array<Word, 2 * kWordsMax> t;
  std::fill_n(t.data(), words_, 0);
  for (std::size_t i = 0; i < words_; ++i) t[i + words_] = add_row(t.data() + 2 * i + 1, a.data() + i + 1, words_ - i - 1, a[i]);
  double_and_add_squares(t.data(), a.data(), words_);
  reduce_vartime(r, t);
}

void Modulus::canonicalize_vartime(Residue& a, Word above) const noexcept {
  Residue reduced;
  while (true) {
    const Word borrow = subtract(reduced.data(), a.data(), n_.data(), words_);
    if (borrow > above) return;
    above -= borrow;
    std::copy_n(reduced.data(), words_, a.data());
  }
}

Residue Modulus::power_of_two_vartime(std::size_t exponent) const noexcept {
  Residue a{};
  const std::size_t start = std::min(exponent, bits_ - 1);
  a[start / kWordBits] = Word{1} << (start % kWordBits);
  for (std::size_t i = start; i < exponent; ++i) {
    Residue reduced;
    const Word out = double_in_place(a.data(), words_);
    const Word borrow = subtract(reduced.data(), a.data(), n_.data(), words_);
    if (out != 0 || borrow == 0) std::copy_n(reduced.data(), words_, a.data());
  }
  return a;
}

Residue Modulus::power_vartime(const Residue& a, std::uint32_t e) const noexcept {
  Residue power = a;
  for (int bit = static_cast<int>(std::bit_width(e)) - 2; bit >= 0; --bit) {
    square_vartime(power, power);
    if ((e >> bit & 1) != 0) multiply_vartime(power, power, a);
  }
  return power;
}

}  // namespace assay::crypto::rsa
