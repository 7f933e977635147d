// NumericDate (RFC 7519 section 2), by its exact value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::jose {

// NumericDate: a time from 0 to 253402300799 (the end of the year 9999), as seconds rounded down and whether a fraction was cut off.
struct NumericDate {
  std::int64_t seconds = 0;
  bool has_fraction = false;

  std::int64_t rounded_down() const noexcept { return seconds; }
  std::int64_t rounded_up() const noexcept { return seconds + (has_fraction ? 1 : 0); }
};

// parse_numeric_date(number): the value of a JSON number (RFC 8259 section 6) in any spelling, exactly: 1e9, 15000000000e-1 and 1.5 are what they say.
// Nothing for a text that is no JSON number, for values below 0 (-0 is 0) or above 253402300799, compared before rounding. Never wraps or clamps.
std::optional<NumericDate> parse_numeric_date(std::string_view number) noexcept;

// is_json_number(text): whether the whole text is a number by RFC 8259 section 6.
bool is_json_number(std::string_view text) noexcept;

}  // namespace assay::jose
