// The form of a token: how many parts, and how they are encoded. RFC 7515 section 7.1, RFC 4648 section 5.
// Signatures are made over the text as it stands, so that a verifier that decodes leniently would accept these tokens.
#include <functional>

#include "mint/attack_list.h"
#include "mint/base64url.h"

namespace assay::mint {
namespace {

constexpr const char* kCompact = "RFC 7515 section 7.1";
constexpr const char* kStrict = "RFC 7515 section 2";

void add_parts(AttackList& list) {
  const std::string good = list.sign_header(list.header());
  const std::string header = good.substr(0, good.find('.'));
  const std::string payload = good.substr(header.size() + 1, good.rfind('.') - header.size() - 1);
  const std::string signature = good.substr(good.rfind('.') + 1);
  const auto refuse = [&](std::string name, std::string what, std::string token) {
    list.add(std::move(name), std::move(what), kCompact, Code::not_compact, std::move(token));
  };
  refuse("token-empty", "The token is empty.", "");
  refuse("dots-0", "The token has no dot.", header);
  refuse("dots-1", "The token has one dot.", header + "." + payload);
  refuse("dots-2-nothing-else", "The token is two dots.", "..");
  refuse("dots-3", "The token has three dots.", good + "." + signature);
  refuse("dots-3-trailing", "A good token ends in one dot more.", good + ".");
  refuse("dots-3-leading", "A good token begins with a dot.", "." + good);
  refuse("dots-5", "The token has five dots.", good + "." + good);
  refuse("dots-16-kib", "The token is 16,384 dots.", std::string(16384, '.'));
  refuse("header-empty", "The header part is empty.", "." + payload + "." + signature);
  refuse("payload-empty", "The payload part is empty.", header + ".." + signature);
  refuse("signature-empty", "The signature part is empty.", header + "." + payload + ".");
  refuse("dots-percent-encoded", "The dots are percent-encoded.", header + "%2E" + payload + "%2E" + signature);
  refuse("json-serialization", "The token is in the JSON serialization.",
         R"({"payload":")" + payload + R"(","protected":")" + header + R"(","signature":")" + signature + R"("})");
  const std::string jwe = base64url(R"({"alg":"dir","enc":"A256GCM"})") + "..AAAAAAAAAAAAAAAA.c2VjcmV0.AAAAAAAAAAAAAAAAAAAAAA";
  list.add("dots-4-encrypted", "The token has the five parts of an encrypted one.", "RFC 7516 section 7.1", Code::encrypted, jwe);
  list.add("dots-4-nothing-else", "The token is four dots.", "RFC 7516 section 7.1", Code::encrypted, "....");
  list.add("dots-4-good-parts", "A good token is followed by two more parts.", "RFC 7516 section 7.1", Code::encrypted, good + ".AAAA.AAAA");
}

// One way to spoil the text of a part. remainder: the octets encoded, modulo 3, for which it has its effect; 3: any.
struct Spoil {
  const char* name;
  const char* what;
  std::size_t remainder;
  std::function<std::string(std::string)> apply;
};

std::string to_standard_alphabet(std::string text) {
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  return text;
}

// Sets the lowest bit of the last character: a trailing bit, which decoders that ignore it do not see.
std::string set_trailing_bit(std::string text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = kAlphabet[kAlphabet.find(text.back()) | 1U];
  return text;
}

const std::vector<Spoil>& spoils() {
  static const std::vector<Spoil> all = {
      {"padding", "ends in the padding that JOSE leaves out", 1, [](std::string t) { return t + "=="; }},
      {"needless-padding", "ends in padding that no decoder needs", 0, [](std::string t) { return t + "="; }},
      {"percent-padding", "ends in percent-encoded padding", 1, [](std::string t) { return t + "%3D%3D"; }},
      {"leading-space", "begins with a blank", 3, [](std::string t) { return " " + t; }},
      {"trailing-space", "ends in a blank", 3, [](std::string t) { return t + " "; }},
      {"inner-space", "has a blank inside", 3, [](std::string t) { return t.insert(t.size() / 2, " "); }},
      {"newline", "ends in a line feed", 3, [](std::string t) { return t + "\n"; }},
      {"crlf", "has a line break inside, as MIME does", 3, [](std::string t) { return t.insert(t.size() / 2, "\r\n"); }},
      {"tab", "has a tabulator inside", 3, [](std::string t) { return t.insert(t.size() / 2, "\t"); }},
      {"nul", "has a NUL inside", 3, [](std::string t) { return t.insert(t.size() / 2, 1, '\0'); }},
      {"trailing-nul", "ends in a NUL", 3, [](std::string t) { return t + std::string(1, '\0'); }},
      {"standard-alphabet", "is in the standard alphabet, with + and /", 3, to_standard_alphabet},
      {"trailing-bits", "has a trailing bit that is not zero", 1, set_trailing_bit},
      {"trailing-bits-2", "has a trailing bit that is not zero", 2, set_trailing_bit},
      {"4k-plus-1", "is one character longer than any encoding", 0, [](std::string t) { return t + "A"; }},
      {"utf8", "has a letter that is not ASCII", 3, [](std::string t) { return t.insert(t.size() / 2, utf8(U'\u00e9')); }},
      {"high-octet", "has an octet above 127", 3, [](std::string t) { return t.insert(t.size() / 2, "\xc1"); }},
      {"asterisk", "has a character of no alphabet inside", 3, [](std::string t) { return t.insert(t.size() / 2, "*"); }},
  };
  return all;
}

// JSON followed by blanks until its length leaves that remainder.
std::string with_remainder(std::string json, std::size_t remainder) {
  while (remainder < 3 && json.size() % 3 != remainder) json += ' ';
  return json;
}

void add_encodings(AttackList& list) {
  // Each of these five-letter runs puts a - or _ into the text, wherever it falls.
  const std::string runs = quote(std::string(5, '?') + std::string(5, '>'));
  for (const Spoil& spoil : spoils()) {
    const std::string header = with_remainder(list.header_with("x", runs).text(), spoil.remainder);
    const std::string payload = with_remainder(list.claims_with("x", runs).text(), spoil.remainder);
    const auto refuse = [&](const std::string& part, std::string token) {
      list.add(part + "-base64url-" + spoil.name, "The " + part + " part " + spoil.what + ".", kStrict, Code::bad_base64url, std::move(token));
    };
    refuse("header", TokenBuilder().header_part(spoil.apply(base64url(header))).payload(payload).sign(list.key()).text());
    refuse("payload", TokenBuilder().header(header).payload_part(spoil.apply(base64url(payload))).sign(list.key()).text());
    // Signatures have the length they have: 64 octets leave 1, 96 leave 0 and 132 of ES512 leave 0; none leaves 2.
    if (spoil.remainder == 2) continue;
    const std::string_view algorithm = spoil.remainder == 0 ? "ES384" : "ES256";
    TokenBuilder parts = list.unsigned_parts(algorithm);
    do {
      parts.sign(list.key(algorithm));
    } while (parts.signature_part().find_first_of("-_") == std::string::npos);
    refuse("signature", parts.signature_part(spoil.apply(parts.signature_part())).text());
  }
  const std::string good = list.sign_header(list.header());
  list.add("bearer-prefix", "The token still has the scheme of its HTTP header before it.", kStrict, Code::bad_base64url, "Bearer " + good);
  list.add("quoted", "The token stands in quotation marks.", kStrict, Code::bad_base64url, '"' + good + '"');
}

}  // namespace

void add_form_attacks(AttackList& list) {
  add_parts(list);
  add_encodings(list);
}

}  // namespace assay::mint
