#include "server/config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "server/fixture.h"

namespace assay::server {
namespace {

TEST(ConfigFile, PutsKeyFilesInRelativeToItself) {
  const test::SocketFolder folder;
  std::filesystem::create_directory(folder.file("keys"));
  std::ofstream(folder.file("keys/corp.json")) << R"({"keys": []})";
  std::ofstream(folder.file("c.json")) << R"({"oauth_servers": [{"name": "corp", "jwks_file": "keys/corp.json"}]})";
  const auto document = read_configuration(folder.file("c.json"));
  ASSERT_TRUE(document);
  EXPECT_NE(document->find(R"("jwks")"), std::string::npos) << *document;
  EXPECT_EQ(document->find("jwks_file"), std::string::npos) << *document;
}

TEST(ConfigFile, NamesAKeyFileThatIsNotThere) {
  const test::SocketFolder folder;
  std::ofstream(folder.file("c.json")) << R"({"oauth_servers": [{"name": "corp", "jwks_file": "absent.json"}]})";
  const auto document = read_configuration(folder.file("c.json"));
  ASSERT_FALSE(document);
  ASSERT_EQ(document.error().size(), 1U);
  EXPECT_EQ(document.error()[0].pointer, "/oauth_servers/0/jwks_file");
}

TEST(ConfigFile, RefusesWhatIsNoFile) {
  const test::SocketFolder folder;
  EXPECT_FALSE(read_configuration(folder.file("absent")));
  EXPECT_FALSE(read_configuration(folder.file(".")));
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_configuration(folder.file("pipe")));  // and does not wait for a writer
}

TEST(ConfigFile, DescribesAFaultInOneLine) {
  EXPECT_EQ(describe({.pointer = "/a/0", .found = "2", .allowed = "1"}), "/a/0: found 2, allowed 1");
  EXPECT_EQ(describe({.pointer = "", .found = "nothing", .allowed = "an object"}), "(document): found nothing, allowed an object");
  EXPECT_EQ(describe({.pointer = "/a\nb", .found = "2", .allowed = "1"}).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace assay::server
