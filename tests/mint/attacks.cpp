// The list as a whole: the good tokens first, then the attacks in the order in which the daemon looks at a token.
#include "mint/attacks.h"

#include <algorithm>

#include "mint/attack_list.h"

namespace assay::mint {

void add_controls(AttackList& list) {
  for (const std::string_view algorithm : kAlgorithms) {
    std::string name = "good-" + list.key(algorithm).kid();
    list.add(std::move(name), "A good token signed with " + std::string(algorithm) + ".", "RFC 7518 section 3.1", Code::accepted,
             list.orders().good_token(algorithm, list.now()));
  }
  HeaderOptions ed25519;
  ed25519.algorithm = "Ed25519";
  list.add("good-ed25519", "A good token whose header names EdDSA by its newer name.", "RFC 9864 section 2.2", Code::accepted,
           token(list.key("EdDSA"), list.claims(), ed25519));
  HeaderOptions no_kid;
  no_kid.with_kid = false;
  for (const std::string_view algorithm : {"RS256", "ES256", "EdDSA"}) {
    list.add("good-" + list.key(algorithm).kid() + "-without-kid", "A good token without kid: each key that fits the algorithm is tried.",
             "RFC 7515 section 4.1.4", Code::accepted, token(list.key(algorithm), list.claims(), no_kid));
  }
  for (const std::string_view algorithm : {"ES256", "EdDSA"}) {
    list.add_to(list.payments(), "good-payments-" + std::string(algorithm == "ES256" ? "es256" : "eddsa"), "A good token for the second API service.",
                "RFC 9068 section 4", Code::accepted, list.payments().good_token(algorithm, list.now(), 1800));
  }
}

std::vector<Attack> attacks(const Target& target) {
  AttackList list(target);
  add_controls(list);
  add_form_attacks(list);
  add_limit_attacks(list);
  add_json_attacks(list);
  add_header_attacks(list);
  add_claim_attacks(list);
  add_time_attacks(list);
  add_key_attacks(list);
  add_confusion_attacks(list);
  add_ecdsa_attacks(list);
  add_eddsa_attacks(list);
  add_rsa_attacks(list);
  add_policy_attacks(list);
  return list.take();
}

const Attack* find_attack(const std::vector<Attack>& list, std::string_view name) {
  const auto found = std::ranges::find(list, name, &Attack::name);
  return found == list.end() ? nullptr : &*found;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string utf8(char32_t code_point) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80U | (code_point >> shift & 0x3fU)); };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xc0U | code_point >> 6U), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xe0U | code_point >> 12U), tail(6), tail(0)};
  return {static_cast<char>(0xf0U | code_point >> 18U), tail(12), tail(6), tail(0)};
}

std::vector<NamedText> near_misses(const std::string& url) {
  const std::string rest = url.substr(std::string_view("https://").size());
  // The first letter of the host replaced by something that looks like it, folds to it or stands for it.
  const auto host_letter = [&](const std::string& replacement) { return "https://" + replacement + rest.substr(1); };
  const auto letter = static_cast<char32_t>(static_cast<unsigned char>(rest[0]));
  return {
      {"empty", "is empty", ""},
      {"prefix", "lacks the last character", url.substr(0, url.size() - 1)},
      {"suffix", "has one character more", url + "x"},
      {"trailing-slash", "ends in a slash", url + "/"},
      {"two-trailing-slashes", "ends in two slashes", url + "//"},
      {"dot-segment", "ends in a dot segment", url + "/."},
      {"query", "has an empty query", url + "?"},
      {"fragment", "has an empty fragment", url + "#"},
      {"http", "has another scheme", "http://" + rest},
      {"no-scheme", "has no scheme", rest},
      {"upper-scheme", "has its scheme in capitals", "HTTPS://" + rest},
      {"upper-case", "is in capitals", upper(url)},
      {"default-port", "names the default port",
       "https://" + rest.substr(0, rest.find('/')) + ":443" + (rest.contains('/') ? rest.substr(rest.find('/')) : "")},
      {"user-info", "has user information", "https://user@" + rest},
      {"trailing-dot", "has a dot after its host",
       "https://" + rest.substr(0, rest.find('/')) + "." + (rest.contains('/') ? rest.substr(rest.find('/')) : "")},
      {"subdomain", "names a subdomain of an attacker", "https://" + rest + ".attacker.example.com"},
      {"leading-space", "begins with a blank", " " + url},
      {"trailing-space", "ends in a blank", url + " "},
      {"trailing-newline", "ends in a line feed", url + "\n"},
      {"trailing-nul", "ends in a NUL", url + std::string(1, '\0')},
      {"nul-and-more", "goes on after a NUL", url + std::string(1, '\0') + "x"},
      {"percent", "has a letter in percent-encoding", host_letter(letter == 'i' ? "%69" : "%6f")},
      {"cyrillic", "has a Cyrillic letter that looks Latin", host_letter(utf8(letter == 'i' ? U'\u0456' : U'\u043e'))},
      {"fullwidth", "has a fullwidth letter, which NFKC folds", host_letter(utf8(letter - U'a' + U'\uff41'))},
      {"combining", "has a combining accent", host_letter(rest.substr(0, 1) + utf8(U'\u0301'))},
      {"zero-width", "has a zero width space", host_letter(rest.substr(0, 1) + utf8(U'\u200b'))},
      {"soft-hyphen", "has a soft hyphen", host_letter(rest.substr(0, 1) + utf8(U'\u00ad'))},
      {"backslashes", "has backslashes for slashes", "https:\\\\" + rest},
      {"twice", "stands twice, by a comma", url + "," + url},
      {"list", "is a list written as a string", "[" + quote(url) + "]"},
  };
}

}  // namespace assay::mint
