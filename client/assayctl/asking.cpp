// A request that was sent and not answered may have been done: that is said, and never taken for a failure that left everything as it was.
#include "client/assayctl/asking.h"

#include <fmt/core.h>

#include <string>

#include "client/assayctl/text.h"

namespace assayctl {
namespace {

constexpr std::uint32_t kStatusTimeoutMs = 10'000;

// The answer, if there was one, is lost or cannot be understood.
bool answer_is_lost(assay::CallStatus status) noexcept {
  return status == assay::CallStatus::timed_out || status == assay::CallStatus::connection_lost || status == assay::CallStatus::bad_response;
}

// The daemon looked at this very request and said no: it takes another request, not another moment.
bool is_refused(assay::DaemonError error) noexcept {
  return error == assay::DaemonError::bad_configuration || error == assay::DaemonError::conflict || error == assay::DaemonError::no_such_deployment ||
         error == assay::DaemonError::bad_key_source || error == assay::DaemonError::bad_keys;
}

// The daemon's text says which one is in force, and which one was expected.
std::string conflict_advice(std::uint64_t deployment) {
  return fmt::format("look at what changed (`assayctl deployments`), then ask again with --expected-deployment {}", deployment);
}

// A set that is refused as a whole has no faults that could carry the name of its file.
void show_bad_keys(const assay::Error& error, std::string_view file, Output& out) {
  out.error(error_name(error), error.text, fmt::format("this is about {}", for_terminal(input_name(file))), fmt::format("\"file\":{}", json_string(file)));
}

}  // namespace

assay::ClientOptions control_client_options(const Options& options, std::uint32_t timeout_ms) {
  assay::ClientOptions out;
  out.connect_timeout_ms = 0;
  out.timeout_ms = options.timeout_ms != 0 ? options.timeout_ms : timeout_ms;
  return out;
}

std::optional<assay::StatusReport> ask_status(const Options& options, Output& out) {
  assay::ControlClient client(options.control_path, control_client_options(options, kStatusTimeoutMs));
  assay::Result<assay::StatusReport> report = client.status();
  if (report) return std::move(*report);
  out.error(error_name(report.error()), report.error().text, advice(report.error(), Asked::control_socket));
  return std::nullopt;
}

Exit refused(const assay::Refusal& refusal, const Sent& sent, Output& out) {
  const assay::Error& error = refusal.error;
  if (error.daemon_error == assay::DaemonError::bad_configuration || !refusal.faults.empty()) {
    out.faults(refusal, sent.file);
  } else if (error.daemon_error == assay::DaemonError::bad_keys && !sent.file.empty()) {
    show_bad_keys(error, sent.file, out);
  } else if (error.daemon_error == assay::DaemonError::conflict) {
    const std::uint64_t deployment = refusal.deployment.value_or(0);
    out.error(error_name(error), error.text, conflict_advice(deployment), fmt::format("\"deployment\":{}", deployment));
  } else {
    const bool says_unknown = answer_is_lost(error.status) && !sent.unknown.empty();
    out.error(error_name(error), error.text, says_unknown ? std::string(sent.unknown) : advice(error, Asked::control_socket));
  }
  return is_refused(error.daemon_error) ? Exit::refused : Exit::failed;
}

}  // namespace assayctl
