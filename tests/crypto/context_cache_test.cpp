#include "crypto/context_cache.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/signer.h"

namespace assay::crypto {
namespace {

using test::SigningKey;

// rsa_key(tail): moduli that differ in their last octets; the cache does not care for factors.
std::shared_ptr<const KeyMaterial> rsa_key(unsigned tail) {
  test::Octets modulus(256);
  modulus[0] = std::byte{0x80};
  modulus[254] = static_cast<std::byte>(tail);
  modulus[255] = std::byte{1};
  return KeyMaterial::make_rsa(modulus, test::from_hex("010001")).value();
}

TEST(ContextCache, KeepsTheContextOfAKey) {
  ContextCache cache(4);
  const auto key = rsa_key(1);
  RsaContext* context = cache.rsa(*key);
  ASSERT_NE(context, nullptr);
  EXPECT_EQ(mbedtls_rsa_get_len(context->get()), 256U);
  EXPECT_EQ(cache.rsa(*key), context);
}

// Contexts are filed by content: key material made anew from the same numbers finds what was derived before.
TEST(ContextCache, FilesByFingerprint) {
  ContextCache cache(4);
  RsaContext* context = cache.rsa(*rsa_key(1));
  EXPECT_EQ(cache.rsa(*rsa_key(1)), context);
  EXPECT_NE(cache.rsa(*rsa_key(2)), context);
}

TEST(ContextCache, GivesTheSlotThatWasNotUsedSinceTheHandPassed) {
  ContextCache cache(3);
  const auto a = rsa_key(1);
  const auto b = rsa_key(2);
  const auto c = rsa_key(3);
  RsaContext* slot_a = cache.rsa(*a);
  RsaContext* slot_b = cache.rsa(*b);
  RsaContext* slot_c = cache.rsa(*c);
  // All were used: the hand passes all of them and takes the first.
  EXPECT_EQ(cache.rsa(*rsa_key(4)), slot_a);
  // b is used again, c is not: the next newcomer takes the slot of c.
  EXPECT_EQ(cache.rsa(*b), slot_b);
  EXPECT_EQ(cache.rsa(*rsa_key(5)), slot_c);
  EXPECT_EQ(cache.rsa(*b), slot_b);
  // a was evicted and comes back elsewhere, with its own numbers.
  RsaContext* again = cache.rsa(*a);
  ASSERT_NE(again, nullptr);
  mbedtls_mpi n;
  mbedtls_mpi_init(&n);
  ASSERT_EQ(mbedtls_rsa_export(again->get(), &n, nullptr, nullptr, nullptr, nullptr), 0);
  test::Octets modulus(256);
  ASSERT_EQ(mbedtls_mpi_write_binary(&n, reinterpret_cast<unsigned char*>(modulus.data()), modulus.size()), 0);
  mbedtls_mpi_free(&n);
  EXPECT_TRUE(std::ranges::equal(modulus, a->first()));
}

TEST(ContextCache, SharesSlotsBetweenKindsOfKeys) {
  ContextCache cache(1);
  EcGroup group(KeyType::p256);
  const auto rsa = rsa_key(1);
  const auto ec = SigningKey::ec(KeyType::p256).material();
  for (int round = 0; round < 3; ++round) {
    EXPECT_NE(cache.rsa(*rsa), nullptr);
    EXPECT_NE(cache.point(*ec, group), nullptr);
  }
}

TEST(ContextCacheDeathTest, NeedsRoomForOneKey) { EXPECT_DEATH(ContextCache(0), "capacity != 0"); }

}  // namespace
}  // namespace assay::crypto
