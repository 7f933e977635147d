// How faults are written.
#include "snapshot/fault_list.h"

#include "config_fixture.h"

namespace assay::test {
namespace {

using namespace snapshot;

// RFC 6901 sections 3 and 5.
TEST(Place, IsAJsonPointer) {
  EXPECT_EQ(Place().pointer(), "");
  EXPECT_EQ(Place().member("a").element(10).member("").pointer(), "/a/10/");
  EXPECT_EQ(Place().member("m~n/o p").pointer(), "/m~0n~1o p");
}

// A name that a terminal could choke on ends the pointer at the object around it, and so does all that is below.
TEST(Place, StaysAtTheEnclosingObject) {
  const Place place = Place().member("a");
  EXPECT_EQ(place.member(letters(64)).pointer(), "/a/" + letters(64));
  for (const std::string& name : {letters(65), std::string("\x1b[2J"), std::string("\xc3\xa9"), std::string("\x7f"), std::string("\0", 1)}) {
    EXPECT_EQ(place.member(name).pointer(), "/a");
    EXPECT_EQ(place.member(name).member("b").element(3).pointer(), "/a");
  }
}

TEST(FaultText, IsEscapedAndCut) {
  EXPECT_EQ(quote("a b"), "\"a b\"");
  EXPECT_EQ(quote("\x1b\n\xc3"), "\"\\x1b\\x0a\\xc3\"");
  EXPECT_EQ(quote(letters(80)), '"' + letters(80) + '"');
  EXPECT_EQ(quote(letters(81)), '"' + letters(80) + "...\"");
  // An escape is not cut in two.
  EXPECT_EQ(quote(letters(78) + "\n"), '"' + letters(78) + "...\"");
}

TEST(FaultText, DescribesValues) {
  const auto document = jose::JsonDocument::parse(R"([null, true, false, -1.5e3, "s", [1,2], {"a":1}])");
  ASSERT_TRUE(document.has_value());
  std::vector<std::string> whole;
  std::vector<std::string> kinds;
  for (const jose::JsonValue& value : document->root().elements) {
    whole.push_back(describe(value));
    kinds.push_back(describe_kind(value));
  }
  EXPECT_THAT(whole, testing::ElementsAre("null", "true", "false", "-1.5e3", "\"s\"", "an array of 2 elements", "an object of 1 members"));
  EXPECT_THAT(kinds, testing::ElementsAre("null", "a boolean", "a boolean", "a number", "a string of 1 bytes", "an array of 2 elements",
                                          "an object of 1 members"));
}

TEST(Nearest, FindsMisspellings) {
  const std::vector<std::string_view> known{"name", "issuers", "jwks", "jwks_url", "clock_skew_tolerance"};
  EXPECT_EQ(nearest("issuer", known), "issuers");
  EXPECT_EQ(nearest("Issuers", known), "issuers");
  EXPECT_EQ(nearest("jwks-url", known), "jwks_url");
  EXPECT_EQ(nearest("clockSkewTolerance", known), "clock_skew_tolerance");
  EXPECT_EQ(nearest("nam", known), "name");
  EXPECT_EQ(nearest("NAMES", known), "name");
  EXPECT_EQ(nearest("secret", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(letters(1000), known), "");
}

}  // namespace
}  // namespace assay::test
