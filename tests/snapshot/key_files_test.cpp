// Key files are put into the document by value.
#include "snapshot/key_files.h"

#include <map>

#include "config_fixture.h"
#include "public_keys.h"

namespace assay::test {
namespace {

using snapshot::inline_key_files;
using testing::_;
using testing::ElementsAre;
using testing::HasSubstr;

// A file system of texts.
base::Result<std::string, std::vector<Fault>> inlined(std::string_view document, const std::map<std::string, std::string>& files,
                                                      std::vector<std::string>* asked = nullptr) {
  return inline_key_files(document, [&](const std::string& path) -> base::Result<std::string> {
    if (asked != nullptr) asked->push_back(path);
    const auto found = files.find(path);
    if (found == files.end()) return base::fail("No such file");
    return found->second;
  });
}

TEST(KeyFiles, AreSplicedIntoTheText) {
  const std::string before =
      "{ \"api_services\" : [ ],\n\t\"oauth_servers\": [ {\"jwks_file\"\n :\t\"/a\" "
      ",\"name\":\"x\\u0041\"},{\"n\":1.50,\"jwks\\u005ffile\":\"/\\u0062\"}]  }\n";
  const auto after = inlined(before, {{"/a", " {\"keys\": [ ]}\n"}, {"/b", "{}"}});
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(*after,
            "{ \"api_services\" : [ ],\n\t\"oauth_servers\": [ {\"jwks\": {\"keys\": [ ]} ,\"name\":\"x\\u0041\"},{\"n\":1.50,\"jwks\": {}}]  }\n");
}

TEST(KeyFiles, MakeADocumentThatIsTaken) {
  const std::string document = R"({"oauth_servers":[{"name":"idp","issuers":["i"],"jwks_file":"keys.json"}],"api_services":[]})";
  const auto after = inlined(document, {{"keys.json", jwks(jwk(kP256))}});
  ASSERT_TRUE(after.has_value());
  const auto config = parse_config(*after);
  ASSERT_TRUE(config.has_value()) << testing::PrintToString(config.error());
  EXPECT_EQ(config->oauth_servers[0].key_source.inline_keys->keys().size(), 1U);
}

TEST(KeyFiles, ThatCannotBeReadAreFaultsAllAtOnce) {
  const std::string document =
      R"({"oauth_servers":[{"jwks_file":"/none"},{"jwks_file":"/good"},{"jwks_file":"/array"},{"jwks_file":"/broken"},{"jwks_file":"/empty"},{"jwks_file":"/bom"}]})";
  const auto after = inlined(document, {{"/good", "{}"}, {"/array", "[]"}, {"/broken", "{\n\"SECRET"}, {"/empty", ""}, {"/bom", "\xef\xbb\xbf{}"}});
  ASSERT_FALSE(after.has_value());
  EXPECT_THAT(after.error(),
              ElementsAre(IsFault("/oauth_servers/0/jwks_file", "\"/none\": No such file", _),
                          IsFault("/oauth_servers/2/jwks_file", HasSubstr("an array"), _),
                          IsFault("/oauth_servers/3/jwks_file", testing::AllOf(HasSubstr("not JSON"), testing::Not(HasSubstr("SECRET"))), _),
                          IsFaultAt("/oauth_servers/4/jwks_file"), IsFaultAt("/oauth_servers/5/jwks_file")));
}

// parse_config says what is wrong with these; no file is opened for them.
TEST(KeyFiles, LeaveOtherDocumentsAsTheyAre) {
  for (const std::string_view document :
       {"", "{", "[]", "null", "{}", R"({"oauth_servers":{"jwks_file":"/a"}})", R"({"oauth_servers":[1,null,["jwks_file"]]})",
        R"({"oauth_servers":[{"jwks_file":1}]})", R"({"oauth_servers":[{"jwks_file":"/a","jwks_file":"/a"}]})",
        R"({"oauth_servers":[{"jwks_file":"/a","jwks":{}}]})", R"({"oauth_servers":[{"x":{"jwks_file":"/a"}}]})",
        R"({"jwks_file":"/a","api_services":[{"jwks_file":"/a"}]})", R"({"oauth_servers":[{"JWKS_FILE":"/a"}]})"}) {
    std::vector<std::string> asked;
    const auto after = inlined(document, {{"/a", "{}"}}, &asked);
    ASSERT_TRUE(after.has_value()) << document;
    EXPECT_EQ(*after, document);
    EXPECT_THAT(asked, testing::IsEmpty()) << document;
  }
}

TEST(KeyFiles, HaveAnyPath) {
  std::vector<std::string> asked;
  const auto after = inlined(R"({"oauth_servers":[{"jwks_file":"a \"b\\\u00e9\"}"}]})", {{"a \"b\\\xc3\xa9\"}", "{}"}}, &asked);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(*after, R"({"oauth_servers":[{"jwks": {}}]})");
}

}  // namespace
}  // namespace assay::test
