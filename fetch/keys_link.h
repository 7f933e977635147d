// The connection to assayd's keys socket: frames in, frames out, connected again for ever.
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "loop/handles.h"
#include "loop/loop.h"

namespace assay::fetch {

// LinkOwner: whoever takes the frames. All calls come from the loop.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  // on_frame(frame): one whole frame, borrowed until the return, aligned to 8 bytes. A failure ends the connection, and the next one is tried later.
  virtual base::Result<void> on_frame(base::Bytes frame) noexcept = 0;
  // on_up(): the connection is there: it has stood for a while or has brought a frame that is good.
  virtual void on_up() noexcept = 0;
  // on_down(): the connection that brought the frames so far is gone; what they asked for is not to be answered.
  virtual void on_down() noexcept = 0;
};

// KeysLink: one connection at a time. It reads no frame while more than kOutputBytesMax wait to be taken by assayd.
class KeysLink {
 public:
  // path: fits into a sockaddr_un. It connects as soon as the loop runs.
  KeysLink(loop::Loop& loop, base::Log& log, std::string path, LinkOwner& owner);
  ~KeysLink();
  KeysLink(const KeysLink&) = delete;
  KeysLink& operator=(const KeysLink&) = delete;

  // send(frame): a whole frame; it is dropped if the connection ends before assayd has taken it. Not while on_down() runs.
  void send(std::string frame);

 private:
  struct Connection;
  struct Write;
  struct CloseConnection {
    void operator()(Connection* connection) const noexcept;
  };
  // Cause: of a failure. Each is logged once until a connection has settled.
  enum class Cause : std::uint8_t { unset = 0, not_there, lost, no_frame, refused };

  void connect() noexcept;
  void on_connected(int status) noexcept;
  void on_read(ssize_t bytes) noexcept;
  void on_written(std::size_t bytes) noexcept;
  void take_frames() noexcept;
  void read_on() noexcept;
  void settle() noexcept;
  void drop(Cause cause, std::string_view why) noexcept;

  loop::Loop& loop_;
  base::Log& log_;
  const std::string path_;
  LinkOwner& owner_;
  loop::Timer retry_;
  loop::Timer settled_;
  std::uint64_t retry_after_ms_;
  bool is_settled_ = false;
  unsigned causes_logged_ = 0;  // a bit for each Cause
  const std::unique_ptr<std::byte[]> input_;  // of kKeysFrameBytesMax, aligned to 8 bytes; a frame always begins at its begin
  std::size_t input_bytes_ = 0;
  std::size_t output_bytes_ = 0;  // written and not taken yet
  bool is_reading_ = false;
  std::unique_ptr<Connection, CloseConnection> connection_;  // null: waits for retry_
};

}  // namespace assay::fetch
