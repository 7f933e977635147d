// The table says what particular spellings are; the differential test compares with decimal arithmetic on strings of digits, done the long way.
#include "jose/numeric_date.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "jose/slow_json.h"

namespace assay::jose {
namespace {

struct Case {
  std::string text;
  std::optional<std::int64_t> down;  // nothing: refused
  std::int64_t up = 0;
};

std::string repeated(std::string_view piece, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

void expect(const Case& c) {
  const auto date = parse_numeric_date(c.text);
  ASSERT_EQ(date.has_value(), c.down.has_value()) << c.text.substr(0, 80);
  if (!date) return;
  EXPECT_EQ(date->rounded_down(), *c.down) << c.text.substr(0, 80);
  EXPECT_EQ(date->rounded_up(), c.up) << c.text.substr(0, 80);
}

// RFC 7519 section 2: seconds since 1970, non-integer values can be represented. Our ruling: any JSON spelling, by its exact value.
TEST(NumericDate, IsWhatItsTextSays) {
  const std::string nines = repeated("9", 30);
  const std::vector<Case> cases{
      {"0", 0, 0}, {"-0", 0, 0}, {"0.0", 0, 0}, {"-0.0", 0, 0}, {"-0e5", 0, 0}, {"-0.000e-7", 0, 0}, {"0e0", 0, 0}, {"0E+0", 0, 0}, {"1", 1, 1}, {"9",
      9, 9},
      {"10", 10, 10}, {"1.0", 1, 1}, {"1.5", 1, 2}, {"1.000", 1, 1}, {"1.0000000000000000000000001", 1, 2}, {"0.1", 0, 1},
      {"0.9999999999999999999999", 0, 1},
      {"1e0", 1, 1}, {"1E2", 100, 100}, {"1e+2", 100, 100}, {"1e-0", 1, 1}, {"1e-1", 0, 1}, {"10e-1", 1, 1}, {"15e-1", 1, 2}, {"1.5e1", 15, 15},
      {"1.55e1", 15, 16}, {"0.015e3", 15, 15}, {"0.0155e3", 15, 16}, {"2e9", 2'000'000'000, 2'000'000'000}, {"20000000000e-1",
      2'000'000'000, 2'000'000'000},
      {"20000000001e-1", 2'000'000'000, 2'000'000'001}, {"0.2e10", 2'000'000'000, 2'000'000'000}, {"2000000000.000", 2'000'000'000, 2'000'000'000},
      {"1e-400", 0, 1}, {"1e-999999999999999999999", 0, 1}, {"0e999999999999999999999", 0, 0}, {"0e-999999999999999999999", 0, 0},
      {"0.000e99999999999999999999999999999999999", 0, 0}, {"1e-18446744073709551616", 0, 1}, {"1e-9223372036854775808", 0, 1}, {"1e-2147483648", 0,
      1},
      {"1e00000000000000000000000000002", 100, 100}, {"100e-00000000000000000000000000002", 1, 1},
      {"1" + repeated("0", 500) + "e-500", 1, 1}, {"1" + repeated("0", 500) + "1e-501", 1, 2}, {"0." + repeated("0", 500) + "1e501", 1, 1},
      {"0." + repeated("0", 500) + "15e501", 1, 2}, {"0." + repeated("0", 500) + "1e500", 0, 1},
      {"2147483647", 2147483647, 2147483647}, {"2147483648", 2147483648, 2147483648}, {"4294967295", 4294967295, 4294967295}, {"4294967296",
      4294967296, 4294967296},
      {"99999999999", 99999999999, 99999999999}, {"253402300799", 253402300799, 253402300799}, {"253402300799.0", 253402300799, 253402300799},
      {"253402300798.999999999999999", 253402300798, 253402300799}, {"2.53402300799e11", 253402300799, 253402300799},
      {"253402300799000e-3", 253402300799, 253402300799}, {"253402300799.000000000000000000000000000000000", 253402300799, 253402300799},
      {"253402300799.000001", std::nullopt}, {"253402300799.00000000000000000000000000000000000001", std::nullopt}, {"253402300799000000000001e-12",
      std::nullopt},
      {"253402300800", std::nullopt}, {"253402300800.0", std::nullopt}, {"999999999999", std::nullopt}, {"1000000000000", std::nullopt}, {"1e12",
      std::nullopt},
      {"0.0001e16", std::nullopt}, {"9007199254740993", std::nullopt}, {"9223372036854775807", std::nullopt}, {"9223372036854775808", std::nullopt},
      {"18446744073709551616", std::nullopt}, {"18446744073709551617", std::nullopt}, {"36893488147419103232", std::nullopt}, {"1e19", std::nullopt},
      {"1e400", std::nullopt}, {"1e999999999999999999999", std::nullopt}, {"1e18446744073709551616", std::nullopt}, {"1e18446744073709551618",
      std::nullopt},
      {"1e4294967296", std::nullopt}, {"1e4294967298", std::nullopt}, {"1e2147483648", std::nullopt}, {"0.1e9223372036854775808", std::nullopt},
      {nines, std::nullopt}, {"1" + repeated("0", 500) + "e-488", std::nullopt},
      {"-1", std::nullopt}, {"-1e-5", std::nullopt}, {"-0.0000000000001", std::nullopt}, {"-1e-999999999999999999999", std::nullopt}, {"-1e400",
      std::nullopt},
      {"-2147483648", std::nullopt}, {"-9223372036854775808", std::nullopt}, {"-18446744073709551615", std::nullopt}, {"-1.5", std::nullopt},
  };
  for (const Case& c : cases) expect(c);
}

// RFC 8259 section 6.
TEST(NumericDate, RefusesWhatIsNoJsonNumber) {
  for (const std::string_view text :
       {"", " ", "-", "+", "+1", "--1", "00", "01", "-01", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1e-", "1E", "e5", "1.5.5", "1e5e5", "1e1.5",
       "0x10", "1_000",
        "1,000", "1 ", " 1", "1\n", "NaN", "nan", "Infinity", "-Infinity", "inf", "true", "null", "\"1\"", "1f", "1d", "1L", "0e", "0.e1", "٠", "1-",
        "1+2", "- 1", "1e 5"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
    EXPECT_FALSE(parse_numeric_date(text).has_value()) << text;
  }
  EXPECT_FALSE(is_json_number(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_json_number(std::string_view("\0001", 2)));
}

// --- Decimal arithmetic the long way. ---

struct Decimal {
  std::string whole;     // without leading zeros
  std::string fraction;  // without trailing zeros
};

// The number written out in full, for exponents of moderate size.
Decimal write_out(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  int exponent = e == text.size() ? 0 : std::stoi(std::string(text.substr(e + 1)));
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  Decimal number{std::string(mantissa.substr(0, dot)), dot == mantissa.size() ? "" : std::string(mantissa.substr(dot + 1))};
  for (; exponent > 0; --exponent) {
    if (number.fraction.empty()) number.fraction = "0";
    number.whole += number.fraction.front();
    number.fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    if (number.whole.empty()) number.whole = "0";
    number.fraction.insert(0, 1, number.whole.back());
    number.whole.pop_back();
  }
  number.whole.erase(0, std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  number.fraction.erase(number.fraction.find_last_not_of('0') + 1);
  return number;
}

std::optional<NumericDate> slow_numeric_date(std::string_view text) {
  const Decimal number = write_out(text);
  if (text.starts_with('-') && !(number.whole.empty() && number.fraction.empty())) return std::nullopt;
  const std::string most = "253402300799";
  // Without leading zeros the longer text is the larger number, and of equal length the later one in order.
  if (number.whole.size() > most.size() || (number.whole.size() == most.size() && number.whole > most)) return std::nullopt;
  if (number.whole == most && !number.fraction.empty()) return std::nullopt;
  return NumericDate{number.whole.empty() ? 0 : std::stoll(number.whole), !number.fraction.empty()};
}

std::string digits(std::mt19937_64& random, std::size_t most) {
  std::string out(1 + random() % most, '0');
  const bool sparse = random() % 2 == 0;
  for (char& c : out) c = sparse && random() % 4 != 0 ? (random() % 2 == 0 ? '0' : '9') : static_cast<char>('0' + random() % 10);
  return out;
}

std::string random_number(std::mt19937_64& random) {
  std::string text = random() % 10 == 0 ? "-" : "";
  std::string whole = random() % 5 == 0 ? "253402300799" : digits(random, 16);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  text += whole;
  if (random() % 2 == 0) text += "." + digits(random, 16);
  if (random() % 2 == 0) {
    text += random() % 2 == 0 ? "e" : "E";
    const auto sign = random() % 3;
    if (sign != 0) text += sign == 1 ? "-" : "+";
    text += random() % 8 == 0 ? "000" : "";
    text += std::to_string(random() % 30);
  }
  return text;
}

TEST(NumericDate, AgreesWithDecimalArithmeticOnDigits) {
  std::mt19937_64 random(7);
  std::size_t accepted = 0;
  std::size_t with_fraction = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::string text = random_number(random);
    const auto expected = slow_numeric_date(text);
    const auto date = parse_numeric_date(text);
    ASSERT_EQ(date.has_value(), expected.has_value()) << text;
    if (!date) continue;
    ++accepted;
    with_fraction += date->has_fraction ? 1U : 0U;
    ASSERT_EQ(date->seconds, expected->seconds) << text;
    ASSERT_EQ(date->has_fraction, expected->has_fraction) << text;
  }
  EXPECT_GT(accepted, 50'000U);
  EXPECT_GT(with_fraction, 10'000U);
}

// Digits are read eight at a time: every character in every place of an integer of any length that a date has.
TEST(NumericDate, TakesNothingButDigitsInAnInteger) {
  for (std::size_t length = 1; length <= 13; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text = std::string("1234567890123").substr(0, length);
        text[at] = static_cast<char>(c);
        const bool is_number = slow::is_json_number(text);
        ASSERT_EQ(is_json_number(text), is_number) << length << " characters, " << c << " at " << at;
        const auto date = parse_numeric_date(text);
        const bool is_integer = is_number && text.find_first_not_of("0123456789") == std::string::npos;
        if (is_integer) {
          ASSERT_EQ(date.has_value(), std::stoll(text) <= 253402300799) << text;
          if (date.has_value()) {
            ASSERT_EQ(date->seconds, std::stoll(text));
          }
        } else if (!is_number) {
          ASSERT_FALSE(date.has_value()) << length << " characters, " << c << " at " << at;
        }
      }
    }
  }
}

TEST(NumericDate, KnowsANumberAsTheGrammarDoes) {
  std::mt19937_64 random(8);
  std::size_t good = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random_number(random);
    // A third is left as it is, a third loses or repeats a character, a third has one replaced.
    const std::size_t at = random() % text.size();
    if (round % 3 == 1) text = random() % 2 == 0 ? text.erase(at, 1) : text.insert(at, 1, text[at]);
    if (round % 3 == 2) text[at] = std::string_view("0123456789+-.eE x")[random() % 17];
    const bool expected = slow::is_json_number(text);
    ASSERT_EQ(is_json_number(text), expected) << text;
    good += expected ? 1U : 0U;
  }
  EXPECT_GT(good, 60'000U);
  EXPECT_LT(good, 190'000U);
}

}  // namespace
}  // namespace assay::jose
