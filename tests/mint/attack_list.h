// How the attacks_*.cpp files write their tokens: from a good one, with one thing changed. Internal to the mint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mint/attacks.h"
#include "mint/json.h"
#include "mint/token.h"

namespace assay::mint {

using schema::Code;

// AttackList: the attacks written so far. Unless said otherwise tokens are for `orders` and signed by its ES256 key, the cheapest to verify.
class AttackList {
 public:
  explicit AttackList(const Target& target) : target_(target) {}

  const Target& target() const { return target_; }
  const Service& orders() const { return target_.fixture.orders; }
  const Service& payments() const { return target_.fixture.payments; }
  const Key& key(std::string_view algorithm = "ES256") const { return orders().key(algorithm); }
  const Key& attacker(std::string_view algorithm) const { return find_key(target_.fixture.attacker, algorithm); }
  std::int64_t now() const { return target_.now_s; }

  // add: the next attack on `orders`. add_timed: one that is right at that very second. add_to: an attack on another API service.
  void add(std::string name, std::string what, std::string rfc, Code expected, std::string token) {
    add_to(orders(), std::move(name), std::move(what), std::move(rfc), expected, std::move(token));
  }
  void add_timed(std::string name, std::string what, std::string rfc, Code expected, std::string token) {
    add_to(orders(), std::move(name), std::move(what), std::move(rfc), expected, std::move(token), true);
  }
  void add_to(const Service& service, std::string name, std::string what, std::string rfc, Code expected, std::string token, bool timed = false) {
    attacks_.push_back({std::move(name), std::move(what), std::move(rfc), std::move(token), expected, service.api_service, timed});
  }

  // claims(): good for an hour at `orders`. header(algorithm): good for its key of that algorithm.
  JsonObject claims() const { return orders().good_claims(now()); }
  JsonObject header(std::string_view algorithm = "ES256") const { return mint::header(key(algorithm)); }
  JsonObject claims_with(std::string_view name, std::string json) const { return claims().set(name, std::move(json)); }
  JsonObject header_with(std::string_view name, std::string json) const { return header().set(name, std::move(json)); }

  // sign(header, payload): a token of these octets, with a good signature. sign_parts: of parts that stand in the token as they are.
  std::string sign(std::string_view header, std::string_view payload) const {
    return TokenBuilder().header(header).payload(payload).sign(key()).text();
  }
  std::string sign(const JsonObject& header, const JsonObject& payload) const { return sign(header.text(), payload.text()); }
  std::string sign_header(const JsonObject& header) const { return sign(header, claims()); }
  std::string sign_header(std::string_view header) const { return sign(header, claims().text()); }
  std::string sign_payload(const JsonObject& payload) const { return sign(header(), payload); }
  std::string sign_payload(std::string_view payload) const { return sign(header().text(), payload); }
  std::string with_claim(std::string_view name, std::string json) const { return sign_payload(claims_with(name, std::move(json))); }
  std::string with_header(std::string_view name, std::string json) const { return sign_header(header_with(name, std::move(json))); }
  // unsigned_parts(algorithm): a builder with a good header and payload, for a signature of one's own.
  TokenBuilder unsigned_parts(std::string_view algorithm) const { return TokenBuilder().header(header(algorithm).text()).payload(claims().text()); }

  std::vector<Attack> take() { return std::move(attacks_); }

 private:
  const Target& target_;
  std::vector<Attack> attacks_;
};

// NamedJson: a variant of some value: what the attack's name ends in, and the value as JSON text.
struct NamedJson {
  std::string name;
  std::string json;
};

// NamedText: a text that nearly is the right one.
struct NamedText {
  std::string name;
  std::string what;
  std::string text;
};

// near_misses(url): texts that a careless comparison takes for this https URL. No two are equal, none is the URL.
std::vector<NamedText> near_misses(const std::string& url);

// lower(text), upper(text): with its ASCII letters in that case.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

// utf8(code_point): its UTF-8 (RFC 3629).
std::string utf8(char32_t code_point);

// The parts of the list, in the order of validation: form, JSON, header, claims, times, keys, signatures, policy.
void add_controls(AttackList& list);
void add_form_attacks(AttackList& list);
void add_limit_attacks(AttackList& list);
void add_json_attacks(AttackList& list);
void add_header_attacks(AttackList& list);
void add_claim_attacks(AttackList& list);
void add_time_attacks(AttackList& list);
void add_key_attacks(AttackList& list);
void add_confusion_attacks(AttackList& list);
void add_ecdsa_attacks(AttackList& list);
void add_eddsa_attacks(AttackList& list);
void add_rsa_attacks(AttackList& list);
void add_policy_attacks(AttackList& list);

}  // namespace assay::mint
