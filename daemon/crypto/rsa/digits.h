// Private to crypto: numbers in and out of the vector kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {

// DigitOrder: where digit `rows b + r` of a number stands: at 4 r + b + first.
struct DigitOrder {
  std::size_t rows = 0;
  std::size_t first = 0;
};

// over_lanes(shape): one number over the four lanes. in_lane(shape, lane): one of four numbers.
constexpr DigitOrder over_lanes(const Shape& shape) noexcept { return {shape.block, 0}; }
constexpr DigitOrder in_lane(const Shape& shape, std::size_t lane) noexcept { return {shape.digits(), lane}; }

// load_digits(octets, count, order, digits): count digits in [0, 2^49) of a big-endian number that they are enough for.
void load_digits(base::Bytes octets, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept;

// store_power_vartime(modulus, shape, order, columns, encoded): encoded = v 2^-128 mod n, v the sum of the columns with their weights. Columns below 2^60 in
// absolute value, v below 2^excess_bits n. Big-endian, modulus.bytes() octets.
void store_power_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns, std::span<std::byte> encoded) noexcept;

// is_multiple_vartime(modulus, shape, order, columns): whether n divides v, which is as above.
bool is_multiple_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns) noexcept;

}  // namespace assay::crypto::rsa
