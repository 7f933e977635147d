#include "crypto/key_material.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "crypto/number.h"
#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::from_hex;
using test::make_material;
using test::Number;
using test::Octets;
using test::SigningKey;

const Octets kE65537 = from_hex("010001");

// odd_modulus(bits): an odd number of that many bits. The makers do not ask whether it is a product of primes; nobody could.
Octets odd_modulus(int bits) { return (Number::power_of_two(bits - 1) + Number(1)).big_endian(static_cast<std::size_t>(bits + 7) / 8); }

// why(type, first, second): the text of the refusal, or "accepted".
std::string why(KeyType type, const Octets& first, const Octets& second = {}) {
  const auto made = make_material(type, first, second);
  return made ? "accepted" : made.error().what;
}

struct Curve {
  KeyType type;
  const char* name;
  int nid;
};
const Curve kCurves[] = {{KeyType::p256, "P-256", NID_X9_62_prime256v1}, {KeyType::p384, "P-384", NID_secp384r1}, {KeyType::p521, "P-521", NID_secp521r1}};

// CurveMath: what a test needs to know of a curve beyond its keys, from OpenSSL.
class CurveMath {
 public:
  explicit CurveMath(int nid) : group_(EC_GROUP_new_by_curve_name(nid)) {}
  ~CurveMath() { EC_GROUP_free(group_); }
  CurveMath(const CurveMath&) = delete;
  CurveMath& operator=(const CurveMath&) = delete;

  Number prime() const {
    Number p;
    EC_GROUP_get_curve(group_, const_cast<BIGNUM*>(p.get()), nullptr, nullptr, nullptr);
    return p;
  }
  // y_of(x, y): whether x is the abscissa of a point; if so, y is one of its ordinates.
  bool y_of(const Number& x, Number& y) const {
    EC_POINT* point = EC_POINT_new(group_);
    const bool found = EC_POINT_set_compressed_coordinates(group_, point, x.get(), 0, nullptr) == 1 &&
                       EC_POINT_get_affine_coordinates(group_, point, nullptr, const_cast<BIGNUM*>(y.get()), nullptr) == 1;
    EC_POINT_free(point);
    return found;
  }

 private:
  EC_GROUP* group_;
};

static_assert(!std::is_copy_constructible_v<KeyMaterial> && !std::is_move_constructible_v<KeyMaterial>);

// RFC 7518 section 3.1 and 3.4: each curve has one algorithm; RSA keys have six.
TEST(KeyType, DeterminesTheAlgorithms) {
  using enum Algorithm;
  EXPECT_EQ(test::algorithms(KeyType::rsa), (std::vector{rs256, rs384, rs512, ps256, ps384, ps512}));
  EXPECT_EQ(test::algorithms(KeyType::p256), std::vector{es256});
  EXPECT_EQ(test::algorithms(KeyType::p384), std::vector{es384});
  EXPECT_EQ(test::algorithms(KeyType::p521), std::vector{es512});
  EXPECT_EQ(test::algorithms(KeyType::ed25519), std::vector{eddsa});
  EXPECT_TRUE(algorithms_of(KeyType::unset).empty());
}

// RFC 7518 section 6.2.1.2: the octets of a field element; RFC 8037 section 2 for Ed25519.
TEST(KeyType, DeterminesTheLengthOfACoordinate) {
  EXPECT_EQ(coordinate_bytes(KeyType::unset), 0U);
  EXPECT_EQ(coordinate_bytes(KeyType::rsa), 0U);
  EXPECT_EQ(coordinate_bytes(KeyType::p256), 32U);
  EXPECT_EQ(coordinate_bytes(KeyType::p384), 48U);
  EXPECT_EQ(coordinate_bytes(KeyType::p521), 66U);
  EXPECT_EQ(coordinate_bytes(KeyType::ed25519), 32U);
}

TEST(KeyMaterial, KeepsItsNumbersAndDescribesItself) {
  struct Expected {
    KeyType type;
    std::size_t bits;
    const char* text;
  };
  for (const Expected& expected : {Expected{KeyType::rsa, 2048, "RSA 2048"}, Expected{KeyType::p256, 256, "P-256"}, Expected{KeyType::p384, 384, "P-384"},
                                   Expected{KeyType::p521, 521, "P-521"}, Expected{KeyType::ed25519, 255, "Ed25519"}}) {
    const SigningKey key = SigningKey::of_type(expected.type);
    const auto material = key.material();
    EXPECT_EQ(material->type(), expected.type);
    EXPECT_EQ(material->bits(), expected.bits);
    EXPECT_EQ(material->describe(), expected.text);
    EXPECT_TRUE(std::ranges::equal(material->first(), key.first()));
    EXPECT_TRUE(std::ranges::equal(material->second(), key.second()));
  }
}

