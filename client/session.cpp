// Calls over a connection that comes and goes. One rule of its own keeps answers honest: a request whose sending was cut short takes the connection with it.
#include "client/session.h"

#include <algorithm>
#include <utility>

namespace assay {
namespace {

// Answers that nobody waits for any more: past this many the peer is stuck rather than late, and the connection is given up.
constexpr std::size_t kAbandonedMax = 64;

}  // namespace

bool connection_broke(const core::Answer& answer) noexcept {
  const Refusal* refusal = std::get_if<Refusal>(&answer);
  if (refusal == nullptr) return false;
  // A daemon that is stopping has not looked at the request: the next one shall.
  return refusal->error.status == CallStatus::connection_lost ||
         (refusal->error.status == CallStatus::daemon_error && refusal->error.daemon_error == DaemonError::shutting_down);
}

Session::Session(std::string path, const ClientOptions& options, const core::Limits& limits) : link_(std::move(path), options, limits) {}

std::optional<Error> Session::connect() { return ensure_connected(Deadline::in_ms(link_.options().timeout_ms)); }

core::Answer Session::call(const Ask& ask, Repeat repeat) {
  const Deadline deadline = Deadline::in_ms(link_.options().timeout_ms);
  for (bool first = true;; first = false) {
    if (std::optional<Error> error = ensure_connected(deadline)) return Refusal{std::move(*error), {}};
    core::Answer answer = exchange(ask, deadline);
    const bool broke = connection_broke(answer);
    if (link_.core() != nullptr && (broke || link_.core()->failure() != nullptr)) link_.end();
    if (!broke || !first || repeat != Repeat::once_if_broken || deadline.passed()) return answer;
  }
}

void Session::close() noexcept { link_.close(); }

std::optional<Error> Session::ensure_connected(Deadline deadline) {
  if (link_.forked()) link_.disown();
  if (link_.core() != nullptr) {
    // What came since the last call: late answers, which are dropped, or the end of the connection, which is no fault of this call's.
    link_.receive();
    if (link_.core()->failure() == nullptr) return std::nullopt;
    link_.end();
  }
  return try_until_connected(deadline);
}

std::optional<Error> Session::try_until_connected(Deadline deadline) {
  const Deadline enough = Deadline::in_ms(link_.options().connect_timeout_ms).earlier(deadline);
  for (bool tried = false;; tried = true) {
    const std::uint32_t wait_ms = link_.next_try().left_ms();
    if (wait_ms > enough.left_ms()) return link_.cannot_connect(tried ? 0 : wait_ms);
    pause(link_.next_try());
    const int why = link_.connect();
    if (why == 0) return std::nullopt;
    if (!Link::may_pass(why)) return link_.cannot_connect(0);
  }
}

core::Answer Session::exchange(const Ask& ask, Deadline deadline) {
  core::Core& core = *link_.core();
  const Result<std::uint64_t> id = ask(core, std::max(deadline.left_ms(), 1U));
  if (!id) return Refusal{id.error(), {}};
  for (;;) {
    link_.send();
    if (std::optional<core::Response> response = core.take(*id)) {
      if (core.answered()) link_.proven();
      return std::move(response->answer);
    }
    if (deadline.passed()) return give_up(*id);
    const Socket::Ready ready = link_.socket().wait(link_.wants_to_send(), deadline);
    if (!ready.readable && !ready.writable) return give_up(*id);
    if (ready.readable) link_.receive();
  }
}

core::Answer Session::give_up(std::uint64_t id) {
  Error error;
  error.status = CallStatus::timed_out;
  error.text = "no answer within " + std::to_string(link_.options().timeout_ms) + " ms";
  core::Core& core = *link_.core();
  core.abandon(id);
  // The rest of a frame that was begun cannot be taken back.
  if (!core.output().empty() || core.open_count() > kAbandonedMax) link_.end();
  return Refusal{std::move(error), {}};
}

}  // namespace assay
