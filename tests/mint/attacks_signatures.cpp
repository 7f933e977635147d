// Signatures of ECDSA and EdDSA that a careless verifier takes, and damage to any token. All are bad_signature but for those that are only unusual.
#include "mint/attack_list.h"
#include "mint/forge.h"

namespace assay::mint {
namespace {

void add_damage(AttackList& list) {
  for (const char* algorithm : {"RS256", "PS256", "ES256", "ES512", "EdDSA"}) {
    const Key& key = list.key(algorithm);
    const TokenBuilder good = list.unsigned_parts(algorithm).sign(key);
    const std::string signature = key.sign(good.signing_input());
    const std::string end = "-" + key.kid();
    const auto bad = [&](const std::string& name, const std::string& what, const std::string& octets) {
      list.add("signature-" + name + end, "The signature " + what + ".", "RFC 7515 section 5.2", Code::bad_signature,
               TokenBuilder(good).signature(octets).text());
    };
    std::string flipped = signature;
    flipped.front() = static_cast<char>(flipped.front() ^ 1);
    bad("first-bit", "has one bit of its first octet flipped", flipped);
    flipped = signature;
    flipped[signature.size() / 2] = static_cast<char>(flipped[signature.size() / 2] ^ '\x10');
    bad("middle-bit", "has one bit in its middle flipped", flipped);
    flipped = signature;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    bad("last-bit", "has one bit of its last octet flipped", flipped);
    bad("truncated", "lacks its last octet", signature.substr(0, signature.size() - 1));
    bad("extended", "has an octet more", signature + std::string(1, '\0'));
    bad("prefixed", "has a zero octet before it", std::string(1, '\0') + signature);
    bad("half", "is cut in half", signature.substr(0, signature.size() / 2));
    bad("twice", "stands twice", signature + signature);
    bad("one-octet", "is one octet", "x");
    bad("zeros", "is all zeros", std::string(signature.size(), '\0'));
    bad("ones", "is all ones", std::string(signature.size(), '\xff'));
    bad("of-payload", "is of the payload alone", key.sign(list.claims().text()));
    bad("other-algorithm-length", "is as long as that of no algorithm", std::string(300, 'x'));
    // The parts signed are changed afterwards.
    const JsonObject header = list.header(algorithm);
    const JsonObject claims = list.claims();
    list.add("header-changed" + end, "The header was changed after signing.", "RFC 7515 section 5.2", Code::bad_signature,
             TokenBuilder().header(header.text()).payload(claims.text()).sign(key).header(JsonObject(header).set("x", "1").text()).text());
    list.add(
        "payload-changed" + end, "The payload was changed after signing.", "RFC 7515 section 5.2", Code::bad_signature,
        TokenBuilder().header(header.text()).payload(claims.text()).sign(key).payload(JsonObject(claims).set("sub", quote("blice")).text()).text());
    list.add("payload-respelled" + end, "The payload got a blank after signing.", "RFC 7515 section 5.2", Code::bad_signature,
             TokenBuilder().header(header.text()).payload(claims.text()).sign(key).payload(claims.text() + " ").text());
  }
}

class EcdsaAttacks {
 public:
  EcdsaAttacks(AttackList& list, const char* algorithm)
      : list_(list), key_(list.key(algorithm)), bytes_(key_.coordinate_bytes()), order_(ecdsa_order(key_)), parts_(list.unsigned_parts(algorithm)) {
    const std::string signature = key_.sign(parts_.signing_input());
    r_ = signature.substr(0, bytes_);
    s_ = signature.substr(bytes_);
  }

  void add_all() {
    bad("der", "is in DER", ecdsa_der(r_ + s_));
    add_ranges();
    add_lengths();
    bad("swapped", "has r and s swapped", s_ + r_);
    bad("little-endian", "has r and s with their lowest octet first", std::string(r_.rbegin(), r_.rend()) + std::string(s_.rbegin(), s_.rend()));
    // Whoever has (r, s) can make (r, n - s): a different token, and a good one, for JOSE asks for no lower half.
    add("s-negated", "has n - s for s, which is as good", Code::accepted, r_ + subtract(order_, s_, bytes_));
  }

  // A short r: one signature in 256 has it. With its leading zero it is right, without it is short.
  void add_leading_zero() {
    std::string signature;
    do {
      signature = key_.sign(parts_.signing_input());
    } while (signature[0] != '\0');
    add("leading-zero", "has an r that begins with a zero octet", Code::accepted, signature);
    bad("leading-zero-stripped", "lacks the leading zero octet of its r", signature.substr(1));
  }

 private:
  void add(const std::string& name, const std::string& what, Code expected, const std::string& octets) {
    list_.add(key_.kid() + "-" + name, "The signature " + what + ".", "RFC 7518 section 3.4", expected, TokenBuilder(parts_).signature(octets).text());
  }
  void bad(const std::string& name, const std::string& what, const std::string& octets) { add(name, what, Code::bad_signature, octets); }
  std::string number(char last) const { return std::string(bytes_ - 1, '\0') + last; }