TEST(KeyMaterial, HasEqualFingerprintsForEqualKeysOnly) {
  std::vector<Sha256Digest> seen;
  for (const KeyType type : {KeyType::rsa, KeyType::p256, KeyType::p384, KeyType::p521, KeyType::ed25519}) {
    for (int i = 0; i < 2; ++i) {
      const SigningKey key = SigningKey::of_type(type);
      const Sha256Digest fingerprint = key.material()->fingerprint();
      EXPECT_EQ(key.material()->fingerprint(), fingerprint);
      EXPECT_EQ(std::ranges::find(seen, fingerprint), seen.end());
      seen.push_back(fingerprint);
    }
  }
}

// The same octets cut elsewhere are another key: n || e must not be all that is hashed.
TEST(KeyMaterial, FingerprintTellsWhereTheModulusEnds) {
  Octets long_modulus = odd_modulus(2056);
  Octets short_modulus = long_modulus;
  long_modulus.back() = short_modulus.back() = std::byte{3};
  short_modulus.pop_back();
  short_modulus.back() = std::byte{1};
  long_modulus[short_modulus.size() - 1] = std::byte{1};
  const auto a = KeyMaterial::make_rsa(long_modulus, from_hex("010001"));
  const auto b = KeyMaterial::make_rsa(short_modulus, from_hex("03010001"));
  ASSERT_TRUE(a && b);
  EXPECT_NE((*a)->fingerprint(), (*b)->fingerprint());
}

// RFC 7518 section 3.3 (2048 bits or more) and our own upper limit.
TEST(RsaKey, HasAModulusOf2048To8192Bits) {
  for (const int bits : {2048, 2049, 2055, 2056, 3072, 4095, 4096, 8191, 8192}) {
    const auto made = KeyMaterial::make_rsa(odd_modulus(bits), kE65537);
    ASSERT_TRUE(made) << bits << ": " << made.error().what;
    EXPECT_EQ((*made)->bits(), static_cast<std::size_t>(bits));
  }
  for (const int bits : {2, 512, 1024, 2047, 8193, 16384}) {
    EXPECT_EQ(why(KeyType::rsa, odd_modulus(bits), kE65537), "RSA modulus has " + std::to_string(bits) + " bits; 2048 to 8192 are accepted");
  }
  EXPECT_EQ(why(KeyType::rsa, {}, kE65537), "RSA modulus has 0 bits; 2048 to 8192 are accepted");
  EXPECT_EQ(why(KeyType::rsa, Octets(256), kE65537), "RSA modulus has 0 bits; 2048 to 8192 are accepted");
}

TEST(RsaKey, RefusesAnEvenModulus) { EXPECT_EQ(why(KeyType::rsa, test::flipped(odd_modulus(2048), 255 * 8), kE65537), "RSA modulus is even"); }

// RFC 7518 section 6.3.1.1 forbids leading zeros, yet they are common; they change neither the number nor the key's identity.
TEST(RsaKey, IgnoresLeadingZeros) {
  const Octets zeros(3);
  const auto plain = KeyMaterial::make_rsa(odd_modulus(2048), kE65537);
  const auto padded = KeyMaterial::make_rsa(test::concat(zeros, odd_modulus(2048)), test::concat(zeros, kE65537));
  ASSERT_TRUE(plain && padded);
  EXPECT_EQ((*plain)->fingerprint(), (*padded)->fingerprint());
  EXPECT_TRUE(std::ranges::equal((*padded)->first(), odd_modulus(2048)));
  EXPECT_TRUE(std::ranges::equal((*padded)->second(), kE65537));
  // Zeros do not lift a short modulus over the limit.
  EXPECT_EQ(why(KeyType::rsa, test::concat(zeros, odd_modulus(2047)), kE65537), "RSA modulus has 2047 bits; 2048 to 8192 are accepted");
}

