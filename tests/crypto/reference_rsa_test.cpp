#include <gtest/gtest.h>

#include "crypto/engine.h"
#include "crypto/number.h"
#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::from_hex;
using test::from_text;
using test::Number;
using test::Octets;
using test::SigningKey;
using test::verify;
using enum SignatureResult;

const Octets kMessage = from_text("message");

// Sizes: the usual ones, the limits, and those whose top octet holds one bit or a few. With 2049 bits the encoded message of PSS is an octet shorter than the
// modulus.
class ReferenceRsaSize : public testing::TestWithParam<unsigned> {};

// RFC 8017 sections 8.1.2 and 8.2.2.
TEST_P(ReferenceRsaSize, VerifiesAllSixAlgorithms) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(GetParam());
  const auto key = signer.material();
  ASSERT_EQ(key->bits(), GetParam());
  for (const Algorithm algorithm : test::algorithms(KeyType::rsa)) {
    const Octets signature = signer.sign(algorithm, kMessage);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, signature), valid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, test::flipped(signature, 8 * signature.size() - 1)), invalid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, from_text("massage"), signature), invalid) << test::name(algorithm);
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, ReferenceRsaSize, testing::Values(2048U, 2049U, 2050U, 2055U, 2056U, 2057U, 3072U, 4095U, 4096U, 8191U, 8192U),
                         testing::PrintToStringParamName());

class ReferenceRsaExponent : public testing::TestWithParam<unsigned long> {};

TEST_P(ReferenceRsaExponent, VerifiesAllSixAlgorithms) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(2048, GetParam());
  const auto key = signer.material();
  ASSERT_EQ(Number::big_endian(key->second()), Number(GetParam()));
  for (const Algorithm algorithm : test::algorithms(KeyType::rsa)) {
    const Octets signature = signer.sign(algorithm, kMessage);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, signature), valid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, test::flipped(signature, 1000)), invalid) << test::name(algorithm);
  }
}

INSTANTIATE_TEST_SUITE_P(E, ReferenceRsaExponent, testing::Values(3UL, 5UL, 17UL, 65537UL, 0x80000001UL, 0xFFFFFFFFUL), testing::PrintToStringParamName());

TEST(ReferenceRsa, RefusesTheKeyWithOneBitChanged) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(2048);
  const Octets modulus = signer.first();
  for (const Algorithm algorithm : test::algorithms(KeyType::rsa)) {
    const Octets signature = signer.sign(algorithm, kMessage);
    for (const std::size_t bit : {6U, 8U, 1027U, 2041U}) {
      const auto key = KeyMaterial::make_rsa(test::flipped(modulus, bit), signer.second());
      ASSERT_TRUE(key);
      EXPECT_EQ(verify(*engine, algorithm, **key, kMessage, signature), invalid) << test::name(algorithm) << ", bit " << bit;
    }
    const auto key = KeyMaterial::make_rsa(modulus, from_hex("010003"));
    ASSERT_TRUE(key);
    EXPECT_EQ(verify(*engine, algorithm, **key, kMessage, signature), invalid) << test::name(algorithm);
  }
}

// RFC 8017 section 5.2.2 step 1: the representative is below n. s + n has the same power, so only the comparison refuses it; 2049 bits leave room for it.
TEST(ReferenceRsa, RefusesARepresentativeThatIsNotBelowTheModulus) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(2049);
  const auto key = signer.material();
  const Number n = Number::big_endian(key->first());
  const std::size_t size = key->first().size();
  for (const Algorithm algorithm : test::algorithms(KeyType::rsa)) {
    const Octets signature = signer.sign(algorithm, kMessage);
    const Number s = Number::big_endian(signature);
    ASSERT_EQ(verify(*engine, algorithm, *key, kMessage, signature), valid);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, (s + n).big_endian(size)), invalid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, n.big_endian(size)), invalid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, (n - Number(1)).big_endian(size)), invalid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, Number(1).big_endian(size)), invalid) << test::name(algorithm);
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, (n - s).big_endian(size)), invalid) << test::name(algorithm);
  }
}

// Encodings of PKCS#1 v1.5, built by hand and raised to d.
class ReferencePkcs1 : public testing::Test {
 protected:
  // encode(info, type, filler, gap): 00 type filler.. 00 info gap, filled up to the size of the modulus.
  Octets encode(const Octets& info, std::byte type = std::byte{1}, std::byte filler = std::byte{0xFF}, std::size_t gap = 0) const {
    Octets encoded(256 - gap - info.size() - 1, filler);
    encoded[0] = std::byte{0};
    encoded[1] = type;
    encoded.push_back(std::byte{0});
    encoded = test::concat(encoded, info);
    encoded.resize(256, std::byte{0});
    return encoded;
  }
  SignatureResult check(const Octets& encoded) { return verify(*engine_, Algorithm::rs256, *key_, kMessage, signer_.apply(encoded)); }

