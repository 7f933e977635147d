// What a restart serves: the stored state and the configuration file, each good, different, bad or lost.
#include "server/ledger_fixture.h"

namespace assay::server {
namespace {

using test::config;
using test::jwks;
using testing::HasSubstr;
using testing::SizeIs;

class LedgerStart : public test::LedgerTest {
 protected:
  const std::string one = config({{"s", {1}}}, {{"a", {"s"}}});
  const std::string two = config({{"s", {2}}}, {{"a", {"s"}}});
  const std::string three = config({{"s", {3}}}, {{"a", {"s"}}});

  // damage(begin): flips a bit of the file whose name begins like that.
  void damage(std::string_view begin) {
    for (const auto& [name, content] : disk.files()) {
      if (!name.starts_with(begin) || name.ends_with(".damaged")) continue;
      std::string bent = content;
      bent[bent.size() / 2] = static_cast<char>(bent[bent.size() / 2] ^ 1);
      disk.put(name, bent);
      return;
    }
    ADD_FAILURE() << "no file " << begin;
  }
};

TEST_F(LedgerStart, DeploysTheFileOfAFirstStart) {
  ASSERT_TRUE(start(one));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_TRUE(ledger->report()->kept);
}

TEST_F(LedgerStart, RefusesToStartWithABadFileAndNothingElse) {
  EXPECT_FALSE(start(R"({"oauth_servers":1})"));
  EXPECT_FALSE(faults.empty());
  EXPECT_FALSE(start_with(ConfigurationFile{"assayd.json", std::unexpected(std::vector{snapshot::Fault{"", "No such file", "a readable file"}})}));
  EXPECT_THAT(faults, SizeIs(1));
}

// An equal file: what was deployed by other ways since stays in force.
TEST_F(LedgerStart, ServesTheStoredStateWhenTheFileIsTheOneDeployedFromIt) {
  ASSERT_TRUE(start(one));
  deploy(two);
  ASSERT_TRUE(start(one));
  EXPECT_EQ(deployment(), 2U);
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(snapshot->generation(), 2U);
  EXPECT_EQ(snapshot->instance(), 1U);
  EXPECT_TRUE(ledger->report()->problems.empty());
}

// Issue 3: an edited file and a restart.
TEST_F(LedgerStart, DeploysAFileThatDiffers) {
  ASSERT_TRUE(start(one));
  deploy(two);
  ASSERT_TRUE(start(three));
  EXPECT_EQ(deployment(), 3U);
  EXPECT_EQ(kids("a", "s"), "k3");
  EXPECT_EQ(snapshot->generation(), 3U);
  ASSERT_TRUE(start(three));
  EXPECT_EQ(deployment(), 3U);
}

// An operator edits the file and deploys it with assayctl: a restart has nothing to add, and does not undo a rollback that came after.
TEST_F(LedgerStart, KnowsAFileThatWasDeployedByHand) {
  ASSERT_TRUE(start(one));
  deploy(two);
  ASSERT_TRUE(start(two));
  EXPECT_EQ(deployment(), 2U);
  deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});
  roll_back();
  ASSERT_TRUE(start(two));
  EXPECT_EQ(deployment(), 4U);
  deploy(three);
  ASSERT_TRUE(start(two));  // that is an edit: another was deployed whole since
  EXPECT_EQ(deployment(), 6U);
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(log.count("assayd.json is not what was deployed last: deployed as 6, in place of deployment 5"), 1U);
  EXPECT_EQ(log.events("file_deployed").back(), "file_deployed PATH=assayd.json DEPLOYMENT=6");
}

// A file that was deployed for some API services only has not been deployed.
TEST_F(LedgerStart, DeploysAFileThatWasOnlyStaged) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}, {"b", {"s"}}})));
  const std::string next = config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}});
  deploy(next, {"b"});
  EXPECT_EQ(kids("a", "s"), "k1");
  ASSERT_TRUE(start(next));
  EXPECT_EQ(kids("a", "s"), "k2");
}

// Issue 3: a restart with state and an invalid file.
TEST_F(LedgerStart, ServesTheStoredStateWhenTheFileIsNoGood) {
  ASSERT_TRUE(start(one));
  ASSERT_TRUE(start(R"({"oauth_servers":[],"api_services":[],"extra":1})"));
  ASSERT_EQ(log.events("file_refused").size(), 1U);
  EXPECT_TRUE(log.events("file_refused")[0].starts_with("file_refused PATH=assayd.json DEPLOYMENT=1 REASON=1 fault, the first at /extra")) << log.events("file_refused")[0];
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(deployment(), 1U);
  EXPECT_TRUE(has_problem("assayd.json was not deployed at the start, the stored deployment 1 serves; mend it and `assayctl deploy` it: 1 fault, the first at /extra"));
  ASSERT_TRUE(start_with(ConfigurationFile{"assayd.json", std::unexpected(std::vector{snapshot::Fault{"", "No such file", "a readable file"}})}));
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_TRUE(has_problem("No such file"));
  deploy(one);  // as it was told to
  EXPECT_FALSE(has_problem("No such file"));
}

TEST_F(LedgerStart, ServesTheStoredStateWithoutAFile) {
  ASSERT_TRUE(start());
  deploy(one);
  deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});
  ASSERT_TRUE(start());
  EXPECT_EQ(deployment(), 2U);
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(kids("b", "s"), "k2");
  EXPECT_TRUE(has_problem("older settings"));
  EXPECT_EQ(roll_back().deployment, 3U);
  EXPECT_EQ(snapshot->api_service("b"), nullptr);
}

