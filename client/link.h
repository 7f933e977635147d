// Link: the connection that a client has, or will have. It connects, moves bytes between the socket and the protocol's core, and knows when to try again; it never
// waits. Who waits is its owner: Session in the middle of a call, Pipeline in somebody's event loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/client.h"
#include "client/core.h"
#include "client/fork_mark.h"
#include "client/socket.h"

namespace assay {

// checked(options): with what makes no sense put right.
ClientOptions checked(ClientOptions options) noexcept;

// Link: a resource, for one thread at a time.
class Link {
 public:
  // epoll_fd: a set that the socket is in as long as there is one, with what is waited for; -1: none. Outlives the link.
  Link(std::string path, const ClientOptions& options, const core::Limits& limits, int epoll_fd = -1);
  ~Link() { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // options(): checked.
  const ClientOptions& options() const noexcept { return options_; }

  // connect(): one try, at once, whether or not it is time for one: 0, or the errno that says why not. Closes what was open.
  int connect();
  // next_try(): not before. may_pass(errno): whether another try soon may go well, as when the daemon is being restarted.
  Deadline next_try() const noexcept { return next_try_; }
  static bool may_pass(int system_errno) noexcept;
  // cannot_connect(next_try_ms): the error for whoever waits for a connection. next_try_ms: 0, or when there will be a try, if there was none for this call.
  Error cannot_connect(std::uint32_t next_try_ms) const;

  // core(): the connection's, which has a failure() once the connection is of no more use; null while there is none.
  core::Core* core() noexcept { return core_ ? &*core_ : nullptr; }
  const core::Core* core() const noexcept { return core_ ? &*core_ : nullptr; }
  const Socket& socket() const noexcept { return socket_; }
  Socket& socket() noexcept { return socket_; }
  // For these there must be a core. send(), receive(): as much as goes without waiting. wants_to_send(): whether there is something to send, and a peer that takes it.
  void send();
  void receive();
  bool wants_to_send() const noexcept { return !send_broken_ && !core_->output().empty(); }
  // send_broken(): the peer takes no more; what it sent before may still be read.
  bool send_broken() const noexcept { return send_broken_; }
  // proven(): the peer has answered, so the pauses begin at their shortest again.
  void proven() noexcept { failures_ = 0; }

  // end(): closes a connection that broke. One on which nothing was ever answered counts as a failed try: a daemon that accepts and closes must not be called in
  // a tight loop.
  void end() noexcept;
  // close(): closes without a reproach.
  void close() noexcept;

  // forked(): the connection was made by a parent of this process, which goes on using it: it must be disowned. disown(): closes this process's end of it, and
  // leaves the set of the parent alone. From then on ids and pauses are others than the parent's.
  bool forked() const noexcept { return core_ && mark_.forked(); }
  void disown() noexcept;

 private:
  int watch(std::uint32_t events) noexcept;
  void back_off() noexcept;
  std::uint64_t random() noexcept;

  std::string path_;
  ClientOptions options_;
  core::Limits limits_;
  int epoll_fd_;
  std::optional<core::Core> core_;  // while connected
  Socket socket_;
  std::uint32_t watched_ = 0;       // events that the set waits for on the socket; 0: the socket is not in it
  bool send_broken_ = false;
  ForkMark mark_;                   // the process that connected
  std::uint32_t failures_ = 0;      // connections in a row that came to nothing
  Deadline next_try_;
  int last_errno_ = 0;              // why the last of them failed
  std::uint64_t random_state_;
  std::vector<std::byte> room_;
};

}  // namespace assay
