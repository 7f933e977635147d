#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/rsa/fixture.h"

namespace assay::crypto {
namespace {

using test::from_text;
using test::Kernel;
using test::Number;
using test::Octets;
using test::RsaPair;
using test::Signed;
using enum SignatureResult;

const Octets kMessage = from_text("message");

// The vector kernels' classes and their edges, sizes whose top octet holds one bit or a few, and sizes that only the scalar kernel takes.
class RsaSize : public testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Bits, RsaSize,
                         testing::Values(2048U, 2049U, 2050U, 2051U, 2052U, 2053U, 2054U, 2055U, 2056U, 2078U, 2079U, 3070U, 3072U, 3083U, 3118U, 4094U, 4096U, 4100U, 8192U),
                         testing::PrintToStringParamName());

// RFC 8017 sections 8.1.2 and 8.2.2.
TEST_P(RsaSize, VerifiesAllPaddingsAndHashes) {
  const RsaPair& pair = test::pair_of(GetParam());
  for (const RsaPadding padding : test::kPaddings) {
    for (const RsaHash hash : test::kHashes) {
      const Signed good = test::signed_by(pair, padding, hash, kMessage);
      for (const Kernel kernel : test::kernels()) EXPECT_EQ(test::answer(kernel, good), valid) << test::kernel_name(kernel) << ", " << test::hash_name(hash);
    }
  }
}

TEST_P(RsaSize, RefusesEachRegionCorrupted) {
  const RsaPair& pair = test::pair_of(GetParam());
  for (const RsaPadding padding : test::kPaddings) {
    const Signed good = test::signed_by(pair, padding, RsaHash::sha256, kMessage);
    const std::size_t bits = 8 * good.signature.size();
    std::vector<Signed> bad;
    for (std::size_t bit = 8; bit < bits; bit += bits / 24 + 1) {
      bad.push_back(good);
      bad.back().signature = test::flipped(good.signature, bit);
    }
    for (const std::size_t bit : {0U, 100U, 255U}) {
      bad.push_back(good);
      bad.back().digest = test::flipped(good.digest, bit);
    }
    bad.push_back(good);
    bad.back().padding = padding == RsaPadding::pss ? RsaPadding::pkcs1 : RsaPadding::pss;
    for (const Kernel kernel : test::kernels()) EXPECT_THAT(test::answers(kernel, bad), testing::Each(invalid)) << test::kernel_name(kernel);
  }
}

// RFC 8017 section 5.2.2 step 1: the representative is below n; s + n has the same power, where it fits.
TEST_P(RsaSize, RefusesRepresentativesAtTheEdges) {
  const RsaPair& pair = test::pair_of(GetParam());
  const std::size_t size = pair.modulus.size();
  for (const RsaPadding padding : test::kPaddings) {
    const Signed good = test::signed_by(pair, padding, RsaHash::sha384, kMessage);
    const Number s = Number::big_endian(good.signature);
    const Number one(1);
    std::vector<Signed> bad;
    for (const Number& number : {Number(0), one, Number(2), pair.n - one, pair.n, pair.n - s, pair.n + one, s + pair.n, Number::power_of_two(static_cast<int>(8 * size)) - one}) {
      if (!number.fits(size)) continue;
      bad.push_back(good);
      bad.back().signature = number.big_endian(size);
    }
    for (const Kernel kernel : test::kernels()) EXPECT_THAT(test::answers(kernel, bad), testing::Each(invalid)) << test::kernel_name(kernel);
  }
}

// The vector kernels compare without recovering the encoding: digests whose digits are extreme, and neighbours of the encoding.
TEST_P(RsaSize, ComparesEveryPartOfAPkcs1Encoding) {
  const RsaPair& pair = test::pair_of(GetParam());
  const std::size_t size = pair.modulus.size();
  for (const RsaHash hash : test::kHashes) {
    const std::size_t digest_size = digest_bytes(hash);
    const int digest_bits = 8 * static_cast<int>(digest_size);
    const Number all = Number::power_of_two(digest_bits) - Number(1);
    for (const Number& value : {Number(0), Number(1), all, all - Number::power_of_two(48), Number::power_of_two(digest_bits - 1), Number::power_of_two(49 * 5) - Number(1),
                                all - Number::power_of_two(52), Number::power_of_two(52 * 4) - Number(1)}) {
      const Octets digest = value.big_endian(digest_size);
      Octets encoded(size);
      rsa::encode_pkcs1(hash, digest, encoded);
      const Number good = Number::big_endian(encoded);
      const Number step = Number::power_of_two(digest_bits);
      const auto check = [&](const Number& number) {
        return Signed{pair.key.get(), RsaPadding::pkcs1, hash, digest, pair.signer.apply(number.big_endian(size))};
      };
      const std::vector<Signed> bad{check(pair.n - good), check(good + Number(1)), check(good - Number(1)), check(good + step), check(good - step), check(Number(0))};
      for (const Kernel kernel : test::kernels()) {
        ASSERT_EQ(test::answer(kernel, check(good)), valid) << test::kernel_name(kernel) << ", " << test::hash_name(hash);
        ASSERT_THAT(test::answers(kernel, bad), testing::Each(invalid)) << test::kernel_name(kernel) << ", " << test::hash_name(hash);
      }
    }
  }
}

class RsaExponent : public testing::TestWithParam<unsigned long> {};

INSTANTIATE_TEST_SUITE_P(E, RsaExponent, testing::Values(3UL, 5UL, 17UL, 65537UL, 0x80000001UL, 0xFFFFFFFFUL), testing::PrintToStringParamName());

TEST_P(RsaExponent, VerifiesAndRefuses) {
  const RsaPair pair(2048, GetParam());
  for (const RsaPadding padding : test::kPaddings) {
    const Signed good = test::signed_by(pair, padding, RsaHash::sha512, kMessage);
    Signed bad = good;
    bad.signature = test::flipped(good.signature, 1000);
    for (const Kernel kernel : test::kernels()) {
      EXPECT_EQ(test::answer(kernel, good), valid) << test::kernel_name(kernel);
      EXPECT_EQ(test::answer(kernel, bad), invalid) << test::kernel_name(kernel);
    }
  }
}

TEST(RsaVerify, RefusesWhatIsUnsetMissingOrOfTheWrongLength) {
  const RsaPair& pair = test::pair_of(2048);
  const Signed good = test::signed_by(pair, RsaPadding::pkcs1, RsaHash::sha256, kMessage);
  std::vector<Signed> bad(8, good);
  bad[0].key = nullptr;
  bad[1].padding = RsaPadding::unset;
  bad[2].hash = RsaHash::unset;
  bad[3].hash = RsaHash::sha384;
  bad[4].digest.clear();
  bad[5].signature.pop_back();
  bad[6].signature.insert(bad[6].signature.begin(), std::byte{0});
  bad[7].signature.clear();
  for (const Kernel kernel : test::kernels()) {
    RsaRouted routed;
    EXPECT_THAT(test::answers(kernel, bad, &routed), testing::Each(invalid)) << test::kernel_name(kernel);
    EXPECT_EQ(routed.together + routed.one_by_one + routed.scalar, 0U);
    EXPECT_TRUE(test::answers(kernel, {}).empty());
  }
}

// mixed(count): every size, key, exponent, padding and hash in turn; about every third is bad in one of several ways. Fixed, so that a failure comes again.
std::vector<Signed> mixed(std::size_t count, std::uint32_t seed) {
  static const RsaPair other(2048);
  static const RsaPair third(2048, 3);
  const std::array<const RsaPair*, 7> pairs{&test::pair_of(2048), &other, &third, &test::pair_of(3072), &test::pair_of(4096), &test::pair_of(2050), &test::pair_of(8192)};
  std::mt19937 random(seed);
  std::vector<Signed> checks;
  for (std::size_t i = 0; i < count; ++i) {
    // Mostly one size, so that there are fours.
    const RsaPair& pair = *pairs[random() % 3 != 0 ? random() % 2 : random() % pairs.size()];
    Signed check = test::signed_by(pair, test::kPaddings[random() % 2], test::kHashes[random() % 3], from_text(std::to_string(random())));
    switch (random() % 18) {
      case 0: check.signature = test::flipped(check.signature, random() % (8 * check.signature.size())); break;
      case 1: check.digest = test::flipped(check.digest, random() % 256); break;
      case 2: check.signature = pair.modulus; break;
      case 3: check.signature.assign(check.signature.size(), std::byte{0}); break;
      case 4: check.signature.pop_back(); break;
      case 5: check.key = nullptr; break;
      default: checks.push_back(std::move(check)); continue;
    }
    check.good = false;
    checks.push_back(std::move(check));
  }
  return checks;
}

TEST(RsaVerify, AnswersEachOfABatchByItself) {
  for (const std::size_t count : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 11U, 12U, 13U, 14U, 15U, 16U, 17U, 64U, 300U}) {
    const std::vector<Signed> checks = mixed(count, static_cast<std::uint32_t>(count));
    for (const Kernel kernel : test::kernels()) {
      const std::vector<SignatureResult> results = test::answers(kernel, checks);
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(results[i], checks[i].good ? valid : invalid) << test::kernel_name(kernel) << ", " << i << " of " << count;
    }
  }
}