TEST_F(LedgerStart, RemembersPushedKeys) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  push("s", jwks({1}));
  push("s", jwks({2}));
  const std::int64_t since = snapshot->oauth_servers()[0]->uses[0]->since_s();
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(snapshot->generation(), 3U);
  EXPECT_EQ(snapshot->instance(), 1U);
  EXPECT_EQ(snapshot->oauth_servers()[0]->uses[0]->since_s(), since);
}

// A lost state starts a new instance.
TEST_F(LedgerStart, BeginsAnewWhenTheStateIsLost) {
  ASSERT_TRUE(start(one));
  deploy(two);
  EXPECT_EQ(snapshot->instance(), 1U);
  disk = {};
  ASSERT_TRUE(start(one));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(snapshot->generation(), 1U);
  EXPECT_EQ(snapshot->instance(), 2U);
}

TEST_F(LedgerStart, SetsADamagedStateAsideAndDeploysTheFile) {
  ASSERT_TRUE(start(one));
  deploy(two);
  damage("state");
  ASSERT_TRUE(start(one));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(snapshot->instance(), 2U);
  EXPECT_TRUE(has_problem("stored state: "));
  EXPECT_TRUE(disk.content("state.damaged").has_value());
  EXPECT_EQ(log.count("alarm") + log.count("stored state: "), log.count("stored state: "));
  EXPECT_EQ(log.events("state_damaged").size(), log.count("stored state: "));
  // It is said until somebody has looked.
  ASSERT_TRUE(start(one));
  EXPECT_FALSE(has_problem("stored state"));
  EXPECT_TRUE(has_problem("damage was set aside at an earlier start"));
  for (const auto& [name, content] : disk.files()) {
    if (name.ends_with(".damaged")) disk.erase(name);
  }
  ASSERT_TRUE(start(one));
  EXPECT_TRUE(ledger->report()->problems.empty());
}

TEST_F(LedgerStart, KeepsPushedKeysWhenTheStateIsDamaged) {
  const std::string text = config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}});
  ASSERT_TRUE(start(text));
  push("s", jwks({1}));
  damage("state");
  ASSERT_TRUE(start(text));
  EXPECT_EQ(kids("a", "s"), "k1");
}

TEST_F(LedgerStart, LosesTheStateWithADocumentThatIsInForce) {
  ASSERT_TRUE(start(one));
  damage("document-1");
  ASSERT_TRUE(start());
  EXPECT_EQ(deployment(), 0U);
  EXPECT_TRUE(has_problem("nothing is deployed"));
  EXPECT_TRUE(has_problem("stored state: "));
}

TEST_F(LedgerStart, LosesOnlyARollbackWithADocumentThatIsNot) {
  ASSERT_TRUE(start(one));
  deploy(two);
  damage("document-1");
  ASSERT_TRUE(start());
  EXPECT_EQ(deployment(), 2U);
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_TRUE(has_problem("stored state: "));
  EXPECT_EQ(roll_back().error, ErrorCode::no_such_deployment);
}

TEST_F(LedgerStart, LosesOnlyTheKeysOfADamagedFile) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s"}, {"t", {}, "https://t"}}, {{"a", {"s"}}, {"b", {"t"}}})));
  push("s", jwks({1}));
  damage("keys-");
  push("t", jwks({2}));
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "none");
  EXPECT_EQ(kids("b", "t"), "k2");
  EXPECT_TRUE(has_problem("stored state: "));
  EXPECT_NE(snapshot->instance(), 1U);
}

// A document of yesterday that today's rules refuse is no state any more. (Rules are not made stricter lightly.)
TEST_F(LedgerStart, SaysSoWhenAStoredDocumentIsNoGoodAnyMore) {
  ASSERT_TRUE(start(one));
  store::Store store(std::make_unique<test::FakeFiles>(disk));
  auto loaded = store.load();
  ASSERT_TRUE(loaded && loaded->records);
  store::Records records = *loaded->records;
  records.documents = {std::make_shared<const store::DocumentRecord>(
      store::DocumentRecord{.number = 1, .deployed_at_s = 5, .text = std::make_shared<const std::string>(R"({"oauth_servers":[],"api_services":[],"old":1})")})};
  records.state.deployments[0].api_services.clear();
  ASSERT_TRUE(store.save(records));
  ASSERT_TRUE(start(two));
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(deployment(), 1U);
  EXPECT_TRUE(has_problem("the stored document of deployment 1 is no good any more: /old"));
  EXPECT_TRUE(disk.content("state.damaged").has_value());  // for a person to look at
}

TEST_F(LedgerStart, KeepsNothingWithoutAStateDirectory) {
  with_disk = false;
  ASSERT_TRUE(start(one));
  const Outcome outcome = deploy(config({{"s", {1, 2}}}, {{"a", {"s"}}}));
  EXPECT_EQ(outcome.error, ErrorCode::unset);
  EXPECT_FALSE(outcome.kept);
  EXPECT_TRUE(has_problem("nothing is kept on disk"));
  EXPECT_EQ(roll_back().deployment, 3U);
  ASSERT_TRUE(start(one));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(snapshot->instance(), 2U);
}

TEST_F(LedgerStart, RefusesAStateDirectoryThatCannotBeRead) {
  ASSERT_TRUE(start(one));
  disk.fail_at(0, test::Fault::before);
  EXPECT_FALSE(start(one));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_THAT(faults[0].found, HasSubstr("/state"));
}

}  // namespace
}  // namespace assay::server
