#include "store/store.h"

#include <gtest/gtest.h>

#include "store/limits.h"
#include "store/names.h"
#include "store/scenario.h"

namespace assay::store {
namespace {

using test::FakeDisk;
using test::Fault;
using test::holds;
using test::Opened;
using Trace = std::vector<std::string>;

std::string why_not(Store& store, const Records& records) {
  const auto saved = store.save(records);
  return saved ? "" : saved.error().what;
}

TEST(Store, GivesBackEveryStepOfALife) {
  FakeDisk disk;
  Opened one(disk);  // one store for the whole life
  FakeDisk other_disk;
  for (const test::Step& step : test::life()) {
    ASSERT_EQ(why_not(one.store, step.records), "") << step.what;
    EXPECT_EQ(holds(disk, &step.records), "") << step.what;
    EXPECT_EQ(test::nothing_else(disk, step.records), "") << step.what;
    Opened another(other_disk);  // and one for each step
    ASSERT_EQ(why_not(another.store, step.records), "") << step.what;
    EXPECT_EQ(holds(other_disk, &step.records), "") << step.what;
    EXPECT_EQ(other_disk.files(), disk.files()) << step.what;
  }
}

TEST(Store, ReplacesWhateverWasThereWithoutALoad) {
  FakeDisk disk;
  const auto steps = test::life();
  ASSERT_TRUE(Opened(disk).store.save(steps[5].records));
  Store fresh(std::make_unique<test::FakeFiles>(disk));
  ASSERT_TRUE(fresh.save(steps[11].records));
  EXPECT_EQ(holds(disk, &steps[11].records), "");
  EXPECT_EQ(test::nothing_else(disk, steps[11].records), "");
}

class StoreOrderTest : public testing::Test {
 protected:
  StoreOrderTest() : opened(disk) {
    EXPECT_TRUE(opened.store.save(records));
    disk.clear_trace();
    keys = keys_name(*records.sources[0]);
  }
  Trace save() {
    disk.clear_trace();
    EXPECT_EQ(why_not(opened.store, records), "");
    return disk.trace();
  }
  // whole(name): a file is written.
  static Trace whole(const std::string& name) { return {"write " + name + ".tmp", "sync " + name + ".tmp", "rename " + name + ".tmp " + name}; }
  static Trace sum(std::initializer_list<Trace> parts) {
    Trace all;
    for (const Trace& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  std::string document_file(const DocumentRecord& document) const {
    for (const auto& [name, content] : disk.files()) {
      if (name.starts_with("document-" + std::to_string(document.number) + "-")) return name;
    }
    return {};
  }

  FakeDisk disk;
  Records records = test::small_records();
  Opened opened;
  std::string keys;
};

TEST_F(StoreOrderTest, WritesNothingTwice) {
  EXPECT_EQ(save(), Trace());
  // Nor what is equal, though it is another object.
  records.documents[0] = std::make_shared<const DocumentRecord>(*records.documents[0]);
  records.sources[0] = std::make_shared<const SourceRecord>(*records.sources[0]);
  EXPECT_EQ(save(), Trace());
  Opened other(disk);
  disk.clear_trace();
  EXPECT_TRUE(other.store.save(*other.loaded->records));
  EXPECT_TRUE(other.store.save(records));
  EXPECT_EQ(disk.trace(), Trace());
}

TEST_F(StoreOrderTest, WritesOneFileForAPushOfKeys) {
  records.sources[0] = test::source(records.sources[0]->url, 9);
  EXPECT_EQ(save(), sum({whole(keys), {"sync"}}));
}

TEST_F(StoreOrderTest, WritesDocumentsThenKeysThenTheStateAndRemovesLast) {
  const std::string old = document_file(*records.documents[0]);
  records.documents.erase(records.documents.begin());
  records.documents.push_back(test::document(3, "three"));
  records.documents.push_back(test::document(4, "four"));
  records.state.deployments.erase(records.state.deployments.begin());
  records.state.deployments.push_back(test::deployment(4, DeploymentKind::full, {{"orders", 4}, {"payments", 3}}));
  records.sources[0] = test::source("https://new.example.com/jwks", 9);
  const std::string new_keys = keys_name(*test::source("https://new.example.com/jwks", 1));
  const Trace trace = save();
  const std::string three = document_file(*records.documents[1]);
  const std::string four = document_file(*records.documents[2]);
  EXPECT_EQ(trace, sum({whole(three), whole(four), {"sync"}, whole(new_keys), {"sync"}, whole("state"), {"sync"}, {"remove " + old, "remove " + keys}}));
}

TEST_F(StoreOrderTest, WritesAgainWhatMayNotBeThere) {
  records.sources[0] = test::source(records.sources[0]->url, 9);
  for (const Fault fault : {Fault::before, Fault::after}) {
    for (const std::size_t operation : {2U, 3U}) {  // the rename, the sync of the folder
      disk.fail_at(operation, fault);
      EXPECT_NE(why_not(opened.store, records), "");
      EXPECT_EQ(save(), sum({whole(keys), {"sync"}}));
      records.sources[0] = test::source(records.sources[0]->url, 10 + operation);
    }
  }
}

TEST_F(StoreOrderTest, SaysWhatFailed) {
  records.state.generation = 8;
  disk.set_full(true);
  EXPECT_EQ(why_not(opened.store, records), "state.tmp: No space left on device");
  disk.set_full(false);
  EXPECT_EQ(why_not(opened.store, records), "");
}

TEST_F(StoreOrderTest, TakesItForNoFailureThatSomethingCannotBeRemoved) {
  records.sources.clear();
  disk.fail_at(5, Fault::before);  // after the state and its folder, and the list
  EXPECT_EQ(why_not(opened.store, records), "");
  EXPECT_TRUE(disk.reached());
  EXPECT_TRUE(disk.content(keys));
  EXPECT_EQ(holds(disk, &records), "");
  EXPECT_EQ(save(), Trace{"remove " + keys});
}

TEST_F(StoreOrderTest, WritesAgainWhatHasBeenRemoved) {
  const Records all = records;
  records.sources.clear();
  records.documents.erase(records.documents.begin());
  records.state.deployments.erase(records.state.deployments.begin());
  EXPECT_EQ(save().size(), 4U + 2U);
  records = all;
  EXPECT_EQ(save().size(), 3U * 4U);
  EXPECT_EQ(holds(disk, &all), "");
}

// A source that goes and comes back has the keys that it comes back with, even if its file could not be removed.
TEST_F(StoreOrderTest, TakesNoOldKeysForASourceThatComesBack) {
  const auto before = records.sources;
  records.sources.clear();
  disk.fail_at(5, Fault::before);
  save();
  records.sources = {test::source(before[0]->url, 9)};
  save();
  disk.crash(1);
  EXPECT_EQ(holds(disk, &records), "");
}

TEST_F(StoreOrderTest, RefusesWhatIsNotWholeAndTouchesNothing) {
  const Records good = records;
  const auto refused = [&](auto change) {
    records = good;
    change(records);
    disk.clear_trace();
    const std::string why = why_not(opened.store, records);
    EXPECT_EQ(disk.trace(), Trace());
    EXPECT_EQ(holds(disk, &good), "");
    return why;
  };
  EXPECT_EQ(refused([](Records& r) { r.documents.pop_back(); }), "the state could not be read back: deployment 2 needs a document that is not listed");
  EXPECT_EQ(refused([](Records& r) { r.documents.push_back(nullptr); }), "a document is not there");
  EXPECT_EQ(refused([](Records& r) { r.sources.push_back(nullptr); }), "a key source is not there");
  EXPECT_EQ(refused([](Records& r) { r.documents[0] = std::make_shared<const DocumentRecord>(DocumentRecord{.number = 1, .deployed_at_s = 1, .text = nullptr}); }),
            "document 1 has no text");
  EXPECT_NE(refused([](Records& r) { r.documents.push_back(test::document(2, "twice")); }), "");
  EXPECT_NE(refused([](Records& r) { r.sources.push_back(r.sources[0]); }), "");
  EXPECT_NE(refused([](Records& r) { r.state.deployments[0].number = 9; }), "");
  EXPECT_EQ(refused([](Records& r) { r.sources[0] = test::source(r.sources[0]->url, 1, std::string(limits::kKeysFileBytesMax, ' ') + "{}"); }),
            "the key set of https://id.example.com/jwks would be larger than 524288 bytes");
  EXPECT_NE(refused([](Records& r) { r.sources[0] = test::source(r.sources[0]->url, 1, "[]"); }), "");
  records = good;
  EXPECT_EQ(save(), Trace());
}

// A document that nobody refers to is kept all the same: which ones are, is the caller's business.
TEST_F(StoreOrderTest, KeepsWhatItIsGiven) {
  records.documents.push_back(test::document(9, "nine"));
  save();
  EXPECT_EQ(holds(disk, &records), "");
}

}  // namespace
}  // namespace assay::store
