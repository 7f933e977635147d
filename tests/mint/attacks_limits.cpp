// Limits, each at, below and above: sizes (on the base64url text), depth (the outermost object is 1) and members. The numbers are written out here, not
// taken from the daemon's headers, so that a limit that moves is noticed.
#include <stdexcept>

#include "mint/attack_list.h"

namespace assay::mint {
namespace {

constexpr std::size_t kTokenBytes = 16384;
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kDepth = 16;
constexpr std::size_t kMembersPerObject = 256;
constexpr std::size_t kMembers = 1024;
constexpr const char* kRule = "RFC 8725 section 3.11";

// The object with a member "pad" that makes its text exactly so many octets.
std::string padded(JsonObject object, std::size_t bytes) {
  object.set("pad", quote(""));
  const std::size_t now = object.text().size();
  if (now > bytes) throw std::runtime_error("no room for padding");
  return object.set("pad", quote(std::string(bytes - now, 'x'))).text();
}

// The octets that so many characters of base64url stand for.
std::size_t decoded_bytes(std::size_t characters) { return characters * 3 / 4; }

std::string with_header_bytes(const AttackList& list, std::size_t bytes) { return list.sign_header(padded(list.header(), decoded_bytes(bytes))); }

std::string with_token_bytes(const AttackList& list, std::size_t bytes) {
  constexpr std::size_t kSignature = 86;  // of 64 octets
  JsonObject header = list.header();
  for (std::string pad;; pad += 'x') {
    header.set("pad", quote(pad));
    const std::size_t header_bytes = (header.text().size() * 4 + 2) / 3;
    const std::size_t payload_bytes = bytes - kSignature - 2 - header_bytes;
    if (payload_bytes % 4 == 1) continue;  // no encoding has that length
    std::string token = list.sign(header.text(), padded(list.claims(), decoded_bytes(payload_bytes)));
    if (token.size() != bytes) throw std::runtime_error("a token of the wrong size");
    return token;
  }
}

// {"a":{"a":...}} or [[...]], so many levels.
std::string nested_objects(std::size_t levels) {
  std::string out;
  for (std::size_t i = 1; i < levels; ++i) out += R"({"a":)";
  out += "{}";
  return out.append(levels - 1, '}');
}
std::string nested_arrays(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

// An object of so many members with short names: one or two letters.
JsonObject many_members(std::size_t count) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  JsonObject out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name(1, kLetters[i % kLetters.size()]);
    if (i >= kLetters.size()) name += kLetters[i / kLetters.size() - 1];
    out.append(name, "0");
  }
  return out;
}

// The object filled up to so many members, all its own.
JsonObject filled(JsonObject object, std::size_t members) {
  const JsonObject fill = many_members(members - object.members().size());
  for (const auto& [name, json] : fill.members()) object.append(name, json);
  return object;
}

void add_sizes(AttackList& list) {
  const char* const rule = "RFC 7515 section 7.1";
  for (const auto& [name, bytes] : {std::pair{"below", kTokenBytes - 1}, {"at", kTokenBytes}}) {
    list.add(std::string("token-size-") + name, "The token is " + std::to_string(bytes) + " characters long.", rule, Code::accepted,
             with_token_bytes(list, bytes));
  }
  for (const auto& [name, bytes] : {std::pair{"above", kTokenBytes + 1}, {"64-kib", std::size_t{65536}}, {"200-kib", std::size_t{204800}}}) {
    list.add(std::string("token-size-") + name, "The token is " + std::to_string(bytes) + " characters long.", rule, Code::token_too_large,
             with_token_bytes(list, bytes));
  }
  list.add("dots-16-kib-and-1", "The token is 16,385 dots.", rule, Code::token_too_large, std::string(kTokenBytes + 1, '.'));
  for (const auto& [name, bytes] : {std::pair{"below", kHeaderBytes - 1}, {"at", kHeaderBytes}}) {
    list.add(std::string("header-size-") + name, "The header part is " + std::to_string(bytes) + " characters long.", rule, Code::accepted,
             with_header_bytes(list, bytes));
  }
  for (const auto& [name, bytes] : {std::pair{"above", kHeaderBytes + 2}, {"8-kib", std::size_t{8192}}}) {
    list.add(std::string("header-size-") + name, "The header part is " + std::to_string(bytes) + " characters long.", rule, Code::header_too_large,
             with_header_bytes(list, bytes));
  }
  list.add("kid-64-kib", "The kid is 64 KiB long.", rule, Code::token_too_large, list.with_header("kid", quote(std::string(65536, 'k'))));
  list.add("kid-5-kib", "The kid is 5 KiB long.", rule, Code::header_too_large, list.with_header("kid", quote(std::string(5120, 'k'))));
  list.add("kid-2-kib", "The kid is 2 KiB long, which is within the limits.", rule, Code::unknown_key,
           list.with_header("kid", quote(std::string(2048, 'k'))));
}

void add_depths(AttackList& list) {
  const auto both = [&](const std::string& name, const std::string& what, const std::string& json, bool good) {
    list.add("header-" + name, "The header " + what + ".", kRule, good ? Code::accepted : Code::header_too_complex, list.with_header("x", json));
    list.add("payload-" + name, "The payload " + what + ".", kRule, good ? Code::accepted : Code::payload_too_complex, list.with_claim("x", json));
  };
  both("depth-15", "is 15 levels deep", nested_objects(kDepth - 2), true);
  both("depth-16", "is 16 levels deep, in objects", nested_objects(kDepth - 1), true);
  both("depth-17", "is 17 levels deep, in objects", nested_objects(kDepth), false);
  both("depth-16-arrays", "is 16 levels deep, in arrays", nested_arrays(kDepth - 1), true);
  both("depth-17-arrays", "is 17 levels deep, in arrays", nested_arrays(kDepth), false);
  both("depth-16-scalar", "has a number at level 16, which does not count", std::string(kDepth - 1, '[') + "1" + std::string(kDepth - 1, ']'), true);
  both("depth-1000", "is 1,000 levels deep", nested_arrays(999), false);
  list.add("payload-depth-5000", "The payload is 5,000 levels deep.", kRule, Code::payload_too_complex, list.with_claim("x", nested_arrays(4999)));
}

void add_members(AttackList& list) {
  list.add("header-members-256", "The header has 256 members.", kRule, Code::accepted, list.sign_header(filled(list.header(), kMembersPerObject)));
  list.add("header-members-257", "The header has 257 members.", kRule, Code::header_too_complex,
           list.sign_header(filled(list.header(), kMembersPerObject + 1)));
  list.add("header-nested-members-257", "An object in the header has 257 members.", kRule, Code::header_too_complex,
           list.with_header("x", many_members(kMembersPerObject + 1).text()));
  list.add("payload-members-256", "The payload has 256 members.", kRule, Code::accepted, list.sign_payload(filled(list.claims(), kMembersPerObject)));
  list.add("payload-members-257", "The payload has 257 members.", kRule, Code::payload_too_complex,
           list.sign_payload(filled(list.claims(), kMembersPerObject + 1)));
  list.add("payload-nested-members-256", "An object in the payload has 256 members.", kRule, Code::accepted,
           list.with_claim("x", many_members(kMembersPerObject).text()));
  list.add("payload-nested-members-257", "An object in the payload has 257 members.", kRule, Code::payload_too_complex,
           list.with_claim("x", many_members(kMembersPerObject + 1).text()));
  list.add("payload-members-1500", "The payload has 1,500 members with names of one or two letters.", kRule, Code::payload_too_complex,
           list.sign_payload(filled(list.claims(), 1500)));
  list.add("payload-members-2400", "The payload has 2,400 members with names of one or two letters, which no longer fit into a token.", kRule,
           Code::token_too_large, list.sign_payload(filled(list.claims(), 2400)));

  // Objects of 200 members in an array, and the rest in the claims themselves: so many members in all, with no object near its own limit.
  const auto total = [&](std::size_t members) {
    JsonObject claims = list.claims();
    std::string objects = "[";
    std::size_t left = members - claims.members().size() - 1;
    for (; left > 0; left -= std::min<std::size_t>(left, 200)) {
      if (objects.size() > 1) objects += ',';
      objects += many_members(std::min<std::size_t>(left, 200)).text();
    }
    return list.sign_payload(claims.set("x", objects + "]"));
  };
  list.add("payload-members-in-all-1024", "The payload has 1,024 members in all of its objects.", kRule, Code::accepted, total(kMembers));
  list.add("payload-members-in-all-1025", "The payload has 1,025 members in all of its objects.", kRule, Code::payload_too_complex,
           total(kMembers + 1));
}

}  // namespace

void add_limit_attacks(AttackList& list) {
  add_sizes(list);
  add_depths(list);
  add_members(list);
}

}  // namespace assay::mint
