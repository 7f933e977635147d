#include "store/folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "store/scenario.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

// Temporary: a folder that goes away with what is in it.
class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    std::string name = (fs::temp_directory_path() / "assay-store-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    parent = name;
    path = (parent / "state").string();
  }
  ~FolderTest() override { fs::remove_all(parent); }

  std::unique_ptr<Folder> open() {
    auto folder = Folder::open(path);
    EXPECT_TRUE(folder) << folder.error().what;
    return folder ? std::move(*folder) : nullptr;
  }
  static std::string why_not(const std::string& where) {
    const auto folder = Folder::open(where);
    return folder ? "" : folder.error().what;
  }
  static mode_t mode(const fs::path& file) {
    struct stat status {};
    return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  fs::path file(const std::string& name) const { return fs::path(path) / name; }

  fs::path parent;
  std::string path;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(FolderTest, MakesAPrivateFolder) {
  const auto folder = open();
  ASSERT_NE(folder, nullptr);
  EXPECT_EQ(mode(path), 0700U);
  EXPECT_EQ(mode(file("lock")), 0600U);
  EXPECT_EQ(*folder->list(), std::vector<std::string>{"lock"});
}

// systemd.exec(5): StateDirectoryMode= is 0755 unless it says otherwise.
TEST_F(FolderTest, MakesAWiderFolderPrivate) {
  for (const mode_t wide : {0755U, 0777U, 01777U, 0750U, 02700U}) {
    fs::create_directory(path);
    ASSERT_EQ(::chmod(path.c_str(), wide), 0);
    EXPECT_NE(open(), nullptr);
    EXPECT_EQ(mode(path), 0700U) << wide;
  }
}

TEST_F(FolderTest, RefusesWhatIsNoFolder) {
  std::ofstream(path) << "precious";
  EXPECT_TRUE(has(why_not(path), "is no folder"));
  EXPECT_TRUE(fs::is_regular_file(path));
}

TEST_F(FolderTest, RefusesASymbolicLinkHoweverItIsSpelt) {
  fs::create_directory(parent / "elsewhere");
  fs::permissions(parent / "elsewhere", fs::perms(0755));
  fs::create_symlink(parent / "elsewhere", path);
  for (const std::string& spelling : {path, path + "/", path + "//"}) EXPECT_TRUE(has(why_not(spelling), "symbolic link")) << spelling << why_not(spelling);
  EXPECT_EQ(mode(parent / "elsewhere"), 0755U);
  EXPECT_TRUE(fs::is_empty(parent / "elsewhere"));
}

TEST_F(FolderTest, RefusesAFolderOfSomebodyElse) {
  fs::create_directory(path);
  if (::geteuid() == 0) ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
  else path = "/";
  EXPECT_TRUE(has(why_not(path), "belongs to user")) << why_not(path);
}

TEST_F(FolderTest, NeedsAParent) {
  EXPECT_TRUE(has(why_not((parent / "a" / "b").string()), "No such file"));
  EXPECT_FALSE(why_not("").empty());
}

TEST_F(FolderTest, BelongsToOneDaemonAtATime) {
  auto first = open();
  EXPECT_TRUE(has(why_not(path), "another daemon uses it")) << why_not(path);
  first.reset();
  EXPECT_NE(open(), nullptr);
}

TEST_F(FolderTest, WritesAndReads) {
  const auto folder = open();
  EXPECT_EQ(*folder->read("a", 10), std::nullopt);
  const std::string large(1'000'003, 'x');
  for (const std::string& content : {std::string("1234"), std::string(), std::string("\0\n", 2), large}) {
    ASSERT_TRUE(folder->write("a", content));
    ASSERT_TRUE(folder->sync("a"));
    EXPECT_EQ(**folder->read("a", large.size()), content);
  }
  ASSERT_TRUE(folder->rename("a", "b"));
  ASSERT_TRUE(folder->sync_folder());
  EXPECT_EQ(*folder->read("a", 10), std::nullopt);
  EXPECT_EQ(*folder->list(), (std::vector<std::string>{"b", "lock"}));
  ASSERT_TRUE(folder->remove("b"));
  ASSERT_TRUE(folder->remove("b"));
  EXPECT_EQ(*folder->list(), std::vector<std::string>{"lock"});
}

TEST_F(FolderTest, SyncsAFileThatWasNotWrittenLast) {
  const auto folder = open();
  ASSERT_TRUE(folder->write("a", "1"));
  ASSERT_TRUE(folder->write("b", "2"));
  EXPECT_TRUE(folder->sync("a"));
  EXPECT_TRUE(folder->sync("b"));
  EXPECT_FALSE(folder->sync("c"));
}

TEST_F(FolderTest, LeavesFilesPrivateWhateverTheUmaskAndWhoeverMadeThem) {
  const auto folder = open();
  std::ofstream(file("made")) << "before";
  fs::permissions(file("made"), fs::perms(0666));
  const mode_t before = ::umask(0);
  EXPECT_TRUE(folder->write("wide", "x"));
  ::umask(0777);
  EXPECT_TRUE(folder->write("narrow", "x"));
  ::umask(before);
  EXPECT_TRUE(folder->write("made", "x"));
  for (const char* const name : {"wide", "narrow", "made"}) EXPECT_EQ(mode(file(name)), 0600U) << name;
}

TEST_F(FolderTest, ReadsNoMoreThanItIsTold) {
  const auto folder = open();
  ASSERT_TRUE(folder->write("a", "1234"));
  EXPECT_TRUE(folder->read("a", 4));
  const auto refused = folder->read("a", 3);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().what, "state/a: is larger than 3 bytes")) << refused.error().what;
}

