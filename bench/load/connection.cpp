// Frames are multiples of 8 bytes and what is left over moves to the front of the buffer, so every frame can be read where it lies. A request's slot is free again
// once it is answered, in whatever order answers come.
#include "load/connection.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "load/answer.h"
#include "load/failure.h"

namespace assay::load {
namespace {

constexpr std::size_t kInBytes = 128 * 1024;
static_assert(kAnswerBytesMax % 8 == 0 && kInBytes % 8 == 0);

}  // namespace

int connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) throw Failure(fmt::format("{}: a socket's path has 1 to {} bytes", path, sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw Failure(fmt::format("socket: {}", std::strerror(errno)));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  int result;
  do result = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  while (result != 0 && errno == EINTR);
  if (result == 0) return descriptor;
  const int why = errno;
  ::close(descriptor);
  throw Failure(fmt::format("cannot connect to {}: {}", path, std::strerror(why)));
}

Connection::Connection(int descriptor, std::uint64_t first_id, std::size_t window)
    : descriptor_(descriptor),
      first_id_(first_id),
      window_(window),
      // Twice the window: an answer that is overtaken by others holds up nothing until a whole window has passed it.
      mask_(std::bit_ceil(2 * window) - 1),
      slots_(mask_ + 1, Pending{.since = kFree}),
      in_(std::make_unique_for_overwrite<std::uint64_t[]>(kInBytes / 8)),
      in_bytes_(kInBytes) {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Connection::Connection(Connection&& other) noexcept
    : last_answer(other.last_answer),
      waits_for_room(other.waits_for_room),
      descriptor_(std::exchange(other.descriptor_, -1)),
      first_id_(other.first_id_),
      next_(other.next_),
      window_(other.window_),
      mask_(other.mask_),
      slots_(std::move(other.slots_)),
      under_way_(other.under_way_),
      out_(std::move(other.out_)),
      out_begin_(other.out_begin_),
      out_end_(other.out_end_),
      in_(std::move(other.in_)),
      in_bytes_(other.in_bytes_),
      in_begin_(other.in_begin_),
      in_end_(other.in_end_) {}

void Connection::put(const FrameView& frame, const Pending& pending) {
  if (out_end_ + frame.bytes.size() > out_.size()) {
    if (unsent_bytes() != 0) std::memmove(out_.data(), out_.data() + out_begin_, unsent_bytes());
    out_end_ -= std::exchange(out_begin_, 0);
    if (out_end_ + frame.bytes.size() > out_.size()) out_.resize(2 * (out_end_ + frame.bytes.size()));
  }
  frame.write(out_.data() + out_end_, first_id_ + next_);
  out_end_ += frame.bytes.size();
  slots_[next_++ & mask_] = pending;
  ++under_way_;
}

bool Connection::flush() {
  while (unsent_bytes() > 0) {
    const ssize_t sent = ::send(descriptor_, out_.data() + out_begin_, unsent_bytes(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) return false;
    if (sent < 0) throw Failure(fmt::format("the daemon has closed a connection ({})", std::strerror(errno)));
    out_begin_ += static_cast<std::size_t>(sent);
  }
  out_begin_ = out_end_ = 0;
  return true;
}

bool Connection::receive() {
  auto* const bytes = reinterpret_cast<std::byte*>(in_.get());
  std::memmove(bytes, bytes + in_begin_, in_end_ - in_begin_);
  in_end_ -= std::exchange(in_begin_, 0);
  if (in_end_ == in_bytes_) {  // one frame that is larger than the buffer
    auto larger = std::make_unique_for_overwrite<std::uint64_t[]>(kAnswerBytesMax / 8);
    std::memcpy(larger.get(), in_.get(), in_end_);
    in_ = std::move(larger);
    in_bytes_ = kAnswerBytesMax;
  }
  ssize_t got;
  do got = ::recv(descriptor_, reinterpret_cast<std::byte*>(in_.get()) + in_end_, in_bytes_ - in_end_, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  if (got == 0) throw Failure("the daemon has closed a connection");
  if (got < 0) throw Failure(fmt::format("the daemon has closed a connection ({})", std::strerror(errno)));
  in_end_ += static_cast<std::size_t>(got);
  return true;
}

std::span<const std::byte> Connection::next_frame() {
  const std::span<const std::byte> rest(reinterpret_cast<const std::byte*>(in_.get()) + in_begin_, in_end_ - in_begin_);
  const std::size_t bytes = frame_bytes(rest);
  if (bytes == SIZE_MAX) throw Failure("the daemon has sent what is no frame of this protocol");
  if (bytes == 0 || bytes > rest.size()) return {};
  in_begin_ += bytes;
  return rest.first(bytes);
}

std::optional<Pending> Connection::finish(std::uint64_t id) noexcept {
  const std::uint64_t number = id - first_id_;  // may wrap; then it is no number of ours
  if (number >= next_ || next_ - number > mask_ + 1) return std::nullopt;
  Pending& slot = slots_[number & mask_];
  if (slot.since == kFree) return std::nullopt;
  --under_way_;
  return std::exchange(slot, Pending{.since = kFree});
}

}  // namespace assay::load
