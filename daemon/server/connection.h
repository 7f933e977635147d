// One Unix-socket connection on a loop: bytes into frames, answers into bytes. Shared by the workers and the control server.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "server/buffers.h"
#include "server/counters.h"
#include "server/fd.h"
#include "server/frame.h"
#include "server/limits.h"
#include "server/log_limiter.h"
#include "server/quota.h"
#include "snapshot/snapshot.h"

namespace assay::server {

class Connection;
class ConnectionPool;

// Incoming: an accepted connection on its way to the thread that will serve it.
struct Incoming {
  ConnectionCharge charge;
  Fd descriptor;
  snapshot::PeerIdentity peer;
};

// ConnectionOwner: whoever serves connections. All calls come from the loop's thread, out of libuv callbacks.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // on_input: has_frame() has become true.
  virtual void on_input(Connection& connection) noexcept = 0;
  // on_flushed: the peer has taken an answer that had to wait; frames may be taken again, if there are any, and more may be sent.
  virtual void on_flushed(Connection& connection) noexcept = 0;
  // on_closing: the last call for this connection; forget it.
  virtual void on_closing(Connection& connection) noexcept = 0;
  // on_slot_free: a slot of the pool has become free.
  virtual void on_slot_free() noexcept = 0;
};

// Connection: a slot of a pool: free -> open -> closing -> free. Its handle and its write request are embedded, so that a slot costs no allocation when it
// is used again. The rules of its traffic:
//  - A peer that does not read its answers is not read from. While whole frames wait to be taken, more is read only as far as there is room, and a larger buffer is taken
//    only when they have waited for kReadAheadAfterMs: the worker is overloaded, and only what has been read can be told so.
//  - It holds an input buffer only while bytes are in it, and an output buffer only while the peer is slow.
//  - When its input has ended (EOF, finish(), discard_input()) it closes by itself once every frame is taken and released and every answer written.
class Connection {
 public:
  Connection(ConnectionPool& pool, std::uint32_t index) noexcept : pool_(pool), index_(index) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const noexcept { return state_ == State::open; }
  // index(): of the slot. serial(): of this use of the slot; never used twice in a pool.
  std::uint32_t index() const noexcept { return index_; }
  std::uint64_t serial() const noexcept { return serial_; }
  const snapshot::PeerIdentity& peer() const noexcept { return peer_; }

  // has_frame(): whether a whole frame, or something that is none, stands at the front of what has not been taken.
  bool has_frame() const noexcept { return front_.state == FrameScan::State::whole || front_.state == FrameScan::State::refused; }
  // take_frame(): the frame at the front, borrowed until release_frames(); nothing if what stands there is no frame. has_frame() must be true.
  std::optional<base::Bytes> take_frame() noexcept;
  // untake_frame(frame): puts the frame that was taken last back to the front.
  void untake_frame(base::Bytes frame) noexcept;
  // release_frames(): ends the views of all frames taken; reading goes on, or the connection closes if its input has ended.
  void release_frames() noexcept;
  // arrived_us(): when the frame at the front had come whole (boottime), perhaps earlier by kArrivalStepUs, or by a quarter of the longest wait. has_frame() must be true.
  std::uint64_t arrived_us() const noexcept;

  // send(frames): writes at once what the socket takes and keeps the rest until it takes more; the connection may close. is_writing() must be false.
  void send(base::Bytes frames) noexcept;
  bool is_writing() const noexcept { return writing_; }
  // unread_for(now_us, ms): whether its peer has left an answer waiting for at least so long.
  bool unread_for(std::uint64_t now_us, std::uint64_t ms) const noexcept { return writing_ && now_us >= writing_since_us_ + ms * 1000; }
  // active_at_us(): when bytes came or went last, or were meant to (boottime).
  std::uint64_t active_at_us() const noexcept { return active_at_us_; }

  // hold(), unhold(): between them an answer is owed: the connection does not close by itself, and the sweep leaves it alone.
  void hold() noexcept { held_ = true; }
  void unhold() noexcept { held_ = false; }
  bool is_held() const noexcept { return held_; }

  // discard_input(): ends the input here; what has not been taken is dropped.
  void discard_input() noexcept;
  // finish(): ends the input after the whole frames in hand; closes when they are answered, which may be now.
  void finish() noexcept;
  // close(): now, and again without effect. The slot is free after the loop's next turn.
  void close() noexcept;

