#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "crypto/engine.h"
#include "crypto/number.h"
#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::from_text;
using test::Number;
using test::Octets;
using test::SigningKey;
using enum SignatureResult;

struct Curve {
  KeyType type;
  Algorithm algorithm;
  const char* order;  // SEC 2 sections 2.4.2, 2.5.1, 2.6.1
};
void PrintTo(const Curve& curve, std::ostream* out) { *out << test::name(curve.algorithm); }
const Curve kCurves[] = {
    {KeyType::p256, Algorithm::es256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    {KeyType::p384, Algorithm::es384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
    {KeyType::p521, Algorithm::es512,
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"},
};

class ReferenceEcdsa : public testing::TestWithParam<Curve> {
 protected:
  SignatureResult check(const Number& r, const Number& s) {
    return test::verify(*engine_, GetParam().algorithm, *key_, message_, test::concat(r.big_endian(bytes_), s.big_endian(bytes_)));
  }

  const Octets message_ = from_text("message");
  const Number n_ = Number::hex(GetParam().order);
  const std::size_t bytes_ = coordinate_bytes(GetParam().type);
  const Number largest_ = Number::power_of_two(static_cast<int>(8 * bytes_)) - Number(1);
  std::unique_ptr<Engine> engine_ = make_reference_engine();
  SigningKey signer_ = SigningKey::ec(GetParam().type);
  std::shared_ptr<const KeyMaterial> key_ = signer_.material();
  const Octets signature_ = signer_.sign(GetParam().algorithm, message_);
  const Number r_ = Number::big_endian(base::Bytes(signature_).first(bytes_));
  const Number s_ = Number::big_endian(base::Bytes(signature_).subspan(bytes_));
};

// SEC 1 section 4.1.4 step 1: r and s in [1, n-1]. CVE-2022-21449 was the absence of this check.
TEST_P(ReferenceEcdsa, RefusesRAndSOutsideTheirRange) {
  ASSERT_EQ(check(r_, s_), valid);
  for (const Number& outside : {Number(0), n_, n_ + Number(1), largest_}) {
    EXPECT_EQ(check(outside, s_), invalid);
    EXPECT_EQ(check(r_, outside), invalid);
    for (const Number& other : {Number(0), Number(1), n_, largest_}) EXPECT_EQ(check(outside, other), invalid);
  }
  for (const Number& inside : {Number(1), n_ - Number(1)}) {
    EXPECT_EQ(check(inside, s_), invalid);
    EXPECT_EQ(check(r_, inside), invalid);
    EXPECT_EQ(check(inside, inside), invalid);
  }
}

// The same numbers modulo n are not the same signature. Only P-521 has the room: 528 bits for numbers of 521.
class ReferenceEs512 : public ReferenceEcdsa {};
TEST_P(ReferenceEs512, RefusesRAndSThatAreNotReduced) {
  EXPECT_EQ(check(r_ + n_, s_), invalid);
  EXPECT_EQ(check(r_, s_ + n_), invalid);
  EXPECT_EQ(check(r_ + n_ + n_, s_), invalid);
}

// (r, n - s) is the other signature of the same message (SEC 1 section 4.1.4). RFC 7518 does not ask for the lower one of the two.
TEST_P(ReferenceEcdsa, AcceptsBothHalvesOfTheRangeOfS) {
  EXPECT_EQ(check(r_, n_ - s_), valid);
  EXPECT_EQ(check(n_ - r_, s_), invalid);
}

TEST_P(ReferenceEcdsa, RefusesRAndSExchanged) { EXPECT_EQ(check(s_, r_), invalid); }

// The digest is taken as a number from its leftmost bits: a signature over the message's digest is none over the digest as message, nor with another hash.
TEST_P(ReferenceEcdsa, RefusesSignaturesOverAnotherHash) {
  const Octets digest = test::digest("SHA256", message_);
  EXPECT_EQ(test::verify(*engine_, GetParam().algorithm, *key_, digest, signature_), invalid);
}

// RFC 7518 section 3.4: ES256 means P-256. Keys of another curve never meet the signature.
TEST_P(ReferenceEcdsa, RefusesKeysOfAnotherCurve) {
  for (const Curve& other : kCurves) {
    if (other.type == GetParam().type) continue;
    const auto key = SigningKey::ec(other.type).material();
    EXPECT_EQ(test::verify(*engine_, GetParam().algorithm, *key, message_, signature_), invalid);
    EXPECT_EQ(test::verify(*engine_, other.algorithm, *key, message_, signature_), invalid);
    EXPECT_EQ(test::verify(*engine_, other.algorithm, *key_, message_, signature_), invalid);
  }
}

// The key with its point negated has the same x and another y.
TEST_P(ReferenceEcdsa, RefusesTheNegatedKey) {
  const Number p = GetParam().type == KeyType::p521   ? Number::power_of_two(521) - Number(1)
                   : GetParam().type == KeyType::p384 ? Number::hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff")
                                                      : Number::hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  const auto negated = KeyMaterial::make_ec(GetParam().type, key_->first(), (p - Number::big_endian(key_->second())).big_endian(bytes_));
  ASSERT_TRUE(negated) << negated.error().what;
  EXPECT_EQ(test::verify(*engine_, GetParam().algorithm, **negated, message_, signature_), invalid);
}

// Many keys and messages, so that r and s with leading zeros come up.
TEST_P(ReferenceEcdsa, AcceptsManySignatures) {
  for (int i = 0; i < 64; ++i) {
    const Octets message = from_text(std::to_string(i));
    ASSERT_EQ(test::verify(*engine_, GetParam().algorithm, *key_, message, signer_.sign(GetParam().algorithm, message)), valid) << i;
  }
}

std::string name_of(const testing::TestParamInfo<Curve>& curve) { return std::string(test::name(curve.param.algorithm)); }
INSTANTIATE_TEST_SUITE_P(Curves, ReferenceEcdsa, testing::ValuesIn(kCurves), name_of);
INSTANTIATE_TEST_SUITE_P(Curves, ReferenceEs512, testing::Values(kCurves[2]), name_of);

}  // namespace
}  // namespace assay::crypto
