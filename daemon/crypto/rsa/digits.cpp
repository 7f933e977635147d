// From octets to digits, and from columns, which are signed and overlap, back to octets.
#include "crypto/rsa/digits.h"

#include <algorithm>
#include <array>

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr Word kDigitMask = (Word{1} << kDigitBits) - 1;
// Words of a number of the longest shape, and room for a word past its end.
constexpr std::size_t kNumberWords = (kDigitBits * kShapes.back().digits() + kWordBits - 1) / kWordBits + 2;
// A modulus of the longest shape, two words that are dropped, and one above: store_power_vartime needs as many.
static_assert((kShapes.back().bits_max() + kWordBits - 1) / kWordBits + 3 <= kNumberWords);
using NumberWords = std::array<Word, kNumberWords>;

// add_multiple(w, n, shift): w += n 2^shift, mod 2^(64 w.size()).
void add_multiple(std::span<Word> w, std::span<const Word> n, std::size_t shift) noexcept {
  const std::size_t whole = shift / kWordBits;
  const std::size_t rest = shift % kWordBits;
  Word carry = 0;
  Word below = 0;
  for (std::size_t i = whole; i < w.size(); ++i) {
    const Word word = i - whole < n.size() ? n[i - whole] : 0;
    const Wide x = Wide{w[i]} + (rest == 0 ? word : word << rest | below >> (kWordBits - rest)) + carry;
    w[i] = static_cast<Word>(x);
    carry = static_cast<Word>(x >> kWordBits);
    below = word;
  }
}

// drop_word(w, modulus, start): adds the multiple of n that makes word `start` zero, at its place.
void drop_word(std::span<Word> w, const Modulus& modulus, std::size_t start) noexcept {
  const std::span<const Word> n = modulus.number();
  const Word q = w[start] * modulus.negative_inverse();
  Word carry = 0;
  std::size_t i = start;
  for (const Word word : n) {
    if (i == w.size()) return;
    const Wide x = Wide{q} * word + w[i] + carry;
    w[i++] = static_cast<Word>(x);
    carry = static_cast<Word>(x >> kWordBits);
  }
  for (; i < w.size() && carry != 0; ++i) {
    w[i] += carry;
    carry = w[i] < carry ? 1 : 0;
  }
}

// pack(shape, order, columns, w): the sum of the columns, in two's complement over all of w.
void pack(const Shape& shape, DigitOrder order, const std::int64_t* columns, NumberWords& w) noexcept {
  std::int64_t carry = 0;
  Wide pending = 0;
  std::size_t pending_bits = 0;
  std::size_t next = 0;
  for (std::size_t start = 0; start < shape.digits(); start += order.rows) {
    const std::int64_t* block = columns + order.first + start / order.rows;
    for (std::size_t row = 0; row < order.rows; ++row) {
      const std::int64_t column = block[kLanes * row] + carry;
      carry = column >> kDigitBits;
      pending |= Wide{static_cast<Word>(column) & kDigitMask} << pending_bits;
      pending_bits += kDigitBits;
      if (pending_bits >= kWordBits) {
        w[next++] = static_cast<Word>(pending);
        pending >>= kWordBits;
        pending_bits -= kWordBits;
      }
    }
  }
  pending |= static_cast<Wide>(carry) << pending_bits;
  w[next++] = static_cast<Word>(pending);
  std::fill(w.begin() + static_cast<std::ptrdiff_t>(next), w.end(), carry < 0 ? ~Word{0} : Word{0});
}

}  // namespace

void load_digits(base::Bytes octets, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept {
  NumberWords words;
  load_words(octets, words);
  std::size_t bit = 0;
  for (std::size_t start = 0; start < count; start += order.rows) {
    std::int64_t* block = digits + order.first + start / order.rows;
    for (std::size_t row = 0; row < order.rows; ++row, bit += kDigitBits) {
      const std::size_t shift = bit % kWordBits;
      const Wide pair = Wide{words[bit / kWordBits + 1]} << kWordBits | words[bit / kWordBits];
      block[kLanes * row] = static_cast<std::int64_t>(static_cast<Word>(pair >> shift) & kDigitMask);
    }
  }
}

// v + 2^excess n is positive and below 2^(excess + 1) n. With two words dropped it is below (1 + 2^(excess + 1 - 128)) n, which may be a bit longer than n.
void store_power_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns, std::span<std::byte> encoded) noexcept {
  NumberWords w;
  pack(shape, order, columns, w);
  const std::size_t words = modulus.words();
  const auto number = std::span(w).first(words + 3);
  add_multiple(number, modulus.number(), shape.excess_bits());
  drop_word(number, modulus, 0);
  drop_word(number, modulus, 1);
  Residue result;
  std::copy_n(number.begin() + 2, words, result.begin());
  modulus.canonicalize_vartime(result, number[words + 2]);
  store_words(std::span(result).first(words), encoded);
}

}  // namespace assay::crypto::rsa
