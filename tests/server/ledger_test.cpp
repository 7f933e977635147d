// Deploys and pushes, without threads: what is in force after each, and what is said of it. Rollbacks have a file of their own.
#include "server/ledger.h"

#include "server/ledger_fixture.h"

namespace assay::server {
namespace {

using test::config;
using test::jwks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LedgerTest : public test::LedgerTest {};

TEST_F(LedgerTest, BeginsWithNothing) {
  ASSERT_TRUE(start());
  EXPECT_EQ(deployment(), 0U);
  EXPECT_EQ(snapshot->generation(), 1U);
  EXPECT_TRUE(has_problem("nothing is deployed"));
}

TEST_F(LedgerTest, NumbersDeploymentsAndGenerations) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(snapshot->generation(), 1U);
  const Outcome outcome = deploy(config({{"s", {1, 2}}}, {{"a", {"s"}}}));
  EXPECT_EQ(outcome.deployment, 2U);
  EXPECT_EQ(outcome.generation, 2U);
  EXPECT_EQ(outcome.instance, snapshot->instance());
  EXPECT_TRUE(outcome.kept);
  EXPECT_EQ(snapshot->generation(), 2U);
  EXPECT_EQ(kids("a", "s"), "k1 k2");
}

// Issue 3: service A on old settings of a server keeps accepting K1 after service B has moved to settings without it; B does not.
TEST_F(LedgerTest, DeploysSomeApiServicesAndLeavesTheOthersAsTheyWere) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}}, {{"a", {"s"}}, {"b", {"s"}}})));
  const Outcome outcome = deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});
  EXPECT_EQ(outcome.error, ErrorCode::unset) << outcome.error_text;
  EXPECT_EQ(kids("a", "s"), "k1 k2");
  EXPECT_EQ(kids("b", "s"), "k2");
  EXPECT_THAT(snapshot->oauth_servers(), SizeIs(2));  // two versions of it
  ASSERT_THAT(outcome.behind, SizeIs(1));
  EXPECT_EQ(outcome.behind[0].api_service, "a");
  EXPECT_FALSE(outcome.behind[0].own_settings);
  EXPECT_THAT(outcome.behind[0].oauth_servers, ElementsAre("s"));
  EXPECT_TRUE(has_problem("older settings than those deployed last are in force for API services: a"));

  // The rest follows.
  EXPECT_THAT(deploy(config({{"s", {2}}}, {{"a", {"s"}}, {"b", {"s"}}}), {"a"}).behind, IsEmpty());
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_THAT(snapshot->oauth_servers(), SizeIs(1));
  EXPECT_FALSE(has_problem("older settings"));
}

TEST_F(LedgerTest, SaysThatOwnSettingsAreBehind) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}, {"b", {"s"}}, {"c", {"s"}}})));
  const Outcome outcome = deploy(config({{"s", {1}}}, {{"a", {"s"}, R"(,"max_token_age":60)"}, {"b", {"s"}, R"(,"max_token_age":60)"}}), {"b"});
  ASSERT_THAT(outcome.behind, SizeIs(2));  // a is altered there, c is gone
  EXPECT_TRUE(outcome.behind[0].own_settings);
  EXPECT_TRUE(outcome.behind[1].own_settings);
  EXPECT_THAT(outcome.behind[1].oauth_servers, IsEmpty());
}

// `clients` and `daemon` change with a full deploy only.
TEST_F(LedgerTest, ChangesClientsAndLimitsWithAFullDeployOnly) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  const std::string next = config({{"s", {1}}}, {{"a", {"s"}}}, R"(,"clients":[{"uid":1,"api_services":["a"]}],"daemon":{"limits":{"connections":9}})");
  EXPECT_THAT(deploy(next, {"a"}).notes, ElementsAre("the document's clients are not in force: a deploy of some API services leaves them as they are",
                                                     "the document's settings of the daemon are not in force: a deploy of some API services leaves them as they are"));
  EXPECT_TRUE(snapshot->api_service("a")->permits({.uid = 2, .gid = 2, .groups = {}}));
  EXPECT_NE(snapshot->limits().connections, 9U);
  EXPECT_EQ(test::LedgerTest::described(deploy(next)), "~ clients\n~ daemon, limits\n");
  EXPECT_FALSE(snapshot->api_service("a")->permits({.uid = 2, .gid = 2, .groups = {}}));
  EXPECT_EQ(snapshot->limits().connections, 9U);
}

