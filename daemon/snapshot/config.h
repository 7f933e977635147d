// The configuration: the JSON document that an operator writes, checked as a whole. docs/CONFIGURATION.md and schema/config.schema.json say the same.
#pragma once

#include <algorithm>
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
#include "crypto/engine_choice.h"
#include "snapshot/key_set.h"
#include "snapshot/key_set_pool.h"

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

// SourceAccess: how a URL source is reached. Only assay-fetch opens what it names. A value.
struct SourceAccess {
  std::string ca_file;             // PEM: whose certificates count, in place of those that the host trusts; empty: these
  std::string client_certificate;  // PEM; empty: none
  std::string client_key;          // PEM; there if and only if client_certificate is
  std::string proxy;               // URL; empty: none, whatever the environment says
  bool allow_http = false;         // http to hosts that are not this one
  friend auto operator<=>(const SourceAccess&, const SourceAccess&) = default;
};

// FetchRules: when a URL source is asked, and for how long its answers count. A value.
struct FetchRules {
  std::uint64_t refresh_min_s = base::limits::kRefreshMinS;
  std::uint64_t refresh_max_s = base::limits::kRefreshMaxS;
  std::uint64_t stale_max_s = base::limits::kStaleMaxS;
  std::uint64_t timeout_ms = base::limits::kFetchTimeoutMs;
  friend bool operator==(const FetchRules&, const FetchRules&) = default;
};

// merge(a, b): the rules of a source that OAuth servers with these rules share: each gets keys no older than it asks for, and an answer as much time as any of them gives it.
inline FetchRules merge(const FetchRules& a, const FetchRules& b) noexcept {
  return {.refresh_min_s = std::min(a.refresh_min_s, b.refresh_min_s),
          .refresh_max_s = std::min(a.refresh_max_s, b.refresh_max_s),
          .stale_max_s = std::min(a.stale_max_s, b.stale_max_s),
          .timeout_ms = std::max(a.timeout_ms, b.timeout_ms)};
}

// KeySource: where an OAuth server's keys come from.
struct KeySource {
  enum class Kind : std::uint8_t { unset = 0, jwks, jwks_url, discovery };
  Kind kind = Kind::unset;
  std::string url;                      // jwks_url: itself; discovery: the issuer
  SourceAccess access;                  // of a URL source
  std::shared_ptr<const KeySet> inline_keys;  // jwks: never null

  // is_url(): whether the keys come from elsewhere, and are none of the configuration's.
  bool is_url() const noexcept { return kind == Kind::jwks_url || kind == Kind::discovery; }
  // An inline set is its content, whichever document it stands in.
  friend bool operator==(const KeySource& a, const KeySource& b) noexcept {
    if (a.kind != b.kind || a.url != b.url || a.access != b.access || (a.inline_keys == nullptr) != (b.inline_keys == nullptr)) return false;
    return a.inline_keys == nullptr || a.inline_keys->id() == b.inline_keys->id();
  }
};

struct OAuthServerSettings {
  std::string name;
  std::string description;
  std::vector<std::string> issuers;
  KeySource key_source;
  FetchRules fetch_rules;  // of a URL source
  std::int64_t clock_skew_tolerance_s = 0;
  crypto::AlgorithmSet algorithms = crypto::AlgorithmSet::all();
  TokenTypeRule token_type = TokenTypeRule::jwt;
  friend bool operator==(const OAuthServerSettings&, const OAuthServerSettings&) = default;
};

// RuleValue: what a claim may be. An integer is kept as written: JSON spells each integer one way, but for -0, which is not 0 here.
struct RuleValue {
  enum class Kind : std::uint8_t { unset = 0, string, integer, boolean };
  Kind kind = Kind::unset;
  std::string text;  // a string's value; an integer's digits; "true" or "false"
  friend bool operator==(const RuleValue&, const RuleValue&) = default;
};

// ClaimRule: the claim at `pointer` (a well-formed jose::PointerView text) equals one of `any_of`; an array does by any element.
struct ClaimRule {
  std::string pointer;
  std::vector<RuleValue> any_of;
  friend bool operator==(const ClaimRule&, const ClaimRule&) = default;
};

struct ApiServiceSettings {
  std::string name;
  std::vector<std::string> audiences;
  std::vector<std::string> oauth_servers;
  std::vector<std::string> required_scopes;
  std::vector<ClaimRule> claim_rules;
  std::optional<std::int64_t> max_token_age_s;
  friend bool operator==(const ApiServiceSettings&, const ApiServiceSettings&) = default;
};

// ControlRight: what a client may do on the control socket: nothing; look (ping, status); everything. Each holds those before it.
enum class ControlRight : std::uint8_t { none = 0, read, write };

// ClientSettings: whom an entry of `clients` names (exactly one of the four) and what it opens to them, which is something.
struct ClientSettings {
  std::optional<std::string> user;
  std::optional<std::uint32_t> uid;
  std::optional<std::string> group;
  std::optional<std::uint32_t> gid;
  std::vector<std::string> api_services;
  ControlRight control = ControlRight::none;
  friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

// DaemonLimits: `daemon.limits`, all taken up at deploy.
struct DaemonLimits {
  std::size_t connections = base::limits::kConnectionsMax;
  std::size_t connections_per_uid = base::limits::kConnectionsPerUidMax;
  std::size_t tokens_per_request = base::limits::kTokensPerRequestMax;
  std::size_t request_age_ms = base::limits::kRequestAgeMs;
  std::size_t oauth_servers = base::limits::kOAuthServersMax;
  std::size_t api_services = base::limits::kApiServicesMax;
  friend bool operator==(const DaemonLimits&, const DaemonLimits&) = default;
};

// DaemonConfig: `daemon`. Taken up at deploy, but for the engine, its cross check and the cache of tokens: those of the deployment with which the daemon started.
struct DaemonConfig {
  DaemonLimits limits;
  crypto::EngineChoice engine = crypto::EngineChoice::automatic;
  crypto::CrossCheckMode cross_check = crypto::CrossCheckMode::sample;
  unsigned cross_check_percent = 1;  // of one processor
  std::uint64_t key_table_budget_bytes = base::limits::kKeyTableBudgetBytes;
  std::uint64_t token_cache_budget_bytes = base::limits::kTokenCacheBudgetBytes;  // 0: no cache
  friend bool operator==(const DaemonConfig&, const DaemonConfig&) = default;
};

// Config: a configuration that has passed every check. A value.
struct Config {
  std::vector<OAuthServerSettings> oauth_servers;
  std::vector<ApiServiceSettings> api_services;
  std::optional<std::vector<ClientSettings>> clients;  // absent: whoever can open the data socket may ask
  DaemonConfig daemon;
};

// parse_config(document, pool): checks the whole document and lists every fault at once (up to 100): unknown members, members that stand twice, wrong types, values out
// of range, names taken twice, references to what is not there, an issuer that two servers of one API service share, an inline JWKS without a
// usable key. Does not open files: a jwks_file left in the document is a fault (see key_files.h). Key sets and material that the pool knows are shared.
base::Result<Config, std::vector<Fault>> parse_config(std::string_view document, KeySetPool& pool);
// parse_config(document): with a pool of its own. Thread-safe.
base::Result<Config, std::vector<Fault>> parse_config(std::string_view document);

}  // namespace assay::snapshot
