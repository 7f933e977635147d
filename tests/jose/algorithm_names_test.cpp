#include "jose/algorithm_names.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::jose {
namespace {

using crypto::Algorithm;

// RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864 section 2.2.
TEST(AlgorithmNames, GoBothWays) {
  for (const std::string_view name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}) {
    EXPECT_NE(algorithm_of(name), Algorithm::unset) << name;
    EXPECT_EQ(name_of(algorithm_of(name)), name);
  }
  EXPECT_EQ(algorithm_of("Ed25519"), Algorithm::eddsa);
  EXPECT_EQ(name_of(Algorithm::unset), "unset");
  for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) EXPECT_NE(name_of(static_cast<Algorithm>(i)), "unset") << i;
}

// RFC 8725 section 3.1: what is not in the table does not exist; RFC 7515 section 4.1.1: names are case-sensitive.
TEST(AlgorithmNames, KnowNothingElse) {
  for (const std::string_view name :
       {"", "unset", "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "hs256", "rs256", "Rs256", "RS256 ", " RS256", "RS1", "RS2048",
       "RSA-OAEP", "ES256K", "ES256 ", "es256", "eddsa", "EDDSA",
        "Ed448", "ed25519", "Ed25519 ", "PS256,RS256", "ML-DSA-44", "A128KW", "dir"}) {
    EXPECT_EQ(algorithm_of(name), Algorithm::unset) << name;
  }
  EXPECT_EQ(algorithm_of(std::string_view("RS256\0", 6)), Algorithm::unset);
}

}  // namespace
}  // namespace assay::jose
