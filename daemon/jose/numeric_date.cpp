// A double is not exact enough for a time limit: 253402300799.00001 and 1e400 must be what they say. So the digits are read as decimals: the point is moved
// by the exponent, and what stands before it is the number of seconds.
#include "jose/numeric_date.h"

#include <bit>
#include <cstddef>
#include <cstring>

#include "base/limits.h"

namespace assay::jose {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t digits_at_front(std::string_view text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// The parts of a number by RFC 8259 section 6: [minus] int [frac] [exp].
struct NumberParts {
  bool negative = false;
  std::string_view integer;
  std::string_view fraction;
  bool exponent_negative = false;
  std::string_view exponent;
};

std::optional<NumberParts> split_number(std::string_view text) noexcept {
  NumberParts parts;
  const auto take = [&text](std::size_t count) noexcept {
    const std::string_view taken = text.substr(0, count);
    text.remove_prefix(count);
    return taken;
  };
  if (text.starts_with('-')) {
    parts.negative = true;
    take(1);
  }
  parts.integer = take(digits_at_front(text));
  if (parts.integer.empty() || (parts.integer.size() > 1 && parts.integer[0] == '0')) return std::nullopt;
  if (text.starts_with('.')) {
    take(1);
    parts.fraction = take(digits_at_front(text));
    if (parts.fraction.empty()) return std::nullopt;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    take(1);
    if (text.starts_with('-') || text.starts_with('+')) parts.exponent_negative = take(1) == "-";
    parts.exponent = take(digits_at_front(text));
    if (parts.exponent.empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return parts;
}

// The exponent's value. A text within a frame has fewer than 2^26 digits, so beyond 10^9 either way the value no longer depends on it.
std::int64_t exponent_of(const NumberParts& parts) noexcept {
  constexpr std::int64_t kBeyond = 1'000'000'000;
  std::int64_t value = 0;
  for (const char c : parts.exponent) {
    value = value * 10 + (c - '0');
    if (value > kBeyond) value = kBeyond;
  }
  return parts.exponent_negative ? -value : value;
}

// eight_digits(text): the value of eight digits; nothing if one of the eight characters is none. A digit's upper half is 3, and stays so when 6 is added; then neighbours are
// put together, to four numbers below 100, two below 10,000, one.
std::optional<std::uint64_t> eight_digits(const char* text) noexcept {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kUpper = 0xF0F0F0F0F0F0F0F0;
  constexpr std::uint64_t kThrees = 0x3030303030303030;
  std::uint64_t octets;
  std::memcpy(&octets, text, sizeof octets);
  if ((octets & kUpper) != kThrees || ((octets + 0x0606060606060606) & kUpper) != kThrees) return std::nullopt;
  octets &= ~kUpper;
  octets = (octets * 10 + (octets >> 8)) & 0x00FF00FF00FF00FF;
  octets = (octets * 100 + (octets >> 16)) & 0x0000FFFF0000FFFF;
  return (octets * 10000 + (octets >> 32)) & 0xFFFFFFFF;
}

// plain_integer(text): an integer of 1 to 12 digits as nearly every issuer writes its dates; nothing for any other text.
std::optional<std::int64_t> plain_integer(std::string_view text) noexcept {
  if (text.empty() || text.size() > 12 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  std::int64_t value = 0;
  if (text.size() >= 8) {
    const auto first = eight_digits(text.data());
    if (!first) return std::nullopt;
    value = static_cast<std::int64_t>(*first);
    text.remove_prefix(8);
  }
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

bool is_json_number(std::string_view text) noexcept { return plain_integer(text).has_value() || split_number(text).has_value(); }

std::optional<NumericDate> parse_numeric_date(std::string_view number) noexcept {
  if (const auto seconds = plain_integer(number)) {
    return *seconds <= base::limits::kNumericDateMax ? std::optional(NumericDate{*seconds, false}) : std::nullopt;
  }
  const auto parts = split_number(number);
  if (!parts) return std::nullopt;

  // Digit i counts 10^(point - 1 - i).
  const std::size_t digits = parts->integer.size() + parts->fraction.size();
  const auto digit = [&parts](std::size_t i) noexcept {
    return (i < parts->integer.size() ? parts->integer[i] : parts->fraction[i - parts->integer.size()]) - '0';
  };
  std::size_t first = 0;
  while (first < digits && digit(first) == 0) ++first;
  if (first == digits) return NumericDate{};  // 0, also -0
  if (parts->negative) return std::nullopt;
  const std::int64_t point = static_cast<std::int64_t>(parts->integer.size()) + exponent_of(*parts);

  // More than 12 places before the point exceed the year 9999.
  if (point - static_cast<std::int64_t>(first) > 12) return std::nullopt;
  NumericDate date;
  for (std::int64_t i = static_cast<std::int64_t>(first); i < point; ++i) {
    date.seconds = date.seconds * 10 + (static_cast<std::size_t>(i) < digits ? digit(static_cast<std::size_t>(i)) : 0);
  }
  const std::size_t fraction_at = point < static_cast<std::int64_t>(first) ? first : static_cast<std::size_t>(point);
  for (std::size_t i = fraction_at; i < digits && !date.has_fraction; ++i) date.has_fraction = digit(i) != 0;
  // The bound is compared before rounding.
  if (date.rounded_up() > base::limits::kNumericDateMax) return std::nullopt;
  return date;
}

}  // namespace assay::jose
