// rollback: puts the settings of a deployment that is kept in force again.
#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"

namespace assayctl {

Exit run_rollback(const Options& options, Output& out) {
  assay::RollbackRequest request;
  request.deployment = options.deployment;
  request.expected_deployment = options.expected_deployment;
  request.dry_run = options.dry_run;
  request.allow_volatile = options.allow_volatile;
  assay::ControlClient client(options.control_path, control_client_options(options, kChangeTimeoutMs));
  return show_deployed(client.rollback(request), {.name = "rolled back", .dry_run = options.dry_run, .file = {}}, out);
}

}  // namespace assayctl
