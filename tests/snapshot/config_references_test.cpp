// What the parts of a configuration say about each other.
#include "snapshot/config_references.h"

#include "config_fixture.h"

namespace assay::test {
namespace {

using testing::_;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json two_servers(std::string_view first_issuers, std::string_view second_issuers) {
  Json document = Json::parse(R"({"oauth_servers":[{"name":"one","jwks_url":"https://one.example"},{"name":"two","jwks_url":"https://two.example"}],
                                  "api_services":[{"name":"orders","audiences":["a"],"oauth_servers":["one","two"]}]})");
  document.at("/oauth_servers/0").set("issuers", Json::parse(first_issuers));
  document.at("/oauth_servers/1").set("issuers", Json::parse(second_issuers));
  return document;
}

TEST(ConfigReferences, RefuseNamesTakenTwice) {
  Json document = minimal();
  document.at("/oauth_servers").elements.push_back(document.at("/oauth_servers/0"));
  document.at("/oauth_servers").elements.push_back(document.at("/oauth_servers/0"));
  document.at("/api_services").elements.push_back(document.at("/api_services/0"));
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/oauth_servers/1/name", HasSubstr("\"idp\""), HasSubstr("/oauth_servers/0")),
                                               IsFault("/oauth_servers/2/name", HasSubstr("\"idp\""), HasSubstr("/oauth_servers/0")),
                                               IsFault("/api_services/1/name", HasSubstr("\"orders\""), HasSubstr("/api_services/0"))));
}

// Names are compared byte for byte; an OAuth server and an API service may have the same.
TEST(ConfigReferences, TakeNamesThatDiffer) {
  Json document = minimal();
  document.at("/oauth_servers").elements.push_back(document.at("/oauth_servers/0"));
  document.at("/oauth_servers/1/name") = Json::string("IDP");
  document.at("/api_services/0/name") = Json::string("idp");
  EXPECT_THAT(faults_of(document), IsEmpty());
}

TEST(ConfigReferences, RefuseServersThatAreNotThere) {
  Json document = minimal();
  document.at("/api_services/0/oauth_servers") = Json::parse(R"(["idp","Idp","gone"])");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/api_services/0/oauth_servers/1", HasSubstr("\"Idp\""), HasSubstr("OAuth server")),
                                               IsFault("/api_services/0/oauth_servers/2", HasSubstr("\"gone\""), _)));
}

TEST(ConfigReferences, RefuseApiServicesThatAreNotThere) {
  EXPECT_THAT(faults_of(with("", "clients", R"([{"uid":1,"api_services":["orders"]},{"uid":2,"api_services":["idp","orders"]}])")),
              ElementsAre(IsFault("/clients/1/api_services/0", HasSubstr("\"idp\""), HasSubstr("API service"))));
}

// A server with a fault of its own is still there: one mistake is one fault.
TEST(ConfigReferences, CountServersThatHaveFaults) {
  Json document = minimal();
  document.at("/oauth_servers/0").set("token_type", Json::integer(1));
  EXPECT_THAT(faults_of(document), ElementsAre(IsFaultAt("/oauth_servers/0/token_type")));
}

// The API service picks the server by the token's issuer: it must be one.
TEST(ConfigReferences, RefuseAnIssuerThatTwoServersOfAnApiServiceShare) {
  EXPECT_THAT(faults_of(two_servers(R"(["a","b"])", R"(["c","b"])")),
              ElementsAre(IsFault("/api_services/0/oauth_servers/1", AllOf(HasSubstr("\"two\""), HasSubstr("\"b\""), HasSubstr("\"one\"")),
                                  HasSubstr("share an issuer"))));
  EXPECT_THAT(faults_of(two_servers(R"(["a"])", R"(["A"])")), IsEmpty());
}

TEST(ConfigReferences, TakeASharedIssuerBehindDifferentApiServices) {
  Json document = two_servers(R"(["a"])", R"(["a"])");
  document.at("/api_services").elements.push_back(document.at("/api_services/0"));
  document.at("/api_services/0/oauth_servers") = Json::parse(R"(["one"])");
  document.at("/api_services/1/oauth_servers") = Json::parse(R"(["two"])");
  document.at("/api_services/1/name") = Json::string("other");
  EXPECT_THAT(faults_of(document), IsEmpty());
}

TEST(ConfigReferences, RefuseAServerListedTwice) {
  Json document = minimal();
  document.at("/api_services/0/oauth_servers") = Json::parse(R"(["idp","idp"])");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/api_services/0/oauth_servers/1", HasSubstr("already"), _)));
}

TEST(ConfigReferences, AreLimited) {
  Json document = Json::parse(R"({"oauth_servers":[],"api_services":[{"name":"orders","audiences":["a"],"oauth_servers":[]}]})");
  EXPECT_THAT(faults_of(document), ElementsAre(IsFaultAt("/api_services/0/oauth_servers")));
  for (int i = 0; i < 65; ++i) {
    EXPECT_EQ(faults_of(document).size(), i == 0 ? 1U : 0U) << i;
    const std::string name = "s" + std::to_string(i);
    Json server = Json::parse(R"({"name":"","issuers":[""],"jwks_url":"https://idp.example"})");
    server.at("/name") = Json::string(name);
    server.at("/issuers/0") = Json::string(name);
    document.at("/oauth_servers").elements.push_back(server);
    document.at("/api_services/0/oauth_servers").elements.push_back(Json::string(name));
  }
  EXPECT_THAT(faults_of(document), ElementsAre(IsFault("/api_services/0/oauth_servers", "an array of 65 elements", HasSubstr("1 to 64"))));
}

}  // namespace
}  // namespace assay::test
