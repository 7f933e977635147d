// The control socket is for operators and slow by nature: one frame at a time per connection, answered on the main loop, while the builder thread does the work of a
// deploy. A deploy outlives the connection that asked for it; its answer is then dropped.
#include "server/control.h"

#include <string>
#include <utility>

#include "base/check.h"
#include "loop/callback.h"

namespace assay::server {

ControlServer::ControlServer(loop::Loop& main, ControlParts parts)
    : clock_(parts.clock),
      log_(parts.log),
      version_(parts.version),
      deployer_(parts.deployer),
      status_(parts.status),
      drained_(parts.drained),
      sweep_ms_(parts.sweep_ms),
      encoder_(limits::kControlFrameBytesMax),
      buffers_(limits::kControlFrameBytesMax, /*small_kept=*/4, /*big_kept=*/0),
      connections_(main, *this, clock_, limits::kControlFrameBytesMax, buffers_),
      sweep_(main, loop::bind<&ControlServer::on_sweep>(this)),
      drain_over_(main, loop::bind<&ControlServer::on_drain_over>(this)) {
  deployer_.set_listener(this);
}

ControlServer::~ControlServer() { deployer_.set_listener(nullptr); }

void ControlServer::adopt(Incoming incoming) noexcept {
  if (draining_ || connections_.open(std::move(incoming)) == nullptr) return;
  counters_.connections.add();
  if (!sweep_.running()) sweep_.start(sweep_ms_, sweep_ms_);
}

void ControlServer::on_input(Connection& connection) noexcept { pump(connection); }

void ControlServer::on_flushed(Connection& connection) noexcept { pump(connection); }

void ControlServer::on_closing(Connection&) noexcept { counters_.connections.subtract(); }

void ControlServer::on_slot_free() noexcept {
  if (drained()) drained_();
}

void ControlServer::pump(Connection& connection) {
  while (connection.is_open() && connection.has_frame() && !connection.is_writing() && !connection.is_held()) handle(connection);
}

void ControlServer::handle(Connection& connection) {
  arena_.reset();
  const auto frame = connection.take_frame();
  const auto request = frame ? decode_request(*frame, limits::kTokensPerRequestMax, arena_) : std::unexpected(RequestFault{0, ErrorCode::bad_frame, {}});
  if (request) {
    handle(connection, *request);
  } else {
    if (request.error().code == ErrorCode::bad_frame) {
      counters_.connections_dropped.add();
      if (const std::uint64_t events = nonsense_log_.count(clock_.boottime_ms()); events != 0) {
        log_.info("{} control connections dropped: not a frame of this protocol; the latest of uid {}", events, connection.peer().uid);
      }
      connection.discard_input();
    }
    connection.send(refuse(request.error().id, request.error().code, request.error().text));
  }
  connection.release_frames();
}

void ControlServer::handle(Connection& connection, const RequestView& request) {
  counters_.requests.add();
  switch (request.kind) {
    case RequestKind::ping: return connection.send(encoder_.pong(request.id, version_, deployer_.current().generation()));
    case RequestKind::status: return connection.send(encoder_.status(request.id, status_.figures(), deployer_.current()));
    case RequestKind::deploy: return begin_deploy(connection, request);
    case RequestKind::unset:
    case RequestKind::validate:
    case RequestKind::unknown: return connection.send(refuse(request.id, ErrorCode::unknown_request));
  }
}

void ControlServer::begin_deploy(Connection& connection, const RequestView& request) {
  if (draining_) return connection.send(refuse(request.id, ErrorCode::shutting_down));
  if (waiting_.size() >= limits::kDeploysQueuedMax) return connection.send(refuse(request.id, ErrorCode::overloaded, "too many deploys are waiting"));
  log_.info("{} of {} bytes by uid {}", request.dry_run ? "dry run" : "deploy", request.configuration.size(), connection.peer().uid);
  connection.hold();  // none of its frames is taken meanwhile
  waiting_[++ticket_] = {.index = connection.index(), .serial = connection.serial(), .request_id = request.id};
  deployer_.deploy(ticket_, std::string(request.configuration), request.dry_run);
}

void ControlServer::on_deployed(const DeployOutcome& outcome) noexcept {
  const auto found = waiting_.find(outcome.ticket);
  CHECK(found != waiting_.end());
  const Waiting waiting = found->second;
  waiting_.erase(found);
  Connection* connection = connections_.find(waiting.index, waiting.serial);
  if (connection == nullptr || !connection->is_held()) return;
  connection->unhold();
  connection->send(outcome.faults.empty() ? encoder_.deployed(waiting.request_id, outcome.deployment, outcome.generation)
                                          : refuse(waiting.request_id, ErrorCode::bad_configuration, {}, outcome.faults));
  connection->release_frames();
  pump(*connection);
}

base::Bytes ControlServer::refuse(std::uint64_t id, ErrorCode code, std::string_view text, std::span<const snapshot::Fault> faults) {
  counters_.count(code);
  return encoder_.error(id, code, text, faults);
}

void ControlServer::on_sweep() noexcept {
  connections_.drop_overdue("control connections", counters_, log_);
  if (connections_.used() == 0) sweep_.stop();
}

void ControlServer::drain() noexcept {
  if (std::exchange(draining_, true)) return;
  drain_over_.start(limits::kDrainMs);
  for (const auto& [ticket, waiting] : waiting_) {
    Connection* connection = connections_.find(waiting.index, waiting.serial);
    if (connection == nullptr || !connection->is_held()) continue;
    connection->unhold();
    connection->send(refuse(waiting.request_id, ErrorCode::shutting_down));
  }
  connections_.each_open([this](Connection& connection) {
    connection.finish();
    pump(connection);
  });
}

void ControlServer::on_drain_over() noexcept {
  connections_.each_open([](Connection& connection) { connection.close(); });
}

}  // namespace assay::server
