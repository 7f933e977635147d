// What keeps answers honest here: ids are random at the start of each connection and never used twice on it, and a process uses only a connection that it made itself.
#include "client/link.h"

#include <sys/epoll.h>
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

}  // namespace

ClientOptions checked(ClientOptions options) noexcept {
  options.timeout_ms = std::max(options.timeout_ms, 1U);
  options.backoff_ms_min = std::max(options.backoff_ms_min, 1U);
  options.backoff_ms_max = std::max(options.backoff_ms_max, options.backoff_ms_min);
  return options;
}

Link::Link(std::string path, const ClientOptions& options, const core::Limits& limits, int epoll_fd)
    : path_(std::move(path)), options_(checked(options)), limits_(limits), epoll_fd_(epoll_fd), random_state_(seed()) {}

// splitmix64 over a random start: good enough for jitter and for ids that do not repeat.
std::uint64_t Link::random() noexcept {
  std::uint64_t z = random_state_ += 0x9E3779B97F4A7C15U;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27) * 0x94D049BB133111EBU;
  return z ^ z >> 31;
}

int Link::connect() {
  close();
  int why = socket_.connect(path_);
  if (why == 0) why = watch(EPOLLIN);
  if (why != 0) {
    socket_.close();
    last_errno_ = why;
    back_off();
    return why;
  }
  core_.emplace(limits_, random());
  mark_.mark();
  send_broken_ = false;
  return 0;
}

// A restart of the daemon shows as one of these; anything else will not go away within a call.
bool Link::may_pass(int system_errno) noexcept { return system_errno == ENOENT || system_errno == ECONNREFUSED || system_errno == EAGAIN; }

Error Link::cannot_connect(std::uint32_t next_try_ms) const {
  Error error;
  error.status = CallStatus::cannot_connect;
  error.system_errno = last_errno_;
  const char* text = strerrordesc_np(last_errno_);
  error.text = "cannot connect to " + path_ + ": " + (text != nullptr ? text : "unknown error");
  if (next_try_ms > 0) error.text += " (next try in " + std::to_string(next_try_ms) + " ms)";
  return error;
}

void Link::send() {
  while (wants_to_send()) {
    const Io io = socket_.send(core_->output());
    if (io.kind == Io::Kind::would_block) break;
    if (io.kind == Io::Kind::moved) {
      core_->sent(io.bytes);
    } else {
      // The peer may have said why before it closed: receive() finds that, and then the end.
      send_broken_ = true;
    }
  }
  // A set that cannot be changed for want of memory: the next send() tries again, and every request has its time.
  watch(wants_to_send() ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Link::receive() {
  room_.resize(kReadBytes);
  while (core_->failure() == nullptr) {
    const Io io = socket_.receive(room_);
    if (io.kind == Io::Kind::would_block) return;
    if (io.kind != Io::Kind::moved) return core_->closed(io.system_errno);
    core_->received(std::span(room_).first(io.bytes));
    if (io.bytes < room_.size()) return;
  }
}

void Link::end() noexcept {
  if (core_ && !core_->answered()) {
    last_errno_ = ECONNRESET;
    back_off();
  }
  close();
}

void Link::close() noexcept {
  // By hand: closing alone leaves the socket in the set for as long as a child that was forked meanwhile has a copy of it.
  if (watched_ != 0 && !mark_.forked()) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, socket_.fd(), nullptr);
  watched_ = 0;
  socket_.close();
  core_.reset();
}

void Link::disown() noexcept {
  close();
  // The other process goes on with the same numbers.
  random_state_ = seed() ^ random();
}

int Link::watch(std::uint32_t events) noexcept {
  if (epoll_fd_ < 0 || events == watched_) return 0;
  epoll_event event{};
  event.events = events;
  event.data.fd = socket_.fd();
  if (epoll_ctl(epoll_fd_, watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket_.fd(), &event) != 0) return errno;
  watched_ = events;
  return 0;
}

void Link::back_off() noexcept {
  std::uint64_t pause_ms = options_.backoff_ms_min;
  for (std::uint32_t i = 0; i < failures_ && pause_ms < options_.backoff_ms_max; ++i) pause_ms *= 2;
  pause_ms = std::min<std::uint64_t>(pause_ms, options_.backoff_ms_max);
  ++failures_;
  // Between half and all of it, so that the clients of a host do not come back in step.
  next_try_ = Deadline::in_ms(pause_ms - random() % (pause_ms / 2 + 1));
}

}  // namespace assay
