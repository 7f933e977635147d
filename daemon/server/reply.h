// Answers: verdicts, errors and reports as frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "server/error_code.h"
#include "snapshot/config.h"
#include "snapshot/snapshot.h"
#include "verdict/validator.h"

namespace assay::server {

struct Outcome;
struct Refreshed;
struct StateReport;
struct StatusFigures;

// ReplyEncoder: makes one frame at a time in memory that it keeps, so that it allocates nothing once it has seen the largest. Each frame is prefixed, a multiple of
// 8 bytes long, and borrowed until the next call. Not for threads to share.
class ReplyEncoder {
 public:
  // frame_bytes_max: an answer that would be larger becomes Error response_too_large.
  explicit ReplyEncoder(std::size_t frame_bytes_max);
  ~ReplyEncoder();
  ReplyEncoder(const ReplyEncoder&) = delete;
  ReplyEncoder& operator=(const ReplyEncoder&) = delete;

  // verdicts(...): one for each token, in their order. What belongs to accepted verdicts alone is left out of all others, whatever the view holds. Tells by
  // `too_large` (if not null) whether it became an Error.
  base::Bytes verdicts(std::uint64_t id, std::uint64_t instance, std::uint64_t generation, std::span<const verdict::VerdictView> verdicts, bool* too_large = nullptr) ASSAY_LIFETIMEBOUND;
  // error(...): text empty is the code's own. in_force: the deployment, with a conflict.
  base::Bytes error(std::uint64_t id, ErrorCode code, std::string_view text = {}, std::span<const snapshot::Fault> faults = {}, std::uint64_t in_force = 0) ASSAY_LIFETIMEBOUND;
  base::Bytes pong(std::uint64_t id, std::string_view version, std::uint64_t instance, std::uint64_t generation) ASSAY_LIFETIMEBOUND;
  // deployed(...), pushed(...): what came of a change; an Error if it was refused.
  base::Bytes deployed(std::uint64_t id, const Outcome& outcome) ASSAY_LIFETIMEBOUND;
  base::Bytes pushed(std::uint64_t id, const Outcome& outcome) ASSAY_LIFETIMEBOUND;
  // refreshed(...): what a fetch came to.
  base::Bytes refreshed(std::uint64_t id, const Refreshed& refreshed) ASSAY_LIFETIMEBOUND;
  base::Bytes status(std::uint64_t id, const StatusFigures& figures, const StateReport& report, const snapshot::Snapshot& snapshot) ASSAY_LIFETIMEBOUND;
  base::Bytes metrics(std::uint64_t id, std::string_view text) ASSAY_LIFETIMEBOUND;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::server
