// Calls over a connection that comes and goes. Three rules keep answers honest: ids are random at the start of each connection and never used twice on it; a process
// uses only a connection that it made itself; a request whose sending was cut short takes the connection with it.
#include "client/session.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace assay {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
// Answers that nobody waits for any more: past this many the peer is stuck rather than late, and the connection is given up.
constexpr std::size_t kAbandonedMax = 64;

// A restart of the daemon shows as one of these; anything else will not go away within a call.
bool may_pass(int why) noexcept { return why == ENOENT || why == ECONNREFUSED || why == EAGAIN; }

// next_try_ms: not 0 if this call did not even try, so soon after the last failure.
Error cannot_connect(const std::string& path, int why, std::uint32_t next_try_ms) {
  Error error;
  error.status = CallStatus::cannot_connect;
  error.system_errno = why;
  const char* text = strerrordesc_np(why);
  error.text = "cannot connect to " + path + ": " + (text != nullptr ? text : "unknown error");
  if (next_try_ms > 0) error.text += " (next try in " + std::to_string(next_try_ms) + " ms)";
  return error;
}

bool connection_broke(const core::Answer& answer) noexcept {
  const Refusal* refusal = std::get_if<Refusal>(&answer);
  if (refusal == nullptr) return false;
  // A daemon that is stopping has not looked at the request: the next one shall.
  return refusal->error.status == CallStatus::connection_lost ||
         (refusal->error.status == CallStatus::daemon_error && refusal->error.daemon_error == DaemonError::shutting_down);
}

std::uint64_t seed() noexcept {
  std::uint64_t value = 0;
  if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value)) {
    // Early in the life of a host. The values need to differ, not to be secret.
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    value = static_cast<std::uint64_t>(now.tv_nsec) ^ static_cast<std::uint64_t>(now.tv_sec) << 30 ^ static_cast<std::uint64_t>(getpid()) << 48;
  }
  return value;
}

ClientOptions checked(ClientOptions options) noexcept {
  options.timeout_ms = std::max(options.timeout_ms, 1U);
  options.backoff_ms_min = std::max(options.backoff_ms_min, 1U);
  options.backoff_ms_max = std::max(options.backoff_ms_max, options.backoff_ms_min);
  return options;
}

}  // namespace

Session::Session(std::string path, const ClientOptions& options, const core::Limits& limits)
    : path_(std::move(path)), options_(checked(options)), limits_(limits), random_state_(seed()) {}

// splitmix64 over a random start: good enough for jitter and for ids that do not repeat.
std::uint64_t Session::random() noexcept {
  std::uint64_t z = random_state_ += 0x9E3779B97F4A7C15U;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27) * 0x94D049BB133111EBU;
  return z ^ z >> 31;
}

std::optional<Error> Session::connect() { return ensure_connected(Deadline::in_ms(options_.timeout_ms)); }

core::Answer Session::call(const Ask& ask, Repeat repeat) {
  const Deadline deadline = Deadline::in_ms(options_.timeout_ms);
  for (bool first = true;; first = false) {
    if (std::optional<Error> error = ensure_connected(deadline)) return Refusal{std::move(*error), {}};
    core::Answer answer = exchange(ask, deadline);
    const bool broke = connection_broke(answer);
    if (core_ && (broke || core_->failure() != nullptr)) end_connection();
    if (!broke || !first || repeat != Repeat::once_if_broken || deadline.passed()) return answer;
  }
}

void Session::close() noexcept {
  socket_.close();
  core_.reset();
}

std::optional<Error> Session::ensure_connected(Deadline deadline) {
  if (core_ && owner_ != getpid()) {
    close();
    // The other process goes on with the same numbers: from here on ours are others.
    random_state_ = seed() ^ random();
  }
  if (core_) {
    // What came since the last call: late answers, which are dropped, or the end of the connection, which is no fault of this call's.
    receive_what_is_there();
    if (core_->failure() == nullptr) return std::nullopt;
    end_connection();
  }
  return try_until_connected(deadline);
}

std::optional<Error> Session::try_until_connected(Deadline deadline) {
  const Deadline enough = Deadline::in_ms(options_.connect_timeout_ms).earlier(deadline);
  for (bool tried = false;; tried = true) {
    const std::uint32_t wait_ms = next_try_.left_ms();
    if (wait_ms > enough.left_ms()) return cannot_connect(path_, last_errno_, tried ? 0 : wait_ms);
    pause(next_try_);
    const int why = socket_.connect(path_);
    if (why == 0) break;
    last_errno_ = why;
    back_off();
    if (!may_pass(why)) return cannot_connect(path_, why, 0);
  }
  core_.emplace(limits_, random());
  owner_ = getpid();
  send_broken_ = false;
  return std::nullopt;
}

core::Answer Session::exchange(const Ask& ask, Deadline deadline) {
  const Result<std::uint64_t> id = ask(*core_, std::max(deadline.left_ms(), 1U));
  if (!id) return Refusal{id.error(), {}};
  for (;;) {
    send_what_can_be_sent();
    if (std::optional<core::Response> response = core_->take(*id)) {
      if (core_->answered()) failures_ = 0;
      return std::move(response->answer);
    }
    if (deadline.passed()) return give_up(*id);
    const Socket::Ready ready = socket_.wait(!send_broken_ && !core_->output().empty(), deadline);
    if (!ready.readable && !ready.writable) return give_up(*id);
    if (ready.readable) receive_what_is_there();
  }
}

core::Answer Session::give_up(std::uint64_t id) {
  Error error;
  error.status = CallStatus::timed_out;
  error.text = "no answer within " + std::to_string(options_.timeout_ms) + " ms";
  core_->abandon(id);
  // The rest of a frame that was begun cannot be taken back.
  if (!core_->output().empty() || core_->open_count() > kAbandonedMax) end_connection();
  return Refusal{std::move(error), {}};
}

void Session::send_what_can_be_sent() {
  while (!send_broken_ && !core_->output().empty()) {
    const Io io = socket_.send(core_->output());
    if (io.kind == Io::Kind::would_block) return;
    if (io.kind == Io::Kind::moved) {
      core_->sent(io.bytes);
    } else {
      // The peer may have said why before it closed: receive_what_is_there() finds that, and then the end.
      send_broken_ = true;
    }
  }
}

void Session::receive_what_is_there() {
  room_.resize(kReadBytes);
  while (core_->failure() == nullptr) {
    const Io io = socket_.receive(room_);
    if (io.kind == Io::Kind::would_block) return;
    if (io.kind != Io::Kind::moved) return core_->closed(io.system_errno);
    core_->received(std::span(room_).first(io.bytes));
    if (io.bytes < room_.size()) return;
  }
}

// A connection on which nothing was ever answered counts as a failed try: a daemon that accepts and closes must not be called in a tight loop.
void Session::end_connection() noexcept {
  if (core_ && !core_->answered()) {
    last_errno_ = ECONNRESET;
    back_off();
  }
  close();
}

void Session::back_off() noexcept {
  std::uint64_t pause_ms = options_.backoff_ms_min;
  for (std::uint32_t i = 0; i < failures_ && pause_ms < options_.backoff_ms_max; ++i) pause_ms *= 2;
  pause_ms = std::min<std::uint64_t>(pause_ms, options_.backoff_ms_max);
  ++failures_;
  // Between half and all of it, so that the clients of a host do not come back in step.
  next_try_ = Deadline::in_ms(pause_ms - random() % (pause_ms / 2 + 1));
}

}  // namespace assay
