// Pipeline: many validations under way over one connection, for whoever has an event loop: a PollClient's user, or the thread of an AsyncClient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "assay/async_client.h"
#include "client/call.h"
#include "client/link.h"

namespace assay {

// Pipeline: never waits and runs no callback: it does in step() what can be done, and hands out the calls that have ended. A resource, for one thread at a time.
class Pipeline {
 public:
  // epoll_fd: a set that says when the connection has something to do; outlives the pipeline. late_max: how many answers that nobody waits for any more the peer
  // may owe before it counts as stuck.
  Pipeline(std::string path, const ClientOptions& options, std::size_t late_max, int epoll_fd);

  // add(calls): to be sent with the next step().
  void add(Calls&& calls) noexcept { waiting_.splice(waiting_.end(), calls); }
  // step(readable): receives if there may be something, ends calls whose time is over, connects if it is time and there is a reason, and sends.
  void step(bool readable);
  // end_all(error): every call ends so.
  void end_all(const Error& error);

  // ended(): calls that have ended, for the caller to take and tell.
  Calls& ended() noexcept { return ended_; }
  // wake_at(): when step() is due though the set says nothing; none: never.
  std::optional<Deadline> wake_at() const noexcept;
  // has_unsent(): whether calls wait to be sent.
  bool has_unsent() const noexcept { return !waiting_.empty(); }

 private:
  void receive();
  void expire();
  void connect();
  void send();
  void drop_connection();
  bool may_repeat(const Call& call) const noexcept { return !call.repeated && !call.deadline.passed(); }
  void end(Calls& from, Calls::iterator call, Result<std::vector<Verdict>> answer);

  std::size_t late_max_;
  Link link_;
  // Both in the order of their deadlines, as all calls have the same time.
  Calls waiting_;  // not on the connection: there is none, or it takes no more at the moment
  Calls open_;     // on the connection; empty if there is none
  Calls ended_;
  std::unordered_map<std::uint64_t, Calls::iterator> by_id_;  // of open_
  std::uint64_t put_bytes_ = 0;                               // into the connection's stream so far
};

}  // namespace assay
