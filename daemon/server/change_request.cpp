// An outcome in the log.
#include "server/change_request.h"

#include "server/limits.h"

namespace assay::server {

void log_changes(const Outcome& outcome, base::Log& log) {
  std::size_t left = limits::kChangesLoggedMax;
  for (const snapshot::Change& change : outcome.changes) {
    if (left-- == 0) return log.info("changed: and {} more", outcome.changes.size() - limits::kChangesLoggedMax);
    log.info("changed: {}", snapshot::describe(change));
  }
}

}  // namespace assay::server
