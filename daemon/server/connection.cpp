// Bytes in, frames out, answers back. Memory is bounded by what is in flight: what waits in the input buffer has a limit, and nothing is read or taken while an answer waits
// for the peer. The pause is lazy: a client that sends one request and waits for its answer never costs a change of the poll set, since reading is stopped only when
// more arrives than there is room for; it goes on when a batch has made room.
#include "server/connection.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "loop/callback.h"
#include "server/limits.h"

namespace assay::server {
namespace {

Connection* self(const void* handle) noexcept { return static_cast<Connection*>(static_cast<const uv_handle_t*>(handle)->data); }

}  // namespace

bool Connection::open(Incoming incoming, std::uint64_t serial) noexcept {
  CHECK(state_ == State::free);
  CHECK(uv_pipe_init(pool_.loop_.raw(), &pipe_, 0) == 0);
  pipe_.data = this;
  write_.data = this;
  state_ = State::open;
  serial_ = serial;
  reading_ = writing_ = ended_ = held_ = false;
  begin_ = taken_ = end_ = arrivals_count_ = 0;
  front_ = {};
  turn = {};
  peer_ = std::move(incoming.peer);
  charge_ = std::move(incoming.charge);
  read_at_us_ = partial_since_us_ = active_at_us_ = pool_.clock_.boottime_us();
  if (uv_pipe_open(&pipe_, incoming.descriptor.get()) != 0) return false;
  incoming.descriptor.release();  // the handle closes it
  resume();
  return reading_;
}

void Connection::offer_room(uv_buf_t* room) noexcept {
  *room = uv_buf_init(nullptr, 0);  // libuv reports UV_ENOBUFS
  if (!make_room()) return;
  const auto free = input_.bytes().subspan(end_);
  *room = uv_buf_init(reinterpret_cast<char*>(free.data()), static_cast<unsigned>(free.size()));
}

// room_ahead(): while frames wait: the size of the buffer that more would be read into; 0: no more is to be read now.
std::size_t Connection::room_ahead() const noexcept {
  const std::size_t bytes = input_.bytes().size();
  if (held_) return 0;
  if (bytes - end_ >= limits::kReadAheadBytesMin) return bytes;
  if (taken_ != begin_) return 0;
  const bool late = pool_.clock_.boottime_us() >= arrived_us() + limits::kReadAheadAfterMs * 1000;
  if (late && bytes < limits::kDataFrameBytesMax && pool_.buffers_.big_taken() < limits::kReadAheadBuffersMax) return limits::kDataFrameBytesMax;
  // Moved only when half of it is free, so that no byte moves more often than that.
  return begin_ < bytes / 2 ? 0 : bytes;
}

// make_room(): sees to it that something can be read behind end_; false if it is not to be. No frame is borrowed while the buffer moves: frames are released before the loop
// turns.
bool Connection::make_room() noexcept {
  if (!input_) {
    input_ = pool_.buffers_.take(limits::kSmallBufferBytes);
    begin_ = taken_ = end_ = arrivals_count_ = 0;
  }
  const std::size_t in_hand = end_ - begin_;
  std::size_t bytes = input_.bytes().size();
  if (has_frame()) {
    const std::size_t wanted = room_ahead();
    if (wanted == 0) return false;
    if (wanted == bytes && bytes - end_ >= limits::kReadAheadBytesMin) return true;
    bytes = wanted;
  } else {
    // What is in hand is part of one frame; make room for all of it.
    const std::size_t needed = std::max(front_.bytes, limits::kFramePrefixBytes);
    if (begin_ + needed <= bytes) return true;
    bytes = std::max(bytes, needed);
  }
  CHECK(taken_ == begin_);
  const auto rest = input_.bytes().subspan(begin_, in_hand);
  if (bytes > input_.bytes().size()) {
    Buffer larger = pool_.buffers_.take(bytes);
    std::ranges::copy(rest, larger.bytes().begin());
    input_ = std::move(larger);
  } else {
    std::memmove(input_.bytes().data(), rest.data(), rest.size());
  }
  for (std::size_t i = 0; i < arrivals_count_; ++i) arrivals_[i].end -= begin_;
  end_ -= begin_;
  begin_ = taken_ = 0;
  return true;
}

void Connection::on_read(ssize_t bytes) noexcept {
  if (bytes == UV_ENOBUFS) return pause();
  if (bytes == UV_EOF) return finish();
  if (bytes < 0) return close();
  if (bytes > 0) {
    const bool had_frame = has_frame();
    read_at_us_ = active_at_us_ = pool_.clock_.boottime_us();
    if (end_ == begin_) partial_since_us_ = read_at_us_;
    end_ += static_cast<std::size_t>(bytes);
    pool_.traffic_.received_bytes.add(static_cast<std::uint64_t>(bytes));
    if (!had_frame) arrivals_count_ = 0;  // of a frame that is not whole yet: it has come when its last byte has
    note_arrival();
    if (!had_frame) look();
    if (has_frame()) return had_frame ? void() : pool_.owner_.on_input(*this);
  }
  if (begin_ == end_) input_ = Buffer();
}

void Connection::note_arrival() noexcept {
  if (arrivals_count_ == 0) arrival_step_us_ = limits::kArrivalStepUs;
  if (arrivals_count_ != 0 && read_at_us_ - arrivals_[arrivals_count_ - 1].at_us < arrival_step_us_) {
    arrivals_[arrivals_count_ - 1].end = end_;
    return;
  }
  if (arrivals_count_ == arrivals_.size()) {
    // The longer something has waited, the coarser its age may be known: two become one, as old as the older.
    arrivals_count_ /= 2;
    for (std::size_t i = 0; i < arrivals_count_; ++i) arrivals_[i] = {arrivals_[2 * i + 1].end, arrivals_[2 * i].at_us};
    arrival_step_us_ *= 2;
  }
  arrivals_[arrivals_count_++] = {end_, read_at_us_};
}

// forget_arrivals(): of bytes that have been taken.
void Connection::forget_arrivals() noexcept {
  std::size_t gone = 0;
  while (gone < arrivals_count_ && arrivals_[gone].end <= taken_) ++gone;
  if (gone == 0) return;
  std::move(arrivals_.begin() + static_cast<std::ptrdiff_t>(gone), arrivals_.begin() + static_cast<std::ptrdiff_t>(arrivals_count_), arrivals_.begin());
  arrivals_count_ -= gone;
}

std::uint64_t Connection::arrived_us() const noexcept {
  const std::size_t whole_at = taken_ + std::max<std::size_t>(front_.bytes, 1);
  for (std::size_t i = 0; i < arrivals_count_; ++i) {
    if (arrivals_[i].end >= whole_at) return arrivals_[i].at_us;
  }
  return read_at_us_;
}

// look(): what stands at the front now.
void Connection::look() noexcept {
  front_ = taken_ == end_ ? FrameScan{} : scan_frame(input_.bytes().subspan(taken_, end_ - taken_), pool_.frame_bytes_max_);
}

std::optional<base::Bytes> Connection::take_frame() noexcept {
  CHECK(has_frame());
  if (front_.state == FrameScan::State::refused) return std::nullopt;
  const base::Bytes frame = input_.bytes().subspan(taken_, front_.bytes);
  taken_ += front_.bytes;
  look();
  return frame;
}

void Connection::untake_frame(base::Bytes frame) noexcept {
  CHECK(taken_ - begin_ >= frame.size());
  taken_ -= frame.size();
  look();
}

void Connection::release_frames() noexcept {
  if (state_ != State::open) return;
  if (taken_ != begin_) partial_since_us_ = read_at_us_;
  begin_ = taken_;
  forget_arrivals();
  if (has_frame() && !reading_ && !writing_ && room_ahead() != 0) resume();
  settle();
}

void Connection::send(base::Bytes frames) noexcept {
  if (state_ != State::open) return;
  CHECK(!writing_);
  uv_buf_t whole = uv_buf_init(const_cast<char*>(base::as_text(frames).data()), static_cast<unsigned>(frames.size()));
  const int written = uv_try_write(stream(), &whole, 1);
  active_at_us_ = pool_.clock_.boottime_us();
  if (written < 0 && written != UV_EAGAIN) return close();
  pool_.traffic_.sent_bytes.add(frames.size());
  const base::Bytes rest = frames.subspan(static_cast<std::size_t>(std::max(written, 0)));
  if (rest.empty()) return;

  output_ = pool_.buffers_.take(rest.size());
  std::ranges::copy(rest, output_.bytes().begin());
  uv_buf_t waiting = uv_buf_init(reinterpret_cast<char*>(output_.bytes().data()), static_cast<unsigned>(rest.size()));
  writing_ = true;
  writing_since_us_ = active_at_us_;
  pause();
  const auto done = loop::checked(+[](uv_write_t* request, int status) noexcept { static_cast<Connection*>(request->data)->on_written(status); });
  if (uv_write(&write_, stream(), &waiting, 1, done) != 0) {
    writing_ = false;
    close();
  }
}

void Connection::on_written(int status) noexcept {
  writing_ = false;
  output_ = Buffer();
  if (state_ != State::open) return;
  if (status < 0) return close();
  active_at_us_ = pool_.clock_.boottime_us();
  if (!has_frame()) settle();
  if (state_ == State::open) pool_.owner_.on_flushed(*this);
}

void Connection::discard_input() noexcept {
  ended_ = true;
  end_ = taken_;
  look();
  pause();
}

void Connection::finish() noexcept {
  if (state_ != State::open) return;
  ended_ = true;
  pause();
  settle();
}

// settle(): called whenever a reason to wait may have gone.
void Connection::settle() noexcept {
  if (state_ != State::open || has_frame() || writing_ || begin_ != taken_) return;
  if (ended_ && !held_) return close();
  if (begin_ == end_) {
    input_ = Buffer();
    begin_ = taken_ = end_ = arrivals_count_ = 0;
  }
  resume();
}

void Connection::resume() noexcept {
  if (reading_ || ended_) return;
  const auto room = loop::checked(+[](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept { self(handle)->offer_room(buffer); });
  const auto read = loop::checked(+[](uv_stream_t* handle, ssize_t bytes, const uv_buf_t*) noexcept { self(handle)->on_read(bytes); });
  reading_ = uv_read_start(stream(), room, read) == 0;
}

void Connection::pause() noexcept {
  if (!reading_) return;
  reading_ = false;
  uv_read_stop(stream());
}

void Connection::close() noexcept {
  if (state_ != State::open) return;
  pool_.owner_.on_closing(*this);
  abandon();
}

// abandon(): close without a word to the owner, who may never have heard of it.
void Connection::abandon() noexcept {
  state_ = State::closing;
  reading_ = false;
  charge_ = ConnectionCharge();  // before the peer can see the end and come again
  uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), loop::checked(+[](uv_handle_t* handle) noexcept { self(handle)->on_closed(); }));
}

