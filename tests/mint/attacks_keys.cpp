// Which key is asked: kid and algorithm choose among the issuer's keys (RFC 7515 section 4.1.4, RFC 8725 sections 3.1 and 3.10); nothing in the token
// adds one. And algorithm confusion: a public key used as the secret of an HMAC.
#include "mint/attack_list.h"
#include "mint/base64url.h"
#include "mint/forge.h"

namespace assay::mint {
namespace {

void add_mismatches(AttackList& list) {
  const char* const rfc = "RFC 8725 section 3.1";
  // The header names one algorithm, the kid a key of another; the signature is the named key's, by its own algorithm.
  const auto mismatch = [&](std::string_view header_algorithm, std::string_view key_algorithm) {
    const Key& key = list.key(key_algorithm);
    JsonObject header = mint::header(key).set("alg", quote(header_algorithm));
    std::string name = "alg-" + lower(header_algorithm) + "-kid-" + key.kid();
    list.add(std::move(name), "alg is " + std::string(header_algorithm) + "; kid names the key for " + std::string(key_algorithm) + ".", rfc,
             Code::unknown_key, TokenBuilder().header(header.text()).payload(list.claims().text()).sign(key).text());
  };
  mismatch("ES384", "ES256");
  mismatch("ES512", "ES256");
  mismatch("ES256", "ES384");
  mismatch("ES256", "ES512");
  mismatch("EdDSA", "ES256");
  mismatch("Ed25519", "ES256");
  mismatch("ES256", "EdDSA");
  mismatch("RS256", "ES256");
  mismatch("ES256", "RS256");
  mismatch("PS256", "RS256");
  mismatch("RS384", "PS384");
  mismatch("RS512", "ES512");
  // The numbers would do, and the signature is good by the header's algorithm: the JWK's alg alone forbids it.
  for (const auto& [header_algorithm, key_algorithm] : {std::pair{"RS256", "PS256"}, {"PS256", "RS256"}, {"RS384", "RS256"}, {"PS512", "PS384"}}) {
    const Key& key = list.key(key_algorithm);
    HeaderOptions options;
    options.algorithm = header_algorithm;
    list.add("alg-" + lower(header_algorithm) + "-signed-by-" + key.kid(),
             "The signature is good by " + std::string(header_algorithm) + ", but the JWK of its key says " + key_algorithm + ".",
             "RFC 7517 section 4.4", Code::unknown_key, token(key, list.claims(), options));
  }
}

void add_foreign_keys(AttackList& list) {
  const char* const rfc = "RFC 7515 section 4.1.4";
  for (const char* algorithm : {"RS256", "ES256", "EdDSA"}) {
    const Key& attacker = list.attacker(algorithm);
    HeaderOptions trusted_kid;
    trusted_kid.kid = list.key(algorithm).kid();
    HeaderOptions no_kid;
    no_kid.with_kid = false;
    const std::string end = std::string("-") + list.key(algorithm).kid();
    list.add("attacker-own-kid" + end, "The attacker signs, under a kid of his own.", rfc, Code::unknown_key, token(attacker, list.claims()));
    list.add("attacker-trusted-kid" + end, "The attacker signs, under a kid that is trusted.", rfc, Code::bad_signature,
             token(attacker, list.claims(), trusted_kid));
    list.add("attacker-no-kid" + end, "The attacker signs, without a kid.", rfc, Code::bad_signature, token(attacker, list.claims(), no_kid));
  }
  // Two OAuth servers share an issuer: each API service takes its own one's keys alone.
  const char* const mixed = "RFC 8725 section 3.10";
  const Key& other = list.payments().key("ES256");
  HeaderOptions no_kid;
  no_kid.with_kid = false;
  list.add("other-server-same-kid", "The key is that of another OAuth server with the same issuer, under the same kid.", mixed, Code::bad_signature,
           token(other, list.claims()));
  list.add("other-server-no-kid", "The key is that of another OAuth server with the same issuer; no kid.", mixed, Code::bad_signature,
           token(other, list.claims(), no_kid));
  list.add("other-server-other-kid", "The key is that of another OAuth server with the same issuer, under its own kid.", mixed, Code::unknown_key,
           token(list.payments().key("EdDSA"), list.claims()));
  list.add("other-service-token", "A good token of the other API service is shown here.", "RFC 8725 section 3.9", Code::wrong_audience,
           list.payments().good_token("ES256", list.now()));
  const JsonObject claims = list.payments().good_claims(list.now(), 1800);
  list.add_to(list.payments(), "payments-other-server-same-kid", "The key is that of the other OAuth server, under the same kid.", mixed,
              Code::bad_signature, token(list.key("ES256"), claims));
  list.add_to(list.payments(), "payments-other-server-other-kid", "The key is that of the other OAuth server, under its own kid.", mixed,
              Code::unknown_key, token(list.key("EdDSA"), claims));
}

// jwk, jku, x5u and x5c: never looked at. The attacker signs and brings his key along; and a good token that has them stays good.
void add_carried_keys(AttackList& list) {
  for (const char* algorithm : {"RS256", "ES256"}) {
    const Key& attacker = list.attacker(algorithm);
    const std::string url = quote(list.target().attacker_url);
    const std::string chain = "[" + quote(base64(certificate(attacker))) + "]";
    const std::vector<std::pair<std::string, JsonObject>> carried = {
        {"jwk", {{"jwk", attacker.public_jwk()}}},
        {"jwk-bare", {{"jwk", attacker.public_jwk({.with_kid = false, .with_alg = false, .with_use = false})}}},
        {"jwk-trusted-kid", {{"jwk", attacker.as(algorithm, list.key(algorithm).kid()).public_jwk()}}},
        {"jku", {{"jku", url}}},
        {"x5u", {{"x5u", url}}},
        {"x5c", {{"x5c", chain}}},
        {"x5t",
         {{"x5c", chain}, {"x5t", quote(base64url("01234567890123456789"))}, {"x5t#S256", quote(base64url(digest("256", certificate(attacker))))}}},
        {"all", {{"jwk", attacker.public_jwk()}, {"jku", url}, {"x5u", url}, {"x5c", chain}}},
    };
    for (const auto& [name, members] : carried) {
      const std::string end = name + "-" + list.key(algorithm).kid();
      const std::string what = "The attacker signs and brings his key along by " + name;
      const auto rfc = "RFC 8725 section 3.10";
      HeaderOptions options;
      options.extras = members;
      list.add("carried-own-kid-" + end, what + ", under his own kid.", rfc, Code::unknown_key, token(attacker, list.claims(), options));
      options.kid = list.key(algorithm).kid();
      list.add("carried-trusted-kid-" + end, what + ", under a trusted kid.", rfc, Code::bad_signature, token(attacker, list.claims(), options));
      options.with_kid = false;
      list.add("carried-no-kid-" + end, what + ", without a kid.", rfc, Code::bad_signature, token(attacker, list.claims(), options));
      list.add("ignored-" + end, "A good token has the member " + name + ", which nobody follows.", rfc, Code::accepted,
               token(list.key(algorithm), list.claims(), HeaderOptions{.extras = members}));
    }
  }
  for (const char* member : {"jwk", "jku", "x5u", "x5c"}) {
    for (const NamedJson& value :
         std::vector<NamedJson>{{"number", "5"}, {"null", "null"}, {"string", R"("")"}, {"array", "[[]]"}, {"object", R"({"kty":"oct","k":"AA"})"}}) {
      list.add(std::string("ignored-") + member + "-" + value.name, "A good token has a " + std::string(member) + " that is " + value.json + ".",
               "RFC 7515 section 4.1", Code::accepted, list.with_header(member, value.json));
    }
  }
}

}  // namespace

void add_key_attacks(AttackList& list) {
  add_mismatches(list);
  add_foreign_keys(list);
  add_carried_keys(list);
}

// The forms in which a careless library might hold a public key, taken as an HMAC secret.
void add_confusion_attacks(AttackList& list) {
  for (const char* algorithm : {"RS256", "PS256", "ES256", "EdDSA"}) {
    const Key& key = list.key(algorithm);
    const std::string pem = key.public_pem();
    const std::string bare = key.public_octets();
    std::string crlf;
    for (const char c : pem) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    std::vector<NamedText> secrets = {
        {"pem", "in PEM", pem},
        {"pem-no-newline", "in PEM, less the last line feed", pem.substr(0, pem.size() - 1)},
        {"pem-crlf", "in PEM with CRLF", crlf},
        {"der", "in DER", key.public_der()},
        {"der-base64", "in DER, in base64", base64(key.public_der())},
        {"jwk", "as a JWK", key.public_jwk()},
        {"jwk-bare", "as a JWK without optional members", key.public_jwk({.with_kid = false, .with_alg = false, .with_use = false})},
        {"jwks", "as the whole JWK Set", jwks(list.orders().keys)},
        {"octets", "as its bare octets", bare},
        {"octets-base64url", "as its bare octets in base64url", base64url(bare)},
        {"empty", "not at all", ""},
    };
    if (key.coordinate_bytes() != 0) {
      secrets.push_back({"x", "as its x", bare.substr(1, key.coordinate_bytes())});
      secrets.push_back({"y", "as its y", bare.substr(1 + key.coordinate_bytes())});
      secrets.push_back({"x-and-y", "as its x and y", bare.substr(1)});
    }
    for (const NamedText& secret : secrets) {
      for (const char* bits : {"256", "384", "512"}) {
        TokenBuilder parts = TokenBuilder().header(mint::header(key).set("alg", quote(std::string("HS") + bits)).text()).payload(list.claims().text());
        list.add(std::string("hs") + bits + "-" + key.kid() + "-" + secret.name,
                 std::string("The secret of HS") + bits + " is the public key for " + algorithm + " " + secret.what + ".", "RFC 8725 section 2.1",
                 Code::unknown_algorithm, parts.signature(hmac(bits, secret.text, parts.signing_input())).text());
      }
    }
    // The same MAC under the key's own algorithm: a signature of the wrong form.
    TokenBuilder parts = TokenBuilder().header(mint::header(key).text()).payload(list.claims().text());
    list.add("hmac-as-" + key.kid(), std::string("The signature for ") + algorithm + " is an HMAC under the public key in PEM.", "RFC 8725 section 2.1",
             Code::bad_signature, parts.signature(hmac("256", pem, parts.signing_input())).text());
  }
}

}  // namespace assay::mint