TEST_F(LedgerTest, SaysWhatCountsFromTheNextStart) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  const auto of = [](std::string_view daemon) { return config({{"s", {1}}}, {{"a", {"s"}}}, fmt::format(R"(,"daemon":{{{}}})", daemon)); };
  EXPECT_THAT(deploy(of(R"("key_table_budget":1,"limits":{"connections":9})")).notes, IsEmpty());
  EXPECT_THAT(deploy(of(R"("key_table_budget":2,"engine":"reference","token_cache_budget":0,"cross_check":"off")")).notes,
              ElementsAre("count from the next start of assayd on, of daemon: cross_check, engine, token_cache_budget"));
}

TEST_F(LedgerTest, RefusesAStagedDeployThatMakesNoSense) {
  const std::string text = config({{"s", {1}}}, {{"a", {"s"}}});
  ASSERT_TRUE(start());
  Outcome outcome = deploy(text, {"a"});
  ASSERT_THAT(outcome.faults, SizeIs(1));
  EXPECT_THAT(outcome.faults[0].allowed, HasSubstr("whole document first"));
  deploy(text);
  outcome = deploy(text, {"a", "b"});
  EXPECT_EQ(outcome.error, ErrorCode::bad_configuration);
  ASSERT_THAT(outcome.faults, SizeIs(1));
  EXPECT_THAT(outcome.faults[0].found, HasSubstr("\"b\""));
  EXPECT_EQ(deploy(text, {""}).error, ErrorCode::bad_configuration);
  outcome = deploy(text, {"a", "a"});
  ASSERT_THAT(outcome.faults, SizeIs(1));
  EXPECT_EQ(outcome.faults[0].allowed, "each name once");
  EXPECT_EQ(deployment(), 1U);
  deploy(config({{"s", {1}}}, {{"a", {"s"}}}, R"(,"daemon":{"limits":{"api_services":1}})"));
  outcome = deploy(config({{"s", {1}}}, {{"b", {"s"}}}), {"b"});
  ASSERT_THAT(outcome.faults, SizeIs(1));
  EXPECT_THAT(outcome.faults[0].allowed, HasSubstr("at most 1"));
}

// Issue 3: two operators: the second is refused and told why.
TEST_F(LedgerTest, RefusesADeployThatExpectsAnotherDeployment) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  DeployRequest first{.document = config({{"s", {2}}}, {{"a", {"s"}}}), .api_services = {}, .expected_deployment = 1};
  DeployRequest second{.document = config({{"s", {3}}}, {{"a", {"s"}}}), .api_services = {}, .expected_deployment = 1};
  EXPECT_EQ(apply(first).deployment, 2U);
  const Outcome outcome = apply(second);
  EXPECT_EQ(outcome.error, ErrorCode::conflict);
  EXPECT_EQ(outcome.in_force, 2U);
  EXPECT_EQ(outcome.error_text, "deployment 2 is in force, where 1 was expected; nothing has changed");
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(apply(RollbackRequest{.deployment = 0, .expected_deployment = 1}).error, ErrorCode::conflict);
  second.expected_deployment = 2;
  EXPECT_EQ(apply(second).deployment, 3U);
}

TEST_F(LedgerTest, ExpectsThatNothingIsDeployed) {
  ASSERT_TRUE(start());
  DeployRequest request{.document = config({{"s", {1}}}, {{"a", {"s"}}}), .api_services = {}, .expected_deployment = 0};
  EXPECT_EQ(apply(request).deployment, 1U);
  EXPECT_EQ(apply(request).error, ErrorCode::conflict);
}

