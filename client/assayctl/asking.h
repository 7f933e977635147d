// What the commands on the control socket share: how the daemon is asked, and what is said when it does not do what was asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/assayctl/commands.h"
#include "client/assayctl/output.h"
#include "client/control.h"

namespace assayctl {

// For what changes something: the daemon compiles first, and may wait for its disk.
inline constexpr std::uint32_t kChangeTimeoutMs = 60'000;

// control_client_options(options, timeout_ms): timeout_ms unless --timeout says otherwise. A daemon that is not there is said at once.
assay::ClientOptions control_client_options(const Options& options, std::uint32_t timeout_ms);

// ask_status(options, out): the report; or nothing, and the error has been shown (Exit::failed).
std::optional<assay::StatusReport> ask_status(const Options& options, Output& out);

// Sent: what was sent, for what is said when it is refused.
struct Sent {
  std::string_view file;     // the FILE of the command line whose content it was, into which faults point; empty if there was none
  std::string_view unknown;  // what to say and where to look when no answer came ("whether ... is not known: ..."); empty if nothing can have changed
};
// refused(refusal, sent, out): shows why there is no answer. Exit::refused when the daemon refused the content of this very request or its precondition, else
// Exit::failed.
Exit refused(const assay::Refusal& refusal, const Sent& sent, Output& out);

}  // namespace assayctl
