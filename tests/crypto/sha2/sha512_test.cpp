#include "crypto/sha2/sha512.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "crypto/sha2/codes.h"
#include "crypto/signer.h"

namespace assay::crypto::sha2 {
namespace {

using test::Octets;

constexpr int kBatches = 300;

template <class Digest>
Octets octets_of(const Digest& digest) {
  return {digest.begin(), digest.end()};
}

Octets random_octets(std::mt19937_64& random, std::size_t size) {
  Octets octets(size);
  for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
  return octets;
}

class Sha512Implementation : public testing::TestWithParam<const Sha512Code*> {
 protected:
  const Sha512Code& code_ = *GetParam();
};

// FIPS 180-4, examples published with it, and the empty message.
TEST_P(Sha512Implementation, MatchesTheExamplesOfTheStandard) {
  const auto hash = [&](const std::string& text) { return octets_of(sha512(code_, base::as_bytes(text))); };
  const auto hash_384 = [&](const std::string& text) { return octets_of(sha384(code_, base::as_bytes(text))); };
  EXPECT_EQ(hash(""), test::from_hex("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                                     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
  EXPECT_EQ(hash("abc"), test::from_hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
  EXPECT_EQ(hash(std::string(1'000'000, 'a')), test::from_hex("e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                                                              "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"));
  EXPECT_EQ(hash_384("abc"), test::from_hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"));
  EXPECT_EQ(hash_384("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            test::from_hex("09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"));
}

TEST_P(Sha512Implementation, AgreesWithOpenSslAtEveryLengthOfSeveralBlocks) {
  std::mt19937_64 random(1);
  for (std::size_t length = 0; length <= 6 * kSha512BlockBytes; ++length) {
    const Octets message = random_octets(random, length);
    ASSERT_EQ(octets_of(sha512(code_, message)), test::digest("SHA512", message)) << length << " octets";
    ASSERT_EQ(octets_of(sha384(code_, message)), test::digest("SHA384", message)) << length << " octets";
  }
}

// A null span is an empty message.
TEST_P(Sha512Implementation, HashesABatchOfNothingAndAMessageOfNothing) {
  sha512_batch(code_, std::span<const base::Bytes>(), {});
  const base::Bytes nothing[5];
  Sha512Digest digests[5];
  sha512_batch(code_, nothing, digests);
  for (const Sha512Digest& digest : digests) EXPECT_EQ(octets_of(digest), test::digest("SHA512", {}));
}

// Lanes take up the next message at different times; each digest is its own message's.
TEST_P(Sha512Implementation, HashesBatchesOfMixedLengths) {
  std::mt19937_64 random(2);
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<Octets> messages(random() % 20);
    for (Octets& message : messages) message = random_octets(random, random() % (random() % 4 == 0 ? 3000 : 300));
    const std::vector<base::Bytes> views(messages.begin(), messages.end());
    std::vector<Sha512Digest> digests(messages.size());
    std::vector<Sha384Digest> digests_384(messages.size());
    sha512_batch(code_, views, digests);
    sha384_batch(code_, views, digests_384);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      ASSERT_EQ(octets_of(digests[i]), test::digest("SHA512", messages[i])) << "batch " << batch << ", message " << i;
      ASSERT_EQ(octets_of(digests_384[i]), test::digest("SHA384", messages[i])) << "batch " << batch << ", message " << i;
      ASSERT_EQ(digests[i], sha512(sha512_portable(), messages[i]));
    }
  }
}

// R and A stand before the message (RFC 8032 section 5.1.7): heads of every length below a block with bodies around every boundary.
TEST_P(Sha512Implementation, HashesHeadsBeforeBodies) {
  std::mt19937_64 random(3);
  for (std::size_t head_size = 0; head_size < kSha512BlockBytes; ++head_size) {
    std::vector<Octets> heads;
    std::vector<Octets> bodies;
    for (const std::size_t edge : std::initializer_list<std::size_t>{0, 111, 112, 127, 128, 129, 239, 240, 256, 700, 2500}) {
      heads.push_back(random_octets(random, head_size));
      bodies.push_back(random_octets(random, edge));
      heads.push_back(random_octets(random, head_size));
      bodies.push_back(random_octets(random, edge > head_size ? edge - head_size : 0));
    }
    std::vector<HeadedMessageView> views;
    for (std::size_t i = 0; i < heads.size(); ++i) views.push_back({heads[i], bodies[i]});
    std::vector<Sha512Digest> digests(views.size());
    sha512_batch(code_, views, digests);
    for (std::size_t i = 0; i < heads.size(); ++i) {
      ASSERT_EQ(octets_of(digests[i]), test::digest("SHA512", test::concat(heads[i], bodies[i]))) << head_size << " before " << bodies[i].size();
      Sha512Digest alone[1];  // its runs of blocks are gathered
      sha512_batch(code_, std::span<const HeadedMessageView>(views).subspan(i, 1), alone);
      ASSERT_EQ(alone[0], digests[i]) << head_size << " before " << bodies[i].size();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, Sha512Implementation, testing::ValuesIn(test::sha512_codes()), [](const auto& code) { return std::string(code.param->name); });

}  // namespace
}  // namespace assay::crypto::sha2
