// The account of what a deploy changes in how keys are fetched.
#include "snapshot/changes.h"

#include <fmt/core.h>

#include "config_fixture.h"
#include "public_keys.h"

namespace assay::test {
namespace {

using snapshot::Change;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

// A deployment of one API service whose only server has these members besides its name and issuer.
snapshot::Deployment deployment(std::string_view members) {
  Config config = config_of(Json::parse(fmt::format(R"({{"oauth_servers":[{{"name":"idp","issuers":["https://idp.example"]{}}}],
      "api_services":[{{"name":"orders","audiences":["o"],"oauth_servers":["idp"]}}]}})", members)));
  return snapshot::deploy(snapshot::make_document(std::move(config), 1, 0, 0, {}));
}
std::string url(std::string_view members) { return fmt::format(R"(,"jwks_url":"https://idp.example/jwks"{})", members); }

std::vector<Change> changed(std::string_view before, std::string_view after) {
  const snapshot::Deployment old = deployment(before);
  const snapshot::Deployment now = deployment(after);
  return snapshot::changes({old, {}}, {now, {}});
}

// IsAltered(members): the server has, in exactly these, and the API service that runs on it says so.
template <class... Members>
auto IsAltered(Members... members) {
  return ElementsAre(AllOf(Field(&Change::subject, Change::Subject::api_service), Field(&Change::details, ElementsAre("settings of OAuth server idp"))),
                     AllOf(Field(&Change::subject, Change::Subject::oauth_server), Field(&Change::kind, Change::Kind::altered), Field(&Change::name, "idp"),
                           Field(&Change::details, ElementsAre(members...))));
}

TEST(Changes, NameTheMemberThatDiffers) {
  EXPECT_THAT(changed(url(""), url("")), IsEmpty());
  EXPECT_THAT(changed(url(""), url(R"(,"ca_file":"/a")")), IsAltered("ca_file"));
  EXPECT_THAT(changed(url(R"(,"client_certificate":"/a","client_key":"/k")"), url(R"(,"client_certificate":"/b","client_key":"/k")")), IsAltered("client_certificate"));
  EXPECT_THAT(changed(url(R"(,"client_certificate":"/c","client_key":"/a")"), url(R"(,"client_certificate":"/c","client_key":"/b")")), IsAltered("client_key"));
  EXPECT_THAT(changed(url(R"(,"proxy":"http://a:1")"), url("")), IsAltered("proxy"));
  EXPECT_THAT(changed(url(""), url(R"(,"allow_http":true)")), IsAltered("allow_http"));
  EXPECT_THAT(changed(url(""), url(R"(,"refresh_min":10)")), IsAltered("refresh_min"));
  EXPECT_THAT(changed(url(""), url(R"(,"refresh_max":61)")), IsAltered("refresh_max"));
  EXPECT_THAT(changed(url(""), url(R"(,"stale_max":61)")), IsAltered("stale_max"));
  EXPECT_THAT(changed(url(""), url(R"(,"timeout_ms":101)")), IsAltered("timeout_ms"));
  EXPECT_THAT(changed(url(R"(,"ca_file":"/a","stale_max":61)"), url(R"(,"proxy":"http://a:1","timeout_ms":101)")), IsAltered("ca_file", "proxy", "stale_max", "timeout_ms"));
  // What is written down as it is by default is no change.
  EXPECT_THAT(changed(url(""), url(R"(,"allow_http":false,"refresh_min":60)")), IsEmpty());
}

TEST(Changes, TellASourceFromItsContent) {
  EXPECT_THAT(changed(url(""), R"(,"discovery":true)"), IsAltered("key source"));
  EXPECT_THAT(changed(url(R"(,"ca_file":"/a")"), R"(,"discovery":true)"), IsAltered("key source", "ca_file"));
  const auto is_server = [](std::string_view member) { return Contains(AllOf(Field(&Change::subject, Change::Subject::oauth_server), Field(&Change::details, ElementsAre(member)))); };
  EXPECT_THAT(changed(R"(,"jwks":)" + jwks(jwk(kP256)), R"(,"jwks":)" + jwks(jwk(kP384))), is_server("jwks"));
  EXPECT_THAT(changed(R"(,"jwks":)" + jwks(jwk(kP256)), url("")), is_server("key source"));
}

}  // namespace
}  // namespace assay::test
