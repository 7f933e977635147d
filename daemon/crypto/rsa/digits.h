// Private to crypto: numbers in and out of the vector kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/rsa/ifma_key.h"
#include "crypto/rsa/montgomery.h"
#include "crypto/rsa/vector_key.h"

namespace assay::crypto::rsa {

// DigitOrder: how many bits a digit has, and where digit `rows b + r` of a number stands: at lanes r + b + first.
struct DigitOrder {
  std::size_t bits = 0;
  std::size_t lanes = 0;
  std::size_t rows = 0;
  std::size_t first = 0;
};

// over_lanes(shape): one number over the lanes. in_lane(shape, lane): one of as many numbers as there are lanes.
constexpr DigitOrder over_lanes(const Shape& shape) noexcept { return {kDigitBits, kLanes, shape.block, 0}; }
constexpr DigitOrder in_lane(const Shape& shape, std::size_t lane) noexcept { return {kDigitBits, kLanes, shape.digits(), lane}; }
constexpr DigitOrder over_lanes(const IfmaShape& shape) noexcept { return {kIfmaDigitBits, kIfmaLanes, shape.rows, 0}; }
constexpr DigitOrder in_lane(const IfmaShape& shape, std::size_t lane) noexcept { return {kIfmaDigitBits, kIfmaLanes, shape.digits(), lane}; }

// load_digits(octets, count, order, digits): count digits in [0, 2^bits) of a big-endian number that they are enough for, as many as the
// longest shape has or fewer.
void load_digits(base::Bytes octets, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept;
// split_unsigned(words, count, order, digits): the same of words.
void split_unsigned(std::span<const Word> words, std::size_t count, DigitOrder order, std::int64_t* digits) noexcept;

// store_power_vartime(modulus, shape, order, columns, encoded): encoded = v 2^-128 mod n, v the sum of the columns with their weights. Columns below 2^60 in
// absolute value, v below 2^excess_bits n. Big-endian, modulus.bytes() octets.
void store_power_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns, std::span<std::byte> encoded) noexcept;

// is_multiple_vartime(modulus, shape, order, columns): whether n divides v, which is as above.
bool is_multiple_vartime(const Modulus& modulus, const Shape& shape, DigitOrder order, const std::int64_t* columns) noexcept;

// store_reduced_vartime(modulus, count, order, digits, encoded): encoded = v mod n, v < 2 n of count digits in [0, 2^bits), as load_digits makes them. Big-endian,
// modulus.bytes() octets.
void store_reduced_vartime(const Modulus& modulus, std::size_t count, DigitOrder order, const std::int64_t* digits, std::span<std::byte> encoded) noexcept;

}  // namespace assay::crypto::rsa
