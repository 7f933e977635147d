// All of this is done once a key, in words and without any vector instruction.
#include "crypto/rsa/vector_key.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "base/check.h"

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::size_t kTableAlignment = 64;
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

// returning_factor(modulus, e, digits): 2^(49 digits e + 128) mod n.
Residue returning_factor(const Modulus& modulus, std::uint32_t e, std::size_t digits) noexcept {
  Residue base = modulus.power_of_two_vartime(kDigitBits * digits);
  modulus.multiply_vartime(base, base, modulus.r_squared());
  Residue power = modulus.power_vartime(base, e);
  // 2^128 is no number in Montgomery's form: so the product leaves the form.
  const Residue two_words = modulus.power_of_two_vartime(2 * kWordBits);
  modulus.multiply_vartime(power, power, two_words);
  modulus.canonicalize_vartime(power);
  return power;
}

// place(shape, words, table): the digits of a number in the order of VectorConstants.
void place(const Shape& shape, std::span<const Word> words, double* table) noexcept {
  std::array<std::int64_t, kShapes.back().digits()> digits;
  split(words, std::span(digits).first(shape.digits()));
  for (std::size_t i = 0; i < shape.digits(); ++i) table[kLanes * (i % shape.block) + i / shape.block] = static_cast<double>(digits[i]);
}

// negative_power(modulus, e, digits): -2^(49 digits (2 - e)) mod n, in Montgomery's form.
Residue negative_power(const Modulus& modulus, std::uint32_t e, std::size_t digits) noexcept {
  const Residue half = modulus.power_of_two_vartime(kWordBits * modulus.words() - 1);  // 1/2 in that form
  Residue power = modulus.power_vartime(modulus.power_vartime(half, static_cast<std::uint32_t>(kDigitBits * digits)), e - 2);
  modulus.negate_vartime(power);
  return power;
}

constexpr std::array kHashes{RsaHash::sha256, RsaHash::sha384, RsaHash::sha512};

// head_of(modulus, hash): the encoding of a digest that is zero.
Residue head_of(const Modulus& modulus, RsaHash hash) noexcept {
  constexpr std::array<std::byte, 64> kZeros{};
  std::array<std::byte, base::limits::kRsaBitsMax / 8> octets;
  const auto encoded = std::span(octets).first(modulus.bytes());
  encode_pkcs1(hash, std::span(kZeros).first(digest_bytes(hash)), encoded);
  Residue head;
  load_words(encoded, std::span(head).first(modulus.words()));
  return head;
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

void VectorKey::Free::operator()(double* tables) const noexcept { ::operator delete[](tables, std::align_val_t{kTableAlignment}); }

VectorKey::VectorKey(const Modulus& modulus, std::uint32_t exponent) : shape_(shape_index(modulus.bits())) {
  CHECK(shape_ < kShapeCount);
  const Shape& shape = kShapes[shape_];
  tables_.reset(static_cast<double*>(::operator new[](sizeof(double) * table_doubles(shape), std::align_val_t{kTableAlignment})));
  const Inverse inverse = negative_inverse(modulus.number());
  double* table = tables_.get();
  for (std::size_t i = 0; i < shape.stage_count; ++i, table += shape.digits()) place(shape, stage_factor(modulus.number(), inverse, shape.stage(i)), table);
  constants_.exponent = exponent;
  constants_.stages = tables_.get();
  const auto put = [&](const Residue& number) {
    place(shape, std::span(number).first(modulus.words()), table);
    return std::exchange(table, table + shape.digits());
  };
  constants_.factor = put(returning_factor(modulus, exponent, shape.digits()));
  const Residue negative = negative_power(modulus, exponent, shape.digits());
  // A product with a number that is not in Montgomery's form leaves the form.
  const auto times_negative = [&](const Residue& number) {
    Residue product;
    modulus.multiply_vartime(product, negative, number);
    modulus.canonicalize_vartime(product);
    return product;
  };
  constants_.negative = put(times_negative(Residue{1}));
  constants_.heads = table;
  for (const RsaHash hash : kHashes) put(times_negative(head_of(modulus, hash)));
}

std::size_t VectorKey::bytes() const noexcept { return sizeof(double) * table_doubles(kShapes[shape_]); }

}  // namespace assay::crypto::rsa
