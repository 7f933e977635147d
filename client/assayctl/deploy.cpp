// deploy: reads a configuration, puts its key files in by value (the wire takes no paths), and has the daemon take it or refuse it whole.
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "client/assayctl/asking.h"
#include "client/assayctl/changes.h"
#include "client/assayctl/commands.h"
#include "client/assayctl/files.h"
#include "snapshot/key_files.h"

namespace assayctl {
namespace {

// A JWKS inside a configuration may have 16 KiB; a file far beyond that is the wrong file.
constexpr std::size_t kKeyFileBytesMax = std::size_t{1024} * 1024;

// The faults of a configuration that never got to the daemon, in the shape of those that did.
assay::Refusal refused_here(std::vector<assay::snapshot::Fault> faults) {
  assay::Refusal refusal;
  refusal.error.status = assay::CallStatus::daemon_error;
  refusal.error.daemon_error = assay::DaemonError::bad_configuration;
  refusal.error.text = "the configuration is refused and was not sent: its key files cannot be put in";
  for (assay::snapshot::Fault& fault : faults) refusal.faults.push_back({std::move(fault.pointer), std::move(fault.found), std::move(fault.allowed)});
  return refusal;
}

}  // namespace

Exit run_deploy(const Options& options, Output& out) {
  const assay::base::Result<std::string> document = read_input(options.file, assay::core::kConfigurationBytesMax);
  if (!document) {
    out.error("cannot_read_file", document.error().what);
    return Exit::failed;
  }
  // Of standard input that is the current folder, as for a file in it.
  const std::filesystem::path folder = std::filesystem::path(options.file).parent_path();
  const assay::snapshot::ReadFile read_key_file = [&](const std::string& path) { return read_file((folder / path).string(), kKeyFileBytesMax); };
  assay::base::Result<std::string, std::vector<assay::snapshot::Fault>> whole = assay::snapshot::inline_key_files(*document, read_key_file);
  if (!whole) return refused(refused_here(std::move(whole.error())), {.file = options.file, .unknown = {}}, out);

  assay::DeployRequest request;
  request.configuration = std::move(*whole);
  request.api_services = options.api_services;
  request.expected_deployment = options.expected_deployment;
  request.dry_run = options.dry_run;
  request.allow_volatile = options.allow_volatile;
  assay::ControlClient client(options.control_path, control_client_options(options, kChangeTimeoutMs));
  return show_deployed(client.deploy(request), {.name = "deployed", .dry_run = options.dry_run, .file = options.file}, out);
}

}  // namespace assayctl