// A precise account of what would change, and nothing changes.
TEST_F(LedgerTest, AccountsForWhatWouldChange) {
  ASSERT_TRUE(start(config({{"s", {1, 2}}, {"t", {3}}}, {{"a", {"s"}}, {"b", {"t"}}, {"c", {"t"}}})));
  const std::string next =
      config({{"s", {2, 4}, "", R"(,"clock_skew_tolerance":5)"}, {"u", {5}}, {"idle", {6}}}, {{"a", {"s"}, R"(,"required_scopes":["x"])"}, {"b", {"u"}}, {"d", {"u"}}});
  const Outcome outcome = dry_run(next);
  EXPECT_EQ(described(outcome),
            "~ api_service a, required_scopes, settings of OAuth server s\n~ api_service b, oauth_servers\n+ api_service d\n- api_service c\n"
            "~ oauth_server s, jwks, clock_skew_tolerance\n+ oauth_server u\n- oauth_server t\n"
            "- key s k1\n+ key s k4\n+ key u k5\n- key t k3\n");
  EXPECT_EQ(outcome.deployment, 0U);
  EXPECT_THAT(outcome.notes, ElementsAre("no API service uses, so that they are not in force, OAuth servers: idle"));
  EXPECT_EQ(deployment(), 1U);
  EXPECT_EQ(kids("a", "s"), "k1 k2");
  EXPECT_EQ(described(deploy(next)), described(outcome));  // it was the truth
  EXPECT_EQ(described(dry_run(next)), "");
}

// Issue 3: a key re-added with another alg gets a new id, and is a key altered.
TEST_F(LedgerTest, TellsAKeyThatIsAltered) {
  const auto document = [](const std::string& more) {
    const std::string jwk = test::key(1).public_jwk({.with_kid = true, .with_alg = false, .with_use = false});
    return R"({"oauth_servers":[{"name":"s","issuers":["https://s"],"jwks":{"keys":[)" + jwk.substr(0, jwk.size() - 1) + more +
           R"(}]}}],"api_services":[{"name":"a","audiences":["https://a"],"oauth_servers":["s"]}]})";
  };
  const std::string plain = document("");
  ASSERT_TRUE(start(plain));
  const auto id = snapshot->oauth_servers()[0]->keys->keys()[0].id;
  // The same key with `alg` or `use` spelt out is the same key: it may verify just what it might before.
  EXPECT_EQ(described(deploy(document(R"(,"alg":"EdDSA")"))), "");
  EXPECT_EQ(described(deploy(document(R"(,"use":"sig")"))), "");
  EXPECT_EQ(snapshot->oauth_servers()[0]->keys->keys()[0].id, id);
  // For another use it is no key at all; then there would be none left, and that is refused.
  EXPECT_EQ(deploy(document(R"(,"use":"enc")")).error, ErrorCode::bad_configuration);

  const mint::Key rsa = mint::Key::generate("RS256", {.kid = "r"});
  const auto rsa_document = [&rsa](std::string_view alg) {
    return R"({"oauth_servers":[{"name":"s","issuers":["https://s"],"jwks":{"keys":[)" + rsa.as(alg, "r").public_jwk() +
           R"(]}}],"api_services":[{"name":"a","audiences":["https://a"],"oauth_servers":["s"]}]})";
  };
  deploy(rsa_document("RS256"));
  const auto rsa_id = snapshot->oauth_servers()[0]->keys->keys()[0].id;
  EXPECT_EQ(described(deploy(rsa_document("PS256"))), "~ api_service a, settings of OAuth server s\n~ oauth_server s, jwks\n~ key s r\n");
  EXPECT_NE(snapshot->oauth_servers()[0]->keys->keys()[0].id, rsa_id);
  EXPECT_EQ(ledger->published().materials, 0U);  // the numbers are the same
}

TEST_F(LedgerTest, TakesKeysForUrlSources) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  EXPECT_EQ(kids("a", "s"), "none");
  EXPECT_TRUE(has_problem("no keys are at hand, tokens are unavailable, of OAuth servers: s"));
  const Outcome first = push("s", jwks({1, 2}));
  EXPECT_TRUE(first.changed);
  EXPECT_TRUE(first.kept);
  EXPECT_EQ(first.generation, 2U);
  EXPECT_EQ(described(first), "+ key s k1\n+ key s k2\n");
  EXPECT_EQ(kids("a", "s"), "k1 k2");
  EXPECT_FALSE(has_problem("no keys are at hand"));
  EXPECT_EQ(described(push("s", jwks({2}))), "- key s k1\n");
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(deployment(), 1U);
}

// An equal set publishes nothing, however it is written; but it has been confirmed.
TEST_F(LedgerTest, PublishesNothingForAnEqualSet) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  push("s", jwks({1}));
  const std::shared_ptr<const snapshot::Snapshot> before = snapshot;
  std::string spread = jwks({1});
  spread.insert(1, "  \n");
  const Outcome outcome = push("s", spread);
  EXPECT_FALSE(outcome.changed);
  EXPECT_EQ(outcome.generation, before->generation());
  EXPECT_EQ(snapshot, before);
  EXPECT_GE(ledger->state().sources.begin()->second->checked_at_s, ledger->state().sources.begin()->second->changed_at_s);
}

