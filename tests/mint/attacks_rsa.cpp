// RSA signatures (RFC 8017) whose padding or numbers are not what RFC 7518 sections 3.3 and 3.5 say. The private key makes them, so that only the
// verifier's look at the padding stands between them and acceptance.
#include "mint/attack_list.h"
#include "mint/forge.h"

namespace assay::mint {
namespace {

constexpr const char* kPkcs1 = "RFC 8017 section 8.2.2";
constexpr const char* kPss = "RFC 8017 section 8.1.2";

// DigestInfo of SHA-256 as RFC 8017 section 9.2 gives it, and wrong ones.
std::string digest_info(std::string_view prefix, std::string_view message) { return from_hex(prefix) + digest("256", message); }
constexpr std::string_view kRight = "3031300d060960864801650304020105000420";
constexpr std::string_view kNoNull = "302f300b06096086480165030402010420";
constexpr std::string_view kLongLength = "308131300d060960864801650304020105000420";
constexpr std::string_view kOtherOid = "3031300d060960864801650304020405000420";  // the identifier of SHA-224 with SHA-256's length
constexpr std::string_view kNullWithContent = "3033300f06096086480165030402010502beef0420";

// 00 type padding 00 content tail, with so much padding that the block has the modulus' length, or as much as is asked for.
std::string block(std::size_t bytes, const std::string& content, char type = '\1', char pad = '\xff', const std::string& tail = "") {
  return std::string{'\0', type} + std::string(bytes - 3 - content.size() - tail.size(), pad) + '\0' + content + tail;
}

void add_paddings(AttackList& list) {
  const Key& key = list.key("RS256");
  const TokenBuilder parts = list.unsigned_parts("RS256");
  const std::string message = parts.signing_input();
  const std::size_t bytes = key.public_octets().size();
  const auto add = [&](const std::string& name, const std::string& what, Code expected, const std::string& encoded) {
    list.add("rs256-" + name, "The signature's padding " + what + ".", kPkcs1, expected, TokenBuilder(parts).signature(rsa_raw(key, encoded)).text());
  };
  const auto bad = [&](const std::string& name, const std::string& what, const std::string& encoded) { add(name, what, Code::bad_signature, encoded); };
  const std::string info = digest_info(kRight, message);
  add("padding-good", "is right, written by hand", Code::accepted, block(bytes, info));
  bad("padding-no-null", "lacks the NULL of its algorithm identifier", block(bytes, digest_info(kNoNull, message)));
  bad("padding-long-length", "has a length in the long form", block(bytes, digest_info(kLongLength, message)));
  bad("padding-null-content", "has content in its NULL", block(bytes, digest_info(kNullWithContent, message)));
  bad("padding-other-oid", "names another hash", block(bytes, digest_info(kOtherOid, message)));
  bad("padding-no-info", "has the bare hash", block(bytes, digest("256", message)));
  bad("padding-type-0", "is of type 0", block(bytes, info, '\0', '\0'));
  bad("padding-type-2", "is of type 2", block(bytes, info, '\2', '\x55'));
  bad("padding-not-ff", "has other octets than FF", block(bytes, info, '\1', '\xfe'));
  bad("padding-garbage-after", "is short, with garbage after the hash", block(bytes, info, '\1', '\xff', std::string(150, '\x42')));
  // The garbage is where cube roots are forged: eight octets of FF, DigestInfo, and the rest free.
  const std::string minimal = std::string{'\0', '\1'} + std::string(8, '\xff') + '\0' + info;
  bad("padding-minimal", "has eight octets of FF and garbage after the hash", minimal + std::string(bytes - minimal.size(), '\x42'));
  bad("padding-zero-inside", "has a zero octet too many before the hash", block(bytes, std::string(1, '\0') + info));
  bad("padding-sha512", "is that of SHA-512",
      block(bytes, from_hex("3051300d060960864801650304020305000440") + digest("512", message)));
  bad("padding-other-message", "has the hash of another message", block(bytes, digest_info(kRight, message + "x")));
}

void add_numbers(AttackList& list) {
  const Key& key = list.key("RS256");
  const std::string modulus = key.public_octets();
  const std::size_t bytes = modulus.size();
  const std::string one = std::string(bytes - 1, '\0') + '\1';
  const auto bad = [&](const std::string& name, const std::string& what, const TokenBuilder& parts, const std::string& octets) {
    list.add("rs256-" + name, "The signature " + what + ".", kPkcs1, Code::bad_signature, TokenBuilder(parts).signature(octets).text());
  };
  const TokenBuilder parts = list.unsigned_parts("RS256");
  const std::string signature = key.sign(parts.signing_input());
  bad("number-0", "is 0", parts, std::string(bytes, '\0'));
  bad("number-1", "is 1", parts, one);
  bad("number-n", "is n", parts, modulus);
  bad("number-n-minus-1", "is n - 1", parts, subtract(modulus, one, bytes));
  bad("number-negated", "is n - s", parts, subtract(modulus, signature, bytes));
  bad("number-plus-n-long", "is s + n, one octet longer", parts, add(signature, modulus, bytes + 1));
  // s + n in the modulus' own length: it fits when s is small enough, so tokens are made until one has such an s.
  for (int tries = 0; tries < 200; ++tries) {
    const TokenBuilder other = list.unsigned_parts("RS256");
    const std::string sum = add(key.sign(other.signing_input()), modulus, bytes + 1);
    if (sum.front() != '\0' && tries < 199) continue;
    bad("number-plus-n", "is s + n, which is congruent to a good one", other, sum.front() == '\0' ? sum.substr(1) : sum);
    break;
  }
}

void add_pss(AttackList& list) {
  for (const char* algorithm : {"PS256", "PS384", "PS512"}) {
    const Key& key = list.key(algorithm);
    const TokenBuilder parts = list.unsigned_parts(algorithm);
    const std::string message = parts.signing_input();
    const std::string bits = std::string(algorithm).substr(2);
    const std::string other = bits == "256" ? "512" : "256";
    const int salt = std::stoi(bits) / 8;
    const auto add = [&](const std::string& name, const std::string& what, Code expected, const std::string& octets) {
      list.add(key.kid() + "-" + name, "The signature " + what + ".", kPss, expected, TokenBuilder(parts).signature(octets).text());
    };
    add("by-hand", "is right, its parameters said one by one", Code::accepted, rsa_pss(key, message, bits, bits, salt));
    add("salt-0", "has no salt", Code::bad_signature, rsa_pss(key, message, bits, bits, 0));
    add("salt-short", "has a salt one octet short", Code::bad_signature, rsa_pss(key, message, bits, bits, salt - 1));
    add("salt-long", "has a salt one octet long", Code::bad_signature, rsa_pss(key, message, bits, bits, salt + 1));
    add("salt-20", "has the salt of SHA-1", Code::bad_signature, rsa_pss(key, message, bits, bits, 20));
    const int room = static_cast<int>(key.public_octets().size()) - salt - 2;
    add("salt-longest", "has the longest salt that fits", Code::bad_signature, rsa_pss(key, message, bits, bits, room));
    add("mgf-other", "has a mask by another hash", Code::bad_signature, rsa_pss(key, message, bits, other, salt));
    add("hash-other", "is by another hash throughout", Code::bad_signature, rsa_pss(key, message, other, other, std::stoi(other) / 8));
    add("pkcs1", "is padded as PKCS#1 v1.5", Code::bad_signature, key.sign(message, "RS" + bits));
  }
  const Key& key = list.key("RS256");
  TokenBuilder parts = list.unsigned_parts("RS256");
  list.add("rs256-pss", "The signature is padded as PSS.", kPkcs1, Code::bad_signature, parts.sign(key, "PS256").text());
  list.add("rs256-sha512", "The signature is by RS512.", kPkcs1, Code::bad_signature, parts.sign(key, "RS512").text());
}

}  // namespace

void add_rsa_attacks(AttackList& list) {
  add_paddings(list);
  add_numbers(list);
  add_pss(list);
}

}  // namespace assay::mint
