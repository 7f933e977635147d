#include "crypto/rsa/digits.h"

#include <gtest/gtest.h>

#include "crypto/rsa/fixture.h"

namespace assay::crypto::rsa {
namespace {

using test::Number;
using test::Octets;

constexpr int kOrders = 2;  // over the lanes, and in one of them

// columns_of(v, negative, shape, order, random): columns whose sum is v, or -v, of both signs, overlapping, and far beyond a digit.
std::vector<std::int64_t> columns_of(const Number& v, bool negative, const Shape& shape, DigitOrder order, std::mt19937_64& random) {
  const Octets octets = v.big_endian(kDigitBits * shape.digits() / 8 + 8);
  std::vector<std::int64_t> digits(kLanes * shape.digits());
  load_digits(octets, shape.digits(), in_lane(shape, 0), digits.data());
  std::vector<std::int64_t> columns(kLanes * shape.digits());
  std::int64_t given = 0;
  for (std::size_t i = 0; i < shape.digits(); ++i) {
    const std::int64_t taken = i + 1 == shape.digits() ? 0 : static_cast<std::int64_t>(random() % 2048) - 1024;
    const std::int64_t digit = negative ? -digits[kLanes * i] : digits[kLanes * i];
    columns[kLanes * (i % order.rows) + i / order.rows + order.first] = digit - given + taken * (std::int64_t{1} << kDigitBits);
    given = taken;
  }
  return columns;
}

class RsaDigits : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Bits, RsaDigits, testing::Values(2048, 2049, 2053, 3072, 3082, 4096, 4209), testing::PrintToStringParamName());

// All multiples that a kernel may leave, at both ends, what is beside them, and how a power is brought back.
TEST_P(RsaDigits, KnowsMultiplesOfTheModulus) {
  const int bits = GetParam();
  std::mt19937_64 random(static_cast<std::uint64_t>(bits));
  const Shape& shape = kShapes[shape_index(static_cast<std::size_t>(bits))];
  const Number most = Number::power_of_two(static_cast<int>(shape.excess_bits())) - Number(1);
  for (const Number& n : {Number::power_of_two(bits) - Number(1), Number::power_of_two(bits - 1) + Number(1), Number::power_of_two(bits) - Number(random() | 1)}) {
    const Modulus modulus(n.big_endian(static_cast<std::size_t>((bits + 7) / 8)));
    for (const Number& k : {Number(0), Number(1), Number(2), Number(random() >> 13), most - Number(1), most}) {
      for (const bool negative : {false, true}) {
        for (int which = 0; which < kOrders; ++which) {
          const DigitOrder order = which == 0 ? over_lanes(shape) : in_lane(shape, 2);
          const auto multiple = [&](const Number& v) { return is_multiple_vartime(modulus, shape, order, columns_of(v, negative, shape, order, random).data()); };
          SCOPED_TRACE(testing::Message() << "k of " << BN_num_bits(k.get()) << " bits, negative " << negative << ", order " << which);
          EXPECT_TRUE(multiple(k * n));
          EXPECT_FALSE(multiple(k * n + Number(1)));
          EXPECT_FALSE(multiple(k * n + Number::power_of_two(128)));
          EXPECT_FALSE(multiple(k * n + Number::power_of_two(bits - 2)));
          EXPECT_FALSE(multiple(k * n + n - Number(1)));
          // encoded 2^128 = v, or -v, mod n.
          const Number v = k * n + Number(random());
          Octets encoded(modulus.bytes());
          store_power_vartime(modulus, shape, order, columns_of(v, negative, shape, order, random).data(), encoded);
          const Number residue = v % n;
          EXPECT_EQ((Number::big_endian(encoded) * Number::power_of_two(128) % n).big_endian(modulus.bytes()), ((negative ? n - residue : residue) % n).big_endian(modulus.bytes()));
        }
      }
    }
  }
}

class RsaIfmaDigits : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Bits, RsaIfmaDigits, testing::Values(2048, 2049, 2078, 2079, 3072, 3118, 4096, 4158), testing::PrintToStringParamName());

// Digits as the kernels leave them, of numbers below 2 n, in both orders.
TEST_P(RsaIfmaDigits, AreStoredReduced) {
  const int bits = GetParam();
  std::mt19937_64 random(static_cast<std::uint64_t>(bits));
  const IfmaShape& shape = kIfmaShapes[ifma_shape_index(static_cast<std::size_t>(bits))];
  for (const Number& n : {Number::power_of_two(bits) - Number(1), Number::power_of_two(bits - 1) + Number(1), Number::power_of_two(bits) - Number(random() | 1)}) {
    const Modulus modulus(n.big_endian(static_cast<std::size_t>((bits + 7) / 8)));
    for (const Number& v : {Number(0), Number(1), n - Number(1), n, n + Number(1), n + n - Number(1), Number::power_of_two(52) - Number(1), n + Number(random())}) {
      for (const DigitOrder order : {over_lanes(shape), in_lane(shape, 0), in_lane(shape, 7)}) {
        const std::size_t count = order.rows == shape.digits() ? shape.digits() : shape.places();
        std::vector<std::int64_t> digits(kIfmaLanes * shape.digits(), -1);
        load_digits(v.big_endian(static_cast<std::size_t>(bits) / 8 + 1), count, order, digits.data());
        for (std::size_t i = 0; i < count; ++i) {
          const std::int64_t digit = digits[kIfmaLanes * (i % order.rows) + i / order.rows + order.first];
          ASSERT_TRUE(digit >= 0 && digit < std::int64_t{1} << kIfmaDigitBits) << i;
        }
        Octets encoded(modulus.bytes());
        store_reduced_vartime(modulus, count, order, digits.data(), encoded);
        EXPECT_EQ(encoded, (v % n).big_endian(modulus.bytes()));
      }
    }
  }
}

}  // namespace
}  // namespace assay::crypto::rsa
