// A connection that is used call by call: connects, asks, waits, connects again. Client and ControlClient are two faces of it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "assay/client.h"
#include "client/core.h"
#include "client/socket.h"

namespace assay {

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
  void send_what_can_be_sent();
  void receive_what_is_there();
  void end_connection() noexcept;
  void back_off() noexcept;
  std::uint64_t random() noexcept;

  std::string path_;
  ClientOptions options_;
  core::Limits limits_;
  std::optional<core::Core> core_;  // while connected
  Socket socket_;
  bool send_broken_ = false;        // the peer takes no more; what it sent before may still be read
  pid_t owner_ = 0;                 // the process that connected
  std::uint32_t failures_ = 0;      // connections in a row that came to nothing
  Deadline next_try_;               // not before
  int last_errno_ = 0;              // why the last of them failed
  std::uint64_t random_state_;
  std::vector<std::byte> room_;
};

}  // namespace assay
