// Claims (RFC 7519 section 4.1) but for the times: their types, the issuer, the audience, scopes and confirmation.
#include <algorithm>

#include "mint/attack_list.h"

namespace assay::mint {
namespace {

void add_types(AttackList& list) {
  const std::vector<NamedJson> not_strings = {{"number", "7"},           {"true", "true"},       {"null", "null"},          {"array", R"(["x"])"},
                                              {"empty-array", "[]"},     {"object", R"({"x":1})"}, {"empty-object", "{}"}, {"float", "1.5"}};
  const auto rfc_of = [](std::string_view claim) {
    if (claim == "iss") return "RFC 7519 section 4.1.1";
    if (claim == "sub") return "RFC 7519 section 4.1.2";
    if (claim == "jti") return "RFC 7519 section 4.1.7";
    return "RFC 8693 section 4.2";
  };
  // Claims as parts of names: without underscores.
  const auto member_name = [](std::string name) {
    std::ranges::replace(name, '_', '-');
    return name;
  };
  for (const char* claim : {"iss", "sub", "jti", "client_id", "scope"}) {
    for (const NamedJson& value : not_strings) {
      list.add(member_name(claim) + "-" + value.name, std::string(claim) + " is " + value.json + ", no string.", rfc_of(claim), Code::bad_claim,
               list.with_claim(claim, value.json));
    }
  }
  for (const char* claim : {"sub", "jti", "client_id"}) {
    const std::string name = claim;
    list.add(member_name(name) + "-missing", name + " is missing, which is no fault here.", rfc_of(claim), Code::accepted,
             list.sign_payload(list.claims().remove(name)));
    list.add(member_name(name) + "-empty", name + " is empty, which is no fault here.", rfc_of(claim), Code::accepted, list.with_claim(name, R"("")"));
  }
  list.add("sub-nul", "sub has a NUL inside.", rfc_of("sub"), Code::accepted, list.with_claim("sub", R"("alice\u0000admin")"));
  list.add("iss-array-of-good", "iss is an array with the right issuer.", rfc_of("iss"), Code::bad_claim,
           list.with_claim("iss", array({list.orders().issuer})));
}

void add_issuers(AttackList& list) {
  const char* const rfc = "RFC 7519 section 4.1.1";
  list.add("iss-missing", "iss is missing.", rfc, Code::unknown_issuer, list.sign_payload(list.claims().remove("iss")));
  list.add("payload-no-members", "The payload is an empty object.", rfc, Code::unknown_issuer, list.sign_payload(std::string_view("{}")));
  for (const NamedText& miss : near_misses(list.orders().issuer)) {
    list.add("iss-" + miss.name, "iss " + miss.what + ".", "RFC 8725 section 3.8", Code::unknown_issuer, list.with_claim("iss", quote(miss.text)));
  }
  list.add("iss-attacker", "iss is the attacker's own, the key too.", "RFC 8725 section 3.8", Code::unknown_issuer,
           token(list.attacker("ES256"), list.claims_with("iss", quote("https://attacker.example.com"))));
  list.add("iss-surrogate", "iss ends in a lone surrogate.", "RFC 8259 section 8.2", Code::bad_payload,
           list.with_claim("iss", '"' + list.orders().issuer + R"(\ud800")"));
  list.add("iss-escaped", "iss is right and written with escapes.", "RFC 8259 section 7", Code::accepted,
           list.with_claim("iss", R"("\u0068ttps:\/\/)" + list.orders().issuer.substr(8) + '"'));
  list.add("iss-in-header", "iss stands in the header alone.", "RFC 7519 section 5.3", Code::unknown_issuer,
           list.sign(list.header_with("iss", quote(list.orders().issuer)), list.claims().remove("iss")));
}

void add_audiences(AttackList& list) {
  const char* const rfc = "RFC 7519 section 4.1.3";
  const std::string good = list.orders().audience;
  list.add("aud-missing", "aud is missing.", rfc, Code::wrong_audience, list.sign_payload(list.claims().remove("aud")));
  for (const NamedText& miss : near_misses(good)) {
    list.add("aud-" + miss.name, "aud " + miss.what + ".", "RFC 8725 section 3.9", Code::wrong_audience, list.with_claim("aud", quote(miss.text)));
    list.add("aud-array-" + miss.name, "aud is an array whose one element " + miss.what + ".", "RFC 8725 section 3.9", Code::wrong_audience,
             list.with_claim("aud", array({miss.text})));
  }
  const std::vector<NamedJson> wrong_types = {{"number", "7"},
                                              {"true", "true"},
                                              {"null", "null"},
                                              {"object", R"({"x":)" + quote(good) + "}"},
                                              {"empty-object", "{}"},
                                              {"nested-array", "[[" + quote(good) + "]]"},
                                              {"array-with-number", "[" + quote(good) + ",7]"},
                                              {"array-number-first", "[7," + quote(good) + "]"},
                                              {"array-with-null", "[" + quote(good) + ",null]"},
                                              {"array-with-true", "[" + quote(good) + ",true]"},
                                              {"array-with-object", "[" + quote(good) + ",{}]"},
                                              {"array-with-array", "[" + quote(good) + ",[]]"},
                                              {"array-with-deep-object", "[" + quote(good) + R"(,{"a":["b"]}])"}};
  for (const NamedJson& value : wrong_types) {
    list.add("aud-" + value.name, "aud is neither a string nor an array of strings.", rfc, Code::bad_claim, list.with_claim("aud", value.json));
  }
  list.add("aud-empty-array", "aud is an empty array.", rfc, Code::wrong_audience, list.with_claim("aud", "[]"));
  list.add("aud-array-others", "aud is an array of other audiences.", rfc, Code::wrong_audience,
           list.with_claim("aud", array({"https://a.example.com", "https://b.example.com"})));
  list.add("aud-other-service", "aud is the other API service's.", rfc, Code::wrong_audience, list.with_claim("aud", quote(list.payments().audience)));
  list.add("aud-service-name", "aud is the name of the API service.", rfc, Code::wrong_audience,
           list.with_claim("aud", quote(list.orders().api_service)));
  list.add("aud-issuer", "aud is the issuer.", rfc, Code::wrong_audience, list.with_claim("aud", quote(list.orders().issuer)));
  list.add("aud-wildcard", "aud is a wildcard.", rfc, Code::wrong_audience, list.with_claim("aud", quote("*")));
  list.add("aud-surrogate", "aud ends in a lone surrogate.", "RFC 8259 section 8.2", Code::bad_payload,
           list.with_claim("aud", '"' + good + R"(\udfff")"));
  list.add("aud-array-of-one", "aud is an array with the right audience.", rfc, Code::accepted, list.with_claim("aud", array({good})));
  list.add("aud-array-last", "aud is an array with the right audience at its end.", rfc, Code::accepted,
           list.with_claim("aud", array({"", "https://a.example.com", good + "/", good})));
  list.add("aud-array-right-twice", "aud is an array with the right audience twice.", rfc, Code::accepted, list.with_claim("aud", array({good, good})));
  list.add("aud-escaped", "aud is right and written with escapes.", rfc, Code::accepted,
           list.with_claim("aud", R"("\u0068ttps:\/\/)" + good.substr(8) + '"'));
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("https://" + std::to_string(i));
  list.add("aud-array-300-others", "aud is an array of 300 other audiences.", rfc, Code::wrong_audience, list.with_claim("aud", array(many)));
  many.push_back(good);
  list.add("aud-array-301", "aud is an array with the right audience after 300 others.", rfc, Code::accepted, list.with_claim("aud", array(many)));
}

void add_scopes(AttackList& list) {
  const char* const rfc = "RFC 6749 section 3.3";
  const std::string good = *list.orders().required_scope;
  const auto with = [&](std::string_view claim, const std::string& json) { return list.sign_payload(list.claims().remove("scope").set(claim, json)); };
  const auto lacks = [&](const std::string& name, const std::string& what, std::string token) {
    list.add(name, what, rfc, Code::insufficient_scope, std::move(token));
  };
  lacks("scope-missing", "There is neither scope nor scp.", list.sign_payload(list.claims().remove("scope")));
  lacks("scope-empty", "scope is empty.", with("scope", R"("")"));
  lacks("scope-blanks", "scope is blanks.", with("scope", R"("   ")"));
  lacks("scope-other", "scope is another one.", with("scope", quote("orders.write")));
  lacks("scope-prefix", "scope lacks the last character of the right one.", with("scope", quote(good.substr(0, good.size() - 1))));
  lacks("scope-suffix", "scope has one character more than the right one.", with("scope", quote(good + "s")));
  lacks("scope-case", "scope differs in case.", with("scope", quote(upper(good))));
  lacks("scope-comma", "Scopes are divided by a comma.", with("scope", quote(good + ",openid")));
  lacks("scope-tab", "Scopes are divided by a tabulator.", with("scope", quote("openid\t" + good)));
  lacks("scope-newline", "Scopes are divided by a line feed.", with("scope", quote("openid\n" + good)));
  lacks("scope-no-break-space", "Scopes are divided by a no-break space.", with("scope", quote("openid\xc2\xa0" + good)));
  lacks("scope-nul", "scope is the right one and a NUL.", with("scope", quote(good + std::string(1, '\0'))));
  lacks("scope-wildcard", "scope is a wildcard.", with("scope", quote("orders.* *")));
  lacks("scp-empty-array", "scp is an empty array.", with("scp", "[]"));
  lacks("scp-element-with-blank", "An element of scp holds two names, which are not split.", with("scp", array({"openid " + good})));
  lacks("scp-other", "scp is an array of other ones.", with("scp", array({"openid", "orders.write", ""})));
  lacks("scopes-claim", "The scope stands in a claim of another name.", with("scopes", quote(good)));
  const std::vector<NamedJson> wrong_types = {{"number", "7"},
                                              {"true", "true"},
                                              {"null", "null"},
                                              {"object", "{}"},
                                              {"array-with-number", "[" + quote(good) + ",7]"},
                                              {"array-with-null", "[" + quote(good) + ",null]"},
                                              {"nested-array", "[[" + quote(good) + "]]"}};
  for (const NamedJson& value : wrong_types) {
    list.add("scp-" + value.name, "scp is neither a string nor an array of strings; scope is good.", rfc, Code::bad_claim,
             list.with_claim("scp", value.json));
  }
  const auto has = [&](const std::string& name, const std::string& what, std::string token) {
    list.add(name, what, rfc, Code::accepted, std::move(token));
  };
  has("scope-among-others", "scope is one of several.", with("scope", quote("openid " + good + " profile")));
  has("scope-many-blanks", "Scopes are divided by many blanks.", with("scope", quote("  openid   " + good + "  ")));
  has("scope-twice", "scope names the right one twice.", with("scope", quote(good + " " + good)));
  has("scp-string", "scp is a string.", with("scp", quote("openid " + good)));
  has("scp-array", "scp is an array.", with("scp", array({"openid", good})));
  has("scp-and-scope", "scope has another one, scp the right one.",
      list.sign_payload(list.claims_with("scope", quote("openid")).set("scp", array({good}))));
}

void add_confirmations(AttackList& list) {
  const char* const rfc = "RFC 7800 section 3.1";
  const std::vector<NamedJson> bound = {{"empty", "{}"},
                                        {"jkt", R"({"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})"},
                                        {"x5t", R"({"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"})"},
                                        {"jwk", R"({"jwk":)" + list.attacker("ES256").public_jwk() + "}"},
                                        {"unknown", R"({"x":null})"}};
  for (const NamedJson& cnf : bound) {
    list.add("cnf-" + cnf.name, "cnf binds the token to a proof that nobody gives.", rfc, Code::confirmation_required,
             list.with_claim("cnf", cnf.json));
  }
  for (const NamedJson& cnf : std::vector<NamedJson>{{"null", "null"}, {"string", R"("x")"}, {"array", "[]"}, {"false", "false"}, {"number", "0"}}) {
    list.add("cnf-" + cnf.name, "cnf is " + cnf.json + ", no object.", rfc, Code::bad_claim, list.with_claim("cnf", cnf.json));
  }
  list.add("cnf-in-header", "cnf stands in the header, where it means nothing.", rfc, Code::accepted, list.with_header("cnf", "{}"));
}

}  // namespace

void add_claim_attacks(AttackList& list) {
  add_types(list);
  add_issuers(list);
  add_audiences(list);
  add_scopes(list);
  add_confirmations(list);
}

}  // namespace assay::mint