  void add_ranges() {
    const std::string zero = number('\0');
    const std::string one = number('\1');
    const std::string above = add_one(order_);
    const std::string below = subtract(order_, one, bytes_);
    const std::string ones(bytes_, '\xff');
    bad("r-0-s-0", "has 0 for r and s", zero + zero);
    bad("r-0", "has 0 for r", zero + s_);
    bad("s-0", "has 0 for s", r_ + zero);
    bad("r-n-s-n", "has n for r and s", order_ + order_);
    bad("r-n", "has n for r", order_ + s_);
    bad("s-n", "has n for s", r_ + order_);
    bad("r-0-s-n", "has 0 for r and n for s", zero + order_);
    bad("r-n-s-0", "has n for r and 0 for s", order_ + zero);
    bad("r-1-s-1", "has 1 for r and s", one + one);
    bad("r-1-s-0", "has 1 for r and 0 for s", one + zero);
    bad("r-0-s-1", "has 0 for r and 1 for s", zero + one);
    bad("r-above-n", "has n + 1 for r", above + s_);
    bad("s-above-n", "has n + 1 for s", r_ + above);
    bad("r-below-n", "has n - 1 for r", below + s_);
    bad("s-below-n", "has n - 1 for s", r_ + below);
    bad("r-all-ones", "has all ones for r", ones + s_);
    bad("s-all-ones", "has all ones for s", r_ + ones);
    // Congruent numbers above n. They fit only where the field has bits to spare: with ES512, which leaves seven.
    if (bytes_ == 66) {
      bad("r-plus-n", "has r + n for r", mint::add(r_, order_, bytes_) + s_);
      bad("s-plus-n", "has s + n for s", r_ + mint::add(s_, order_, bytes_));
      bad("both-plus-n", "has r + n for r and s + n for s", mint::add(r_, order_, bytes_) + mint::add(s_, order_, bytes_));
    }
  }
  std::string add_one(const std::string& value) const { return mint::add(value, number('\1'), bytes_); }

  void add_lengths() {
    bad("short", "lacks one octet of r and of s", r_.substr(1) + s_.substr(1));
    bad("long", "has r and s with a zero octet more each", '\0' + r_ + '\0' + s_);
    bad("long-end", "has r and s with a zero octet after each", r_ + '\0' + s_ + '\0');
    bad("long-plus-n", "has r + n and s + n, one octet longer each", mint::add(r_, order_, bytes_ + 1) + mint::add(s_, order_, bytes_ + 1));
    bad("r-alone", "is r alone", r_);
    bad("double-width", "has r and s in twice the octets", std::string(bytes_, '\0') + r_ + std::string(bytes_, '\0') + s_);
  }

  AttackList& list_;
  const Key& key_;
  std::size_t bytes_;
  std::string order_;
  TokenBuilder parts_;
  std::string r_;
  std::string s_;
};

}  // namespace

void add_ecdsa_attacks(AttackList& list) {
  add_damage(list);
  for (const char* algorithm : {"ES256", "ES384", "ES512"}) EcdsaAttacks(list, algorithm).add_all();
  EcdsaAttacks(list, "ES256").add_leading_zero();
}

void add_eddsa_attacks(AttackList& list) {
  const Key& key = list.key("EdDSA");
  const TokenBuilder parts = list.unsigned_parts("EdDSA");
  const std::string message = parts.signing_input();
  const std::string signature = key.sign(message);
  const auto bad = [&](const std::string& name, const std::string& what, const std::string& octets) {
    list.add("eddsa-" + name, "The signature " + what + ".", "RFC 8032 section 5.1.7", Code::bad_signature,
             TokenBuilder(parts).signature(octets).text());
  };
  const std::string r = signature.substr(0, 32);
  const std::string s = signature.substr(32);
  const std::string order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  std::string more = ed25519_plus_order(signature);
  for (const char* times : {"1", "2", "3"}) {
    bad(std::string("s-plus-") + times + "-l", std::string("has S + ") + times + "L for S", more);
    more = ed25519_plus_order(more);
  }
  std::string high = signature;
  high.back() = static_cast<char>(high.back() | '\xe0');
  bad("s-high-bits", "has the three highest bits of S set", high);
  bad("s-is-l", "has L for S", r + order);
  bad("s-0", "has 0 for S", r + std::string(32, '\0'));
  bad("swapped", "has R and S swapped", s + r);
  bad("big-endian", "has R and S with their highest octet first", std::string(r.rbegin(), r.rend()) + std::string(s.rbegin(), s.rend()));
  std::string negative = signature;
  negative[31] = static_cast<char>(negative[31] ^ '\x80');
  bad("r-negated", "has the sign of R flipped", negative);
  bad("r-is-key", "has the public key for R", key.public_octets() + s);
  for (const SmallOrderPoint& point : small_order_points()) {
    const std::string small = from_hex(point.hex);
    bad("r-" + std::string(point.name), "has a point of small order for R, and the S that goes with it", ed25519_with_r(key, message, small));
    bad("r-" + std::string(point.name) + "-s-0", "has a point of small order for R and 0 for S", small + std::string(32, '\0'));
  }
  bad("prehashed", "is of the message's SHA-512", key.sign(digest("512", message)));
}

}  // namespace assay::mint