// Bad signatures in some places of a four and an eight, under as many keys: the others are answered as before.
TEST(RsaVerify, KeepsTheLanesApart) {
  std::vector<std::unique_ptr<const RsaPair>> pairs;
  for (unsigned i = 0; i < 8; ++i) pairs.push_back(std::make_unique<const RsaPair>(2048U));
  for (const RsaPadding padding : test::kPaddings) {
    std::vector<Signed> checks;
    for (const auto& pair : pairs) checks.push_back(test::signed_by(*pair, padding, RsaHash::sha256, kMessage));
    for (const Kernel kernel : test::kernels()) {
      for (unsigned bad = 0; bad < 256; bad += 5) {
        std::vector<Signed> some = checks;
        for (std::size_t i = 0; i < 8; ++i) {
          if ((bad >> i & 1) != 0) some[i].signature = test::flipped(checks[i].signature, 200 * i + 17);
        }
        const std::vector<SignatureResult> results = test::answers(kernel, some);
        for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(results[i], (bad >> i & 1) != 0 ? invalid : valid) << test::kernel_name(kernel) << ", " << bad << ", lane " << i;
      }
      // A signature under the key of another lane.
      std::swap(checks[1].key, checks[2].key);
      EXPECT_EQ(test::answers(kernel, checks), (std::vector{valid, invalid, invalid, valid, valid, valid, valid, valid})) << test::kernel_name(kernel);
      std::swap(checks[1].key, checks[2].key);
    }
  }
}