void Connection::on_closed() noexcept {
  CHECK(state_ == State::closing && !writing_);
  input_ = Buffer();
  output_ = Buffer();
  begin_ = taken_ = end_ = arrivals_count_ = 0;
  front_ = {};
  peer_ = {};
  state_ = State::free;
  pool_.closed(*this);
}

Connection::Overdue Connection::overdue(std::uint64_t now_us) const noexcept {
  const auto passed = [now_us](std::uint64_t since_us, std::uint64_t limit_ms) noexcept { return now_us > since_us && now_us - since_us > limit_ms * 1000; };
  if (state_ != State::open || held_) return Overdue::no;
  if (writing_) return passed(writing_since_us_, limits::kSlowPeerMs) ? Overdue::slow : Overdue::no;
  if (has_frame() || taken_ != begin_) return Overdue::no;  // it waits for us
  if (begin_ != end_) return passed(partial_since_us_, limits::kSlowPeerMs) ? Overdue::slow : Overdue::no;
  return passed(active_at_us_, limits::kIdlePeerMs) ? Overdue::idle : Overdue::no;
}

ConnectionPool::ConnectionPool(loop::Loop& loop, ConnectionOwner& owner, const base::Clock& clock, std::size_t frame_bytes_max, BufferPool& buffers)
    : loop_(loop), owner_(owner), clock_(clock), frame_bytes_max_(frame_bytes_max), buffers_(buffers) {}

