// Listening sockets: a file in the file system, connections taken from it, limits.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/fd.h"
#include "server/log_limiter.h"
#include "server/quota.h"

namespace assay::server {

// ListeningSocket: a Unix stream socket that listens, and the file it is bound to. Movable. The destructor removes the file if it is still the one that was bound.
class ListeningSocket {
 public:
  // bind(path, mode): binds and listens. A socket file that is there is replaced only if nobody listens on it; nothing but a socket is ever removed. The file
  // never is open wider than mode. gid: its group, if not the process's. Failures: already in use, no socket, what the system says.
  static base::Result<ListeningSocket> bind(const std::string& path, mode_t mode, std::optional<gid_t> gid = {});
  // inherit(descriptor): a stream socket that somebody else bound and listens on (systemd); its file is left alone. Sets O_NONBLOCK.
  static base::Result<ListeningSocket> inherit(Fd descriptor);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int descriptor() const noexcept { return descriptor_.get(); }
  const std::string& path() const noexcept { return path_; }

 private:
  ListeningSocket(Fd descriptor, std::string path) noexcept : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  Fd descriptor_;
  std::string path_;  // empty: not ours to remove
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// ListeningSockets: those that somebody has handed over, by their names. Movable.
struct ListeningSockets {
  std::optional<ListeningSocket> data;
  std::optional<ListeningSocket> control;
  std::optional<ListeningSocket> keys;
  std::optional<ListeningSocket> metrics;
};

// ConnectionSink: takes accepted connections.
class ConnectionSink {
 public:
  virtual ~ConnectionSink() = default;
  virtual void adopt(Incoming incoming) noexcept = 0;
};

// ListenerParts: references outlive the listener. name: for the log. too_many: what those over a limit are told; empty: that, in a frame.
struct ListenerParts {
  std::string_view name;
  std::string_view too_many = {};
  ConnectionQuota& quota;
  ConnectionSink& sink;
  const base::Clock& clock;
  base::Log& log;
};

// Listener: a resource of the main loop's thread: accepts, reads who it is, charges the quota, hands over. Over a limit it accepts, says so, closes and
// counts; out of descriptors it rests for a while instead of spinning.
class Listener {
 public:
  Listener(loop::Loop& main, ListeningSocket socket, ListenerParts parts);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint64_t refused() const noexcept { return refused_.value(); }
  const std::string& path() const noexcept { return socket_.path(); }

 private:
  void on_readable() noexcept;
  void on_rested() noexcept;
  // accept_one(): whether there may be more.
  bool accept_one();
  void welcome(Fd descriptor);
  void refuse(const Fd& descriptor, std::uint32_t uid);
  void rest(int error);

  const ListenerParts parts_;
  const std::string refusal_;
  Counter refused_;
  LogLimiter too_many_log_;
  LogLimiter nobody_log_;
  ListeningSocket socket_;
  loop::Poll poll_;
  loop::Timer rest_;
};

}  // namespace assay::server