class RsaRouting : public testing::TestWithParam<Kernel> {};

INSTANTIATE_TEST_SUITE_P(Kernel, RsaRouting, testing::Values(Kernel::simd, Kernel::ifma), [](const auto& parameter) { return test::kernel_name(parameter.param); });

// A fast path that silently stops being used shows in no answer.
TEST_P(RsaRouting, SendsChecksToTheKernelsMeantForThem) {
  const bool ifma = GetParam() == Kernel::ifma;
  if (!ifma && !rsa_simd_supported()) GTEST_SKIP() << "no AVX2 and FMA here";
  if (ifma && !rsa_ifma_supported()) GTEST_SKIP() << "no AVX-512 IFMA here";
  const RsaPair& pair = test::pair_of(2048);
  const auto scalar_key = pair.prepare(RsaKernels::scalar);
  const auto simd_key = pair.prepare(RsaKernels::simd);
  const Signed check = test::signed_by(pair, RsaPadding::pkcs1, RsaHash::sha256, kMessage);
  Signed scalar_check = check;
  scalar_check.key = scalar_key.get();
  Signed simd_check = check;
  simd_check.key = simd_key.get();
  const Signed large = test::signed_by(test::pair_of(8192), RsaPadding::pkcs1, RsaHash::sha256, kMessage);
  const Signed between = test::signed_by(test::pair_of(4160), RsaPadding::pkcs1, RsaHash::sha256, kMessage);
  const Signed pss = test::signed_by(pair, RsaPadding::pss, RsaHash::sha256, kMessage);
  const Signed other_hash = test::signed_by(pair, RsaPadding::pkcs1, RsaHash::sha512, kMessage);
  const Signed other_size = test::signed_by(test::pair_of(3072), RsaPadding::pkcs1, RsaHash::sha256, kMessage);
  struct Case {
    std::vector<Signed> checks;
    RsaRouted simd;
    RsaRouted ifma;
  };
  // A lane without a check repeats one. Four or eight are of one size, padding and exponent, and of any hash and key.
  const Case cases[] = {
      {{check}, {0, 1, 0}, {0, 1, 0}},
      {{check, check}, {0, 2, 0}, {0, 2, 0}},
      {{check, check, check}, {3, 0, 0}, {0, 3, 0}},
      {{check, check, check, check}, {4, 0, 0}, {0, 4, 0}},
      {std::vector(5, check), {4, 1, 0}, {0, 5, 0}},
      {std::vector(6, check), {4, 2, 0}, {6, 0, 0}},
      {std::vector(8, check), {8, 0, 0}, {8, 0, 0}},
      {std::vector(9, check), {8, 1, 0}, {8, 1, 0}},
      {std::vector(14, check), {12, 2, 0}, {14, 0, 0}},
      {{check, other_size, check, other_size, check, other_size, check, large}, {7, 0, 1}, {0, 7, 1}},
      {{check, check, check, check, check, check, other_size, pss}, {4, 4, 0}, {6, 2, 0}},
      {{check, pss, check, pss, check, pss, pss}, {7, 0, 0}, {0, 7, 0}},
      {{check, pss, check, pss}, {0, 4, 0}, {0, 4, 0}},
      {{check, other_hash, check, other_hash, other_hash, check}, {4, 2, 0}, {6, 0, 0}},
      {{scalar_check, check, large}, {0, 1, 2}, {0, 1, 2}},
      // What IFMA does not take, for it was not prepared for it or is a little too long, AVX2 may.
      {{simd_check, check}, {0, 2, 0}, {0, 2, 0}},
      {{between, check, between}, {0, 3, 0}, {0, 3, 0}},
  };
  for (const Case& c : cases) {
    RsaRouted routed;
    const RsaRouted& wanted = ifma ? c.ifma : c.simd;
    EXPECT_THAT(test::answers(GetParam(), c.checks, &routed), testing::Each(valid));
    EXPECT_EQ(routed.together, wanted.together);
    EXPECT_EQ(routed.one_by_one, wanted.one_by_one);
    EXPECT_EQ(routed.scalar, wanted.scalar);
    test::answers(Kernel::scalar, c.checks, &routed);
    EXPECT_EQ(routed.scalar, c.checks.size());
  }
}