ConnectionPool::~ConnectionPool() {
  each_open([](Connection& connection) { connection.close(); });
  constexpr int kTurnsMax = 16;
  for (int i = 0; i < kTurnsMax && used() != 0; ++i) loop_.turn();
  CHECK(used() == 0);
}

Connection* ConnectionPool::open(Incoming incoming) noexcept {
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Connection>(*this, static_cast<std::uint32_t>(slots_.size())));
    free_.reserve(slots_.size());  // so that a slot comes back without an allocation
    free_.push_back(slots_.back().get());
  }
  Connection* connection = free_.back();
  free_.pop_back();
  if (connection->open(std::move(incoming), ++serial_)) return connection;
  connection->abandon();
  return nullptr;
}

Connection* ConnectionPool::find(std::uint32_t index, std::uint64_t serial) noexcept {
  Connection* connection = index < slots_.size() ? slots_[index].get() : nullptr;
  return connection != nullptr && connection->is_open() && connection->serial() == serial ? connection : nullptr;
}

void ConnectionPool::drop_overdue(std::string_view name, Counters& counters, base::Log& log) {
  const std::uint64_t now_us = clock_.boottime_us();
  each_open([&](Connection& connection) {
    const Connection::Overdue overdue = connection.overdue(now_us);
    if (overdue == Connection::Overdue::no) return;
    counters.connections_dropped.add();
    if (const std::uint64_t events = overdue_log_.count(now_us / 1000); events != 0) {
      const std::string_view how = overdue == Connection::Overdue::slow ? "slow" : "idle";
      const std::uint32_t uid = connection.peer().uid;
      log.event(base::Event::connections_dropped, {{"COUNT", events}, {"UID", uid}, {"REASON", how}}, "{} {} dropped: slow or idle; the latest ({}) of uid {}", events, name, how, uid);
    }
    connection.close();
  });
}

void ConnectionPool::closed(Connection& connection) noexcept {
  free_.push_back(&connection);
  owner_.on_slot_free();
}

}  // namespace assay::server
