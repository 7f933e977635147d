// deployments: those that are kept, and which of them is in force.
#include <fmt/core.h>

#include <string>

#include "client/assayctl/asking.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/status_json.h"
#include "client/assayctl/table.h"
#include "client/assayctl/text.h"

namespace assayctl {
namespace {

constexpr std::size_t kNamesShownMax = 6;

std::string kind_text(const assay::DeploymentStatus& deployment) {
  switch (deployment.kind) {
    case assay::DeploymentKind::unset: return "of a kind that this assayctl does not know";
    case assay::DeploymentKind::full: return "full";
    case assay::DeploymentKind::staged: return fmt::format("staged: {}", first_of(deployment.staged, kNamesShownMax));
    case assay::DeploymentKind::rollback: return fmt::format("rollback to {}", deployment.restores);
  }
  return {};
}

void show(const assay::StatusReport& report, Output& out) {
  if (report.deployments.empty()) return out.line("none is kept");
  Table table({{"deployment", Align::right}, {"deployed at"}, {"API services", Align::right}, {"bytes", Align::right}, {""}, {"kind"}});
  for (const assay::DeploymentStatus& deployment : report.deployments) {
    const Cell mark = deployment.deployment == report.deployment ? Cell{"in force", Colour::good} : Cell{};
    table.row({{std::to_string(deployment.deployment)}, {utc(deployment.deployed_at)}, {grouped(deployment.api_services)}, {grouped(deployment.bytes)}, mark,
               {kind_text(deployment)}});
  }
  table.show(out);
}

}  // namespace

Exit run_deployments(const Options& options, Output& out) {
  const std::optional<assay::StatusReport> report = ask_status(options, out);
  if (!report) return Exit::failed;
  if (!out.json()) {
    show(*report, out);
    return Exit::done;
  }
  for (const assay::DeploymentStatus& deployment : report->deployments) out.line(deployment_json(deployment, report->deployment));
  return Exit::done;
}

}  // namespace assayctl
