// Names of the enumerations of the public headers: stable, for logs, metrics and assayctl's JSON. `switch` without default: the compiler misses none.
#include "assay/result.h"
#include "assay/verdict.h"

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

}  // namespace assay
