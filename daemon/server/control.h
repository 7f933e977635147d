// The control socket's connections, for operators: Ping, Status, Metrics, Deploy, Rollback, PushKeys, Refresh.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/connection.h"
#include "server/counters.h"
#include "server/deployer.h"
#include "server/key_refresher.h"
#include "server/limits.h"
#include "server/log_limiter.h"
#include "server/listener.h"
#include "server/metrics_source.h"
#include "server/reply.h"
#include "server/request.h"
#include "server/status.h"

namespace assay::server {

// ControlParts: references outlive the server.
struct ControlParts {
  const base::Clock& clock;
  base::Log& log;
  std::string_view version;
  Deployer& deployer;
  KeyRefresher& refresher;
  const StatusSource& status;
  const MetricsSource& metrics;
  loop::Callback drained;  // called after drain(), when the last connection has gone; not if there was none
  loop::Callback reload_begun;  // a deploy or a rollback that is no dry run was given to the deployer
  loop::Callback reload_ended;  // it is in force, refused or dropped; its answer goes out after this
  std::uint64_t sweep_ms = limits::kSweepMs;
};

// ControlServer: a resource of the main loop's thread. Frames to 32 MiB; a connection's next frame is looked at only once the one before is answered.
class ControlServer final : public ConnectionSink, private ConnectionOwner, private ChangeListener, private RefreshListener {
 public:
  ControlServer(loop::Loop& main, ControlParts parts);
  ~ControlServer() override;
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  void adopt(Incoming incoming) noexcept override;
  // drain(): answers changes that have not been begun with shutting_down, waits for those that have, then closes what is flushed; whatever is left is closed after
  // kDrainMs.
  void drain() noexcept;
  bool drained() const noexcept { return draining_ && connections_.used() == 0; }
  const Counters& counters() const noexcept { return counters_; }

 private:
  // Waiting: the connection that waits for a change; perhaps gone by now.
  struct Waiting {
    RequestKind kind = RequestKind::unset;
    std::uint32_t index = 0;
    std::uint64_t serial = 0;
    std::uint64_t request_id = 0;
    bool is_reload = false;
  };
  void on_input(Connection& connection) noexcept override;
  void on_flushed(Connection& connection) noexcept override;
  void on_closing(Connection& connection) noexcept override;
  void on_slot_free() noexcept override;
  void on_change_done(std::uint64_t ticket, const Outcome& outcome) noexcept override;
  void on_change_dropped(std::uint64_t ticket) noexcept override;
  void on_refreshed(std::uint64_t ticket, const Refreshed& refreshed) noexcept override;
  void on_sweep() noexcept;
  void on_drain_over() noexcept;

  void pump(Connection& connection);
  void handle(Connection& connection);
  void handle(Connection& connection, const RequestView& request);
  void answer(const Waiting& waiting, base::Bytes frame);
  void begin_refresh(Connection& connection, const RequestView& request);
  void begin_change(Connection& connection, const RequestView& request, ChangeRequest change);
  Waiting take_waiting(std::uint64_t ticket);
  snapshot::ControlRight right_of(const snapshot::PeerIdentity& peer) const;
  void forbid(Connection& connection, std::uint64_t id);
  base::Bytes refuse(std::uint64_t id, ErrorCode code, std::string_view text = {});

  const base::Clock& clock_;
  base::Log& log_;
  const std::string_view version_;
  Deployer& deployer_;
  KeyRefresher& refresher_;
  const StatusSource& status_;
  const MetricsSource& metrics_;
  const loop::Callback drained_;
  const loop::Callback reload_begun_;
  const loop::Callback reload_ended_;
  const std::uint64_t sweep_ms_;
  LogLimiter nonsense_log_;
  LogLimiter forbidden_log_;
  Counters counters_;
  ReplyEncoder encoder_;
  base::Arena arena_;
  std::uint64_t ticket_ = 0;
  std::unordered_map<std::uint64_t, Waiting> waiting_;     // for changes, by ticket
  std::unordered_map<std::uint64_t, Waiting> refreshing_;  // for fetches; each holds a connection, so that there are no more of them
  bool draining_ = false;
  BufferPool buffers_;
  ConnectionPool connections_;
  loop::Timer sweep_;
  loop::Timer drain_over_;
};

}  // namespace assay::server