  const Octets hash_ = test::digest("SHA256", kMessage);
  const Octets good_info_ = test::concat(from_hex("3031300d060960864801650304020105000420"), hash_);
  std::unique_ptr<Engine> engine_ = make_reference_engine();
  SigningKey signer_ = SigningKey::rsa(2048);
  std::shared_ptr<const KeyMaterial> key_ = signer_.material();
};

// The builder itself is right, so that the refusals below prove something.
TEST_F(ReferencePkcs1, AcceptsTheOneEncoding) { EXPECT_EQ(check(encode(good_info_)), valid); }

// RFC 8017 section 9.2 note 2 tolerates a DigestInfo whose parameters are absent. We encode and compare, so it is refused.
TEST_F(ReferencePkcs1, RefusesADigestInfoWithoutNull) {
  EXPECT_EQ(check(encode(test::concat(from_hex("302f300b06096086480165030402010420"), hash_))), invalid);
}

// RFC 8017 section 9.2: what parsers of DER and of padding have let through.
TEST_F(ReferencePkcs1, RefusesEveryOtherEncoding) {
  // Garbage behind the digest in place of padding: forged cube roots against e = 3 look like this.
  EXPECT_EQ(check(encode(good_info_, std::byte{1}, std::byte{0xFF}, 100)), invalid);
  EXPECT_EQ(check(encode(good_info_, std::byte{1}, std::byte{0xFF}, 1)), invalid);
  EXPECT_EQ(check(encode(good_info_, std::byte{0})), invalid);
  EXPECT_EQ(check(encode(good_info_, std::byte{2})), invalid);
  EXPECT_EQ(check(encode(good_info_, std::byte{1}, std::byte{0xFE})), invalid);
  EXPECT_EQ(check(encode(good_info_, std::byte{1}, std::byte{0x00})), invalid);
  // The digest alone; a length in long form; a digest of another hash under this name; the name of another hash over this digest.
  EXPECT_EQ(check(encode(hash_)), invalid);
  EXPECT_EQ(check(encode(test::concat(from_hex("308131300d060960864801650304020105000420"), hash_))), invalid);
  EXPECT_EQ(check(encode(test::concat(from_hex("3031300d060960864801650304020105000420"), test::digest("SHA3-256", kMessage)))), invalid);
  EXPECT_EQ(check(encode(test::concat(from_hex("3031300d060960864801650304020205000420"), hash_))), invalid);
}

struct PssParameters {
  Algorithm algorithm;
  const char* hash;
  int bytes;
};
const PssParameters kPssParameters[] = {{Algorithm::ps256, "SHA256", 32}, {Algorithm::ps384, "SHA384", 48}, {Algorithm::ps512, "SHA512", 64}};

// RFC 7518 section 3.5: the salt is exactly as long as the digest.
TEST(ReferencePss, RefusesASaltOfAnyOtherLength) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(2048);
  const auto key = signer.material();
  for (const auto& [algorithm, hash, bytes] : kPssParameters) {
    EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, signer.sign_pss(hash, hash, bytes, kMessage)), valid) << hash;
    for (const int salt : {0, 1, 20, bytes - 1, bytes + 1, 256 - 2 - bytes}) {
      EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, signer.sign_pss(hash, hash, salt, kMessage)), invalid) << hash << ", salt of " << salt;
    }
  }
}

// RFC 7518 section 3.5: the message and MGF1 have the same hash.
TEST(ReferencePss, RefusesAnotherHashInTheMask) {
  const auto engine = make_reference_engine();
  const SigningKey signer = SigningKey::rsa(2048);
  const auto key = signer.material();
  for (const auto& [algorithm, hash, bytes] : kPssParameters) {
    for (const char* mask : {"SHA1", "SHA256", "SHA384", "SHA512", "SHA512-256"}) {
      const SignatureResult expected = std::string_view(mask) == hash ? valid : invalid;
      EXPECT_EQ(verify(*engine, algorithm, *key, kMessage, signer.sign_pss(hash, mask, bytes, kMessage)), expected) << hash << " with " << mask;
    }
  }
}

}  // namespace
}  // namespace assay::crypto
