#include "crypto/rsa/padding.h"

#include <gtest/gtest.h>

#include "crypto/rsa/fixture.h"

namespace assay::crypto {
namespace {

using test::concat;
using test::from_hex;
using test::from_text;
using test::Octets;
using test::PssForm;
using test::RsaPair;
using enum SignatureResult;

const Octets kMessage = from_text("message");
constexpr std::size_t kSize = 256;
const rsa::Hashes kHashesHere{&sha2::sha256_portable(), &sha2::sha512_portable()};

// Encodings are signed raw, so that a check sees the malformed octets as s^e mod n.
class RsaPadded : public testing::TestWithParam<RsaHash> {
 protected:
  test::Signed sign(RsaPadding padding, const Octets& encoded) const {
    return {pair_.key.get(), padding, GetParam(), digest_, pair_.signer.apply(encoded)};
  }
  void expect(SignatureResult wanted, RsaPadding padding, const Octets& encoded, const char* what) const {
    for (const test::Kernel kernel : test::kernels()) EXPECT_EQ(test::answer(kernel, sign(padding, encoded)), wanted) << what << ", " << test::kernel_name(kernel);
  }

  const RsaPair& pair_ = test::pair_of(2048);
  const Octets digest_ = test::digest(test::hash_name(GetParam()), kMessage);
};

INSTANTIATE_TEST_SUITE_P(Hash, RsaPadded, testing::ValuesIn(test::kHashes), [](const auto& hash) { return test::hash_name(hash.param); });

Octets digest_info(RsaHash hash) {
  switch (hash) {
    case RsaHash::sha256: return from_hex("3031300d060960864801650304020105000420");
    case RsaHash::sha384: return from_hex("3041300d060960864801650304020205000430");
    case RsaHash::sha512: return from_hex("3051300d060960864801650304020305000440");
    case RsaHash::unset: break;
  }
  return {};
}

// pkcs1(tail, gap): 00 01 FF..FF 00 tail, and gap zeros.
Octets pkcs1(const Octets& tail, std::size_t gap = 0) {
  Octets encoded(kSize - gap - tail.size() - 1, std::byte{0xFF});
  encoded[0] = std::byte{0};
  encoded[1] = std::byte{1};
  encoded.push_back(std::byte{0});
  encoded = concat(encoded, tail);
  encoded.resize(kSize);
  return encoded;
}

// RFC 8017 section 9.2.
TEST_P(RsaPadded, Pkcs1AcceptsTheOneEncoding) {
  const Octets good = pkcs1(concat(digest_info(GetParam()), digest_));
  expect(valid, RsaPadding::pkcs1, good, "good");
  expect(invalid, RsaPadding::pss, good, "as PSS");
}

// Every octet is compared: any bit of any of them refuses.
TEST_P(RsaPadded, Pkcs1RefusesEachOctetChanged) {
  const Octets good = pkcs1(concat(digest_info(GetParam()), digest_));
  ASSERT_TRUE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, GetParam(), digest_, good, 2048));
  for (std::size_t bit = 0; bit < 8 * kSize; ++bit) {
    EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, GetParam(), digest_, test::flipped(good, bit), 2048)) << "bit " << bit;
  }
}

TEST_P(RsaPadded, Pkcs1RefusesOtherEncodings) {
  const Octets info = digest_info(GetParam());
  const Octets good = concat(info, digest_);
  // RFC 8017 section 9.2 note 2: DigestInfo without NULL.
  Octets without_null = info;
  without_null.erase(without_null.begin() + 15, without_null.begin() + 17);
  without_null[1] = static_cast<std::byte>(std::to_integer<unsigned>(without_null[1]) - 2);
  without_null[3] = std::byte{0x0B};
  expect(invalid, RsaPadding::pkcs1, pkcs1(concat(without_null, digest_)), "no NULL");
  // Forged cube roots: short padding, and garbage behind the digest.
  for (const std::size_t gap : {1U, 8U, 100U}) expect(invalid, RsaPadding::pkcs1, pkcs1(good, gap), "garbage behind the digest");
  Octets shorter = pkcs1(good);
  shorter[100] = std::byte{0};
  expect(invalid, RsaPadding::pkcs1, shorter, "padding ends early");
  for (const unsigned type : {0U, 2U}) {
    Octets other = pkcs1(good);
    other[1] = static_cast<std::byte>(type);
    expect(invalid, RsaPadding::pkcs1, other, "block type");
  }
  expect(invalid, RsaPadding::pkcs1, pkcs1(digest_), "no DigestInfo");
  expect(invalid, RsaPadding::pkcs1, Octets(kSize), "zero");
  for (const RsaHash other : test::kHashes) {
    if (other != GetParam()) expect(invalid, RsaPadding::pkcs1, pkcs1(concat(digest_info(other), digest_)), "the name of another hash");
  }
  expect(invalid, RsaPadding::pkcs1, pkcs1(concat(info, test::digest("SHA256", from_text("another")))), "another digest");
}