// RFC 8017 section 3.1: e is odd and at least 3; below 2^32 is our own limit.
TEST(RsaKey, HasAnOddExponentFrom3To32Bits) {
  for (const char* e : {"03", "05", "11", "010001", "00010001", "80000001", "ffffffff"}) {
    EXPECT_EQ(why(KeyType::rsa, odd_modulus(2048), from_hex(e)), "accepted") << e;
  }
  for (const char* e : {"", "00", "0000", "02", "04", "010000", "fffffffe"}) {
    EXPECT_EQ(why(KeyType::rsa, odd_modulus(2048), from_hex(e)), "RSA exponent is zero or even") << e;
  }
  for (const char* e : {"01", "0001"}) EXPECT_EQ(why(KeyType::rsa, odd_modulus(2048), from_hex(e)), "RSA exponent is 1; it must be at least 3") << e;
  EXPECT_EQ(why(KeyType::rsa, odd_modulus(2048), from_hex("0100000001")), "RSA exponent has 33 bits; up to 32 are accepted");
  EXPECT_EQ(why(KeyType::rsa, odd_modulus(2048), odd_modulus(2048)), "RSA exponent has 2048 bits; up to 32 are accepted");
}

TEST(EcKey, RefusesTypesThatAreNotItsCurves) {
  const Octets x(32);
  for (const KeyType type : {KeyType::unset, KeyType::rsa, KeyType::ed25519}) {
    const auto made = KeyMaterial::make_ec(type, x, x);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().what, "key type is not one of P-256, P-384 and P-521");
  }
}

// RFC 7518 section 6.2.1.2: the length of a coordinate MUST be the full one.
TEST(EcKey, RefusesCoordinatesOfAnyOtherLength) {
  for (const Curve& curve : kCurves) {
    const SigningKey key = SigningKey::ec(curve.type);
    const Octets x = key.first();
    const Octets y = key.second();
    const std::string n = std::to_string(x.size());
    const Octets zero(1);
    const auto text = [&](std::size_t a, std::size_t b) {
      return std::string(curve.name) + " coordinates have " + std::to_string(a) + " and " + std::to_string(b) + " octets; each must have " + n;
    };
    EXPECT_EQ(why(curve.type, x, y), "accepted");
    EXPECT_EQ(why(curve.type, test::concat(zero, x), y), text(x.size() + 1, y.size()));
    EXPECT_EQ(why(curve.type, x, test::concat(zero, y)), text(x.size(), y.size() + 1));
    EXPECT_EQ(why(curve.type, x, Octets(y.begin(), y.end() - 1)), text(x.size(), y.size() - 1));
    EXPECT_EQ(why(curve.type, {}, {}), text(0, 0));
    // The cut between x and y moved: the sum of the lengths is right.
    EXPECT_EQ(why(curve.type, test::concat(x, zero), Octets(y.begin(), y.end() - 1)), text(x.size() + 1, y.size() - 1));
  }
}

// SEC 1 section 3.2.2.1 step 3.
TEST(EcKey, RefusesPointsThatAreNotOnTheCurve) {
  for (const Curve& curve : kCurves) {
    const SigningKey key = SigningKey::ec(curve.type);
    const Octets x = key.first();
    const Octets y = key.second();
    const std::string text = std::string(curve.name) + " point is not on the curve";
    const Octets zero(x.size());
    EXPECT_EQ(why(curve.type, x, test::flipped(y, 8 * (y.size() - 1))), text);
    EXPECT_EQ(why(curve.type, zero, zero), text);
    EXPECT_EQ(why(curve.type, x, zero), text);
    EXPECT_EQ(why(curve.type, x, SigningKey::ec(curve.type).second()), text);
  }
}

// SEC 1 section 3.2.2.1 step 2: coordinates are below p. Reduced, these are points of the curve, so only the comparison refuses them.
TEST(EcKey, RefusesCoordinatesThatAreNotBelowThePrime) {
  for (const Curve& curve : kCurves) {
    const CurveMath math(curve.nid);
    const Number p = math.prime();
    const std::size_t bytes = coordinate_bytes(curve.type);
    const std::string text = std::string(curve.name) + " point has a coordinate that is not below the prime of the field";
    Number x(0);
    Number y;
    while (!math.y_of(x, y)) x = x + Number(1);
    ASSERT_TRUE((x + p).fits(bytes));
    EXPECT_EQ(why(curve.type, x.big_endian(bytes), y.big_endian(bytes)), "accepted");
    EXPECT_EQ(why(curve.type, (x + p).big_endian(bytes), y.big_endian(bytes)), text);
    EXPECT_EQ(why(curve.type, p.big_endian(bytes), y.big_endian(bytes)), text);
    EXPECT_EQ(why(curve.type, x.big_endian(bytes), p.big_endian(bytes)), text);
    EXPECT_EQ(why(curve.type, Octets(bytes, std::byte{0xFF}), Octets(bytes, std::byte{0xFF})), text);
    if ((y + p).fits(bytes)) {
      EXPECT_EQ(why(curve.type, x.big_endian(bytes), (y + p).big_endian(bytes)), text);
    }
  }
}

