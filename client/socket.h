// A Unix stream socket under deadlines. Knows no protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace assay {

// Deadline: a point of CLOCK_MONOTONIC. A value.
class Deadline {
 public:
  static Deadline in_ms(std::uint64_t ms) noexcept;
  // earlier(other): the one that comes first.
  Deadline earlier(Deadline other) const noexcept { return at_ns_ < other.at_ns_ ? *this : other; }
  bool before(Deadline other) const noexcept { return at_ns_ < other.at_ns_; }
  bool passed() const noexcept { return left_ms() == 0; }
  // left_ms(): milliseconds until then, rounded up; 0 once it has passed.
  std::uint32_t left_ms() const noexcept;
  // at_ns(): nanoseconds of CLOCK_MONOTONIC.
  std::uint64_t at_ns() const noexcept { return at_ns_; }

 private:
  std::uint64_t at_ns_ = 0;
};

// Descriptor: owns a file descriptor, or none.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { take(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const noexcept { return fd_ >= 0; }
  int fd() const noexcept { return fd_; }
  // take(fd): owns this one from here on, if it is one, and closes the one before; leaves errno alone. give(): no longer owns it.
  void take(int fd) noexcept;
  int give() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// Io: what became of one attempt to move bytes. error and end both mean that nothing more will move in this direction.
struct Io {
  enum class Kind : std::uint8_t { unset = 0, moved, would_block, end, error };
  Kind kind = Kind::unset;
  std::size_t bytes = 0;
  int system_errno = 0;
};

// Socket: owns its descriptor, which does not survive exec. Non-blocking; a signal never shows (EINTR is tried again, SIGPIPE not raised).
class Socket {
 public:
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // connect(path): 0, or the errno that says why not (EAGAIN: the listener's queue is full). Closes what was open before.
  int connect(const std::string& path) noexcept;
  void close() noexcept;
  int fd() const noexcept { return fd_.fd(); }

  Io send(std::span<const std::byte> bytes) noexcept;
  Io receive(std::span<std::byte> room) noexcept;

  struct Ready {
    bool readable = false;  // or at its end, or broken: receive() says which
    bool writable = false;
  };
  // wait(for_write, deadline): until there is something to receive or, if asked for, room to send. Neither: the deadline has passed.
  Ready wait(bool for_write, Deadline deadline) noexcept;

 private:
  Descriptor fd_;
};

// pause(until): sleeps, whatever signals come.
void pause(Deadline until) noexcept;

}  // namespace assay