// RFC 8017 section 9.1.2; RFC 7518 section 3.5: the salt is as long as the hash, MGF1 uses the same hash.
TEST_P(RsaPadded, PssAcceptsSaltsOfTheHashsLengthOnly) {
  const char* hash = test::hash_name(GetParam());
  expect(valid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, {digest_.size(), hash}), "good");
  expect(invalid, RsaPadding::pkcs1, test::encode_pss(2048, GetParam(), digest_, {digest_.size(), hash}), "as PKCS#1");
  for (const std::size_t salt : {std::size_t{0}, std::size_t{8}, digest_.size() - 1, digest_.size() + 1, kSize - digest_.size() - 2}) {
    expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, {salt, hash}), "salt length");
  }
}

TEST_P(RsaPadded, PssRefusesOtherEncodings) {
  const char* hash = test::hash_name(GetParam());
  const PssForm good{digest_.size(), hash};
  PssForm form = good;
  form.mgf_hash = GetParam() == RsaHash::sha256 ? "SHA1" : "SHA256";
  expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, form), "another hash in MGF1");
  form = good;
  form.trailer = std::byte{0xCC};
  expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, form), "trailer");
  form = good;
  form.separator = std::byte{2};
  expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, form), "separator");
  form = good;
  form.filler = std::byte{1};
  expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), digest_, form), "filler");
  expect(invalid, RsaPadding::pss, test::encode_pss(2048, GetParam(), test::digest(hash, from_text("another")), good), "another digest");
  // The top bit is not part of the masked block: it must be zero as it stands. n has 2048 bits, so most encodings with it are still below n; a larger one is an
  // invalid signature as well.
  form = good;
  form.top = std::byte{0x80};
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, test::encode_pss(2048, GetParam(), digest_, form), 2048));
}

TEST_P(RsaPadded, PssRefusesEachBitChanged) {
  const Octets encoded = test::encode_pss(2048, GetParam(), digest_, {digest_.size(), test::hash_name(GetParam())});
  ASSERT_TRUE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, encoded, 2048));
  for (std::size_t bit = 0; bit < 8 * kSize; bit += 5) {
    EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, test::flipped(encoded, bit), 2048)) << "bit " << bit;
  }
}

// RFC 8017 section 8.1.2 step 2: emBits is one less than n has, so with 2049 bits EM is an octet shorter than n, and the octet before it is zero.
TEST_P(RsaPadded, PssMindsModuliWhoseTopOctetHoldsFewBits) {
  const PssForm good{digest_.size(), test::hash_name(GetParam())};
  for (std::size_t bits = 2049; bits <= 2057; ++bits) {
    const Octets encoded = test::encode_pss(bits, GetParam(), digest_, good);
    ASSERT_EQ(encoded.size(), (bits + 7) / 8);
    EXPECT_TRUE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, encoded, bits)) << bits;
    // All bits from emBits upwards, one at a time.
    for (std::size_t bit = bits - 1; bit < 8 * encoded.size(); ++bit) {
      const std::size_t octet = encoded.size() - 1 - bit / 8;
      EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, test::flipped(encoded, 8 * octet + bit % 8), bits)) << bits << ", bit " << bit;
    }
    EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pss, GetParam(), digest_, encoded, bits + 8)) << bits;
  }
}

TEST(RsaEncodes, RefusesWhatIsUnsetOrOfTheWrongLength) {
  const Octets digest = test::digest("SHA256", kMessage);
  const Octets good = pkcs1(concat(digest_info(RsaHash::sha256), digest));
  ASSERT_TRUE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::sha256, digest, good, 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::unset, RsaHash::sha256, digest, good, 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::unset, digest, good, 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::unset, {}, good, 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::sha256, base::Bytes(digest).first(31), good, 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::sha256, digest, base::Bytes(good).first(255), 2048));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::sha256, digest, good, 2056));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pkcs1, RsaHash::sha256, digest, {}, 0));
  EXPECT_FALSE(rsa::encodes(kHashesHere, RsaPadding::pss, RsaHash::sha512, test::digest("SHA512", kMessage), Octets(64), 512));
}

}  // namespace
}  // namespace assay::crypto
