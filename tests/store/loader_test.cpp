// Every kind of damage. What is loaded is never anything but what was saved, or a part of it that is named in the report.
#include "store/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "store/names.h"
#include "store/scenario.h"

namespace assay::store {
namespace {

using test::FakeDisk;
using test::FakeFiles;
using test::Fault;
using test::Opened;
using Names = std::vector<std::string>;

class LoaderTest : public testing::Test {
 protected:
  LoaderTest() {
    save(records);
    state = std::string(kStateName);
    old_document = document_name(1, encode_document(*records.documents[0])->digest);
    new_document = document_name(2, encode_document(*records.documents[1])->digest);
    keys = keys_name(*records.sources[0]);
    EXPECT_EQ(disk.files().size(), 4U);
  }
  void save(const Records& what) {
    Opened opened(disk);
    const auto saved = opened.store.save(what);
    EXPECT_TRUE(saved) << saved.error().what;
  }
  // load(): of the disk; it must be possible.
  Loaded load() {
    Opened opened(disk);
    EXPECT_TRUE(opened.loaded);
    return std::move(*opened.loaded);
  }
  void spoil(const std::string& name) { disk.put(name, *disk.content(name) + "x"); }

  FakeDisk disk;
  Records records = test::small_records();
  std::string state, old_document, new_document, keys;
};

bool says(const Loaded& loaded, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(loaded.damage, [&](const std::string& line) {
    return std::ranges::all_of(parts, [&line](std::string_view part) { return line.find(part) != std::string::npos; });
  });
}

std::string all(const Loaded& loaded) {
  std::string text;
  for (const std::string& line : loaded.damage) text += line + "\n";
  return text;
}

TEST_F(LoaderTest, FindsNothingInAnEmptyFolder) {
  FakeDisk empty;
  const Opened opened(empty);
  ASSERT_TRUE(opened.loaded);
  EXPECT_FALSE(opened.loaded->records);
  EXPECT_TRUE(opened.loaded->damage.empty() && opened.loaded->orphan_sources.empty() && opened.loaded->aside.empty());
}

TEST_F(LoaderTest, FailsOnlyIfTheFolderCannotBeListed) {
  disk.fail_at(0, Fault::before);
  EXPECT_FALSE(Opened(disk).loaded);
  EXPECT_EQ(test::holds(disk, &records), "");
}

TEST_F(LoaderTest, SetsADamagedStateAside) {
  spoil(state);
  const Loaded loaded = load();
  EXPECT_FALSE(loaded.records);
  ASSERT_EQ(loaded.orphan_sources.size(), 1U);
  EXPECT_EQ(*loaded.orphan_sources[0], *records.sources[0]);
  EXPECT_TRUE(says(loaded, {"state: its checksum is wrong; set aside as state.damaged; the state is lost; so are 2 intact documents"})) << all(loaded);
  EXPECT_EQ(loaded.damage.size(), 1U);
  std::vector<std::string> names;
  for (const auto& [name, content] : disk.files()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{old_document + ".damaged", new_document + ".damaged", keys, "state.damaged"}));
  // It is reported once; the keys stay.
  EXPECT_TRUE(load().damage.empty());
  EXPECT_EQ(load().orphan_sources.size(), 1U);
}

TEST_F(LoaderTest, ListsWhatWasSetAsideFromTheNextLoadUntilItIsRemoved) {
  spoil(state);
  spoil(keys);
  const Loaded first = load();
  EXPECT_EQ(first.damage.size(), 2U);
  EXPECT_EQ(first.aside, Names());
  const Names aside{old_document + ".damaged", new_document + ".damaged", keys + ".damaged", "state.damaged"};
  EXPECT_EQ(load().aside, aside);
  save(records);
  const Loaded next = load();
  EXPECT_TRUE(next.records && next.damage.empty());
  EXPECT_EQ(next.aside, aside);
  disk.erase("state.damaged");
  EXPECT_EQ(load().aside, Names(aside.begin(), aside.end() - 1));
  for (const std::string& name : aside) disk.erase(name);
  EXPECT_EQ(load().aside, Names());
}

// A name that is set aside anew is damage of this load; the file that had it is gone.
TEST_F(LoaderTest, ListsNothingAsideThatItHasJustWrittenOver) {
  disk.put("state.damaged", "older");
  disk.put(aside_name(keys), "older");
  spoil(keys);
  const Loaded loaded = load();
  EXPECT_TRUE(says(loaded, {keys, "set aside as"})) << all(loaded);
  EXPECT_EQ(loaded.aside, Names{"state.damaged"});
  EXPECT_EQ(load().aside, (Names{aside_name(keys), "state.damaged"}));
}

TEST_F(LoaderTest, ListsWhatIsAsideThoughAnotherCannotBeSetAside) {
  disk.put("state.damaged", "older");
  spoil(state);
  std::size_t listed = 0;
  for (std::size_t k = 1; k < 12; ++k) {
    FakeDisk copy = disk;
    copy.fail_at(k, Fault::before);
    const Opened opened(copy);
    ASSERT_TRUE(opened.loaded);
    const bool kept = copy.content("state.damaged") == "older";
    EXPECT_EQ(opened.loaded->aside, kept ? Names{"state.damaged"} : Names()) << k;
    if (kept) ++listed;
  }
  EXPECT_EQ(listed, 1U);
}

TEST_F(LoaderTest, StartsAnewBesideWhatWasSetAside) {
  spoil(state);
  Opened opened(disk);
  Records fresh;
  fresh.sources = opened.loaded->orphan_sources;
  disk.clear_trace();
  ASSERT_TRUE(opened.store.save(fresh));
  EXPECT_EQ(disk.trace(), (std::vector<std::string>{"write state.tmp", "sync state.tmp", "rename state.tmp state", "sync"}));  // the keys were there already
  EXPECT_EQ(test::holds(disk, &fresh), "");
  EXPECT_TRUE(disk.content("state.damaged"));
}

TEST_F(LoaderTest, LosesTheStateWithADocumentInForce) {
  for (const bool missing : {false, true}) {
    save(records);
    if (missing) disk.erase(new_document);
    else spoil(new_document);
    const Loaded loaded = load();
    EXPECT_FALSE(loaded.records);
    EXPECT_EQ(loaded.orphan_sources.size(), 1U);
    EXPECT_TRUE(says(loaded, {new_document, missing ? "is missing" : "checksum"})) << all(loaded);
    EXPECT_TRUE(says(loaded, {"state: the deployment in force needs document 2", "state.damaged", "1 intact documents"})) << all(loaded);
    EXPECT_FALSE(disk.content(state) || disk.content(old_document) || disk.content(new_document));
  }
}

TEST_F(LoaderTest, DropsOnlyDeploymentsThatNeedADamagedDocument) {
  for (const bool missing : {false, true}) {
    save(records);
    if (missing) disk.erase(old_document);
    else spoil(old_document);
    Opened opened(disk);
    const Loaded& loaded = *opened.loaded;
    ASSERT_TRUE(loaded.records) << all(loaded);
    Records rest = records;
    rest.state.deployments.erase(rest.state.deployments.begin());
    rest.documents.erase(rest.documents.begin());
    EXPECT_EQ(*loaded.records, rest);
    EXPECT_TRUE(says(loaded, {old_document, missing ? "is missing" : "set aside as"})) << all(loaded);
    EXPECT_TRUE(says(loaded, {"deployments that need damaged documents are dropped: 1"})) << all(loaded);
    ASSERT_TRUE(opened.store.save(*loaded.records));
    EXPECT_EQ(test::holds(disk, &rest), "");
  }
}

TEST_F(LoaderTest, LetsGoOfDocumentsThatOnlyDroppedDeploymentsNeeded) {
  records.documents.push_back(test::document(3, "three"));
  records.state.deployments.insert(records.state.deployments.begin() + 1, test::deployment(2, DeploymentKind::staged, {{"orders", 1}, {"payments", 2}}));
  records.state.deployments.back() = test::deployment(3, DeploymentKind::full, {{"orders", 3}});
  save(records);
  spoil(old_document);
  const Loaded loaded = load();
  ASSERT_TRUE(loaded.records);
  EXPECT_TRUE(says(loaded, {"dropped: 1, 2"})) << all(loaded);
  ASSERT_EQ(loaded.records->documents.size(), 1U);
  EXPECT_EQ(loaded.records->documents[0]->number, 3U);
}

TEST_F(LoaderTest, TakesNoDocumentForAnother) {
  Records other = records;
  other.documents[1] = test::document(2, "another text");
  const auto encoded = encode_document(*other.documents[1]);
  disk.put(new_document, encoded->content);  // intact, of that number, but not the one
  const Loaded loaded = load();
  EXPECT_FALSE(loaded.records);
  EXPECT_TRUE(says(loaded, {new_document, "another document"})) << all(loaded);
}

TEST_F(LoaderTest, LosesOnlyTheSourceOfADamagedKeySet) {
  const std::function<void()> damages[] = {
      [this] { spoil(keys); },
      [this] { disk.erase(keys); },
      [this] { disk.put(keys, encode_keys(*test::source("https://other.example.com", 1))->content); },
      [this] { disk.put(keys, std::string(600 * 1024, 'x')); },
  };
  for (const auto& damage : damages) {
    save(records);
    damage();
    Opened opened(disk);
    Records rest = records;
    rest.sources.clear();
    ASSERT_TRUE(opened.loaded->records);
    EXPECT_EQ(*opened.loaded->records, rest);
    EXPECT_TRUE(says(*opened.loaded, {keys, "the keys of jwks_url https://id.example.com/jwks are lost"})) << all(*opened.loaded);
    EXPECT_EQ(opened.loaded->damage.size(), 1U);
    // The same keys once more, or none: both can be kept.
    ASSERT_TRUE(opened.store.save(records));
    EXPECT_EQ(test::holds(disk, &records), "");
    ASSERT_TRUE(opened.store.save(rest));
    EXPECT_EQ(test::holds(disk, &rest), "");
  }
}

// Two sources with one URL: each has its file, and is lost alone.
TEST_F(LoaderTest, TellsSourcesByHowTheyAreReached) {
  records.sources.push_back(test::source_by_way(*records.sources[0], "/etc/assay/a.pem"));
  records.sources.push_back(test::source_by_way(*records.sources[0], "/etc/assay/b.pem"));
  save(records);
  EXPECT_EQ(test::holds(disk, &records), "");
  EXPECT_EQ(test::nothing_else(disk, records), "");
  EXPECT_EQ(disk.files().size(), 6U);
  const std::string second = keys_name(*records.sources[1]);
  const std::function<void()> damages[] = {
      [&] { spoil(second); },
      [&] { disk.erase(second); },
      [&] { disk.put(second, *disk.content(keys)); },  // intact, of the same URL, but not the one
  };
  for (const auto& damage : damages) {
    save(records);
    damage();
    Opened opened(disk);
    Records rest = records;
    rest.sources.erase(rest.sources.begin() + 1);
    ASSERT_TRUE(opened.loaded->records);
    EXPECT_EQ(*opened.loaded->records, rest);
    EXPECT_TRUE(says(*opened.loaded, {second, "the keys of jwks_url https://id.example.com/jwks are lost"})) << all(*opened.loaded);
    EXPECT_EQ(opened.loaded->damage.size(), 1U);
  }
}

TEST_F(LoaderTest, LeavesOtherFilesAlone) {
  for (const char* const name : {"lock", "state.bak", "README", "document-1"}) disk.put(name, "others'");
  for (const std::string& name : {state, keys}) disk.put(aside_name(name), "others'");
  disk.put("state.tmp", "ours");
  disk.put(keys + ".tmp", "ours");
  disk.put(document_name(9, std::string(64, '9')), "ours, of a deploy that never was");
  disk.put("README.damaged", "others'");
  disk.put("state.damaged.tmp", "others'");
  const Loaded loaded = load();
  EXPECT_TRUE(loaded.damage.empty());
  EXPECT_EQ(loaded.aside, (Names{aside_name(keys), "state.damaged"}));
  save(records);
  EXPECT_EQ(disk.files().size(), 4U + 8U);
  EXPECT_EQ(disk.content("README"), "others'");
  EXPECT_EQ(disk.content("state.damaged"), "others'");
}

TEST_F(LoaderTest, GoesOnIfItCannotSetAside) {
  spoil(state);
  spoil(keys);
  const std::size_t operations = [&] {
    FakeDisk copy = disk;
    const Opened opened(copy);
    return copy.operations() - disk.operations();
  }();
  for (std::size_t k = 1; k < operations; ++k) {
    FakeDisk copy = disk;
    copy.fail_at(k, Fault::before);
    const Opened opened(copy);
    ASSERT_TRUE(opened.loaded);
    EXPECT_FALSE(opened.loaded->records);
    EXPECT_TRUE(opened.loaded->orphan_sources.empty());
    EXPECT_TRUE(says(*opened.loaded, {"state: "})) << all(*opened.loaded);
    EXPECT_TRUE(says(*opened.loaded, {keys})) << all(*opened.loaded);
    if (copy.content(state) || copy.content(keys) || copy.content(new_document)) {
      EXPECT_TRUE(says(*opened.loaded, {"cannot be set aside: ", "No space left"})) << all(*opened.loaded);
    }
  }
  EXPECT_GE(operations, 8U);
}

// Whatever cannot be read: the load fails, or says what is lost, and what it gives is what was saved.
TEST_F(LoaderTest, InventsNothingWhenReadsFail) {
  std::size_t faults = 0;
  for (const test::Step& step : test::life()) {
    save(step.records);
    for (std::size_t k = 0;; ++k) {
      FakeDisk copy = disk;
      copy.fail_at(k, Fault::before);
      const Opened opened(copy);
      if (!copy.reached()) break;
      ++faults;
      if (!opened.loaded) continue;
      EXPECT_TRUE(!opened.loaded->damage.empty() || (opened.loaded->records && *opened.loaded->records == step.records)) << step.what << " " << k;
      for (const auto& orphan : opened.loaded->orphan_sources) {
        EXPECT_TRUE(std::ranges::any_of(step.records.sources, [&](const auto& known) { return *known == *orphan; }));
      }
      if (!opened.loaded->records) continue;
      const Records& found = *opened.loaded->records;
      EXPECT_EQ(found.state.instance, step.records.state.instance);
      EXPECT_EQ(found.state.deployments.empty(), step.records.state.deployments.empty());
      if (!found.state.deployments.empty()) {
        EXPECT_EQ(found.state.deployments.back(), step.records.state.deployments.back());
      }
      for (const auto& document : found.documents) {
        EXPECT_TRUE(std::ranges::any_of(step.records.documents, [&](const auto& known) { return *known == *document; }));
      }
    }
  }
  EXPECT_GE(faults, 80U);
}

// What the bytes do not show: a document that is no good by the rules of a newer daemon.
TEST_F(LoaderTest, SetsAsideAStateThatTheCallerCannotUse) {
  Opened opened(disk);
  const std::vector<std::string> lines = opened.store.set_state_aside("its document is no good any more");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "state: its document is no good any more; set aside as state.damaged; the state is lost; so are 2 intact documents, set aside with it");
  EXPECT_EQ(disk.files().size(), 4U);
  for (const std::string& name : {state, old_document, new_document}) EXPECT_TRUE(disk.content(aside_name(name))) << name;
  EXPECT_EQ(load().orphan_sources.size(), 1U);
  ASSERT_TRUE(opened.store.save(records));
  EXPECT_EQ(test::holds(disk, &records), "");
  EXPECT_EQ(disk.files().size(), 4U + 3U);
  disk.fail_at(0, Fault::before);
  EXPECT_EQ(opened.store.set_state_aside("why").size(), 1U);
  EXPECT_EQ(test::holds(disk, &records), "");
}