TEST_F(LedgerTest, WithdrawsAllKeysByASetWithoutAny) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  push("s", jwks({1}));
  EXPECT_TRUE(push("s", R"({"keys":[]})").changed);
  EXPECT_EQ(kids("a", "s"), "");
  EXPECT_TRUE(has_problem("all keys were withdrawn"));
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "");  // and not "none": refused, not unavailable
}

TEST_F(LedgerTest, RefusesKeysThatAreNone) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}, {"i", {1}}}, {{"a", {"s", "i"}}})));
  push("s", jwks({1}));
  EXPECT_EQ(push("s", "nonsense").error, ErrorCode::bad_keys);
  EXPECT_EQ(push("s", std::string(300'000, ' ') + jwks({1})).error, ErrorCode::bad_keys);
  const Outcome secret = push("s", R"({"keys":[{"kty":"oct","k":"AAAA"}]})");
  EXPECT_EQ(secret.error, ErrorCode::bad_keys);
  ASSERT_THAT(secret.faults, SizeIs(1));
  EXPECT_EQ(secret.faults[0].pointer, "/keys/0");
  EXPECT_THAT(push("i", jwks({1})).error_text, HasSubstr("stand in its configuration"));
  EXPECT_EQ(push("i", jwks({1})).error, ErrorCode::bad_key_source);
  EXPECT_THAT(push("x", jwks({1})).error_text, HasSubstr("no OAuth server of this name"));
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(snapshot->generation(), 2U);
}

TEST_F(LedgerTest, AsksWhichSourceWhenVersionsHaveSeveral) {
  ASSERT_TRUE(start(config({{"s", {}, "https://old"}}, {{"a", {"s"}}, {"b", {"s"}}})));
  deploy(config({{"s", {}, "https://new"}}, {{"a", {"s"}}, {"b", {"s"}}}), {"b"});
  const Outcome outcome = push("s", jwks({1}));
  EXPECT_EQ(outcome.error, ErrorCode::bad_key_source);
  EXPECT_THAT(outcome.error_text, HasSubstr("https://new, https://old"));
  EXPECT_TRUE(apply(PushRequest{.oauth_server = "s", .url = "https://new", .jwks = jwks({1})}).changed);
  EXPECT_EQ(kids("a", "s"), "none");
  EXPECT_EQ(kids("b", "s"), "k1");
  EXPECT_EQ(apply(PushRequest{.oauth_server = "s", .url = "https://other", .jwks = jwks({1})}).error, ErrorCode::bad_key_source);
}

// One URL that two servers reach in different ways is two sources: a push is for the one that the server's settings name.
TEST_F(LedgerTest, PushesToTheSourceThatTheSettingsName) {
  const std::string ca = R"(,"ca_file":"/etc/ca.pem")";
  ASSERT_TRUE(start(config({{"s", {}, "https://same"}, {"t", {}, "https://same", ca}}, {{"a", {"s"}}, {"b", {"t"}}})));
  EXPECT_EQ(described(push("t", jwks({1}))), "+ key t k1\n");
  EXPECT_EQ(kids("a", "s"), "none");
  EXPECT_EQ(kids("b", "t"), "k1");
  EXPECT_EQ(described(apply(PushRequest{.oauth_server = "s", .url = "https://same", .jwks = jwks({2})})), "+ key s k2\n");
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(kids("b", "t"), "k1");
  // Both are there after a restart, and a deploy that reaches the place in another way begins anew.
  ASSERT_TRUE(start());
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(kids("b", "t"), "k1");
  deploy(config({{"s", {}, "https://same"}, {"t", {}, "https://same", R"(,"ca_file":"/etc/other.pem")"}}, {{"a", {"s"}}, {"b", {"t"}}}));
  EXPECT_EQ(kids("a", "s"), "k2");
  EXPECT_EQ(kids("b", "t"), "none");
}

// Versions of one server that reach one URL in different ways: no URL tells them apart, so the refusal says what does.
TEST_F(LedgerTest, SaysWhatToDoWhenVersionsReachAUrlInDifferentWays) {
  const std::vector<test::Service> services{{"a", {"s"}}, {"b", {"s"}}, {"c", {"other"}}};
  const test::Server other{"other", {9}};
  ASSERT_TRUE(start(config({{"s", {}, "https://same"}, other}, services)));
  const std::string newer = config({{"s", {}, "https://same", R"(,"ca_file":"/etc/ca.pem")"}, other}, services);
  deploy(newer, {"b"});
  const std::string text = "API services run on settings of this OAuth server that reach https://same in different ways; deploy those that run on older ones (a) first";
  for (const std::string& url : {std::string(), std::string("https://same")}) {
    const Outcome outcome = apply(PushRequest{.oauth_server = "s", .url = url, .jwks = jwks({1})});
    EXPECT_EQ(outcome.error, ErrorCode::bad_key_source);
    EXPECT_EQ(outcome.error_text, text);
    EXPECT_FALSE(outcome.changed);
  }
  // Done as it says.
  deploy(newer, {"a"});
  EXPECT_TRUE(push("s", jwks({1})).changed);
  EXPECT_EQ(kids("a", "s") + kids("b", "s"), "k1k1");
}

// Three versions with two URLs, each named once; by its URL the one that is alone there can be given keys.
TEST_F(LedgerTest, NamesEachUrlOnce) {
  const std::vector<test::Service> services{{"a", {"s"}}, {"b", {"s"}}, {"c", {"s"}}};
  ASSERT_TRUE(start(config({{"s", {}, "https://old"}}, services)));
  deploy(config({{"s", {}, "https://old", R"(,"proxy":"http://p:1")"}}, services), {"b"});
  deploy(config({{"s", {}, "https://new"}}, services), {"c"});
  EXPECT_EQ(push("s", jwks({1})).error_text, "API services run on settings of this OAuth server with different sources; name one of https://new, https://old");
  EXPECT_THAT(apply(PushRequest{.oauth_server = "s", .url = "https://old", .jwks = jwks({1})}).error_text, HasSubstr("(a, b) first"));
  EXPECT_TRUE(apply(PushRequest{.oauth_server = "s", .url = "https://new", .jwks = jwks({1})}).changed);
  EXPECT_EQ(kids("a", "s") + kids("b", "s") + kids("c", "s"), "nonenonek1");
}

// Other rules of fetching are no other source: its keys stay.
TEST_F(LedgerTest, KeepsKeysWhenOnlyTheRulesOfFetchingChange) {
  const std::vector<test::Service> services{{"a", {"s"}}, {"b", {"s"}}};
  ASSERT_TRUE(start(config({{"s", {}, "https://same"}}, services)));
  push("s", jwks({1}));
  deploy(config({{"s", {}, "https://same", R"(,"refresh_min":10,"timeout_ms":100)"}}, services), {"b"});
  EXPECT_EQ(kids("a", "s") + kids("b", "s"), "k1k1");
  EXPECT_EQ(described(push("s", jwks({2}))), "- key s k1\n+ key s k2\n");
  EXPECT_EQ(kids("a", "s") + kids("b", "s"), "k2k2");
}

// A push changes every API service that uses the source, whichever version of whichever server names it.
TEST_F(LedgerTest, SharesASourceAmongAllThatNameIt) {
  ASSERT_TRUE(start(config({{"s", {}, "https://same"}, {"t", {}, "https://same"}}, {{"a", {"s"}}, {"b", {"t"}}})));
  EXPECT_EQ(described(push("t", jwks({1}))), "+ key s k1\n+ key t k1\n");
  EXPECT_EQ(kids("a", "s"), "k1");
  EXPECT_EQ(kids("b", "t"), "k1");
}

// A rollback brings no keys back for URL sources either: a source that was out of use begins anew.
TEST_F(LedgerTest, ForgetsTheKeysOfSourcesThatNothingUses) {
  const std::string with_url = config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}});
  ASSERT_TRUE(start(with_url));
  push("s", jwks({1}));
  deploy(config({{"s", {2}}}, {{"a", {"s"}}}));
  EXPECT_THAT(ledger->state().sources, IsEmpty());
  roll_back();
  EXPECT_EQ(kids("a", "s"), "none");
}

TEST_F(LedgerTest, RemembersSinceWhenItHasAKey) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  push("s", jwks({1}));
  const std::int64_t since = snapshot->oauth_servers()[0]->uses[0]->since_s();
  snapshot->oauth_servers()[0]->uses[0]->verified(0, 4711);
  push("s", jwks({2, 1}));
  EXPECT_EQ(snapshot->oauth_servers()[0]->uses[1]->since_s(), since);
  EXPECT_EQ(snapshot->oauth_servers()[0]->uses[1]->count(), 1U);
  EXPECT_EQ(snapshot->oauth_servers()[0]->uses[1]->last_used_s(), 4711);
  EXPECT_EQ(snapshot->oauth_servers()[0]->uses[0]->count(), 0U);
}

// Issue 3: one material, one key set, the API services touched, nothing else.
TEST_F(LedgerTest, RebuildsOnlyWhatAChangedKeyTouches) {
  std::vector<test::Server> servers;
  std::vector<test::Service> services;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "s" + std::to_string(i);
    servers.push_back(i < 10 ? test::Server{name, {3 * i, 3 * i + 1, 3 * i + 2}} : test::Server{name, {}, "https://" + name});
    services.push_back({"a" + std::to_string(i), {name, "s" + std::to_string((i + 1) % 20)}});
  }
  ASSERT_TRUE(start(config(servers, services)));
  EXPECT_EQ(ledger->published().materials, 30U);
  EXPECT_EQ(ledger->published().key_sets, 10U);
  EXPECT_EQ(ledger->published().oauth_servers, 20U);
  EXPECT_EQ(ledger->published().api_services, 20U);

  servers[4].keys[1] = 100;
  deploy(config(servers, services));
  EXPECT_EQ(ledger->published().materials, 1U);
  EXPECT_EQ(ledger->published().key_sets, 1U);
  EXPECT_EQ(ledger->published().oauth_servers, 1U);
  EXPECT_EQ(ledger->published().api_services, 2U);

  push("s15", jwks({101}));
  EXPECT_EQ(ledger->published().materials, 1U);
  EXPECT_EQ(ledger->published().key_sets, 1U);
  EXPECT_EQ(ledger->published().oauth_servers, 1U);
  EXPECT_EQ(ledger->published().api_services, 2U);

  // The same key elsewhere is the same material, and the same set the same set.
  push("s17", jwks({101}));
  EXPECT_EQ(ledger->published().materials, 0U);
  EXPECT_EQ(ledger->published().key_sets, 0U);
  EXPECT_EQ(ledger->published().api_services, 2U);

  deploy(config(servers, services));
  EXPECT_EQ(ledger->published().materials + ledger->published().key_sets + ledger->published().oauth_servers + ledger->published().api_services, 0U);
}

// Changes that meet go into one snapshot.
TEST_F(LedgerTest, PublishesChangesThatMeetTogether) {
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}})));
  const std::vector<Outcome> outcomes =
      apply({PushRequest{.oauth_server = "s", .url = {}, .jwks = jwks({1})},
             DeployRequest{.document = config({{"s", {}, "https://s/jwks"}}, {{"b", {"s"}}}), .api_services = {}, .expected_deployment = {}}});
  EXPECT_EQ(outcomes[0].generation, 2U);
  EXPECT_EQ(outcomes[1].generation, 2U);
  EXPECT_EQ(snapshot->generation(), 2U);
  EXPECT_EQ(kids("b", "s"), "k1");
}

