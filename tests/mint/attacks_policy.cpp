// The rules of the second API service: algorithms and type of its OAuth server, maximum age, claim rules. Its tolerance is 0.
#include "mint/attack_list.h"

namespace assay::mint {
namespace {

void add_server_rules(AttackList& list, const Service& service, const JsonObject& good) {
  const auto add = [&](const std::string& name, const std::string& what, const char* rfc, Code expected, std::string token) {
    list.add_to(service, "payments-" + name, what, rfc, expected, std::move(token));
  };
  add("algorithm", "The key is in the JWK Set, but its algorithm is not one of the OAuth server's.", "RFC 8725 section 3.1",
      Code::algorithm_not_allowed, token(service.key("RS256"), good));
  HeaderOptions other_algorithm;
  other_algorithm.algorithm = "PS256";
  add("algorithm-without-key", "The algorithm is neither allowed nor any key's.", "RFC 8725 section 3.1", Code::algorithm_not_allowed,
      token(service.key("RS256"), good, other_algorithm));
  HeaderOptions ed25519;
  ed25519.algorithm = "Ed25519";
  add("algorithm-other-name", "The algorithm is allowed under its other name.", "RFC 9864 section 2.2", Code::accepted,
      token(service.key("EdDSA"), good, ed25519));
  const auto typed = [&](std::optional<std::string> type) {
    HeaderOptions options;
    options.type = std::move(type);
    return token(service.key("ES256"), good, options);
  };
  add("typ-jwt", "typ is JWT where at+jwt is asked for.", "RFC 9068 section 4", Code::type_not_allowed, typed("JWT"));
  add("typ-missing", "typ is missing where at+jwt is asked for.", "RFC 9068 section 4", Code::type_not_allowed, typed(std::nullopt));
  add("typ-media-type", "typ is the full media type.", "RFC 9068 section 4", Code::accepted, typed("application/AT+jwt"));
  add("audience", "The token is for the first API service.", "RFC 7519 section 4.1.3", Code::wrong_audience,
      token(service.key("ES256"), JsonObject(good).set("aud", quote(list.orders().audience))));
}

void add_judgements(AttackList& list, const Service& service, const JsonObject& good) {
  const std::int64_t now = list.now();
  const std::int64_t age = *service.max_token_age_s;
  const auto add = [&](const std::string& name, const std::string& what, Code expected, JsonObject claims, bool timed = false) {
    list.add_to(service, "payments-" + name, what, "RFC 9068 section 4", expected, token(service.key("ES256"), claims), timed);
  };
  const auto with = [&](std::string_view name, std::string json) { return JsonObject(good).set(name, std::move(json)); };
  add("iat-missing", "iat is missing where the age matters.", Code::no_issue_time, JsonObject(good).remove("iat"));
  add("too-old", "The token was issued two hours ago.", Code::too_old, with("iat", std::to_string(now - 2 * age)));
  add("age-edge", "The token is exactly as old as it may be.", Code::accepted, with("iat", std::to_string(now - age)), true);
  add("age-edge-minus-1", "The token is a second older than it may be.", Code::too_old, with("iat", std::to_string(now - age - 1)), true);
  add("age-edge-fraction", "The token is a fraction older than it may be.", Code::too_old, with("iat", std::to_string(now - age - 1) + ".5"), true);
  add("age-edge-plus-1", "The token is a second younger than it must be.", Code::accepted, with("iat", std::to_string(now - age + 1)), true);
  add("iat-zero", "The token was issued in 1970.", Code::too_old, with("iat", "0"));
  // A tolerance of 0: the very second decides.
  add("exp-edge", "The token expires right now.", Code::expired, JsonObject(good).set("iat", now - 60).set("exp", now), true);
  add("exp-edge-plus-1", "The token expires in a second.", Code::accepted, JsonObject(good).set("iat", now - 60).set("exp", now + 1), true);
  add("nbf-edge", "The token begins right now.", Code::accepted, JsonObject(good).set("nbf", now), true);
  add("nbf-edge-plus-1", "The token begins in a second.", Code::not_yet_valid, JsonObject(good).set("nbf", now + 1), true);
  add("iat-edge-plus-1", "The token is issued in a second.", Code::issued_in_future, JsonObject(good).set("iat", now + 1), true);

  const std::string claim = *service.rule_claim;
  const std::string value = service.rule_values.front();
  add("rule-missing", "The claim of the rule is missing.", Code::claim_rule, JsonObject(good).remove(claim));
  const std::vector<NamedJson> wrong = {{"other", quote("west")},       {"case", quote("North")},     {"empty", quote("")},
                                        {"prefix", quote("nort")},      {"suffix", quote("northern")}, {"blank", quote(value + " ")},
                                        {"list", quote("north,south")}, {"number", "1"},              {"true", "true"},
                                        {"null", "null"},               {"object", R"({"north":"north"})"}, {"empty-array", "[]"},
                                        {"array-others", array({"east", "west"})}, {"nested-array", R"([["north"]])"}, {"nul", R"("north\u0000")"}};
  for (const NamedJson& bad : wrong) {
    add("rule-" + bad.name, "The claim of the rule is " + bad.json + ".", Code::claim_rule, with(claim, bad.json));
  }
  add("rule-elsewhere", "The claim of the rule stands inside another.", Code::claim_rule,
      JsonObject(good).remove(claim).set("x", R"({"tenant":"north"})"));
  add("rule-pointer-name", "A claim is named like the pointer of the rule.", Code::claim_rule,
      JsonObject(good).remove(claim).set("/" + claim, quote(value)));
  add("rule-second-value", "The claim has the second value of the rule.", Code::accepted, with(claim, quote(service.rule_values.back())));
  add("rule-array", "One element of the claim has a value of the rule.", Code::accepted, with(claim, array({"west", value})));
  add("rule-mixed-array", "One element of the claim has a value of the rule, others are no strings.", Code::accepted,
      with(claim, R"([1,null,{},["x"],"south"])"));
  add("rule-escaped", "The claim is written with an escape.", Code::accepted, with(claim, R"("\u006eorth")"));
  add("cnf", "The token is bound to a proof, and too old as well: the proof is asked for first.", Code::confirmation_required,
      with("cnf", "{}").set("iat", std::to_string(now - 2 * age)));
}

}  // namespace

void add_policy_attacks(AttackList& list) {
  const Service& service = list.payments();
  const JsonObject good = service.good_claims(list.now(), 1800);
  add_server_rules(list, service, good);
  add_judgements(list, service, good);
}

}  // namespace assay::mint
