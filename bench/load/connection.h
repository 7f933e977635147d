// One non-blocking connection: bytes out, frames in, and what is under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "load/clock.h"
#include "load/frames.h"

namespace assay::load {

// connect_unix(path): a connected, blocking descriptor that does not survive exec. Waits for room in the listener's queue, at most 10 s. Throws Failure.
int connect_unix(const std::string& path);

// Pending: a request under way.
struct Pending {
  Nanoseconds since = 0;  // when it was, or should have been, sent
  std::uint32_t frame = 0;
};

// Connection: owns its descriptor. Every failure (the other side has closed, no frame of this protocol) throws Failure. One thread.
class Connection {
 public:
  // descriptor: connected; becomes non-blocking. first_id: not 0; ids count up from there. window: no more requests than that are under way at once.
  Connection(int descriptor, std::uint64_t first_id, std::size_t window);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const noexcept { return descriptor_; }
  std::size_t under_way() const noexcept { return under_way_; }
  std::size_t unsent_bytes() const noexcept { return out_end_ - out_begin_; }
  // has_room(): whether another request may be put in.
  bool has_room() const noexcept { return slots_[next_ & mask_].since == kFree && under_way_ < window_; }
  // put(frame, pending): appends a request to what is to be sent. has_room() must hold.
  void put(const FrameView& frame, const Pending& pending);
  // flush(): sends what the kernel takes; false: there is more, and it takes no more now.
  bool flush();

  // receive(): what has come; false: nothing had. next_frame(): the next whole frame of it, aligned to 8 bytes, good until the next receive(); empty: none.
  bool receive();
  std::span<const std::byte> next_frame();
  // finish(id): the request that this answers, which is no longer under way; nothing if there is none.
  std::optional<Pending> finish(std::uint64_t id) noexcept;

  // each_pending(visit): visit(Pending) for each request under way.
  template <class Visit>
  void each_pending(Visit visit) const {
    for (const Pending& slot : slots_) {
      if (slot.since != kFree) visit(slot);
    }
  }

  Nanoseconds last_answer = 0;      // or since when it has had nothing under way: kept by the engine
  bool waits_for_room = false;      // epoll is asked about room to send: kept by the engine

 private:
  static constexpr Nanoseconds kFree = INT64_MIN;

  int descriptor_;
  std::uint64_t first_id_;
  std::uint64_t next_ = 0;  // number of the next request; its id is first_id_ + next_
  std::size_t window_;
  std::size_t mask_;
  std::vector<Pending> slots_;  // by number modulo their count, a power of two
  std::size_t under_way_ = 0;

  std::vector<std::byte> out_;  // its size is room; what is to be sent lies between begin and end
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;

  std::unique_ptr<std::uint64_t[]> in_;  // not initialised: pages that no answer touches cost nothing
  std::size_t in_bytes_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
};

}  // namespace assay::load
