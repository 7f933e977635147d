// The names and rules of the fixture are fixed; only keys differ from run to run.
#include "mint/fixture.h"

#include <algorithm>
#include <stdexcept>

#include "mint/token.h"

namespace assay::mint {
namespace {

constexpr std::string_view kIssuer = "https://id.example.com/am";

// The API services and OAuth servers, still without keys.
Fixture without_keys() {
  Fixture out;
  out.orders.api_service = "orders";
  out.orders.oauth_server = "corp-workforce";
  out.orders.issuer = kIssuer;
  out.orders.audience = "https://orders.example.com";
  out.orders.skew_s = 60;
  out.orders.required_scope = "orders.read";

  out.payments.api_service = "payments";
  out.payments.oauth_server = "corp-partners";
  out.payments.issuer = kIssuer;
  out.payments.audience = "https://payments.example.com";
  out.payments.algorithms = {"ES256", "EdDSA"};
  out.payments.token_type = "at+jwt";
  out.payments.max_token_age_s = 3600;
  out.payments.rule_claim = "tenant";
  out.payments.rule_values = {"north", "south"};
  return out;
}

std::vector<Key> keys_in(const std::filesystem::path& directory) {
  std::vector<Key> keys;
  for (const std::string_view algorithm : kAlgorithms) {
    const auto file = directory / (std::string(algorithm) + ".pem");
    if (std::filesystem::exists(file)) keys.push_back(Key::load(file));
  }
  if (keys.empty()) throw std::runtime_error("no keys in " + directory.string());
  return keys;
}

void save_keys(const std::vector<Key>& keys, const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  for (const Key& key : keys) key.save(directory / (key.algorithm() + ".pem"));
}

JsonObject oauth_server_json(const Service& service) {
  JsonObject out{{"name", quote(service.oauth_server)},
                 {"issuers", array({service.issuer})},
                 {"jwks", jwks(service.keys)},
                 {"clock_skew_tolerance", std::to_string(service.skew_s)}};
  if (!service.algorithms.empty()) out.set("algorithms", array(service.algorithms));
  return out.set("token_type", quote(service.token_type));
}

JsonObject api_service_json(const Service& service) {
  JsonObject out{{"name", quote(service.api_service)}, {"audiences", array({service.audience})}, {"oauth_servers", array({service.oauth_server})}};
  if (service.required_scope) out.set("required_scopes", array({*service.required_scope}));
  if (service.rule_claim) {
    const JsonObject rule{{"claim", quote("/" + *service.rule_claim)}, {"any_of", array(service.rule_values)}};
    out.set("claim_rules", "[" + rule.text() + "]");
  }
  if (service.max_token_age_s) out.set("max_token_age", *service.max_token_age_s);
  return out;
}

}  // namespace

JsonObject Service::good_claims(std::int64_t now_s, std::int64_t lifetime_s) const {
  JsonObject out = claims(issuer, audience, now_s, lifetime_s);
  if (required_scope) out.set("scope", quote(*required_scope));
  if (rule_claim) out.set(*rule_claim, quote(rule_values.front()));
  return out;
}

std::string Service::good_token(std::string_view algorithm, std::int64_t now_s, std::int64_t lifetime_s) const {
  return token(key(algorithm), good_claims(now_s, lifetime_s));
}

Fixture Fixture::generate() {
  Fixture out = without_keys();
  const Key pkcs1 = Key::generate("RS256");
  const Key pss = Key::generate("PS256");
  out.orders.keys = {pkcs1,
                     pkcs1.as("RS384", "rs384"),
                     pkcs1.as("RS512", "rs512"),
                     pss,
                     pss.as("PS384", "ps384"),
                     pss.as("PS512", "ps512"),
                     Key::generate("ES256"),
                     Key::generate("ES384"),
                     Key::generate("ES512"),
                     Key::generate("EdDSA")};
  const auto named = [](std::string_view algorithm, std::string kid) { return Key::generate(algorithm, Key::Options{.kid = std::move(kid)}); };
  out.payments.keys = {named("RS256", "payments-rs256"), named("ES256", out.orders.key("ES256").kid()), named("EdDSA", "payments-eddsa")};
  out.attacker = {named("RS256", "attacker-rs256"), named("ES256", "attacker-es256"), named("EdDSA", "attacker-eddsa")};
  return out;
}

Fixture Fixture::load(const std::filesystem::path& directory) {
  Fixture out = without_keys();
  out.orders.keys = keys_in(directory / out.orders.oauth_server);
  out.payments.keys = keys_in(directory / out.payments.oauth_server);
  out.attacker = keys_in(directory / "attacker");
  return out;
}

void Fixture::save(const std::filesystem::path& directory) const {
  save_keys(orders.keys, directory / orders.oauth_server);
  save_keys(payments.keys, directory / payments.oauth_server);
  save_keys(attacker, directory / "attacker");
}

Fixture Fixture::load_or_generate(const std::filesystem::path& directory) {
  // The attacker's keys are written last: where they are, the others are.
  if (std::filesystem::exists(directory / "attacker" / "EdDSA.pem")) return load(directory);
  const Fixture out = generate();
  out.save(directory);
  return out;
}

std::string Fixture::configuration() const { return mint::configuration({orders, payments}); }

std::string configuration(const std::vector<Service>& services, std::optional<std::size_t> token_cache_budget) {
  std::vector<std::string> names;
  std::string servers;
  std::string apis;
  for (const Service& service : services) {
    if (!apis.empty()) apis += ',';
    apis += api_service_json(service).text();
    if (std::ranges::find(names, service.oauth_server) != names.end()) continue;
    names.push_back(service.oauth_server);
    if (!servers.empty()) servers += ',';
    servers += oauth_server_json(service).text();
  }
  // On a machine that is busy with other things a request may wait; nobody is to be refused for that here.
  JsonObject daemon{{"limits", R"({"request_age_ms":30000})"}};
  if (token_cache_budget) daemon.set("token_cache_budget", std::to_string(*token_cache_budget));
  return pretty(JsonObject{{"oauth_servers", "[" + servers + "]"}, {"api_services", "[" + apis + "]"}, {"daemon", daemon.text()}}.text()) + "\n";
}

}  // namespace assay::mint
