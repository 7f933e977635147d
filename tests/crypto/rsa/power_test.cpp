// The kernels' power itself, against OpenSSL's BN_mod_exp, for numbers and moduli that no signature would have.
#include <gtest/gtest.h>

#include "crypto/rsa/digits.h"
#include "crypto/rsa/fixture.h"
#include "crypto/rsa/key_parts.h"
#include "crypto/rsa/powers.h"

namespace assay::crypto {
namespace {

using test::Number;
using test::Octets;

// Prepared: an artificial modulus.
struct Prepared {
  Prepared(Number modulus, std::uint32_t exponent) : n(std::move(modulus)), e(exponent) {
    const Octets octets = n.big_endian(static_cast<std::size_t>(BN_num_bytes(n.get())));
    key = RsaKey::prepare(octets, Number(exponent).big_endian(static_cast<std::size_t>(BN_num_bytes(Number(exponent).get()))), RsaKernels::ifma);
    if (key == nullptr) std::abort();
  }
  std::size_t bytes() const { return key->parts().modulus.bytes(); }
  Octets power_of(const Number& s) const { return power(s, Number(e), n).big_endian(bytes()); }

  Number n;
  std::uint32_t e;
  std::unique_ptr<const RsaKey> key;
};

Number two(int exponent) { return Number::power_of_two(exponent); }

// edges(n, random): numbers below n: small, close to n, powers of two and their neighbours around the ends of digits and words, digits that are all extreme,
// and halves that are equal or nearly so, for Karatsuba.
std::vector<Number> edges(const Number& n, std::mt19937_64& random, int extremes) {
  const int bits = BN_num_bits(n.get());
  std::vector<Number> numbers;
  for (unsigned long i = 0; i < 3; ++i) {
    numbers.push_back(Number(i));
    numbers.push_back(n - Number(i + 1));
  }
  for (const int digit : {49, 52, 64}) {
    for (int bit = digit * static_cast<int>(random() % 3 + 1); bit < bits - 1; bit += digit * static_cast<int>(random() % 9 + 4)) {
      numbers.push_back(two(bit));
      numbers.push_back(two(bit) - Number(1));
      numbers.push_back(two(bit - 1) - Number(random() % 2));
      numbers.push_back(n - two(bit));
    }
  }
  for (int i = 0; i < extremes; ++i) {
    for (const int width : {49, 52}) {
      Number dense;
      for (int bit = 0; bit < bits; bit += width) {
        const unsigned long digits[] = {0, 1, (1UL << (width - 1)) - 1, 1UL << (width - 1), (1UL << width) - 1, random() >> (64 - width)};
        dense = dense * two(width) + Number(digits[random() % 6]);
      }
      numbers.push_back(dense % n);
    }
  }
  for (const int half : {49 * 22, 49 * 32, 49 * 44, 52 * 20, 52 * 30, 52 * 40}) {
    if (2 * half > bits + 52) continue;
    const Number low = n % two(bits - half - 1);
    numbers.push_back(low * two(half) + low);
    numbers.push_back(low * two(half) + low + Number(1));
    numbers.push_back(low * two(half) + low + two(half - 1));
    numbers.push_back((two(bits - half - 1) - Number(1)) * two(half));
  }
  return numbers;
}

// moduli(bits): not of RSA, but odd: all ones, sparse, and with long runs.
std::vector<Number> moduli(int bits) {
  return {two(bits) - Number(1),   two(bits - 1) + Number(1),            two(bits) - two(bits / 2) - Number(1),
          two(bits) - Number(189), two(bits - 1) + two(49 * 11) - Number(1), two(bits) - two(52 * 10) - Number(1)};
}

// Kinds: the vector kernels that this processor can run.
struct Kind {
  const char* name;
  const rsa::Vectors* vectors;
};
std::vector<Kind> kinds() {
  std::vector<Kind> all;
  if (rsa::simd_vectors() != nullptr) all.push_back({"simd", rsa::simd_vectors()});
  if (rsa::ifma_vectors() != nullptr) all.push_back({"ifma", rsa::ifma_vectors()});
  return all;
}

void expect_powers(const Prepared& prepared, const std::vector<Number>& numbers) {
  const RsaKey::Parts& key = prepared.key->parts();
  std::vector<Octets> signatures;
  std::vector<Octets> wanted;
  for (const Number& s : numbers) {
    signatures.push_back(s.big_endian(prepared.bytes()));
    wanted.push_back(prepared.power_of(s));
  }
  Octets encoded(prepared.bytes());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    rsa::power_scalar_vartime(key, signatures[i], encoded);
    ASSERT_EQ(encoded, wanted[i]) << "scalar, number " << i << ", " << key.modulus.bits() << " bits, e " << prepared.e;
  }
  for (const auto& [name, vectors] : kinds()) {
    if (!vectors->takes(key)) continue;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      vectors->power_one({&key, signatures[i], encoded});
      ASSERT_EQ(encoded, wanted[i]) << name << ", number " << i << ", " << key.modulus.bits() << " bits, e " << prepared.e;
    }
    for (std::size_t i = 0; i < numbers.size(); i += vectors->lanes) {
      std::array<rsa::PowerOf, rsa::kLanesMax> powers;
      std::array<Octets, rsa::kLanesMax> out;
      for (std::size_t lane = 0; lane < vectors->lanes; ++lane) {
        out[lane] = Octets(prepared.bytes());
        powers[lane] = {&key, signatures[(i + lane) % numbers.size()], out[lane]};
      }
      vectors->power_lanes(powers.data());
      for (std::size_t lane = 0; lane < vectors->lanes; ++lane) {
        ASSERT_EQ(out[lane], wanted[(i + lane) % numbers.size()])
            << name << ", number " << i << ", lane " << lane << ", " << key.modulus.bits() << " bits, e " << prepared.e;
      }
    }
  }
}

class RsaPower : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Bits, RsaPower,
                         testing::Values(2048, 2049, 2053, 2054, 2056, 2078, 2079, 2200, 3071, 3072, 3082, 3083, 3118, 3119, 4096, 4097, 4158, 4159, 4209, 4210, 8191),
                         testing::PrintToStringParamName());

TEST_P(RsaPower, AgreesWithOpenSslOnEdgesUnderArtificialModuli) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  for (const Number& n : moduli(GetParam())) {
    expect_powers({n, 65537}, edges(n, random, 4));
    expect_powers({n, 3}, edges(n, random, 4));
  }
}

TEST(RsaPowerFew, AgreesWithOpenSslForAllKindsOfExponents) {
  std::mt19937_64 random(1);
  for (const std::uint32_t e : {3U, 5U, 7U, 17U, 257U, 65535U, 65539U, 0x80000001U, 0xFFFFFFFFU}) {
    const Number n = two(2048) - Number(random() | 1);
    expect_powers({n, e}, edges(n, random, 8));
  }
}

}  // namespace
}  // namespace assay::crypto