// A folder that cannot be synced at the start: what was read counts, but is written once more before anything is built on it.
TEST_F(LoaderTest, TrustsNothingThatItCannotSync) {
  disk.clear_trace();
  FakeDisk copy = disk;
  const Opened counting(copy);
  disk.fail_at(copy.operations() - disk.operations() - 1, Fault::before);
  Opened opened(disk);
  EXPECT_EQ(disk.trace(), std::vector<std::string>{"sync"});
  ASSERT_TRUE(opened.loaded && opened.loaded->records);
  EXPECT_EQ(*opened.loaded->records, records);
  disk.clear_trace();
  ASSERT_TRUE(opened.store.save(records));
  EXPECT_EQ(std::ranges::count_if(disk.trace(), [](const std::string& line) { return line.starts_with("rename "); }), 4);
}

// each_spoilt(disk, name, visit): every truncation, every single bit, one octet more; the rest of the disk as it is.
template <class Visit>
std::size_t each_spoilt(const FakeDisk& disk, const std::string& name, Visit visit) {
  const std::string whole = *disk.content(name);
  std::size_t count = 0;
  const auto with = [&](std::string content) {
    FakeDisk copy = disk;
    copy.put(name, content);
    Opened opened(copy);
    ++count;
    ASSERT_TRUE(opened.loaded);
    ASSERT_FALSE(opened.loaded->damage.empty()) << name << ", change " << count;
    EXPECT_EQ(copy.content(aside_name(name)), content);
    visit(*opened.loaded);
  };
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) with(whole.substr(0, bytes));
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string content = whole;
    content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << bit % 8));
    with(std::move(content));
  }
  with(whole + "\n");
  return count;
}

