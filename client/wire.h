// Reading what the daemon sent: FlatBuffers in, our values out. Nothing is read before the verifier has passed the frame, and nothing is taken on trust after:
// a table that is absent, a count that is wrong, a code that is unset are all answers to be refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "client/core.h"
#include "schema/protocol_generated.h"

namespace assay::core {

// verified_envelope(frame, limits): the envelope of a whole frame, prefix included, aligned to 8 bytes; null if it is not one. Borrowed from the frame.
const wire::Envelope* verified_envelope(std::span<const std::byte> frame, const Limits& limits);

// read_*(body, ...): the value; nothing if the body is absent or breaks the protocol.
std::optional<DaemonInfo> read_pong(const wire::Pong* body, const Limits& limits);
std::optional<std::vector<Verdict>> read_verdicts(const wire::Verdicts* body, std::size_t token_count, const Limits& limits);
std::optional<Deployed> read_deployed(const wire::Deployed* body, bool dry_run, const Limits& limits);
std::optional<Pushed> read_pushed(const wire::Pushed* body, const Limits& limits);
std::optional<Refreshed> read_refreshed(const wire::Refreshed* body, const Limits& limits);
std::optional<StatusReport> read_status_report(const wire::StatusReport* body, const Limits& limits);
std::optional<MetricsText> read_metrics_text(const wire::MetricsText* body, const Limits& limits);
// read_error(body, limits): always an error, whatever the body holds.
Refusal read_error(const wire::Error* body, const Limits& limits);

}  // namespace assay::core
