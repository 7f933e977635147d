// A configuration, compiled: what the request path asks of it.
#include "snapshot/snapshot.h"

#include <fmt/core.h>

#include <map>

#include "config_fixture.h"
#include "public_keys.h"
#include "support/compiled.h"

namespace assay::test {
namespace {

using snapshot::ApiService;
using snapshot::Identities;
using snapshot::OAuthServer;
using snapshot::Snapshot;
using testing::ElementsAre;
using testing::SizeIs;

class FakeIdentities final : public Identities {
 public:
  std::map<std::string, std::uint32_t> users{{"orders", 1000}, {"root", 0}};
  std::map<std::string, std::uint32_t> groups{{"staff", 50}, {"wheel", 0}};

  std::optional<std::uint32_t> uid_of(const std::string& user) const override { return find(users, user); }
  std::optional<std::uint32_t> gid_of(const std::string& group) const override { return find(groups, group); }

 private:
  static std::optional<std::uint32_t> find(const std::map<std::string, std::uint32_t>& ids, const std::string& name) {
    const auto found = ids.find(name);
    return found == ids.end() ? std::nullopt : std::optional(found->second);
  }
};

std::shared_ptr<const Snapshot> build(const Json& document, std::uint64_t deployment = 3, std::uint64_t generation = 7) {
  return tests::compiled(config_of(document), deployment, generation, FakeIdentities());
}

// Two API services, each with its own server of one issuer, and a third server that both take.
Json shared_issuer() {
  Json document = Json::parse(R"({
    "oauth_servers": [
      {"name": "one", "issuers": ["https://a", "https://a2"], "clock_skew_tolerance": 5, "algorithms": ["ES256"], "token_type": "at+jwt"},
      {"name": "two", "issuers": ["https://a"], "jwks_url": "https://a"},
      {"name": "both", "issuers": ["https://b"], "discovery": true}],
    "api_services": [
      {"name": "x", "audiences": ["x2", "x1"], "oauth_servers": ["one", "both"], "required_scopes": ["s1", "s2"], "max_token_age": 60,
       "claim_rules": [{"claim": "/t", "any_of": [1]}]},
      {"name": "y", "audiences": ["y"], "oauth_servers": ["both", "two"]}]})");
  document.at("/oauth_servers/0").set("jwks", Json::parse(jwks(jwk(kP256))));
  document.at("/oauth_servers/2/issuers/0") = Json::string("https://b");
  return document;
}

TEST(Snapshot, HasTheNumbersItWasGiven) {
  const auto snapshot = build(minimal(), 12, 34);
  EXPECT_EQ(snapshot->deployment(), 12U);
  EXPECT_EQ(snapshot->generation(), 34U);
  EXPECT_EQ(snapshot->instance(), 1U);
  EXPECT_EQ(build(with("", "daemon", R"({"limits":{"connections":9}})"))->limits().connections, 9U);
}

TEST(Snapshot, FindsApiServicesByTheirWholeName) {
  const auto snapshot = build(shared_issuer());
  ASSERT_NE(snapshot->api_service("x"), nullptr);
  EXPECT_EQ(snapshot->api_service("x")->name(), "x");
  EXPECT_EQ(snapshot->api_service("y")->name(), "y");
  for (const std::string_view other : {"", "X", "x ", "xx", "z", "one"}) EXPECT_EQ(snapshot->api_service(other), nullptr) << other;
  EXPECT_EQ(snapshot->api_service(std::string_view("x\0", 2)), nullptr);
}

TEST(Snapshot, ListsInTheOrderOfTheConfiguration) {
  const auto snapshot = build(shared_issuer());
  ASSERT_THAT(snapshot->oauth_servers(), SizeIs(3));
  EXPECT_EQ(snapshot->oauth_servers()[0]->name, "one");
  EXPECT_EQ(snapshot->oauth_servers()[1]->name, "two");
  EXPECT_EQ(snapshot->oauth_servers()[2]->name, "both");
  ASSERT_THAT(snapshot->api_services(), SizeIs(2));
  EXPECT_EQ(snapshot->api_services()[0]->name(), "x");
}

TEST(Snapshot, CompilesServers) {
  const auto snapshot = build(shared_issuer());
  const OAuthServer& one = *snapshot->oauth_servers()[0];
  EXPECT_THAT(one.settings->issuers, ElementsAre("https://a", "https://a2"));
  EXPECT_TRUE(one.algorithms.contains(crypto::Algorithm::es256));
  EXPECT_FALSE(one.algorithms.contains(crypto::Algorithm::rs256));
  EXPECT_EQ(one.token_type, snapshot::TokenTypeRule::at_jwt);
  EXPECT_EQ(one.clock_skew_tolerance_s, 5);
  EXPECT_EQ(one.settings->key_source.kind, snapshot::KeySource::Kind::jwks);
  ASSERT_NE(one.keys, nullptr);
  EXPECT_THAT(one.keys->keys(), SizeIs(1));
}

// Keys that have not been fetched are not at hand: no set, rather than an empty one.
TEST(Snapshot, HasNoKeysForSourcesThatAreFetched) {
  const auto snapshot = build(shared_issuer());
  EXPECT_EQ(snapshot->oauth_servers()[1]->settings->key_source.kind, snapshot::KeySource::Kind::jwks_url);
  EXPECT_EQ(snapshot->oauth_servers()[1]->keys, nullptr);
  EXPECT_EQ(snapshot->oauth_servers()[2]->settings->key_source.kind, snapshot::KeySource::Kind::discovery);
  EXPECT_EQ(snapshot->oauth_servers()[2]->keys, nullptr);
}

// Two servers may share an issuer when no API service takes both: the API service picks the server, and with it the keys.
TEST(ApiService, PicksItsOwnServerForAnIssuer) {
  const auto snapshot = build(shared_issuer());
  const ApiService& x = *snapshot->api_service("x");
  const ApiService& y = *snapshot->api_service("y");
  EXPECT_EQ(x.server_of("https://a")->name, "one");
  EXPECT_EQ(x.server_of("https://a2")->name, "one");
  EXPECT_EQ(y.server_of("https://a")->name, "two");
  EXPECT_EQ(y.server_of("https://a2"), nullptr);
  EXPECT_EQ(x.server_of("https://b"), y.server_of("https://b"));
  EXPECT_EQ(x.server_of("https://b"), snapshot->oauth_servers()[2].get());
}

// RFC 7519 section 4.1.1: compared byte for byte.
TEST(ApiService, TakesNoOtherIssuer) {
  const auto snapshot = build(shared_issuer());
  for (const std::string_view other : {"", "https://A", "https://a/", "https://a ", "HTTPS://a", "http://a", "https://", "one"}) {
    EXPECT_EQ(snapshot->api_service("x")->server_of(other), nullptr) << other;
  }
  EXPECT_EQ(snapshot->api_service("x")->server_of(std::string_view("https://a\0", 10)), nullptr);
}

// RFC 7519 section 4.1.3: likewise.
TEST(ApiService, TakesItsAudiencesOnly) {
  const auto snapshot = build(shared_issuer());
  const ApiService& x = *snapshot->api_service("x");
  EXPECT_TRUE(x.takes_audience("x1"));
  EXPECT_TRUE(x.takes_audience("x2"));
  for (const std::string_view other : {"", "x", "x3", "X1", "x1 ", "x1/", "y"}) EXPECT_FALSE(x.takes_audience(other)) << other;
  EXPECT_FALSE(x.takes_audience(std::string_view("x1\0", 3)));
}

TEST(ApiService, HasItsSettings) {
  const auto snapshot = build(shared_issuer());
  const ApiService& x = *snapshot->api_service("x");
  EXPECT_THAT(x.required_scopes(), ElementsAre("s1", "s2"));
  ASSERT_THAT(x.claim_rules(), SizeIs(1));
  EXPECT_EQ(x.claim_rules()[0].pointer, "/t");
  EXPECT_EQ(x.max_token_age_s(), 60);
  ASSERT_THAT(x.oauth_servers(), SizeIs(2));
  EXPECT_EQ(x.oauth_servers()[0]->name, "one");
  EXPECT_EQ(x.oauth_servers()[1]->name, "both");
  const ApiService& y = *snapshot->api_service("y");
  EXPECT_THAT(y.required_scopes(), SizeIs(0));
  EXPECT_EQ(y.max_token_age_s(), std::nullopt);
}

// --- Rights ---

snapshot::PeerIdentity peer(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) { return {uid, gid, std::move(groups)}; }

Json with_clients(std::string_view clients) {
  Json document = shared_issuer();
  document.set("clients", Json::parse(clients));
  return document;
}

TEST(Rights, AreEveryonesWithoutClients) {
  const auto snapshot = build(shared_issuer());
  EXPECT_TRUE(snapshot->api_service("x")->permits(peer(0, 0)));
  EXPECT_TRUE(snapshot->api_service("y")->permits(peer(65534, 65534)));
}

TEST(Rights, AreNobodysWithoutAnEntry) {
  for (const std::string_view clients : {"[]", R"([{"uid":1000,"api_services":["y"]}])"}) {
    const auto snapshot = build(with_clients(clients));
    for (const std::uint32_t id : {0U, 1000U, 4294967295U}) EXPECT_FALSE(snapshot->api_service("x")->permits(peer(id, id, {id}))) << id;
  }
}

TEST(Rights, GoByUidAndUser) {
  const auto snapshot = build(with_clients(R"([{"uid":42,"api_services":["x"]},{"user":"orders","api_services":["x","y"]}])"));
  const ApiService& x = *snapshot->api_service("x");
  const ApiService& y = *snapshot->api_service("y");
  EXPECT_TRUE(x.permits(peer(42, 1)));
  EXPECT_TRUE(x.permits(peer(1000, 1)));
  EXPECT_TRUE(y.permits(peer(1000, 1)));
  EXPECT_FALSE(y.permits(peer(42, 1)));
  // A group of the same number is not the user, and root has no special right.
  EXPECT_FALSE(x.permits(peer(1, 42, {42, 1000})));
  EXPECT_FALSE(x.permits(peer(0, 0)));
}

TEST(Rights, GoByPrimaryAndSupplementaryGroups) {
  const auto snapshot = build(with_clients(R"([{"gid":77,"api_services":["x"]},{"group":"staff","api_services":["x"]}])"));
  const ApiService& x = *snapshot->api_service("x");
  EXPECT_TRUE(x.permits(peer(1, 77)));
  EXPECT_TRUE(x.permits(peer(1, 50)));
  EXPECT_TRUE(x.permits(peer(1, 1, {3, 77, 9})));
  EXPECT_TRUE(x.permits(peer(1, 1, {50})));
  EXPECT_FALSE(x.permits(peer(77, 1, {3, 9})));
  EXPECT_FALSE(x.permits(peer(50, 0, {})));
  EXPECT_FALSE(snapshot->api_service("y")->permits(peer(1, 77, {50})));
}

TEST(Rights, AddUp) {
  const auto snapshot = build(with_clients(
      R"([{"uid":9,"api_services":["x"]},{"uid":3,"api_services":["x"]},{"uid":9,"api_services":["y","x"]},{"gid":9,"api_services":["x"]},{"uid":0,"api_services":["x"]}])"));
  for (const std::uint32_t uid : {0U, 3U, 9U}) EXPECT_TRUE(snapshot->api_service("x")->permits(peer(uid, 100))) << uid;
  for (const std::uint32_t uid : {1U, 4U, 8U, 10U}) EXPECT_FALSE(snapshot->api_service("x")->permits(peer(uid, 100))) << uid;
  EXPECT_TRUE(snapshot->api_service("y")->permits(peer(9, 100)));
  EXPECT_FALSE(snapshot->api_service("y")->permits(peer(3, 9)));
}

// `control`: write holds read; root has no right of its own here (the control socket gives it one).
TEST(Rights, OpenTheControlSocket) {
  const auto snapshot = build(with_clients(R"([{"uid":1,"control":"read"},{"uid":2,"control":"write","api_services":["x"]},{"gid":3,"control":"read"},{"uid":4,"api_services":["x"]}])"));
  using enum snapshot::ControlRight;
  EXPECT_EQ(snapshot->control_right(peer(1, 9)), read);
  EXPECT_EQ(snapshot->control_right(peer(2, 9)), write);
  EXPECT_EQ(snapshot->control_right(peer(9, 3)), read);
  EXPECT_EQ(snapshot->control_right(peer(2, 3)), write);
  EXPECT_EQ(snapshot->control_right(peer(4, 9)), none);
  EXPECT_EQ(snapshot->control_right(peer(0, 0)), none);
  EXPECT_EQ(build(shared_issuer())->control_right(peer(9, 9)), write);
  EXPECT_FALSE(snapshot->api_service("x")->permits(peer(1, 9)));
}

// Nothing is deployed with a name that stands for nobody: it would be an entry that opens nothing, or one that opens to whoever gets the name.
TEST(Rights, NeedAccountsThatTheHostKnows) {
  const Config config = config_of(with_clients(
      R"([{"user":"gone","api_services":["x"]},{"user":"orders","api_services":["x"]},{"group":"lost","api_services":["x"]},{"uid":5555,"api_services":["x"]}])"));
  EXPECT_THAT(snapshot::check_accounts(config.clients, FakeIdentities()),
              ElementsAre(IsFault("/clients/0/user", "\"gone\"", "a user that this host knows"),
                          IsFault("/clients/2/group", "\"lost\"", "a group that this host knows")));
}

// --- Sizes ---

TEST(Snapshot, MayBeEmpty) {
  const auto snapshot = build(Json::parse(R"({"oauth_servers":[],"api_services":[]})"));
  EXPECT_EQ(snapshot->api_service(""), nullptr);
  EXPECT_THAT(snapshot->api_services(), SizeIs(0));
}

// The default caps of daemon.limits.
TEST(Snapshot, Compiles1024ServersAndApiServices) {
  std::string servers;
  std::string services;
  for (int i = 0; i < 1024; ++i) {
    servers += fmt::format(R"({}{{"name":"s{}","issuers":["https://issuer-{}"],"jwks":{}}})", i == 0 ? "" : ",", i, i,
                           jwks(jwk(kEd25519, fmt::format(R"(,"kid":"k{}")", i))));
    services += fmt::format(R"({}{{"name":"a{}","audiences":["aud-{}"],"oauth_servers":["s{}","s{}"]}})", i == 0 ? "" : ",", i, i, i, (i + 1) % 1024);
  }
  auto config = parse_config(fmt::format(R"({{"oauth_servers":[{}],"api_services":[{}]}})", servers, services));
  ASSERT_TRUE(config.has_value());
  const auto snapshot = tests::compiled(*std::move(config));
  for (int i = 0; i < 1024; ++i) {
    const ApiService* service = snapshot->api_service(fmt::format("a{}", i));
    ASSERT_NE(service, nullptr) << i;
    EXPECT_TRUE(service->takes_audience(fmt::format("aud-{}", i)));
    EXPECT_FALSE(service->takes_audience(fmt::format("aud-{}", i + 1)));
    const OAuthServer* server = service->server_of(fmt::format("https://issuer-{}", i));
    ASSERT_NE(server, nullptr) << i;
    EXPECT_EQ(server->keys->candidates(fmt::format("k{}", i), crypto::Algorithm::eddsa).count, 1U);
    EXPECT_EQ(server->keys->candidates(fmt::format("k{}", i + 1), crypto::Algorithm::eddsa).count, 0U);
    EXPECT_EQ(service->server_of(fmt::format("https://issuer-{}", (i + 2) % 1024)), nullptr);
  }
}

}  // namespace
}  // namespace assay::test
