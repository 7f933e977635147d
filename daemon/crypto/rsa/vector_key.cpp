// All of this is done once a key, in words and without any vector instruction.
#include "crypto/rsa/vector_key.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/rsa/form.h"

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

// c has as many bits as the longest stage, y n' a product of it and the modulus.
constexpr std::size_t kInverseWords = (kDigitBits * kShapes.back().stages[0] + kWordBits - 1) / kWordBits;
constexpr std::size_t kProductWords = kInverseWords + (kShapes.back().bits_max() + kWordBits - 1) / kWordBits + 2;
using Inverse = std::array<Word, kInverseWords>;
using Product = std::array<Word, kProductWords>;

// multiply(r, a, b): r = a b mod 2^(64 r.size()). r is neither a nor b.
void multiply(std::span<Word> r, std::span<const Word> a, std::span<const Word> b) noexcept {
  std::ranges::fill(r, 0);
  for (std::size_t i = 0; i < std::min(a.size(), r.size()); ++i) {
    Word carry = 0;
    for (std::size_t j = 0; i + j < r.size(); ++j) {
      const Wide x = Wide{a[i]} * (j < b.size() ? b[j] : 0) + r[i + j] + carry;
      r[i + j] = static_cast<Word>(x);
      carry = static_cast<Word>(x >> kWordBits);
    }
  }
}

// subtract_from(constant, a): a = constant - a mod 2^(64 a.size()); constant is a small number.
void subtract_from(Word constant, std::span<Word> a) noexcept {
  Word borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Wide x = Wide{i == 0 ? constant : 0} - a[i] - borrow;
    a[i] = static_cast<Word>(x);
    borrow = static_cast<Word>(x >> kWordBits) & 1;
  }
}

// negative_inverse(n): -n^-1 mod 2^(64 kInverseWords), by Newton's x (2 - n x), each step of which doubles the words that are right.
Inverse negative_inverse(std::span<const Word> n) noexcept {
  Inverse x{inverse_of(n[0])};
  for (std::size_t right = 1; right < kInverseWords; right *= 2) {
    const std::size_t count = std::min(2 * right, kInverseWords);
    Inverse residue;
    const auto error = std::span(residue).first(count);
    multiply(error, n, std::span(x).first(right));
    subtract_from(2, error);
    Inverse next{};
    multiply(std::span(next).first(count), std::span(x).first(right), error);
    x = next;
  }
  subtract_from(0, x);
  return x;
}

// keep_bits(a, bits), shift_right(a, bits): a mod 2^bits, a / 2^bits.
void keep_bits(std::span<Word> a, std::size_t bits) noexcept {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t start = i * kWordBits;
    if (start >= bits) {
      a[i] = 0;
    } else if (bits - start < kWordBits) {
      a[i] &= (Word{1} << (bits - start)) - 1;
    }
  }
}

void shift_right(std::span<Word> a, std::size_t bits) noexcept {
  const std::size_t whole = bits / kWordBits;
  const std::size_t rest = bits % kWordBits;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Word here = i + whole < a.size() ? a[i + whole] : 0;
    const Word above = i + whole + 1 < a.size() ? a[i + whole + 1] : 0;
    a[i] = rest == 0 ? here : here >> rest | above << (kWordBits - rest);
  }
}

// stage_factor(n, inverse, digits): y = (c n + 1) / 2^(49 digits), c = inverse mod 2^(49 digits), inverse = -1/n. Below n, since c < 2^(49 digits).
Product stage_factor(std::span<const Word> n, const Inverse& inverse, std::size_t digits) noexcept {
  Inverse c = inverse;
  keep_bits(c, kDigitBits * digits);
  Product y;
  multiply(y, c, n);
  for (Word& word : y) {
    if (++word != 0) break;
  }
  shift_right(y, kDigitBits * digits);
  return y;
}

// place(shape, words, table): the digits of a number in the order of VectorConstants.
void place(const Shape& shape, std::span<const Word> words, double* table) noexcept {
  std::array<std::int64_t, kShapes.back().digits()> digits;
  split(words, std::span(digits).first(shape.digits()));
  for (std::size_t i = 0; i < shape.digits(); ++i) table[kLanes * (i % shape.block) + i / shape.block] = static_cast<double>(digits[i]);
}

std::size_t table_doubles(const Shape& shape) noexcept { return (shape.stage_count + 2 + kHashes.size()) * shape.digits(); }

}  // namespace

void split(std::span<const Word> words, std::span<std::int64_t> digits) noexcept {
  constexpr Word kMask = (Word{1} << kDigitBits) - 1;
  constexpr std::int64_t kHalf = std::int64_t{1} << (kDigitBits - 1);
  const auto word = [words](std::size_t i) { return i < words.size() ? words[i] : 0; };
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t bit = kDigitBits * i;
    const std::size_t shift = bit % kWordBits;
    const Word above = shift == 0 ? 0 : word(bit / kWordBits + 1) << (kWordBits - shift);
    std::int64_t digit = static_cast<std::int64_t>((word(bit / kWordBits) >> shift | above) & kMask) + carry;
    carry = 0;
    if (digit >= kHalf && i + 1 < digits.size()) {
      digit -= 2 * kHalf;
      carry = 1;
    }
    digits[i] = digit;
  }
}

VectorKey::VectorKey(const Modulus& modulus, std::uint32_t exponent) : shape_(shape_index(modulus.bits())) {
  CHECK(shape_ < kShapeCount && exponent >= 3 && exponent % 2 == 1);
  const Shape& shape = kShapes[shape_];
  tables_ = make_aligned<double>(table_doubles(shape));
  const Inverse inverse = negative_inverse(modulus.number());
  double* table = tables_.get();
  for (std::size_t i = 0; i < shape.stage_count; ++i, table += shape.digits()) place(shape, stage_factor(modulus.number(), inverse, shape.stage(i)), table);
  constants_.exponent = exponent;
  constants_.stages = tables_.get();
  const auto put = [&](const Residue& number) {
    place(shape, std::span(number).first(modulus.words()), table);
    return std::exchange(table, table + shape.digits());
  };
  const FormNumbers numbers = form_numbers(modulus, exponent, kDigitBits * shape.digits(), 2 * kWordBits);
  constants_.factor = put(numbers.factor);
  constants_.negative = put(numbers.negative);
  constants_.heads = table;
  for (const Residue& head : numbers.heads) put(head);
}

std::size_t VectorKey::bytes() const noexcept { return sizeof(double) * table_doubles(kShapes[shape_]); }

}  // namespace assay::crypto::rsa
