// What an operator may ask to be changed, or the network brings, and what comes of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "jose/jwk.h"
#include "server/error_code.h"
#include "snapshot/changes.h"
#include "snapshot/config.h"
#include "snapshot/deployment.h"
#include "snapshot/key_source.h"

namespace assay::server {

// DeployRequest: document: with every jwks_file put in by value. api_services empty: all of it.
struct DeployRequest {
  std::string document;
  std::vector<std::string> api_services;
  std::optional<std::uint64_t> expected_deployment;
  bool dry_run = false;
  bool allow_volatile = false;
};

// RollbackRequest: deployment 0: the one before the deployment in force.
struct RollbackRequest {
  std::uint64_t deployment = 0;
  std::optional<std::uint64_t> expected_deployment;
  bool dry_run = false;
  bool allow_volatile = false;
};

// PushRequest: a JWK Set for the URL source of an OAuth server; url is needed only where versions of it have several.
struct PushRequest {
  std::string oauth_server;
  std::string url;
  std::string jwks;
};

// FetchedRequest: the JWK Set that a URL source has given.
struct FetchedRequest {
  snapshot::SourceId source;
  std::string jwks;
  std::string etag;             // that it came with; or empty
  std::int64_t asked_at_s = 0;  // by CLOCK_REALTIME: so old it may be
  bool keep = false;            // whether the disk is to know of it even if the source held this very set already
};

// ConfirmedRequest: the set that a URL source holds is the current one, and the disk is to know.
struct ConfirmedRequest {
  snapshot::SourceId source;
  std::int64_t asked_at_s = 0;
};

using ChangeRequest = std::variant<DeployRequest, RollbackRequest, PushRequest, FetchedRequest, ConfirmedRequest>;

// Outcome: what came of a request. With an error nothing has changed.
struct Outcome {
  ErrorCode error = ErrorCode::unset;
  std::string error_text;
  std::vector<snapshot::Fault> faults;  // bad_configuration
  std::uint64_t in_force = 0;           // conflict: the deployment in force

  std::uint64_t deployment = 0;  // 0: a dry run, or a push
  std::uint64_t restores = 0;    // a rollback, dry or not: to this deployment
  bool changed = false;          // whether a snapshot comes of it
  bool kept = false;             // on disk
  bool is_news = true;           // whether the state is another than before; false for a fetch that brought what is there
  std::vector<snapshot::Change> changes;
  std::vector<snapshot::Behind> behind;
  std::vector<std::string> notes;
  std::vector<jose::SkippedKey> skipped;     // of a pushed or fetched set
  std::optional<snapshot::SourceId> source;  // a push: whose set it replaces
  // Of the snapshot that has it; from when on no verdict is of an older one:
  std::uint64_t instance = 0;
  std::uint64_t generation = 0;
};

// ChangeCounts: what has come of changes, by kind ("deploy", "rollback", "push", "fetch") and outcome ("changed", "unchanged", "dry_run", "refused").
using ChangeCounts = std::map<std::pair<std::string_view, std::string_view>, std::uint64_t>;
// kind_of(request): as above; nothing for what is only to be kept.
std::optional<std::string_view> kind_of(const ChangeRequest& request);

// log_changes(outcome, log): for whoever wants to know afterwards what a change was; of a large one the first.
void log_changes(const Outcome& outcome, base::Log& log);

}  // namespace assay::server