// What one of them does to the instance holds for all.
TEST_F(LedgerTest, AnswersWithTheInstanceThatWasPublished) {
  const std::string text = config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}});
  ASSERT_TRUE(start(text));
  const std::size_t before = disk.operations();
  deploy(text);
  const std::size_t of_a_deploy = disk.operations() - before;
  disk.fail_at(of_a_deploy, test::Fault::before);  // the first operation of the push that follows
  const std::vector<Outcome> outcomes =
      apply({DeployRequest{.document = text, .api_services = {}, .expected_deployment = {}}, PushRequest{.oauth_server = "s", .url = {}, .jwks = jwks({1})}});
  EXPECT_TRUE(outcomes[0].kept);
  EXPECT_FALSE(outcomes[1].kept);
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.instance, snapshot->instance());
    EXPECT_EQ(outcome.generation, snapshot->generation());
  }
}

// A push of keys asks no directory service; an account that the host did not know is asked for again.
TEST_F(LedgerTest, LooksAccountsUpWithClientsAndAgainWhileOneIsUnknown) {
  identities.users["orders"] = 7;
  ASSERT_TRUE(start(config({{"s", {}, "https://s/jwks"}}, {{"a", {"s"}}}, R"(,"clients":[{"user":"orders","api_services":["a"]}])")));
  identities.users.clear();
  push("s", jwks({1}));
  EXPECT_TRUE(snapshot->api_service("a")->permits({.uid = 7, .gid = 9, .groups = {}}));
  EXPECT_FALSE(ledger->needs_another_try());

  ASSERT_TRUE(start());  // the directory is not up yet
  EXPECT_FALSE(snapshot->api_service("a")->permits({.uid = 7, .gid = 9, .groups = {}}));
  EXPECT_TRUE(has_problem("clients: this host does not know \"orders\""));
  EXPECT_TRUE(ledger->needs_another_try());
  EXPECT_FALSE(ledger->try_again().first);
  push("s", jwks({2}));  // which looks nobody up
  EXPECT_FALSE(snapshot->api_service("a")->permits({.uid = 7, .gid = 9, .groups = {}}));
  identities.users["orders"] = 7;
  const auto [changed, next] = ledger->try_again();
  EXPECT_TRUE(changed);
  ASSERT_NE(next, nullptr);
  EXPECT_TRUE(next->api_service("a")->permits({.uid = 7, .gid = 9, .groups = {}}));
  EXPECT_GT(next->generation(), snapshot->generation());
  EXPECT_FALSE(ledger->needs_another_try());
  EXPECT_FALSE(has_problem("clients: "));
  const std::uint64_t generation = next->generation();
  ASSERT_TRUE(start());
  EXPECT_EQ(snapshot->generation(), generation);  // kept, so that it is never the name of anything else
}

