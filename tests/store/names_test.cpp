#include "store/names.h"

#include <gtest/gtest.h>

#include <set>

#include "store/scenario.h"

namespace assay::store {
namespace {

using Kind = FileName::Kind;
using Stage = FileName::Stage;

const SourceRecord kSource = *test::source("https://id.example.com/jwks", 5);
const std::string kDigest = "0123456789abcdef" + std::string(48, 'f');

TEST(FileName, IsParsedAsItIsMade) {
  const std::pair<std::string, Kind> names[] = {{std::string(kStateName), Kind::state},
                                                {document_name(1, kDigest), Kind::document},
                                                {document_name(18446744073709551615U, kDigest), Kind::document},
                                                {keys_name(kSource), Kind::keys}};
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
  // printf '%s\n' jwks_url https://id.example.com/jwks '' '' '' '' false | sha256sum
  EXPECT_EQ(keys_name(kSource), "keys-162b3f13961a6343c471c8d04cf3a14b");
  // printf '%s\n' jwks_url https://id.example.com/jwks /etc/assay/ca.pem /etc/assay/fetch.pem /etc/assay/fetch.key http://proxy.example.com:3128 true | sha256sum
  EXPECT_EQ(keys_name(*test::source_by_way(kSource, "/etc/assay/ca.pem")), "keys-037421dc705dbd93e721ec38b35fcbe2");
  EXPECT_EQ(temporary_name("state"), "state.tmp");
  EXPECT_EQ(aside_name("state"), "state.damaged");
}

// Each of the seven by itself makes another source, and so another file; what the source holds does not.
TEST(FileName, OfKeysIsThatOfOneSource) {
  std::set<std::string> names{keys_name(kSource)};
  const auto add = [&names](auto change) {
    SourceRecord other = kSource;
    change(other);
    names.insert(keys_name(other));
  };
  add([](SourceRecord& other) { other.kind = "discovery"; });
  add([](SourceRecord& other) { other.url += "/"; });
  add([](SourceRecord& other) { other.ca_file = "/a"; });
  add([](SourceRecord& other) { other.client_certificate = "/a"; });
  add([](SourceRecord& other) { other.client_key = "/a"; });
  add([](SourceRecord& other) { other.proxy = "/a"; });
  add([](SourceRecord& other) { other.allow_http = true; });
  EXPECT_EQ(names.size(), 8U);
  add([](SourceRecord& other) { other.etag = "x"; });
  add([](SourceRecord& other) { other.generation = 9; });
  add([](SourceRecord& other) { other.jwks = "{}"; });
  EXPECT_EQ(names.size(), 8U);
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
