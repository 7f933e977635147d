// Attacks: every kind of bad token by name, each with the one verdict that is right for it, and good ones among them, so that a daemon that refuses
// everything fails as well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mint/fixture.h"
#include "schema/codes.h"

namespace assay::mint {

// Target: whom the tokens are meant to fool: a daemon with fixture.configuration() in force, at a time.
struct Target {
  Fixture fixture;
  std::int64_t now_s = 0;  // seconds since 1970; up to 2000000000
  // attacker_url: what jku and x5u point to. A test that listens there sees whether anybody asks.
  std::string attacker_url = "https://attacker.example.com/jwks.json";
};

// Attack: a token and what must become of it.
struct Attack {
  std::string name;  // stable, kebab-case
  std::string what;  // one sentence
  std::string rfc;   // e.g. "RFC 8725 section 3.1"
  std::string token;
  schema::Code expected = schema::Code::unset;
  std::string api_service;      // whom to ask
  // time_sensitive: expected holds at Target::now_s exactly, and perhaps not a second later: for callers that set the clock. All others hold for
  // the minute that follows.
  bool time_sensitive = false;
};

// attacks(target): all of them, in a fixed order. Deterministic but for keys, nonces and token ids.
std::vector<Attack> attacks(const Target& target);

// find_attack(list, name): the attack of that name; null if there is none.
const Attack* find_attack(const std::vector<Attack>& list, std::string_view name);

}  // namespace assay::mint
