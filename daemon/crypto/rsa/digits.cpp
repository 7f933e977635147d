// From octets to digits, and from columns, which are signed and overlap, back to octets.
#include "crypto/rsa/digits.h"

#include <algorithm>
#include <array>

namespace assay::crypto::rsa {

namespace {

__extension__ using Wide = unsigned __int128;

// Words of a number of the longest shape, and room for a word past its end.
constexpr std::size_t kNumberWords = (kDigitBits * kShapes.back().digits() + kWordBits - 1) / kWordBits + 2;
static_assert(kIfmaDigitBits * kIfmaShapes.back().places() <= kDigitBits * kShapes.back().digits());
// A modulus of the longest shape, two words that are dropped, and one above: store_power_vartime needs as many.
static_assert((kShapes.back().bits_max() + kWordBits - 1) / kWordBits + 3 <= kNumberWords);
using NumberWords = std::array<Word, kNumberWords>;

constexpr Word mask_of(DigitOrder order) noexcept { return (Word{1} << order.bits) - 1; }

// add(w, n): w += n, mod 2^(64 w.size()).
void add(std::span<Word> w, std::span<const Word> n) noexcept {
  Word carry = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const Wide x = Wide{w[i]} + (i < n.size() ? n[i] : 0) + carry;
    w[i] = static_cast<Word>(x);
    carry = static_cast<Word>(x >> kWordBits);
  }
}

// pack(count, order, columns, w): the sum of the columns, in two's complement over all of w.
void pack(std::size_t count, DigitOrder order, const std::int64_t* columns, NumberWords& w) noexcept {
  std::int64_t carry = 0;
  Wide pending = 0;
  std::size_t pending_bits = 0;
  std::size_t next = 0;
  for (std::size_t start = 0; start < count; start += order.rows) {
    const std::int64_t* block = columns + order.first + start / order.rows;
    for (std::size_t row = 0; row < order.rows; ++row) {
      const std::int64_t column = block[order.lanes * row] + carry;
      carry = column >> order.bits;
      pending |= Wide{static_cast<Word>(column) & mask_of(order)} << pending_bits;
      pending_bits += order.bits;
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

// pack_and_drop(modulus, shape, order, columns, w): the sum of the columns plus the multiple of n that makes the two lowest words zero, without those; a word
// more than n has, signed.
std::span<Word> pack_and_drop(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns, NumberWords& w) noexcept {
  pack(shape.digits(), order, columns, w);
  const auto number = std::span(w).first(modulus.words() + 3);
  const auto above = modulus.clear_two_words(number.data());
  add(number.subspan(modulus.words()), above);
  return number.subspan(2);
}

void split_words(const NumberWords& words, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept {
  std::size_t bit = 0;
  for (std::size_t start = 0; start < count; start += order.rows) {
    std::int64_t* block = digits + order.first + start / order.rows;
    for (std::size_t row = 0; row < order.rows; ++row, bit += order.bits) {
      const std::size_t shift = bit % kWordBits;
      const Wide pair = Wide{words[bit / kWordBits + 1]} << kWordBits | words[bit / kWordBits];
      block[order.lanes * row] = static_cast<std::int64_t>(static_cast<Word>(pair >> shift) & mask_of(order));
    }
  }
}

}  // namespace

void load_digits(base::Bytes octets, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept {
  NumberWords words;
  load_words(octets, words);
  split_words(words, count, order, digits);
}

void split_unsigned(std::span<const Word> words, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept {
  NumberWords all{};
  std::ranges::copy(words, all.begin());
  split_words(all, count, order, digits);
}

// v plus the multiple of n that makes two words zero is below (2^128 + 2^excess) n and above -2^excess n: without those words it is a bit longer than n at
// most, or negative and then above -n.
void store_power_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns, std::span<std::byte> encoded) noexcept {
  NumberWords w;
  const auto rest = pack_and_drop(modulus, shape, order, columns, w);
  if (rest.back() >> (kWordBits - 1) != 0) add(rest, modulus.number());
  Residue result;
  std::ranges::copy(rest.first(modulus.words()), result.begin());
  modulus.canonicalize_vartime(result, rest.back());
  store_words(std::span(result).first(modulus.words()), encoded);
}

// So it can only be 0 or n if it is a multiple of n.
bool is_multiple_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns) noexcept {
  NumberWords w;
  const auto rest = pack_and_drop(modulus, shape, order, columns, w);
  const auto low = rest.first(modulus.words());
  return rest.back() == 0 && (std::ranges::all_of(low, [](Word word) { return word == 0; }) || std::ranges::equal(low, modulus.number()));
}

void store_reduced_vartime(const Modulus& modulus, std::size_t count, DigitOrder order, const std::int64_t* digits, std::span<std::byte> encoded) noexcept {
  NumberWords w;
  pack(count, order, digits, w);
  Residue result;
  std::copy_n(w.begin(), modulus.words(), result.begin());
  modulus.canonicalize_vartime(result, w[modulus.words()]);
  store_words(std::span(result).first(modulus.words()), encoded);
}

}  // namespace assay::crypto::rsa
