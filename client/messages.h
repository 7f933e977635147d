// What the control socket answers, as plain values. Private to this tree: the installed library speaks to the data socket only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/client.h"
#include "assay/result.h"
#include "assay/verdict.h"

namespace assay {

// Fault: one thing wrong with a configuration or a JWK Set.
struct Fault {
  std::string pointer;  // RFC 6901, "" for the whole document
  std::string found;
  std::string allowed;
};

// Refusal: an Error and, for a configuration or keys that were refused, why.
struct Refusal {
  Error error;
  std::vector<Fault> faults;  // pointers into what was sent
  std::optional<std::uint64_t> deployment;  // with conflict: the one in force; 0: none is
};

// DeployRequest: a configuration to put in force. A value.
struct DeployRequest {
  std::string configuration;              // the JSON document, with every jwks_file put in by value
  std::vector<std::string> api_services;  // these alone, and the settings of their OAuth servers; empty: all, and `clients` and `daemon`
  std::optional<std::uint64_t> expected_deployment;  // the one that must be in force; otherwise conflict
  bool dry_run = false;                              // check only, and say what would change
  bool allow_volatile = false;                       // put it in force even if the disk refuses to keep it
};

// RollbackRequest: a deployment whose settings, never its keys, are to be in force again. A value.
struct RollbackRequest {
  std::uint64_t deployment = 0;  // one of those kept; 0: the one before the deployment in force
  std::optional<std::uint64_t> expected_deployment;
  bool dry_run = false;
  bool allow_volatile = false;
};

// Values as in schema/protocol.fbs. unset also stands for one that this client does not know.
enum class Subject : std::uint8_t { unset = 0, api_service = 1, oauth_server = 2, key = 3, clients = 4, daemon = 5 };
enum class ChangeKind : std::uint8_t { unset = 0, added = 1, removed = 2, altered = 3 };
enum class DeploymentKind : std::uint8_t { unset = 0, full = 1, staged = 2, rollback = 3 };
// Severity: unset counts as alarm, everywhere: a problem that is not clearly mild is not.
enum class Severity : std::uint8_t { unset = 0, notice = 1, warning = 2, alarm = 3 };

enum class SourceState : std::uint8_t { unset = 0, never_fetched = 1, fresh = 2, due = 3, fetching = 4, failing = 5, stale = 6 };

// name(value): its name as written above. Never empty. The name of Severity::unset is "alarm".
std::string_view name(Subject subject) noexcept;
std::string_view name(ChangeKind kind) noexcept;
std::string_view name(DeploymentKind kind) noexcept;
std::string_view name(Severity severity) noexcept;
std::string_view name(SourceState state) noexcept;

// Change: one thing that differs from what was in force before.
struct Change {
  Subject subject = Subject::unset;
  ChangeKind kind = ChangeKind::unset;
  std::string name;  // of the API service or the OAuth server; for a key, of its OAuth server
  std::optional<std::string> kid;
  std::vector<std::string> details;  // altered: the members that differ; a key: its type and thumbprint
};

// Behind: an API service that runs on other settings than the document deployed last has.
struct Behind {
  std::string api_service;
  bool own_settings = false;
  std::vector<std::string> oauth_servers;
};

// Deployed: the deployment is in force, or, for a dry run (deployment 0), would be. The answer to a deploy and to a rollback.
struct Deployed {
  std::uint64_t deployment = 0;
  std::uint64_t generation = 0;
  std::uint64_t instance = 0;
  bool kept = false;  // on disk
  std::vector<Change> changes;
  std::vector<Behind> behind;
  std::vector<std::string> notes;
  std::uint64_t restores = 0;  // of a rollback: the deployment whose settings it restores, or would; 0: the daemon does not say
};

struct SkippedKeyStatus {
  std::uint32_t index = 0;
  std::optional<std::string> kid;
  std::string reason;
  bool alarm = false;
};

// Pushed: the keys are in force.
struct Pushed {
  std::uint64_t generation = 0;
  std::uint64_t instance = 0;
  bool changed = false;  // false: the source held this very set already
  bool kept = false;     // on disk; if not, a restart would undo it
  std::vector<Change> changes;
  std::vector<SkippedKeyStatus> skipped;
  std::vector<std::string> notes;
};

// Refreshed: what became of a fetch that was asked for.
struct Refreshed {
  std::uint64_t generation = 0;  // 0: the fetch failed
  std::uint64_t instance = 0;
  bool changed = false;  // false: the source held this very set already, or the fetch failed
  std::optional<std::string> failure;  // why there is no answer from the issuer that could be used; there if and only if there is none
  std::vector<Change> changes;
  std::vector<SkippedKeyStatus> skipped;
};

// KeyStatus: times in seconds since 1970.
struct KeyStatus {
  std::optional<std::string> kid;
  std::vector<std::string> algorithms;
  std::string type;
  std::string thumbprint;
  std::int64_t since = 0;      // how long the OAuth server has had it
  std::int64_t last_used = 0;  // when it last verified a token, since the daemon started; 0: never
  std::uint64_t verified = 0;  // tokens, since the daemon started
};

// SourceStatus: the schedule of a URL source. Times in seconds since 1970.
struct SourceStatus {
  SourceState state = SourceState::unset;
  std::int64_t fetched_at = 0;   // or confirmed, or pushed; 0: never
  std::int64_t fresh_until = 0;  // 0: no keys
  std::int64_t stale_until = 0;  // from then on the keys serve no more, if nothing comes; 0: no keys
  std::optional<std::uint64_t> next_try_in_ms;  // 0: at the next occasion; absent: a fetch is under way
  std::optional<std::string> etag;
  std::optional<std::string> last_error;  // kept when the source has recovered; absent: none yet
  std::int64_t failed_at = 0;             // when that was; 0: never
  std::uint64_t failures = 0;             // since the last success
};

struct OAuthServerStatus {
  std::string name;
  std::vector<std::string> issuers;
  std::string key_source;
  bool available = false;
  std::vector<KeyStatus> keys;
  std::vector<SkippedKeyStatus> skipped;
  std::optional<std::string> url;         // of a URL source
  std::int64_t keys_changed_at = 0;       // of a URL source: when it got the set it holds; 0: it holds none
  std::int64_t keys_checked_at = 0;       // of a URL source: when that set was last given or confirmed
  std::vector<std::string> api_services;  // those that use it with these very settings
  std::optional<SourceStatus> source;     // of a URL source; absent also if the daemon fetches nothing
};

struct ApiServiceStatus {
  std::string name;
  std::vector<std::string> oauth_servers;
  std::uint64_t deployment = 0;      // the one its settings come from
  std::int64_t deployed_at = 0;      // seconds since 1970
  bool own_settings_behind = false;  // as in Behind
  std::vector<std::string> behind;
};

struct Problem {
  Severity severity = Severity::unset;
  std::string text;
};

// DeploymentStatus: one that is kept.
struct DeploymentStatus {
  std::uint64_t deployment = 0;
  std::int64_t deployed_at = 0;  // seconds since 1970
  DeploymentKind kind = DeploymentKind::unset;
  std::uint64_t restores = 0;       // a rollback: to this one
  std::uint32_t api_services = 0;   // how many it has
  std::vector<std::string> staged;  // a staged one: those it deployed
  std::uint64_t bytes = 0;          // of its document
};

struct WorkerStatus {
  std::uint64_t generation = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t tokens = 0;
  std::uint64_t batches = 0;
};

// Count: how often something was answered. Names of codes that this client does not know are "code 123" and "error 123".
struct Count {
  std::string name;
  std::uint64_t count = 0;
};

struct AlgorithmEngine {
  std::string algorithm;
  std::string engine;
};

// KeyTables: what is computed from keys, so that they verify sooner. In bytes.
struct KeyTables {
  std::uint64_t budget = 0;
  std::uint64_t tables = 0;  // of keys; those of withdrawn keys that are still held included
  std::uint64_t bytes = 0;   // they take
  std::uint64_t curve_bytes = 0;   // the curves' own take, besides
  std::uint64_t keys_without = 0;  // in force, on a curve, and without a table
};

// TokenCache: what is remembered of tokens that were verified, so that they are not verified again; counts since the daemon's start.
struct TokenCache {
  std::uint64_t bytes = 0;      // of memory
  std::uint64_t capacity = 0;   // tokens that it has room for
  std::uint64_t entries = 0;    // tokens that are there, expired ones included
  std::uint64_t hits = 0;       // tokens judged without verifying their signatures again
  std::uint64_t misses = 0;     // tokens whose signatures had to be verified
  std::uint64_t keys_gone = 0;  // times that a token was there, and did not count, for its key does not serve where it was presented
  std::uint64_t evicted = 0;    // tokens that made room for others before they expired
  std::uint64_t expired = 0;    // tokens that made room for others afterwards
  std::uint64_t oversized = 0;  // verified tokens that say too much to be kept
  std::uint64_t busy = 0;       // verified tokens that were not kept because two workers met
  std::uint64_t passed = 0;     // verified tokens that were let pass, for they would have displaced others and had not come before
};

struct StatusReport {
  std::string version;
  std::int64_t started_at = 0;  // seconds since 1970
  std::uint64_t generation = 0;
  std::uint64_t deployment = 0;
  std::string engine;
  std::vector<ApiServiceStatus> api_services;
  std::vector<OAuthServerStatus> oauth_servers;
  std::vector<WorkerStatus> workers;
  std::vector<Count> verdicts;
  std::vector<Count> errors;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_dropped = 0;
  std::uint64_t instance = 0;
  std::optional<std::string> state_dir;  // absent: nothing is kept
  bool kept = false;                     // whether all that is in force is on disk
  std::vector<Problem> problems;         // the worst first; none: all is well
  std::vector<DeploymentStatus> deployments;  // the one in force last
  std::vector<AlgorithmEngine> engines;
  std::optional<KeyTables> key_tables;  // absent: the engine makes none, or has not begun
  std::optional<TokenCache> token_cache;  // absent: there is none
  bool fetcher_connected = false;         // whether assay-fetch is there
};

// MetricsText: what the daemon counts, in Prometheus' text format; never empty.
struct MetricsText {
  std::string text;
};

}  // namespace assay
