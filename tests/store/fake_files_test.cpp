// The fake itself must lose what a disk may lose: otherwise the tests on it prove nothing.
#include "store/fake_files.h"

#include <gtest/gtest.h>

#include <set>

namespace assay::test {
namespace {

using Names = std::vector<std::string>;

// futures(disk, name): what a file may hold after a crash; "-" if it is not there.
std::set<std::string> futures(const FakeDisk& disk, const std::string& name) {
  std::set<std::string> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FakeDisk copy = disk;
    copy.crash(seed);
    all.insert(copy.content(name).value_or("-"));
  }
  return all;
}

class FakeFilesTest : public testing::Test {
 protected:
  FakeDisk disk;
  FakeFiles files{disk};
};

TEST_F(FakeFilesTest, KeepsWhatIsSynced) {
  ASSERT_TRUE(files.write("a", "content"));
  ASSERT_TRUE(files.sync("a"));
  ASSERT_TRUE(files.sync_folder());
  EXPECT_EQ(futures(disk, "a"), std::set<std::string>{"content"});
}

TEST_F(FakeFilesTest, LosesNamesThatAreNotSynced) {
  ASSERT_TRUE(files.write("a", "content"));
  ASSERT_TRUE(files.sync("a"));
  EXPECT_EQ(futures(disk, "a"), (std::set<std::string>{"-", "content"}));
}

TEST_F(FakeFilesTest, TearsContentThatIsNotSynced) {
  ASSERT_TRUE(files.write("a", "content"));
  ASSERT_TRUE(files.sync_folder());
  const auto all = futures(disk, "a");
  for (const std::string part : {"", "con", "content"}) EXPECT_TRUE(all.contains(part)) << part;
  EXPECT_TRUE(all.contains(std::string("con\0\0\0\0", 7)));
  EXPECT_GT(all.size(), 15U);
}

TEST_F(FakeFilesTest, RenamesWholeOrNotAtAllOrLeavesBothNames) {
  disk.put("a", "new");
  disk.put("b", "old");
  ASSERT_TRUE(files.rename("a", "b"));
  std::set<std::string> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FakeDisk copy = disk;
    copy.crash(seed);
    all.insert(copy.content("a").value_or("-") + copy.content("b").value_or("-"));
  }
  EXPECT_EQ(all, (std::set<std::string>{"newold", "-new", "newnew"}));
}

TEST_F(FakeFilesTest, MayUndoARemoval) {
  disk.put("a", "content");
  ASSERT_TRUE(files.remove("a"));
  EXPECT_EQ(futures(disk, "a"), (std::set<std::string>{"-", "content"}));
  ASSERT_TRUE(files.sync_folder());
  EXPECT_EQ(futures(disk, "a"), std::set<std::string>{"-"});
}

// fsync(2) on Linux: after an error, the pages count as clean.
TEST_F(FakeFilesTest, ForgetsAfterAFailedSyncUntilItIsWrittenAgain) {
  disk.put("a", "old");
  ASSERT_TRUE(files.write("a", "new"));
  disk.fail_at(0, Fault::before);
  ASSERT_FALSE(files.sync("a"));
  ASSERT_TRUE(files.sync("a"));
  EXPECT_TRUE(futures(disk, "a").contains("old"));
  ASSERT_TRUE(files.write("a", "new"));
  ASSERT_TRUE(files.sync("a"));
  EXPECT_EQ(futures(disk, "a"), std::set<std::string>{"new"});
}

TEST_F(FakeFilesTest, ForgetsAFolderAfterAFailedSyncUntilTheNameIsSetAgain) {
  disk.put("a", "new");
  disk.put("b", "old");
  ASSERT_TRUE(files.rename("a", "b"));
  disk.fail_at(0, Fault::before);
  ASSERT_FALSE(files.sync_folder());
  ASSERT_TRUE(files.sync_folder());
  EXPECT_EQ(futures(disk, "b"), (std::set<std::string>{"old", "new"}));
  disk.put("c", "newer");
  ASSERT_TRUE(files.rename("c", "b"));
  ASSERT_TRUE(files.sync_folder());
  EXPECT_EQ(futures(disk, "b"), std::set<std::string>{"newer"});
}

TEST_F(FakeFilesTest, FailsWhereItIsTold) {
  disk.fail_at(1, Fault::before);
  ASSERT_TRUE(files.write("a", "1"));
  EXPECT_FALSE(files.write("b", "2"));
  EXPECT_FALSE(disk.content("b"));
  disk.fail_at(0, Fault::half);
  EXPECT_FALSE(files.write("b", "1234"));
  EXPECT_EQ(disk.content("b"), "12");
  disk.fail_at(0, Fault::after);
  EXPECT_FALSE(files.write("b", "1234"));
  EXPECT_EQ(disk.content("b"), "1234");
  disk.fail_at(0, Fault::before);
  EXPECT_FALSE(files.list());
  disk.fail_at(0, Fault::before);
  EXPECT_FALSE(files.read("a", 10));
  EXPECT_EQ(disk.trace(), (Names{"write a", "write b", "write b", "write b"}));
}

TEST_F(FakeFilesTest, DoesNothingBetweenACrashAndItsEnd) {
  disk.put("a", "old");
  disk.crash_at(0, Fault::before);
  EXPECT_FALSE(files.write("a", "new"));
  EXPECT_FALSE(files.rename("a", "b"));
  EXPECT_FALSE(files.remove("a"));
  EXPECT_FALSE(files.read("a", 10));
  EXPECT_TRUE(disk.reached());
  disk.crash(0);
  EXPECT_EQ(disk.files(), (std::map<std::string, std::string>{{"a", "old"}}));
  EXPECT_TRUE(files.write("a", "new"));
}

TEST_F(FakeFilesTest, IsFullUntilItIsNot) {
  disk.set_full(true);
  EXPECT_FALSE(files.write("a", "1234"));
  EXPECT_EQ(disk.content("a"), "12");
  EXPECT_TRUE(files.rename("a", "b"));
  disk.set_full(false);
  EXPECT_TRUE(files.write("a", "1234"));
}

TEST_F(FakeFilesTest, KeepsToTheContract) {
  EXPECT_EQ(*files.read("a", 10), std::nullopt);
  EXPECT_TRUE(files.remove("a"));
  EXPECT_FALSE(files.rename("a", "b"));
  EXPECT_FALSE(files.sync("a"));
  disk.put("a", "1234");
  EXPECT_EQ(**files.read("a", 4), "1234");
  EXPECT_FALSE(files.read("a", 3));
  EXPECT_EQ(*files.list(), Names{"a"});
}

}  // namespace
}  // namespace assay::test
