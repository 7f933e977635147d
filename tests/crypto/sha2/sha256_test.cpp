#include "crypto/sha2/sha256.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "crypto/sha2/codes.h"
#include "crypto/signer.h"

namespace assay::crypto::sha2 {
namespace {

using test::Octets;

constexpr int kBatches = 300;

Octets octets_of(const Sha256Digest& digest) { return {digest.begin(), digest.end()}; }

Octets random_octets(std::mt19937_64& random, std::size_t size) {
  Octets octets(size);
  for (std::byte& octet : octets) octet = static_cast<std::byte>(random());
  return octets;
}

class Sha256Implementation : public testing::TestWithParam<const Sha256Code*> {
 protected:
  const Sha256Code& code_ = *GetParam();
};

std::vector<Sha256Digest> hash_batch(const Sha256Code& code, const std::vector<Octets>& messages) {
  std::vector<base::Bytes> views(messages.begin(), messages.end());
  std::vector<Sha256Digest> digests(messages.size());
  sha256_batch(code, views, digests);
  return digests;
}

// FIPS 180-4, examples published with it: one block, two blocks, many blocks; and the empty message.
TEST_P(Sha256Implementation, MatchesTheExamplesOfTheStandard) {
  const auto hash = [&](const std::string& text) { return octets_of(sha256(code_, base::as_bytes(text))); };
  EXPECT_EQ(hash(""), test::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(hash("abc"), test::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            test::from_hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
  EXPECT_EQ(hash(std::string(1'000'000, 'a')), test::from_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

// Every length around the block and padding boundaries, alone, against OpenSSL.
TEST_P(Sha256Implementation, AgreesWithOpenSslAtEveryLengthOfSeveralBlocks) {
  std::mt19937_64 random(1);
  for (std::size_t length = 0; length <= 6 * kSha256BlockBytes; ++length) {
    const Octets message = random_octets(random, length);
    ASSERT_EQ(octets_of(sha256(code_, message)), test::digest("SHA256", message)) << length << " octets";
  }
}

// The test that the daemon makes at start: it must see a code that is wrong in one of its ways alone.
TEST_P(Sha256Implementation, AgreesWithTheReference) { EXPECT_TRUE(sha256_agrees(code_)); }

TEST(Sha256Agrees, NotIfOneMessageOrOneLaneIsWrong) {
  static const Sha256Code& right = *test::sha256_codes().back();
  Sha256Code wrong_one = right;
  wrong_one.one = [](Sha256State* state, const std::byte* blocks, std::size_t count) noexcept {
    right.one(state, blocks, count);
    state->words[7] ^= 1;
  };
  EXPECT_FALSE(sha256_agrees(wrong_one));
  if (right.lanes == nullptr) return;
  Sha256Code wrong_lane = right;
  wrong_lane.lanes = [](Sha256State* states, const std::byte* const* blocks, std::size_t count) noexcept {
    right.lanes(states, blocks, count);
    if (count != 0) states[1].words[0] ^= 0x80000000;
  };
  EXPECT_FALSE(sha256_agrees(wrong_lane));
}

// A null span is an empty message.
TEST_P(Sha256Implementation, HashesABatchOfNothingAndAMessageOfNothing) {
  sha256_batch(code_, {}, {});
  const base::Bytes nothing[3];
  Sha256Digest digests[3];
  sha256_batch(code_, nothing, digests);
  for (const Sha256Digest& digest : digests) EXPECT_EQ(octets_of(digest), test::digest("SHA256", {}));
}

// Lanes take up the next message at different times; each digest is its own message's.
TEST_P(Sha256Implementation, HashesBatchesOfMixedLengths) {
  std::mt19937_64 random(2);
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<Octets> messages(random() % 12);
    for (Octets& message : messages) message = random_octets(random, random() % (random() % 4 == 0 ? 3000 : 200));
    const std::vector<Sha256Digest> digests = hash_batch(code_, messages);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      ASSERT_EQ(octets_of(digests[i]), test::digest("SHA256", messages[i])) << "batch " << batch << ", message " << i;
      ASSERT_EQ(digests[i], sha256(sha256_portable(), messages[i]));
    }
  }
}

// Every pair of lengths around the boundaries of the first two blocks, so that each way of ending meets each.
TEST_P(Sha256Implementation, HashesEveryPairOfLengths) {
  std::mt19937_64 random(3);
  std::vector<Octets> messages;
  for (const std::size_t length : std::initializer_list<std::size_t>{0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 129, 300}) messages.push_back(random_octets(random, length));
  for (const Octets& a : messages) {
    for (const Octets& b : messages) {
      const std::vector<Sha256Digest> digests = hash_batch(code_, {a, b});
      ASSERT_EQ(octets_of(digests[0]), test::digest("SHA256", a)) << a.size() << " beside " << b.size();
      ASSERT_EQ(octets_of(digests[1]), test::digest("SHA256", b)) << b.size() << " beside " << a.size();
    }
  }
}

// A token's digest and that of what it signs: one beginning, two ends.
TEST_P(Sha256Implementation, FinishesAPrefixSeveralTimes) {
  std::mt19937_64 random(4);
  for (std::size_t blocks = 0; blocks < 5; ++blocks) {
    const Octets beginning = random_octets(random, blocks * kSha256BlockBytes);
    Sha256Prefix prefix;
    for (std::size_t i = 0; i < blocks; i += 2) {  // two at a time and the last one alone
      const std::size_t at = i * kSha256BlockBytes;
      prefix.absorb(code_, base::Bytes(beginning).subspan(at, std::min(2 * kSha256BlockBytes, beginning.size() - at)));
    }
    EXPECT_EQ(prefix.octets(), beginning.size());
    for (std::size_t length = 0; length <= 2 * kSha256BlockBytes; ++length) {
      const Octets first = random_octets(random, length);
      const Octets second = random_octets(random, 2 * kSha256BlockBytes - length);
      const Sha256EndView ends[] = {{&prefix, first}, {&prefix, second}};
      Sha256Digest digests[2];
      sha256_finish_batch(code_, ends, digests);
      ASSERT_EQ(octets_of(digests[0]), test::digest("SHA256", test::concat(beginning, first)));
      ASSERT_EQ(octets_of(digests[1]), test::digest("SHA256", test::concat(beginning, second)));
      ASSERT_EQ(prefix.finish(code_, first), digests[0]);
    }
  }
}

// Beginnings of any numbers of blocks, none included, some of which have begun before: each goes on from where it was, whatever is absorbed beside it.
TEST_P(Sha256Implementation, AbsorbsBatchesOfBeginnings) {
  std::mt19937_64 random(5);
  for (int batch = 0; batch < kBatches; ++batch) {
    const std::size_t count = random() % 12;
    std::vector<Octets> absorbed(count);
    std::vector<Sha256Prefix> prefixes(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (random() % 2 == 0) continue;
      absorbed[i] = random_octets(random, random() % 4 * kSha256BlockBytes);
      prefixes[i].absorb(code_, absorbed[i]);
    }
    for (int more = 0; more < 2; ++more) {
      std::vector<Octets> octets(count);
      for (std::size_t i = 0; i < count; ++i) {
        octets[i] = random_octets(random, random() % (random() % 4 == 0 ? 40 : 4) * kSha256BlockBytes);
        absorbed[i] = test::concat(absorbed[i], octets[i]);
      }
      sha256_absorb_batch(code_, std::vector<base::Bytes>(octets.begin(), octets.end()), prefixes);
    }
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(prefixes[i].octets(), absorbed[i].size()) << "batch " << batch << ", beginning " << i;
      const Octets rest = random_octets(random, random() % 150);
      ASSERT_EQ(octets_of(prefixes[i].finish(code_, rest)), test::digest("SHA256", test::concat(absorbed[i], rest))) << "batch " << batch << ", beginning " << i;
    }
  }
}

// Every pair of numbers of blocks: each way of ending meets each, and those of none are neither first nor last by chance.
TEST_P(Sha256Implementation, AbsorbsEveryPairOfBeginnings) {
  std::mt19937_64 random(6);
  for (std::size_t a = 0; a < 6; ++a) {
    for (std::size_t b = 0; b < 6; ++b) {
      const Octets octets[] = {random_octets(random, a * kSha256BlockBytes), random_octets(random, b * kSha256BlockBytes), random_octets(random, a * kSha256BlockBytes)};
      const base::Bytes views[] = {octets[0], octets[1], octets[2]};
      Sha256Prefix prefixes[3];
      sha256_absorb_batch(code_, views, prefixes);
      for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_EQ(prefixes[i].octets(), octets[i].size());
        ASSERT_EQ(octets_of(prefixes[i].finish(code_, {})), test::digest("SHA256", octets[i])) << a << " beside " << b << ", " << i;
      }
    }
  }
}

// A null span is a beginning of nothing.
TEST_P(Sha256Implementation, AbsorbsNothing) {
  sha256_absorb_batch(code_, {}, {});
  const base::Bytes nothing[3];
  Sha256Prefix prefixes[3];
  sha256_absorb_batch(code_, nothing, prefixes);
  for (const Sha256Prefix& prefix : prefixes) {
    EXPECT_EQ(prefix.octets(), 0U);
    EXPECT_EQ(octets_of(prefix.finish(code_, {})), test::digest("SHA256", {}));
  }
}

// Part of a block would be lost, and a beginning without a prefix would be somebody else's.
TEST_P(Sha256Implementation, AbsorbsWholeBlocksOnly) {
  const Octets octets(kSha256BlockBytes + 1);
  const base::Bytes views[] = {octets, base::Bytes(octets).first(kSha256BlockBytes)};
  Sha256Prefix prefixes[2];
  EXPECT_DEATH(sha256_absorb_batch(code_, views, prefixes), "CHECK");
  EXPECT_DEATH(sha256_absorb_batch(code_, std::span(views).last(1), prefixes), "CHECK");
}

INSTANTIATE_TEST_SUITE_P(Codes, Sha256Implementation, testing::ValuesIn(test::sha256_codes()),
                         [](const auto& code) { return std::string(code.param->name == std::string("sha-ni") ? "sha_ni" : code.param->name); });

}  // namespace
}  // namespace assay::crypto::sha2