TEST_F(LoaderTest, AcceptsNoStateWithAnyBitOrLengthWrong) {
  const std::size_t count = each_spoilt(disk, state, [&](const Loaded& loaded) {
    EXPECT_FALSE(loaded.records);
    EXPECT_EQ(loaded.orphan_sources.size(), 1U);
  });
  EXPECT_EQ(count, 9 * disk.content(state)->size() + 1);
  EXPECT_GE(count, 7000U);
}

TEST_F(LoaderTest, AcceptsNoDocumentWithAnyBitOrLengthWrong) {
  EXPECT_GE(each_spoilt(disk, new_document, [](const Loaded& loaded) { EXPECT_FALSE(loaded.records); }), 1000U);
  EXPECT_GE(each_spoilt(disk, old_document,
                        [](const Loaded& loaded) {
                          ASSERT_TRUE(loaded.records);
                          EXPECT_EQ(loaded.records->state.deployments.size(), 1U);
                          EXPECT_EQ(loaded.records->documents.size(), 1U);
                        }),
            1000U);
}

TEST_F(LoaderTest, AcceptsNoKeySetWithAnyBitOrLengthWrong) {
  EXPECT_GE(each_spoilt(disk, keys,
                        [this](const Loaded& loaded) {
                          ASSERT_TRUE(loaded.records);
                          EXPECT_TRUE(loaded.records->sources.empty());
                          EXPECT_EQ(loaded.records->state, records.state);
                        }),
            2000U);
}

}  // namespace
}  // namespace assay::store
