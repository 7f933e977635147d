// System calls of the client, each with its edges: partial transfers are the caller's loop, EINTR is ours, time is CLOCK_MONOTONIC.
#include "client/socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

namespace assay {
namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;

std::uint64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000 * kNsPerMs + static_cast<std::uint64_t>(now.tv_nsec);
}

Io moved_or_not(ssize_t count) noexcept {
  if (count >= 0) return {Io::Kind::moved, static_cast<std::size_t>(count), 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Io::Kind::would_block, 0, 0};
  return {Io::Kind::error, 0, errno};
}

}  // namespace

Deadline Deadline::in_ms(std::uint64_t ms) noexcept {
  Deadline deadline;
  deadline.at_ns_ = now_ns() + std::min<std::uint64_t>(ms, UINT32_MAX) * kNsPerMs;
  return deadline;
}

std::uint32_t Deadline::left_ms() const noexcept {
  const std::uint64_t now = now_ns();
  return now >= at_ns_ ? 0 : static_cast<std::uint32_t>((at_ns_ - now + kNsPerMs - 1) / kNsPerMs);
}

void Descriptor::take(int fd) noexcept {
  const int before = errno;
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  errno = before;
}

int Socket::connect(const std::string& path) noexcept {
  close();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // The path is a C string to the kernel: a NUL in it would name another socket, an empty one an abstract name.
  if (path.empty() || path.find('\0') != std::string::npos) return EINVAL;
  if (path.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.data(), path.size());
  fd_.take(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_.is_open()) return errno;
  // A Unix socket connects at once or not at all; EINTR cannot leave it half connected.
  int result;
  do result = ::connect(fd_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  while (result < 0 && errno == EINTR);
  if (result == 0) return 0;
  const int why = errno;
  close();
  return why;
}

void Socket::close() noexcept { fd_.take(-1); }

Io Socket::send(std::span<const std::byte> bytes) noexcept {
  ssize_t count;
  do count = ::send(fd_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  return moved_or_not(count);
}

Io Socket::receive(std::span<std::byte> room) noexcept {
  ssize_t count;
  do count = ::recv(fd_.fd(), room.data(), room.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count == 0) return {Io::Kind::end, 0, 0};
  return moved_or_not(count);
}

Socket::Ready Socket::wait(bool for_write, Deadline deadline) noexcept {
  for (;;) {
    pollfd entry{fd_.fd(), static_cast<short>(for_write ? POLLIN | POLLOUT : POLLIN), 0};
    const std::uint32_t left = deadline.left_ms();
    const int count = ::poll(&entry, 1, static_cast<int>(std::min<std::uint32_t>(left, INT_MAX)));
    if (count > 0) return {(entry.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0, (entry.revents & POLLOUT) != 0};
    // Anything but a signal, such as a lack of memory, passes like a wait that was in vain: the deadline bounds it.
    if (count < 0 && errno != EINTR) pause(Deadline::in_ms(1));
    if (deadline.passed()) return {};
  }
}

void pause(Deadline until) noexcept {
  for (std::uint32_t left = until.left_ms(); left > 0; left = until.left_ms()) {
    timespec time{static_cast<time_t>(left / 1000), static_cast<long>((left % 1000) * kNsPerMs)};
    nanosleep(&time, nullptr);
  }
}

}  // namespace assay