  // Overdue: whom the sweep throws out.
  enum class Overdue : std::uint8_t { no, slow, idle };
  Overdue overdue(std::uint64_t now_us) const noexcept;

  // For the owner's book-keeping; reset when the slot is opened.
  struct Turn {
    Connection* next = nullptr;  // of the ready queue
    Connection* previous = nullptr;
    bool ready = false;
    bool in_batch = false;
    std::uint32_t first = 0;  // of its requests in the batch
    std::uint32_t last = 0;
    std::size_t output_estimate = 0;
  };
  Turn turn;

 private:
  friend class ConnectionPool;
  enum class State : std::uint8_t { free, open, closing };

  bool open(Incoming incoming, std::uint64_t serial) noexcept;
  uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&pipe_); }
  void offer_room(uv_buf_t* room) noexcept;
  std::size_t room_ahead() const noexcept;
  bool make_room() noexcept;
  void on_read(ssize_t bytes) noexcept;
  void on_written(int status) noexcept;
  void on_closed() noexcept;
  void abandon() noexcept;
  void look() noexcept;
  void resume() noexcept;
  void pause() noexcept;
  void settle() noexcept;
  void note_arrival() noexcept;
  void forget_arrivals() noexcept;

  ConnectionPool& pool_;
  const std::uint32_t index_;
  State state_ = State::free;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool held_ = false;
  std::uint64_t serial_ = 0;
  ConnectionCharge charge_;
  snapshot::PeerIdentity peer_;
  uv_pipe_t pipe_{};
  uv_write_t write_{};

  // Input: [begin_, taken_) is taken and borrowed, [taken_, end_) is not.
  Buffer input_;
  std::size_t begin_ = 0;
  std::size_t taken_ = 0;
  std::size_t end_ = 0;
  FrameScan front_;
  // Arrivals of what is in hand, in order: bytes up to `end` (an offset into input_) came at `at_us`. None lies wholly before begin_.
  struct Arrival {
    std::size_t end = 0;
    std::uint64_t at_us = 0;
  };
  std::array<Arrival, limits::kArrivalsMax> arrivals_;
  std::size_t arrivals_count_ = 0;
  std::uint64_t arrival_step_us_ = 0;  // between two of them, at the least
  Buffer output_;

  std::uint64_t read_at_us_ = 0;
  std::uint64_t partial_since_us_ = 0;
  std::uint64_t writing_since_us_ = 0;
  std::uint64_t active_at_us_ = 0;
};

// Traffic: what the connections of a pool have received and sent, in bytes, since it was made. Written by the loop's thread, read by any.
struct Traffic {
  Counter received_bytes;
  Counter sent_bytes;  // of answers, also while the peer has not taken them yet
};

// ConnectionPool: the slots of one loop. A resource; the arguments outlive it. Destroying it closes what is open and turns the loop until the closes have run.
class ConnectionPool {
 public:
  ConnectionPool(loop::Loop& loop, ConnectionOwner& owner, const base::Clock& clock, std::size_t frame_bytes_max, BufferPool& buffers);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // open(incoming): a slot that reads from the descriptor; null, and the descriptor closed, if libuv refuses it.
  Connection* open(Incoming incoming) noexcept;
  // used(): slots that are not free.
  std::size_t used() const noexcept { return slots_.size() - free_.size(); }
  // find(index, serial): the connection that was opened so, if it is still open.
  Connection* find(std::uint32_t index, std::uint64_t serial) noexcept;
  const Traffic& traffic() const noexcept ASSAY_LIFETIMEBOUND { return traffic_; }
  // drop_overdue(name, counters, log): closes and counts the slow and the idle; name: of such connections, for the log.
  void drop_overdue(std::string_view name, Counters& counters, base::Log& log);

  template <class Visit>
  void each_open(Visit visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i]->is_open()) visit(*slots_[i]);
    }
  }

 private:
  friend class Connection;
  void closed(Connection& connection) noexcept;

  loop::Loop& loop_;
  ConnectionOwner& owner_;
  const base::Clock& clock_;
  const std::size_t frame_bytes_max_;
  BufferPool& buffers_;
  LogLimiter overdue_log_;
  Traffic traffic_;
  std::uint64_t serial_ = 0;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<Connection*> free_;
};

}  // namespace assay::server
