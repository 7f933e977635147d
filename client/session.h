// A connection that is used call by call: connects, asks, waits, connects again. Client and ControlClient are two faces of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "assay/client.h"
#include "client/core.h"
#include "client/link.h"
#include "client/socket.h"

namespace assay {

// connection_broke(answer): whether a request that was answered so may be sent once more, if asking twice does no harm.
bool connection_broke(const core::Answer& answer) noexcept;

// Session: a resource, for one thread at a time.
class Session {
 public:
  // Ask: puts one request into the core; called once for each try. left_ms: of the call's time, at least 1.
  using Ask = std::function<Result<std::uint64_t>(core::Core& core, std::uint32_t left_ms)>;
  enum class Repeat : std::uint8_t { unset = 0, never, once_if_broken };

  Session(std::string path, const ClientOptions& options, const core::Limits& limits);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // connect(): connects now unless connected; nothing if that went well.
  std::optional<Error> connect();
  // call(ask, repeat): one request and its answer.
  core::Answer call(const Ask& ask, Repeat repeat);
  void close() noexcept;

 private:
  std::optional<Error> ensure_connected(Deadline deadline);
  std::optional<Error> try_until_connected(Deadline deadline);
  core::Answer exchange(const Ask& ask, Deadline deadline);
  core::Answer give_up(std::uint64_t id);

  Link link_;
};

}  // namespace assay
