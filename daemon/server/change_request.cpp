// A change in the log and among the metrics.
#include "server/change_request.h"

#include "server/limits.h"

namespace assay::server {

std::optional<std::string_view> kind_of(const ChangeRequest& request) {
  if (std::holds_alternative<DeployRequest>(request)) return "deploy";
  if (std::holds_alternative<RollbackRequest>(request)) return "rollback";
  if (std::holds_alternative<PushRequest>(request)) return "push";
  if (std::holds_alternative<FetchedRequest>(request)) return "fetch";
  return std::nullopt;
}

void log_changes(const Outcome& outcome, base::Log& log) {
  std::size_t left = limits::kChangesLoggedMax;
  for (const snapshot::Change& change : outcome.changes) {
    if (left-- == 0) return log.info("changed: and {} more", outcome.changes.size() - limits::kChangesLoggedMax);
    log.info("changed: {}", snapshot::describe(change));
  }
}

}  // namespace assay::server
