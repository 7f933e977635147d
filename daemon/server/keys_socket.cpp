// One connection, on which assayd speaks first. Both sides can be restarted at any time: orders under way end with the connection, and nothing is remembered of them.
#include "server/keys_socket.h"

#include <utility>

#include "loop/callback.h"

namespace assay::server {

KeysSocket::KeysSocket(loop::Loop& main, KeysSocketParts parts)
    : clock_(parts.clock),
      log_(parts.log),
      listener_(parts.listener),
      sweep_ms_(parts.sweep_ms),
      buffers_(limits::kKeysFrameBytesMax, /*small_kept=*/1, /*big_kept=*/1),
      connections_(main, *this, clock_, limits::kKeysFrameBytesMax, buffers_),
      sweep_(main, loop::bind<&KeysSocket::on_sweep>(this)) {}

KeysSocket::~KeysSocket() { close(); }

// The listener's quota is one connection; while the last one is still being closed another may come.
void KeysSocket::adopt(Incoming incoming) noexcept {
  if (closed_ || connection_ != nullptr) return;
  const std::uint32_t uid = incoming.peer.uid;
  connection_ = connections_.open(std::move(incoming));
  if (connection_ == nullptr) return;
  log_.event(base::Event::fetcher_connected, {{"UID", uid}}, "assay-fetch is connected, of uid {}", uid);
  sweep_.start(sweep_ms_, sweep_ms_);
  listener_.on_fetcher_connected();
}

void KeysSocket::give(std::span<const sources::Order> orders) {
  if (connection_ == nullptr) return;
  for (const sources::Order& order : orders) {
    const base::Bytes frame = encoder_.fetch(order);
    orders_.insert(orders_.end(), frame.begin(), frame.end());
  }
  flush(*connection_);
}

void KeysSocket::flush(Connection& connection) {
  if (orders_.empty() || connection.is_writing()) return;
  const std::vector<std::byte> frames = std::exchange(orders_, {});
  connection.send(frames);
}

void KeysSocket::close() noexcept {
  closed_ = true;
  if (connection_ != nullptr) connection_->close();
}

void KeysSocket::on_input(Connection& connection) noexcept {
  while (connection.is_open() && connection.has_frame() && handle(connection)) {
  }
}

// handle(connection): its next frame. False: there is none to come.
bool KeysSocket::handle(Connection& connection) {
  const auto frame = connection.take_frame();
  const auto answer = frame ? decode_answer(*frame) : base::Result<FetchAnswerView>(base::fail("not a frame of this protocol"));
  if (!answer) {
    if (nonsense_log_.count(clock_.boottime_ms()) != 0) log_.warning("the connection of assay-fetch is ended: {}", answer.error().what);
    connection.close();
    return false;
  }
  listener_.on_answer(*answer);
  if (!connection.is_open()) return false;
  connection.release_frames();
  return true;
}

void KeysSocket::on_flushed(Connection& connection) noexcept {
  flush(connection);
  on_input(connection);
}

void KeysSocket::on_closing(Connection& connection) noexcept {
  if (&connection != connection_) return;
  connection_ = nullptr;
  orders_.clear();
  sweep_.stop();
  if (closed_) return;
  log_.event(base::Event::fetcher_gone, {}, "assay-fetch is gone: keys from the network are not fetched until it connects again");
  listener_.on_fetcher_gone();
}

// It may be idle for as long as no order is due, but neither leave a frame unfinished nor orders unread.
void KeysSocket::on_sweep() noexcept {
  if (connection_ == nullptr || connection_->overdue(clock_.boottime_ms()) != Connection::Overdue::slow) return;
  log_.warning("the connection of assay-fetch is ended: it is too slow");
  connection_->close();
}

}  // namespace assay::server
