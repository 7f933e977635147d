// deploy: reads a configuration, puts its key files in by value (the wire takes no paths), and has the daemon take it or refuse it whole.
#include <fmt/core.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "client/assayctl/commands.h"
#include "client/assayctl/text.h"
#include "client/control.h"
#include "snapshot/key_files.h"

namespace assayctl {
namespace {

// A JWKS inside a configuration may have 16 KiB; a file far beyond that is the wrong file.
constexpr std::size_t kKeyFileBytesMax = std::size_t{1024} * 1024;
constexpr std::uint32_t kDeployTimeoutMs = 60'000;

assay::base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return assay::base::fail(fmt::format("cannot open {}: {}", path, strerrordesc_np(errno)));
  std::string content;
  std::array<char, 64 * 1024> chunk;
  ssize_t count;
  while ((count = ::read(fd, chunk.data(), chunk.size())) != 0 && content.size() <= bytes_max) {
    if (count < 0 && errno != EINTR) break;
    if (count > 0) content.append(chunk.data(), static_cast<std::size_t>(count));
  }
  const int why = count < 0 ? errno : 0;
  ::close(fd);
  if (why != 0) return assay::base::fail(fmt::format("cannot read {}: {}", path, strerrordesc_np(why)));
  if (content.size() > bytes_max) return assay::base::fail(fmt::format("{} has more than {} bytes", path, bytes_max));
  return content;
}

// The faults of a configuration that never got to the daemon, in the shape of those that did.
assay::Refusal refused_here(std::vector<assay::snapshot::Fault> faults) {
  assay::Refusal refusal;
  refusal.error.status = assay::CallStatus::daemon_error;
  refusal.error.daemon_error = assay::DaemonError::bad_configuration;
  refusal.error.text = "the configuration is refused and was not sent: its key files cannot be put in";
  for (assay::snapshot::Fault& fault : faults) refusal.faults.push_back({std::move(fault.pointer), std::move(fault.found), std::move(fault.allowed)});
  return refusal;
}

Exit report(const assay::Deployed& deployed, bool dry_run, Output& out) {
  if (out.json()) {
    JsonObject object;
    object.boolean("deployed", !dry_run).boolean("dry_run", dry_run);
    if (!dry_run) object.number("deployment", deployed.deployment);
    out.line(object.number("generation", deployed.generation).str());
  } else if (dry_run) {
    out.line(fmt::format("{}: the configuration is good; nothing has changed (dry run)", out.paint(Colour::good, "checked")));
  } else {
    out.line(fmt::format("{}: deployment {}, generation {}", out.paint(Colour::good, "deployed"), deployed.deployment, deployed.generation));
  }
  return Exit::done;
}

}  // namespace

Exit run_deploy(const Options& options, Output& out) {
  const assay::base::Result<std::string> document = read_file(options.file, assay::core::kConfigurationBytesMax);
  if (!document) {
    out.error("cannot_read_file", document.error().what);
    return Exit::failed;
  }
  const std::filesystem::path folder = std::filesystem::path(options.file).parent_path();
  const assay::snapshot::ReadFile read_key_file = [&](const std::string& path) { return read_file((folder / path).string(), kKeyFileBytesMax); };
  assay::base::Result<std::string, std::vector<assay::snapshot::Fault>> whole = assay::snapshot::inline_key_files(*document, read_key_file);
  if (!whole) {
    out.faults(refused_here(std::move(whole.error())));
    return Exit::refused;
  }
  assay::ClientOptions client_options;
  client_options.connect_timeout_ms = 0;
  client_options.timeout_ms = options.timeout_ms != 0 ? options.timeout_ms : kDeployTimeoutMs;
  assay::ControlClient client(options.control_path, client_options);
  std::variant<assay::Deployed, assay::Refusal> answer = client.deploy(*whole, options.dry_run);
  if (const assay::Deployed* deployed = std::get_if<assay::Deployed>(&answer)) return report(*deployed, options.dry_run, out);

  const assay::Refusal& refusal = std::get<assay::Refusal>(answer);
  if (refusal.error.daemon_error == assay::DaemonError::bad_configuration) {
    out.faults(refusal);
    return Exit::refused;
  }
  const bool sent = refusal.error.status == assay::CallStatus::timed_out || refusal.error.status == assay::CallStatus::connection_lost;
  out.error(error_name(refusal.error), refusal.error.text,
            sent && !options.dry_run ? "whether it was deployed is not known: `assayctl status` shows the deployment in force"
                                     : advice(refusal.error, Asked::control_socket));
  return Exit::failed;
}

}  // namespace assayctl