TEST_F(LedgerTest, SaysWhatAStagedDeployLeaves) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  const Outcome outcome = deploy(config({{"s", {1}}}, {{"b", {"s"}}}, R"(,"clients":[{"uid":1,"api_services":["b"]}])"), {"b"});
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("the document's clients are not in force")));
}

TEST_F(LedgerTest, BoundsTheDocumentsThatStagedDeploysLeaveInUse) {
  std::vector<test::Service> services;
  for (int i = 0; i < 70; ++i) services.push_back({"a" + std::to_string(i), {"s"}});
  const std::string text = config({{"s", {1}}}, services);
  ASSERT_TRUE(start(text));
  std::size_t deployed = 0;
  for (int i = 0; i < 70; ++i) {
    const Outcome outcome = deploy(text, {"a" + std::to_string(i)});
    if (outcome.error != ErrorCode::unset) {
      EXPECT_THAT(outcome.faults.at(0).allowed, HasSubstr("deploy the whole document"));
      break;
    }
    ++deployed;
  }
  EXPECT_EQ(deployed, 63U);
  EXPECT_EQ(deploy(text).error, ErrorCode::unset);
}

TEST_F(LedgerTest, SaysWhichAccountsAndApiServicesAreOpenToNobody) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}, {"b", {"s"}}}, R"(,"clients":[{"uid":1,"api_services":["a"]}])")));
  EXPECT_TRUE(has_problem("no entry of clients opens API services: b"));
  const Outcome refused = deploy(config({{"s", {1}}}, {{"a", {"s"}}}, R"(,"clients":[{"user":"gone","api_services":["a"]}])"));
  EXPECT_EQ(refused.error, ErrorCode::bad_configuration);
  EXPECT_EQ(refused.faults[0].pointer, "/clients/0/user");
}

// Old snapshots are freed, and with them everything that only they used.
TEST_F(LedgerTest, LetsGoOfWhatNothingUses) {
  ASSERT_TRUE(start(config({{"s", {1}}}, {{"a", {"s"}}})));
  std::weak_ptr<const snapshot::Snapshot> old = snapshot;
  std::weak_ptr<const crypto::KeyMaterial> material = snapshot->oauth_servers()[0]->keys->keys()[0].material;
  for (int i = 0; i < 8; ++i) deploy(config({{"s", {2}}}, {{"a", {"s"}}}));
  EXPECT_TRUE(old.expired());
  EXPECT_TRUE(material.expired());
}

}  // namespace
}  // namespace assay::server
