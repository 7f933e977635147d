#include "store/names.h"

#include <gtest/gtest.h>

namespace assay::store {
namespace {

using Kind = FileName::Kind;
using Stage = FileName::Stage;

const std::string kDigest = "0123456789abcdef" + std::string(48, 'f');

TEST(FileName, IsParsedAsItIsMade) {
  const std::pair<std::string, Kind> names[] = {{std::string(kStateName), Kind::state},
                                                {document_name(1, kDigest), Kind::document},
                                                {document_name(18446744073709551615U, kDigest), Kind::document},
                                                {keys_name("jwks_url", "https://id.example.com/jwks"), Kind::keys}};
  for (const auto& [name, kind] : names) {
    EXPECT_EQ(parse_name(name).kind, kind) << name;
    EXPECT_EQ(parse_name(name).stage, Stage::whole) << name;
    EXPECT_EQ(parse_name(temporary_name(name)).kind, kind) << name;
    EXPECT_EQ(parse_name(temporary_name(name)).stage, Stage::temporary) << name;
    EXPECT_EQ(parse_name(aside_name(name)).kind, kind) << name;
    EXPECT_EQ(parse_name(aside_name(name)).stage, Stage::aside) << name;
  }
}

TEST(FileName, IsAsDocumented) {
  EXPECT_EQ(document_name(12, kDigest), "document-12-0123456789abcdef");
  // printf 'jwks_url https://id.example.com/jwks' | sha256sum
  EXPECT_EQ(keys_name("jwks_url", "https://id.example.com/jwks"), "keys-d71828827661bc446c312dd3ef9b4a7f");
  EXPECT_EQ(temporary_name("state"), "state.tmp");
  EXPECT_EQ(aside_name("state"), "state.damaged");
}

TEST(FileName, IsOtherForAllThatWeDoNotMake) {
  for (const std::string name :
       {"", "lock", "State", "state~", "state.bak", "state.tmp.tmp", "state.damaged.tmp", ".tmp", "document", "document-", "document-1", "document-1-",
        "document-01-0123456789abcdef", "document-0-0123456789abcdef", "document--0123456789abcdef", "document-1-0123456789ABCDEF", "document-1-0123456789abcde",
        "document-1-0123456789abcdef0", "document-1-0123456789abcdeg",
        "document-111111111111111111111-0123456789abcdef", "document-x-0123456789abcdef",
        "keys-", "keys-0123456789abcdef", "keys-0123456789ABCDEF0123456789abcdef", "keys-0123456789abcdef0123456789abcdef0", "xkeys-0123456789abcdef0123456789abcdef", "../state", "state/"}) {
    EXPECT_EQ(parse_name(name).kind, Kind::other) << name;
  }
}

TEST(Hex, IsLowerCaseAndOfTheLengthAskedFor) {
  EXPECT_TRUE(is_hex("0af9", 4));
  EXPECT_FALSE(is_hex("0af9", 3));
  EXPECT_FALSE(is_hex("0aF9", 4));
  EXPECT_FALSE(is_hex("0ag9", 4));
  EXPECT_TRUE(is_hex("", 0));
}

}  // namespace
}  // namespace assay::store
