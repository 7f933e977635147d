// The requests of the control socket, and what they come to when certain bytes arrive.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "client/control_frames.h"
#include "client/core.h"

namespace assay::core {

inline constexpr std::uint64_t kId = 41;

using Ask = std::function<Result<std::uint64_t>(Core&)>;

inline Result<std::uint64_t> ask_deploy(Core& core) { return core.deploy({.configuration = "{}"}); }
inline Result<std::uint64_t> ask_dry_deploy(Core& core) { return core.deploy({.configuration = "{}", .dry_run = true}); }
inline Result<std::uint64_t> ask_rollback(Core& core) { return core.rollback({.deployment = 3}); }
inline Result<std::uint64_t> ask_dry_rollback(Core& core) { return core.rollback({.deployment = 3, .dry_run = true}); }
inline Result<std::uint64_t> ask_push(Core& core) { return core.push_keys("corp", "{}", {}); }
inline Result<std::uint64_t> ask_refresh(Core& core) { return core.refresh("corp", {}); }
inline Result<std::uint64_t> ask_status(Core& core) { return core.status(); }
inline Result<std::uint64_t> ask_metrics(Core& core) { return core.metrics(); }
inline Result<std::uint64_t> ask_ping(Core& core) { return core.ping(); }

// answer(ask, frame): what the request comes to when these bytes arrive and the stream then ends.
inline Answer answer(const Ask& ask, const test::Bytes& frame, const Limits& limits = kControlLimits) {
  Core core(limits, kId);
  EXPECT_TRUE(ask(core).ok());
  core.received(frame);
  core.closed(0);
  std::optional<Response> response = core.take(kId);
  EXPECT_TRUE(response.has_value()) << "a request was left without a response";
  return response ? std::move(response->answer) : Answer{};
}

inline CallStatus status_of(const Answer& given) {
  const Refusal* refusal = std::get_if<Refusal>(&given);
  return refusal == nullptr ? CallStatus::ok : refusal->error.status;
}

}  // namespace assay::core
