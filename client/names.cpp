// Names of the enumerations of the public headers and of messages.h: stable, for logs, metrics and assayctl's JSON. `switch` without default: the compiler
// misses none.
#include "assay/result.h"
#include "assay/verdict.h"
#include "client/messages.h"

namespace assay {

std::string_view name(CallStatus status) noexcept {
  switch (status) {
    case CallStatus::unset: return "unset";
    case CallStatus::ok: return "ok";
    case CallStatus::bad_argument: return "bad_argument";
    case CallStatus::cannot_connect: return "cannot_connect";
    case CallStatus::timed_out: return "timed_out";
    case CallStatus::connection_lost: return "connection_lost";
    case CallStatus::bad_response: return "bad_response";
    case CallStatus::daemon_error: return "daemon_error";
    case CallStatus::too_many_requests: return "too_many_requests";
    case CallStatus::cancelled: return "cancelled";
  }
  return "unset";
}

std::string_view name(DaemonError error) noexcept {
  switch (error) {
    case DaemonError::unset: return "unset";
    case DaemonError::bad_frame: return "bad_frame";
    case DaemonError::unknown_request: return "unknown_request";
    case DaemonError::bad_request: return "bad_request";
    case DaemonError::unknown_api_service: return "unknown_api_service";
    case DaemonError::overloaded: return "overloaded";
    case DaemonError::too_many_connections: return "too_many_connections";
    case DaemonError::response_too_large: return "response_too_large";
    case DaemonError::bad_configuration: return "bad_configuration";
    case DaemonError::shutting_down: return "shutting_down";
    case DaemonError::conflict: return "conflict";
    case DaemonError::no_such_deployment: return "no_such_deployment";
    case DaemonError::not_kept: return "not_kept";
    case DaemonError::bad_key_source: return "bad_key_source";
    case DaemonError::bad_keys: return "bad_keys";
    case DaemonError::forbidden: return "forbidden";
    case DaemonError::no_fetcher: return "no_fetcher";
  }
  return "unset";
}

std::string_view name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::unset: return "refused";
    case Outcome::accepted: return "accepted";
    case Outcome::refused: return "refused";
    case Outcome::unavailable: return "unavailable";
  }
  return "refused";
}

std::string_view name(Subject subject) noexcept {
  switch (subject) {
    case Subject::unset: return "unset";
    case Subject::api_service: return "api_service";
    case Subject::oauth_server: return "oauth_server";
    case Subject::key: return "key";
    case Subject::clients: return "clients";
    case Subject::daemon: return "daemon";
  }
  return "unset";
}

std::string_view name(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::unset: return "unset";
    case ChangeKind::added: return "added";
    case ChangeKind::removed: return "removed";
    case ChangeKind::altered: return "altered";
  }
  return "unset";
}

std::string_view name(DeploymentKind kind) noexcept {
  switch (kind) {
    case DeploymentKind::unset: return "unset";
    case DeploymentKind::full: return "full";
    case DeploymentKind::staged: return "staged";
    case DeploymentKind::rollback: return "rollback";
  }
  return "unset";
}

std::string_view name(SourceState state) noexcept {
  switch (state) {
    case SourceState::unset: return "unset";
    case SourceState::never_fetched: return "never_fetched";
    case SourceState::fresh: return "fresh";
    case SourceState::due: return "due";
    case SourceState::fetching: return "fetching";
    case SourceState::failing: return "failing";
    case SourceState::stale: return "stale";
  }
  return "unset";
}

std::string_view name(Severity severity) noexcept {
  switch (severity) {
    case Severity::unset: return "alarm";
    case Severity::notice: return "notice";
    case Severity::warning: return "warning";
    case Severity::alarm: return "alarm";
  }
  return "alarm";
}

}  // namespace assay