TEST_F(FolderTest, RefusesWhatIsNoRegularFile) {
  const auto folder = open();
  std::ofstream(parent / "precious") << "precious";
  fs::create_symlink(parent / "precious", file("link"));
  fs::create_directory(file("folder"));
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  for (const char* const name : {"link", "folder", "pipe"}) {
    EXPECT_FALSE(folder->read(name, 100)) << name;
    EXPECT_FALSE(folder->write(name, "x")) << name;
  }
  EXPECT_EQ(fs::file_size(parent / "precious"), 8U);
  EXPECT_FALSE(folder->remove("folder"));
  EXPECT_TRUE(folder->remove("link"));
  EXPECT_TRUE(fs::exists(parent / "precious"));
}

// setrlimit(2): a write that would pass RLIMIT_FSIZE is short, the next one fails.
TEST_F(FolderTest, ReportsWhatItCannotWriteWhole) {
  const auto folder = open();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto fits = folder->write("fits", std::string(1000, 'x'));
  const auto failed = folder->write("a", std::string(1001, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(fits);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, path + "/a: cannot write it: File too large");
  EXPECT_EQ(fs::file_size(file("a")), 1000U);
}

TEST_F(FolderTest, StaysWithTheFolderItOpened) {
  const auto folder = open();
  fs::rename(path, parent / "moved");
  fs::create_directory(path);
  ASSERT_TRUE(folder->write("a", "1"));
  EXPECT_TRUE(fs::exists(parent / "moved" / "a"));
  EXPECT_FALSE(fs::exists(file("a")));
}

TEST_F(FolderTest, NamesFileAndReasonInOneLine) {
  const auto folder = open();
  const auto failed = folder->rename("missing", "other");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, path + "/missing: cannot rename it to other: No such file or directory");
}

// The store and a real file system together; everything else about the store is tried on a fake.
TEST_F(FolderTest, KeepsALife) {
  for (const test::Step& step : test::life()) {
    {
      Store store(open());
      ASSERT_TRUE(store.load());
      const auto saved = store.save(step.records);
      ASSERT_TRUE(saved) << step.what << ": " << saved.error().what;
    }
    Store store(open());
    const auto loaded = store.load();
    ASSERT_TRUE(loaded && loaded->records) << step.what;
    EXPECT_TRUE(*loaded->records == step.records) << step.what;
    EXPECT_TRUE(loaded->damage.empty()) << loaded->damage.front();
  }
}

}  // namespace
}  // namespace assay::store
