#include "crypto/sha2.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::Octets;

Octets sha256_of(std::string_view text) {
  const Sha256Digest digest = sha256(base::as_bytes(text));
  return {digest.begin(), digest.end()};
}

// FIPS 180-4, examples published with it: one block, two blocks, many blocks; and the empty message.
TEST(Sha256, MatchesTheExamplesOfTheStandard) {
  EXPECT_EQ(sha256_of(""), test::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(sha256_of("abc"), test::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            test::from_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')), test::from_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

// Every length around the block and padding boundaries, against OpenSSL.
TEST(Sha256, AgreesWithOpenSslAtEveryLengthOfThreeBlocks) {
  for (std::size_t length = 0; length <= 3 * 64; ++length) {
    const std::string text(length, static_cast<char>('0' + length % 10));
    ASSERT_EQ(sha256_of(text), test::digest("SHA256", base::as_bytes(text))) << length << " octets";
  }
}

template <class Digest>
Octets octets_of(const Digest& digest) {
  return {digest.begin(), digest.end()};
}

TEST(Sha512, AgreesWithOpenSslAtEveryLengthOfThreeBlocks) {
  for (std::size_t length = 0; length <= 3 * 128; ++length) {
    const std::string text(length, static_cast<char>('0' + length % 10));
    ASSERT_EQ(octets_of(sha512(base::as_bytes(text))), test::digest("SHA512", base::as_bytes(text))) << length << " octets";
    ASSERT_EQ(octets_of(sha384(base::as_bytes(text))), test::digest("SHA384", base::as_bytes(text))) << length << " octets";
  }
}

}  // namespace
}  // namespace assay::crypto
