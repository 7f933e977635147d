// The keys socket's connection: assay-fetch, of which there is one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/keys_protocol.h"
#include "server/limits.h"
#include "server/listener.h"
#include "server/log_limiter.h"
#include "sources/schedule.h"

namespace assay::server {

// FetcherListener: learns of assay-fetch coming and going, and of its answers, on the main loop's thread.
class FetcherListener {
 public:
  virtual ~FetcherListener() = default;
  virtual void on_fetcher_connected() noexcept = 0;
  virtual void on_fetcher_gone() noexcept = 0;
  // on_answer(answer): the views end with the call.
  virtual void on_answer(const FetchAnswerView& answer) noexcept = 0;
};

// KeysSocketParts: references outlive the socket.
struct KeysSocketParts {
  const base::Clock& clock;
  base::Log& log;
  FetcherListener& listener;
  std::uint64_t sweep_ms = limits::kSweepMs;
};

// KeysSocket: a resource of the main loop's thread. Whatever comes that is no answer ends the connection.
class KeysSocket final : public ConnectionSink, private ConnectionOwner {
 public:
  KeysSocket(loop::Loop& main, KeysSocketParts parts);
  ~KeysSocket() override;
  KeysSocket(const KeysSocket&) = delete;
  KeysSocket& operator=(const KeysSocket&) = delete;

  void adopt(Incoming incoming) noexcept override;
  // give(orders): sends them. Those that nobody takes, because the connection has ended, end with on_fetcher_gone().
  void give(std::span<const sources::Order> orders);
  // close(): the connection, and none is adopted afterwards. The listener is not told.
  void close() noexcept;

 private:
  void on_input(Connection& connection) noexcept override;
  void on_flushed(Connection& connection) noexcept override;
  void on_closing(Connection& connection) noexcept override;
  void on_slot_free() noexcept override {}
  void on_sweep() noexcept;
  bool handle(Connection& connection);
  void flush(Connection& connection);

  const base::Clock& clock_;
  base::Log& log_;
  FetcherListener& listener_;
  const std::uint64_t sweep_ms_;
  LogLimiter nonsense_log_;
  OrderEncoder encoder_;
  std::vector<std::byte> orders_;  // that the socket has not taken yet
  Connection* connection_ = nullptr;
  bool closed_ = false;
  BufferPool buffers_;
  ConnectionPool connections_;
  loop::Timer sweep_;
};

}  // namespace assay::server