TEST(RsaKey, TakesWhatKeyMaterialTakes) {
  const RsaPair& pair = test::pair_of(2048);
  const Octets e = pair.signer.second();
  const auto prepared = [](const Octets& n, const Octets& exponent) { return RsaKey::prepare(n, exponent, RsaKernels::simd) != nullptr; };
  EXPECT_TRUE(prepared(pair.modulus, e));
  EXPECT_TRUE(prepared(pair.modulus, test::from_hex("03")));
  EXPECT_TRUE(prepared(pair.modulus, test::from_hex("ffffffff")));
  EXPECT_FALSE(prepared(pair.modulus, {}));
  EXPECT_FALSE(prepared(pair.modulus, test::from_hex("01")));
  EXPECT_FALSE(prepared(pair.modulus, test::from_hex("02")));
  EXPECT_FALSE(prepared(pair.modulus, test::from_hex("010000")));
  EXPECT_FALSE(prepared(pair.modulus, test::from_hex("0100000001")));
  EXPECT_FALSE(prepared(pair.modulus, test::concat(test::from_hex("00"), e)));
  EXPECT_FALSE(prepared({}, e));
  EXPECT_FALSE(prepared(test::concat(test::from_hex("00"), pair.modulus), e));
  EXPECT_FALSE(prepared(test::flipped(pair.modulus, 8 * 255), e)) << "even";
  EXPECT_FALSE(prepared(Octets(255, std::byte{0xFF}), e)) << "2040 bits";
  EXPECT_TRUE(prepared(Octets(1024, std::byte{0xFF}), e)) << "8192 bits";
  EXPECT_FALSE(prepared(Octets(1025, std::byte{0xFF}), e)) << "8200 bits";
  EXPECT_EQ(RsaKey::prepare(pair.modulus, e, RsaKernels::unset), nullptr);
  EXPECT_GT(pair.prepare(RsaKernels::simd)->bytes(), pair.prepare(RsaKernels::scalar)->bytes());
  EXPECT_GT(pair.prepare(RsaKernels::ifma)->bytes(), pair.prepare(RsaKernels::simd)->bytes());
}

}  // namespace
}  // namespace assay::crypto
