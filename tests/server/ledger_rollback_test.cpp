// Rollbacks: settings come back, and withdrawn keys do not, however they left.
#include "server/ledger_fixture.h"

namespace assay::server {
namespace {

using test::config;
using test::jwks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class LedgerRollback : public test::LedgerTest {};

TEST_F(LedgerRollback, RollsBackToTheDeploymentBeforeOrToAnyThatIsKept) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  EXPECT_EQ(roll_back().error, ErrorCode::no_such_deployment);
  deploy(config({{"s", {1}}}, {{"b", {"s"}}}));
  const Outcome outcome = roll_back();
  EXPECT_EQ(outcome.deployment, 3U);
  EXPECT_EQ(ledger->state().in_force().restores, 1U);
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(snapshot->api_service("b"), nullptr);
  EXPECT_EQ(roll_back(3).error, ErrorCode::no_such_deployment);  // in force already
  EXPECT_EQ(roll_back(2).deployment, 4U);
  EXPECT_NE(snapshot->api_service("b"), nullptr);
  EXPECT_THAT(roll_back(99).error_text, HasSubstr("99 is not kept"));
  const Outcome dry = apply(RollbackRequest{.deployment = 1, .expected_deployment = {}, .dry_run = true});
  EXPECT_EQ(described(dry), "+ api_service a\n- api_service b\n");
  EXPECT_EQ(deployment(), 4U);
}

TEST_F(LedgerRollback, KeepsTheLastFiveDeploymentsBesidesTheOneInForce) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  for (int i = 2; i <= 7; ++i) deploy(config({{"s", {1}}}, {{"a" + std::to_string(i), {"s"}}}));
  EXPECT_THAT(ledger->state().history, SizeIs(6));
  EXPECT_EQ(roll_back(1).error, ErrorCode::no_such_deployment);
  EXPECT_EQ(roll_back(2).deployment, 8U);
  EXPECT_EQ(kids("a2", "s"), "k1");
}

// Issue 3: a withdrawn key does not come back by rollback. Inline: withdrawn by a deploy.
TEST_F(LedgerRollback, RollsBackSettingsAndNeverKeys) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2}}}, {{"a", {"s"}, R"(,"max_token_age":60)"}}));  // k1 is withdrawn, and something else goes wrong
  const Outcome outcome = roll_back();
  EXPECT_EQ(snapshot->api_service("a")->max_token_age_s(), std::nullopt);
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(described(outcome), "~ api_service a, max_token_age\n");
  EXPECT_EQ(outcome.restores, 1U);
  EXPECT_THAT(outcome.notes, ElementsAre("withdrawn since, and not brought back, of OAuth server s: k1"));
  EXPECT_TRUE(has_problem("keys stay withdrawn after a rollback, of OAuth server s: k1"));
  // Nor by another rollback, nor over a restart.
  deploy(config({{"s", {2}}}, {{"a", {"s"}}}));
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k2");
  roll_back(1);
  EXPECT_EQ(kids("a", "s"), "k2");
  ASSERT_TRUE(start());
  EXPECT_EQ(deployment(), 6U);
  EXPECT_EQ(kids("a", "s"), "k2");
  // A deploy says it in so many words.
  deploy(config({{"s", {1, 2}}}, {{"a", {"s"}}}));
  EXPECT_EQ(kids("a", "s"), "k1 k2");
}

TEST_F(LedgerRollback, WithholdsAKeyOnlyWhereItsRollbackDid) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}, {"b", {"s"}}})));
  deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}));
  roll_back(1);
  deploy(config({{"s", {1, 2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});  // brings k1 back for b, in so many words
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(kids("b", "s"), "k1 k2");
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(kids("b", "s"), "k1 k2");
}

// However the key left, and whatever stands between.
TEST_F(LedgerRollback, BringsNoKeyBackThatASourceHasLost) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}}));
  EXPECT_TRUE(ledger->state().withdrawn.empty());  // a source without keys says nothing about them
  push("s", jwks({2}));
  roll_back(1);
  EXPECT_EQ(kids("a", "s"), "k2");
}

TEST_F(LedgerRollback, RollsBackAtOnceFromASourceThatHasNoKeysYet) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}}));
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k1 k2");
}

TEST_F(LedgerRollback, BringsNoKeyBackUnderTheOldNameOfItsOAuthServer) {
  const auto named = [](const std::string& name, const std::vector<int>& keys) {
    return R"({"oauth_servers":[{"name":")" + name + R"(","issuers":["https://s"],"jwks":)" + jwks(keys) + R"(}],"api_services":[{"name":"a","audiences":["https://a"],"oauth_servers":[")" +
           name + R"("]}]})";
  };
  ASSERT_TRUE(start(named("old", {1, 2})));
  deploy(named("new", {1, 2}));
  deploy(named("new", {2}));
  roll_back(1);
  EXPECT_EQ(kids("a", "s"), "k2");
}

TEST_F(LedgerRollback, BringsNoKeyBackThatADocumentHasDroppedWhereNothingUsedIt) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}, {"t", {3}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2}}, {"t", {3}}}, {{"a", {"t"}}}));
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k2");
}

// A withdrawal outlives the deployment that made it: taken from the disk, or trimmed from the history.
TEST_F(LedgerRollback, BringsNoKeyBackWhenTheWithdrawalItselfIsForgotten) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}, {"t", {3}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2}}, {"t", {3}}}, {{"a", {"s"}}}));
  deploy(config({{"t", {3}}}, {{"a", {"t"}}}));
  for (const auto& [name, content] : disk.files()) {
    if (name.starts_with("document-2-")) disk.put(name, content.substr(1));
  }
  ASSERT_TRUE(start());
  EXPECT_THAT(ledger->state().history, SizeIs(2));
  roll_back(1);
  EXPECT_EQ(kids("a", "s"), "k2");
}

