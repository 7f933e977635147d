// Every way in which a connection ends comes to drop(), which is also the only place that says so. A host on which assayd is restarted, stopped, or refuses this program sees a
// line for each kind of trouble and one when it is over, not one per try: what counts as over is a connection that has stood for a while or has brought an order.
#include "fetch/keys_link.h"

#include <cstring>
#include <utility>

#include "base/check.h"
#include "fetch/limits.h"
#include "server/frame.h"

namespace assay::fetch {

// Connection: its memory lives until libuv has closed the handle; link is null from the moment on at which nobody wants to hear of it any more.
struct KeysLink::Connection {
  uv_pipe_t pipe{};
  uv_connect_t connect{};
  KeysLink* link = nullptr;

  template <class Handle>
  static KeysLink* link_of(const Handle* handle) noexcept {
    return static_cast<const Connection*>(handle->data)->link;
  }
};

struct KeysLink::Write {
  uv_write_t request{};
  std::string frame;
};

void KeysLink::CloseConnection::operator()(Connection* connection) const noexcept {
  connection->link = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&connection->pipe), loop::checked(+[](uv_handle_t* handle) noexcept { delete static_cast<Connection*>(handle->data); }));
}

KeysLink::KeysLink(loop::Loop& loop, base::Log& log, std::string path, LinkOwner& owner)
    : loop_(loop),
      log_(log),
      path_(std::move(path)),
      owner_(owner),
      retry_(loop, loop::bind<&KeysLink::connect>(this)),
      settled_(loop, loop::bind<&KeysLink::settle>(this)),
      retry_after_ms_(limits::kReconnectMinMs),
      input_(std::make_unique_for_overwrite<std::byte[]>(limits::kKeysFrameBytesMax)) {
  retry_.start(0);
}

KeysLink::~KeysLink() = default;

void KeysLink::connect() noexcept {
  connection_.reset(new Connection{.link = this});
  CHECK(uv_pipe_init(loop_.raw(), &connection_->pipe, 0) == 0);
  connection_->pipe.data = connection_->connect.data = connection_.get();
  input_bytes_ = output_bytes_ = 0;
  is_reading_ = false;
  uv_pipe_connect(&connection_->connect, &connection_->pipe, path_.c_str(), loop::checked(+[](uv_connect_t* request, int status) noexcept {
                    if (KeysLink* link = Connection::link_of(request)) link->on_connected(status);
                  }));
}

void KeysLink::on_connected(int status) noexcept {
  if (status != 0) return drop(Cause::not_there, uv_strerror(status));
  settled_.start(limits::kSettledMs);
  read_on();
}

void KeysLink::read_on() noexcept {
  if (is_reading_) return;
  const auto offer = loop::checked(+[](uv_handle_t* handle, std::size_t, uv_buf_t* room) noexcept {
    KeysLink* link = Connection::link_of(handle);
    *room = uv_buf_init(reinterpret_cast<char*>(link->input_.get() + link->input_bytes_), static_cast<unsigned>(limits::kKeysFrameBytesMax - link->input_bytes_));
  });
  const auto take = loop::checked(+[](uv_stream_t* stream, ssize_t bytes, const uv_buf_t*) noexcept { Connection::link_of(stream)->on_read(bytes); });
  is_reading_ = true;
  if (const int error = uv_read_start(reinterpret_cast<uv_stream_t*>(&connection_->pipe), offer, take); error != 0) drop(Cause::lost, uv_strerror(error));
}

void KeysLink::on_read(ssize_t bytes) noexcept {
  if (bytes < 0) return drop(Cause::lost, uv_strerror(static_cast<int>(bytes)));
  input_bytes_ += static_cast<std::size_t>(bytes);
  take_frames();
}

// take_frames(): those that are whole, until one ends the connection or too much waits to be taken by assayd. Whatever frame has begun fits into the buffer.
void KeysLink::take_frames() noexcept {
  using enum server::FrameScan::State;
  std::size_t taken = 0;
  while (output_bytes_ <= limits::kOutputBytesMax) {
    const base::Bytes rest(input_.get() + taken, input_bytes_ - taken);
    const server::FrameScan front = server::scan_frame(rest, limits::kKeysFrameBytesMax);
    if (front.state == refused) return drop(Cause::no_frame, "what came is no frame");
    if (front.state != whole) break;
    const auto heard = owner_.on_frame(rest.first(front.bytes));
    if (!heard) return drop(Cause::refused, heard.error().what);
    settle();
    taken += front.bytes;
  }
  input_bytes_ -= taken;
  std::memmove(input_.get(), input_.get() + taken, input_bytes_);
  if (output_bytes_ <= limits::kOutputBytesMax) return read_on();
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&connection_->pipe));
  is_reading_ = false;
}

void KeysLink::send(std::string frame) {
  CHECK(connection_ != nullptr);
  auto* write = new Write{.frame = std::move(frame)};
  write->request.data = write;
  const uv_buf_t bytes = uv_buf_init(write->frame.data(), static_cast<unsigned>(write->frame.size()));
  output_bytes_ += write->frame.size();
  // An error at once is one of the connection, too, which its reading side will hear of.
  const int error = uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&connection_->pipe), &bytes, 1, loop::checked(+[](uv_write_t* request, int) noexcept {
                               const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
                               if (KeysLink* link = Connection::link_of(request->handle)) link->on_written(done->frame.size());
                             }));
  if (error == 0) return;
  output_bytes_ -= write->frame.size();
  delete write;
}

void KeysLink::on_written(std::size_t bytes) noexcept {
  output_bytes_ -= bytes;
  if (!is_reading_) take_frames();
}

void KeysLink::settle() noexcept {
  settled_.stop();
  retry_after_ms_ = limits::kReconnectMinMs;
  causes_logged_ = 0;
  if (std::exchange(is_settled_, true)) return;
  log_.event(base::Event::assayd_connected, {{"SOCKET", path_}}, "{}: connected to assayd", path_);
  owner_.on_up();
}

void KeysLink::drop(Cause cause, std::string_view why) noexcept {
  connection_.reset();
  settled_.stop();
  owner_.on_down();
  const unsigned bit = 1U << static_cast<unsigned>(cause);
  if ((causes_logged_ & bit) == 0) {
    const std::string reason = base::printable(why, limits::kFetchReasonBytesMax, base::Blanks::kept);
    log_.event(base::Event::assayd_lost, {{"SOCKET", path_}, {"REASON", reason}}, "{}: {}{}; connecting again", path_, is_settled_ ? "connection lost: " : "", reason);
  }
  causes_logged_ |= bit;
  is_settled_ = false;
  retry_.start(retry_after_ms_);
  retry_after_ms_ = std::min(2 * retry_after_ms_, limits::kReconnectMaxMs);
}

}  // namespace assay::fetch
