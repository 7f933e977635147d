// Montgomery arithmetic of 2048 to 8192 bits without intrinsics: what every processor can do, and the yardstick of the vector kernels.
//
// Two rows at a time, for there are twice as many additions with carry as products and they wait for each other. No sum below overflows: (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
#include "crypto/rsa/montgomery.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr Word low(Wide x) noexcept { return static_cast<Word>(x); }
constexpr Word high(Wide x) noexcept { return static_cast<Word>(x >> kWordBits); }

// add_row(t, a, count, b): t[0..count-1] += a b; returns the word above them.
inline Word add_row(Word* t, const Word* a, std::size_t count, Word b) noexcept {
  Word carry = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const Wide x = Wide{a[j]} * b + t[j] + carry;
    t[j] = low(x);
    carry = high(x);
  }
  return carry;
}

// add_two_rows(t, a, count, b0, b1, carry): t[0..count-1] += a (b0 + 2^64 b1) + carry; returns the two words above them. The two carries wait for each other no more than one product
// apart, and a word of t is read and written once for both rows. count > 0.
inline Wide add_two_rows(Word* t, const Word* a, std::size_t count, Word b0, Word b1, Word carry = 0) noexcept {
  Word below = a[0];
  Wide x = Wide{below} * b0 + t[0] + carry;
  t[0] = low(x);
  Word carry0 = high(x);
  Word carry1 = 0;
#pragma GCC unroll 4
  for (std::size_t j = 1; j < count; ++j) {
    const Word here = a[j];
    x = Wide{here} * b0 + t[j] + carry0;
    const Wide y = Wide{below} * b1 + low(x) + carry1;
    t[j] = low(y);
    carry0 = high(x);
    carry1 = high(y);
    below = here;
  }
  return Wide{below} * b1 + carry0 + carry1;
}

inline void put(Word* t, Wide x) noexcept {
  t[0] = low(x);
  t[1] = high(x);
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

std::array<Word, 2> Modulus::clear_two_words(Word* t) const noexcept {
  const Word* n = n_.data();
  const Word q0 = t[0] * negative_inverse_;
  const Word q1 = (t[1] + q0 * n[1] + high(Wide{q0} * n[0] + t[0])) * negative_inverse_;
  const Wide above = add_two_rows(t, n, words_, q0, q1);
  return {low(above), high(above)};
}

// r = t R^-1 mod n. Montgomery (1985), two words at a time. Before the last subtraction r < t / R + n. If R < 4 n, that is below R + n, and the subtraction makes
// it < R; else t < 4 n^2 makes it < 2 n. Checked against OpenSSL's integers in power_test.cpp.
void Modulus::reduce_vartime(Residue& r, Product& t) const noexcept {
  const Word* n = n_.data();
  Word carry = 0;  // into word i + words_
  const auto add_top = [&](std::size_t i, Word top) {
    const Wide x = Wide{t[i]} + top + carry;
    t[i] = low(x);
    carry = high(x);
  };
  std::size_t i = 0;
  for (; i + 2 <= words_; i += 2) {
    const auto above = clear_two_words(&t[i]);
    add_top(i + words_, above[0]);
    add_top(i + words_ + 1, above[1]);
  }
  if (i < words_) add_top(i + words_, add_row(&t[i], n, words_, t[i] * negative_inverse_));
  if (carry != 0) {
    subtract(r.data(), &t[words_], n, words_);
  } else {
    std::copy_n(&t[words_], words_, r.data());
  }
}

// a b R^-1 mod n, see the header. words()^2 products and the reduction's words()^2. Plain or Montgomery's domain. Variable time in the last subtraction only.
void Modulus::multiply_vartime(Residue& r, const Residue& a, const Residue& b) const noexcept {
  Product t;
  std::fill_n(t.data(), words_, 0);
  std::size_t i = 0;
  for (; i + 2 <= words_; i += 2) put(&t[i + words_], add_two_rows(&t[i], a.data(), words_, b[i], b[i + 1]));
  if (i < words_) t[i + words_] = add_row(&t[i], a.data(), words_, b[i]);
  reduce_vartime(r, t);
}

// a^2 R^-1 mod n, see the header. Products of different words once, doubled, and the squares: about half the work of a product.
void Modulus::square_vartime(Residue& r, const Residue& a) const noexcept {
  Product t;
  std::fill_n(t.data(), 2 * words_, 0);
  std::size_t i = 0;
  // Of two rows, the longer one's first product stands apart: then both begin at the same word.
  for (; i + 3 <= words_; i += 2) {
    const Word carry = add_row(&t[2 * i + 1], &a[i + 1], 1, a[i]);
    put(&t[i + words_], add_two_rows(&t[2 * i + 2], &a[i + 2], words_ - i - 2, a[i], a[i + 1], carry));
  }
  if (i + 2 == words_) t[2 * i + 2] = add_row(&t[2 * i + 1], &a[i + 1], 1, a[i]);
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

void Modulus::negate_vartime(Residue& a) const noexcept {
  canonicalize_vartime(a);
  subtract(a.data(), n_.data(), a.data(), words_);
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