// Of the field of Ed25519 (RFC 8032 section 5.1).
const Number kEdwardsPrime = Number::power_of_two(255) - Number(19);

// edwards_point_exists(y): whether x^2 = (y^2 - 1) / (d y^2 + 1) has a solution, by Euler's criterion; d = -121665/121666.
bool edwards_point_exists(const Number& y) {
  const Number& p = kEdwardsPrime;
  const auto inverse = [&](const Number& a) { return power(a, p - Number(2), p); };
  const Number d = (p - Number(121665)) * inverse(Number(121666)) % p;
  const Number square = (y * y + p - Number(1)) * inverse(d * y % p * y + Number(1)) % p;
  const Number euler = power(square, Number::hex("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6"), p);  // (p - 1) / 2
  return square == Number(0) || euler == Number(1);
}

// signed_point(y, sign): RFC 8032 section 5.1.2.
Octets signed_point(const Number& y, bool sign) {
  Octets point = y.little_endian(32);
  if (sign) point[31] |= std::byte{0x80};
  return point;
}

TEST(Ed25519Key, RefusesAnyOtherLength) {
  const Octets point = SigningKey::ed25519().first();
  EXPECT_EQ(why(KeyType::ed25519, point), "accepted");
  EXPECT_EQ(why(KeyType::ed25519, {}), "Ed25519 key has 0 octets; it must have 32");
  EXPECT_EQ(why(KeyType::ed25519, Octets(point.begin(), point.end() - 1)), "Ed25519 key has 31 octets; it must have 32");
  EXPECT_EQ(why(KeyType::ed25519, test::concat(point, Octets(1))), "Ed25519 key has 33 octets; it must have 32");
}

// RFC 8032 section 5.1.3 step 3: decoding fails when there is no square root.
TEST(Ed25519Key, RefusesWhatIsNoPoint) {
  std::size_t refused = 0;
  for (unsigned long value = 2; value < 60; ++value) {
    const Number y(value);
    const bool exists = edwards_point_exists(y);
    refused += exists ? 0 : 1;
    for (const bool sign : {false, true}) {
      ASSERT_EQ(why(KeyType::ed25519, signed_point(y, sign)), exists ? "accepted" : "Ed25519 point is not on the curve") << "y = " << value;
    }
  }
  EXPECT_GT(refused, 10U);
}

// RFC 8032 section 5.1.3 step 1: y >= p does not decode. All 19 such numbers, with either sign.
TEST(Ed25519Key, RefusesNonCanonicalEncodings) {
  for (unsigned long excess = 0; excess < 19; ++excess) {
    for (const bool sign : {false, true}) {
      EXPECT_EQ(why(KeyType::ed25519, signed_point(kEdwardsPrime + Number(excess), sign)),
                "Ed25519 point has a coordinate that is not below the prime of the field");
    }
  }
  // The largest canonical y that is a point is none of them.
  Number y = kEdwardsPrime - Number(2);
  while (!edwards_point_exists(y)) y = y - Number(1);
  EXPECT_EQ(why(KeyType::ed25519, signed_point(y, true)), "accepted");
}

// The eight points whose order divides the cofactor; with such a key one signature would pass for every message.
TEST(Ed25519Key, RefusesPointsOfSmallOrder) {
  const Number order_8 = Number::little_endian(from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  for (const Number& y : {Number(1), kEdwardsPrime - Number(1), Number(0), order_8, kEdwardsPrime - order_8}) {
    for (const bool sign : {false, true}) {
      // For y = 1 and y = -1 the sign is that of x = 0: an encoding that RFC 8032 section 5.1.3 step 4 refuses in any case.
      EXPECT_EQ(why(KeyType::ed25519, signed_point(y, sign)), "Ed25519 point is of small order");
    }
  }
}

// A point of large order plus one of order 2, which is (-x, -y): outside the prime-order subgroup, but RFC 8032 section 5.1.7 asks for no more than decoding.
TEST(Ed25519Key, AcceptsPointsOfMixedOrder) {
  Octets point = SigningKey::ed25519().first();
  const bool sign = (point[31] & std::byte{0x80}) != std::byte{0};
  point[31] &= std::byte{0x7F};
  EXPECT_EQ(why(KeyType::ed25519, signed_point(kEdwardsPrime - Number::little_endian(point), !sign)), "accepted");
}

}  // namespace
}  // namespace assay::crypto
