// The configuration: the JSON document that an operator writes, checked as a whole. docs/CONFIGURATION.md and schema/config.schema.json say the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "crypto/algorithm.h"
#include "snapshot/key_set.h"

namespace assay::snapshot {

// Fault: one thing wrong with a document: where (RFC 6901, "" for the whole), what was found, what is allowed. Found text is cut and escaped, and never
// holds key material.
struct Fault {
  std::string pointer;
  std::string found;
  std::string allowed;
};

// TokenTypeRule: which header types a server's tokens may have.
enum class TokenTypeRule : std::uint8_t { unset = 0, any, jwt, at_jwt };

// KeySource: where an OAuth server's keys come from.
struct KeySource {
  enum class Kind : std::uint8_t { unset = 0, jwks, jwks_url, discovery };
  Kind kind = Kind::unset;
  std::string url;                      // jwks_url: itself; discovery: the issuer
  std::shared_ptr<const KeySet> inline_keys;  // jwks: with at least one key
};

struct OAuthServerSettings {
  std::string name;
  std::string description;
  std::vector<std::string> issuers;
  KeySource key_source;
  std::int64_t clock_skew_tolerance_s = 0;
  crypto::AlgorithmSet algorithms = crypto::AlgorithmSet::all();
  TokenTypeRule token_type = TokenTypeRule::jwt;
};

// RuleValue: what a claim may be. An integer is kept as written: JSON spells each integer one way, but for -0, which is not 0 here.
struct RuleValue {
  enum class Kind : std::uint8_t { unset = 0, string, integer, boolean };
  Kind kind = Kind::unset;
  std::string text;  // a string's value; an integer's digits; "true" or "false"
};

// ClaimRule: the claim at `pointer` (a well-formed jose::PointerView text) equals one of `any_of`; an array does by any element.
struct ClaimRule {
  std::string pointer;
  std::vector<RuleValue> any_of;
};

struct ApiServiceSettings {
  std::string name;
  std::vector<std::string> audiences;
  std::vector<std::string> oauth_servers;
  std::vector<std::string> required_scopes;
  std::vector<ClaimRule> claim_rules;
  std::optional<std::int64_t> max_token_age_s;
};

// ClientSettings: whom an entry of `clients` names (exactly one of the four) and the API services it opens to them.
struct ClientSettings {
  std::optional<std::string> user;
  std::optional<std::uint32_t> uid;
  std::optional<std::string> group;
  std::optional<std::uint32_t> gid;
  std::vector<std::string> api_services;
};

// DaemonLimits: `daemon.limits`, all taken up at deploy.
struct DaemonLimits {
  std::size_t connections = base::limits::kConnectionsMax;
  std::size_t connections_per_uid = base::limits::kConnectionsPerUidMax;
  std::size_t tokens_per_request = base::limits::kTokensPerRequestMax;
  std::size_t oauth_servers = base::limits::kOAuthServersMax;
  std::size_t api_services = base::limits::kApiServicesMax;
};

// Config: a configuration that has passed every check. A value.
struct Config {
  std::vector<OAuthServerSettings> oauth_servers;
  std::vector<ApiServiceSettings> api_services;
  std::optional<std::vector<ClientSettings>> clients;  // absent: whoever can open the data socket may ask
  DaemonLimits limits;
};

// parse_config(document): checks the whole document and lists every fault at once (up to 100): unknown members, members that stand twice, wrong types, values out
// of range, names taken twice, references to what is not there, an issuer that two servers of one API service share, an inline JWKS without a
// usable key. Does not open files: a jwks_file left in the document is a fault (see key_files.h). Thread-safe.
base::Result<Config, std::vector<Fault>> parse_config(std::string_view document);

}  // namespace assay::snapshot