// A rollback to a rollback withholds what either did, and can be kept.
TEST_F(LedgerRollback, RollsBackToARollback) {
  ASSERT_TRUE(start(config({{"s", {1, 2, 3}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2, 3}}}, {{"a", {"s"}}}));
  EXPECT_EQ(roll_back(1).deployment, 3U);
  EXPECT_EQ(kids("a", "s"), "k2 k3");
  deploy(config({{"s", {3}}}, {{"a", {"s"}}}));
  const Outcome outcome = roll_back(3);
  EXPECT_EQ(outcome.error, ErrorCode::unset) << outcome.error_text;
  EXPECT_TRUE(outcome.kept);
  EXPECT_EQ(kids("a", "s"), "k3");
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k3");
}

// A key is its numbers: a kid that was mistyped is no withdrawal.
TEST_F(LedgerRollback, RollsBackAKidThatWasMistyped) {
  const auto with_kid = [](std::string_view kid) {
    return R"({"oauth_servers":[{"name":"s","issuers":["https://s"],"jwks":{"keys":[)" + test::key(1).as("EdDSA", kid).public_jwk() +
           R"(]}}],"api_services":[{"name":"a","audiences":["https://a"],"oauth_servers":["s"]}]})";
  };
  ASSERT_TRUE(start(with_kid("k1")));
  deploy(with_kid("K1"));
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k1");
}

// Nothing is left of a whole rotation: the rollback would refuse every token, and is refused itself.
TEST_F(LedgerRollback, RefusesARollbackThatLeavesAnOAuthServerWithoutKeys) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2}}}, {{"a", {"s"}}}));
  const Outcome outcome = roll_back();
  EXPECT_EQ(outcome.error, ErrorCode::bad_configuration);
  ASSERT_THAT(outcome.faults, SizeIs(1));
  EXPECT_THAT(outcome.faults[0].found, HasSubstr("no key left of OAuth servers s"));
  EXPECT_EQ(kids("a", "s"), "k2");
}

// A key that an API service still accepts is not withdrawn: a staged deploy can be taken back.
TEST_F(LedgerRollback, RollsBackAStagedDeployWithItsKeys) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}, {"b", {"s"}}})));
  deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});
  roll_back();
  EXPECT_EQ(kids("b", "s"), "k1 k2");
}

// A document may be old: that it lists a withdrawn key, for API services that it is not deployed for, brings nothing back.
TEST_F(LedgerRollback, BringsNoKeyBackBecauseAnOldDocumentWasStaged) {
  const std::vector<test::Service> services{{"a", {"s"}}, {"b", {"t"}}};
  ASSERT_TRUE(start(config({{"s", {1, 2}}, {"t", {3}}}, services)));
  deploy(config({{"s", {2}}, {"t", {3}}}, services));
  deploy(config({{"s", {1, 2}}, {"t", {3}}}, services), {"b"});
  roll_back(1);
  EXPECT_EQ(kids("a", "s"), "k2");
}

// A rollback withdraws nothing: it can be taken back with the keys that came after what it restored.
TEST_F(LedgerRollback, TakesARollbackBack) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {1, 2}}}, {{"a", {"s"}}}));
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k1");
  roll_back();
  EXPECT_EQ(kids("a", "s"), "k1 k2");
}

TEST_F(LedgerRollback, WithholdsAKeyThatStandsTwice) {
  ASSERT_TRUE(start(config({{"s", {1, 1, 2}}}, {{"a", {"s"}}})));
  deploy(config({{"s", {2}}}, {{"a", {"s"}}}));
  const Outcome outcome = roll_back();
  EXPECT_EQ(outcome.error, ErrorCode::unset) << outcome.error_text;
  EXPECT_EQ(kids("a", "s"), "k2");
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k2");
}

// Staged deploys leave `clients` as they are, however many documents come and go meanwhile.
TEST_F(LedgerRollback, KeepsServicesClosedThatClientsDoesNotName) {
  const std::string clients = R"(,"clients":[{"uid":1,"api_services":["a"]}])";
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}}, clients)));
  for (int i = 0; i < 10; ++i) {
    const std::string age = R"(,"max_token_age":)" + std::to_string(60 + i);
    EXPECT_EQ(deploy(config({{"s", {1}}}, {{"a", {"s"}}, {"x", {"s"}, age}}, clients), {"x"}).error, ErrorCode::unset);
    EXPECT_FALSE(snapshot->api_service("x")->permits({.uid = 1, .gid = 1, .groups = {}}));
    EXPECT_TRUE(snapshot->api_service("a")->permits({.uid = 1, .gid = 1, .groups = {}}));
  }
}

// An OAuth server that was taken away as a whole has lost no key.
TEST_F(LedgerRollback, RollsBackAnOAuthServerThatWasTakenAway) {
  ASSERT_TRUE(start(config({{"s", {1}}, {"t", {2}}}, {{"a", {"s"}}, {"b", {"t"}}})));
  deploy(config({{"s", {1}}}, {{"a", {"s"}}}));
  roll_back();
  EXPECT_EQ(kids("b", "t"), "k2");
}

}  // namespace
}  // namespace assay::server
