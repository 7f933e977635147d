// The control socket is for operators and slow by nature: one frame at a time per connection, answered on the main loop, while the builder thread does the work of a
// change. A change outlives the connection that asked for it; its answer is then dropped. What a client may do is asked of the snapshot in force, for each request anew.
#include "server/control.h"

#include <fmt/core.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "base/check.h"
#include "loop/callback.h"
#include "server/source_lookup.h"

namespace assay::server {
namespace {

std::string describe(const Outcome& outcome) {
  std::string text(outcome.error_text.empty() ? text_of(outcome.error) : std::string_view(outcome.error_text));
  if (outcome.faults.empty()) return text;
  const snapshot::Fault& first = outcome.faults.front();
  return text + fmt::format("; {} fault{}, the first at {}: found {}, allowed {}", outcome.faults.size(), outcome.faults.size() == 1 ? "" : "s",
                            first.pointer.empty() ? "(document)" : base::printable(first.pointer, 256), first.found, first.allowed);
}

// command_of(kind): the change, as assayctl calls it.
std::string_view command_of(RequestKind kind) noexcept {
  switch (kind) {
    case RequestKind::deploy: return "deploy";
    case RequestKind::rollback: return "rollback";
    case RequestKind::push_keys: return "push-keys";
    case RequestKind::refresh: return "refresh";
    case RequestKind::unset:
    case RequestKind::validate:
    case RequestKind::ping:
    case RequestKind::metrics:
    case RequestKind::status:
    case RequestKind::unknown: break;
  }
  return "";
}

}  // namespace

ControlServer::ControlServer(loop::Loop& main, ControlParts parts)
    : clock_(parts.clock),
      log_(parts.log),
      version_(parts.version),
      deployer_(parts.deployer),
      refresher_(parts.refresher),
      status_(parts.status),
      metrics_(parts.metrics),
      drained_(parts.drained),
      reload_begun_(parts.reload_begun),
      reload_ended_(parts.reload_ended),
      sweep_ms_(parts.sweep_ms),
      encoder_(limits::kControlFrameBytesMax),
      buffers_(limits::kControlFrameBytesMax, /*small_kept=*/4, /*big_kept=*/0),
      connections_(main, *this, clock_, limits::kControlFrameBytesMax, buffers_),
      sweep_(main, loop::bind<&ControlServer::on_sweep>(this)),
      drain_over_(main, loop::bind<&ControlServer::on_drain_over>(this)) {
  refresher_.set_refresh_listener(this);
}

ControlServer::~ControlServer() {
  refresher_.set_refresh_listener(nullptr);
  deployer_.forget(*this);
}

void ControlServer::adopt(Incoming incoming) noexcept {
  if (draining_) return;
  const bool may_look = right_of(incoming.peer) != snapshot::ControlRight::none;
  Connection* connection = connections_.open(std::move(incoming));
  if (connection == nullptr) return;
  counters_.connections.add();
  counters_.connections_opened.add();
  if (!sweep_.running()) sweep_.start(sweep_ms_, sweep_ms_);
  // Who may do nothing does not take a place from those who may.
  if (may_look) return;
  forbid(*connection, 0);
  connection->finish();
}

void ControlServer::forbid(Connection& connection, std::uint64_t id) {
  if (const std::uint64_t events = forbidden_log_.count(clock_.boottime_ms()); events != 0) {
    const std::uint32_t uid = connection.peer().uid;
    log_.event(base::Event::control_forbidden, {{"COUNT", events}, {"UID", uid}}, "{} requests on the control socket forbidden by clients; the latest of uid {}", events, uid);
  }
  connection.send(refuse(id, ErrorCode::forbidden));
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
        const std::uint32_t uid = connection.peer().uid;
        log_.event(base::Event::connections_dropped, {{"COUNT", events}, {"UID", uid}, {"REASON", "not a frame of this protocol"}},
                   "{} control connections dropped: not a frame of this protocol; the latest of uid {}", events, uid);
      }
      connection.discard_input();
    }
    connection.send(refuse(request.error().id, request.error().code, request.error().text));
  }
  connection.release_frames();
}

// root and the daemon's own user may do everything: a configuration must not be able to lock out those who could replace the daemon.
snapshot::ControlRight ControlServer::right_of(const snapshot::PeerIdentity& peer) const {
  return peer.uid == 0 || peer.uid == ::geteuid() ? snapshot::ControlRight::write : deployer_.current().control_right(peer);
}

void ControlServer::handle(Connection& connection, const RequestView& request) {
  counters_.requests.add();
  const snapshot::Snapshot& current = deployer_.current();
  const snapshot::ControlRight right = right_of(connection.peer());
  if (right == snapshot::ControlRight::none) {
    forbid(connection, request.id);
    return connection.finish();
  }
  switch (request.kind) {
    case RequestKind::ping: return connection.send(encoder_.pong(request.id, version_, current.instance(), current.generation()));
    case RequestKind::status: return connection.send(encoder_.status(request.id, status_.figures(), deployer_.report(), current));
    case RequestKind::metrics: return connection.send(encoder_.metrics(request.id, metrics_.metrics_text()));
    case RequestKind::unset:
    case RequestKind::validate:
    case RequestKind::unknown: return connection.send(refuse(request.id, ErrorCode::unknown_request));
    case RequestKind::deploy:
    case RequestKind::rollback:
    case RequestKind::push_keys:
    case RequestKind::refresh: break;
  }
  if (right != snapshot::ControlRight::write) return forbid(connection, request.id);
  const std::uint32_t uid = connection.peer().uid;
  const std::string_view command = command_of(request.kind);
  if (request.kind == RequestKind::deploy) {
    log_.event(base::Event::change_asked, {{"CHANGE", command}, {"DRY_RUN", request.dry_run}, {"UID", uid}}, "{} asked for by uid {}: {} bytes, {}", request.dry_run ? "dry run of a deploy" : "deploy", uid, request.configuration.size(),
               request.api_services.empty() ? "all API services" : fmt::format("{} API services", request.api_services.size()));
    begin_change(connection, request,
                 DeployRequest{.document = std::string(request.configuration),
                               .api_services = {request.api_services.begin(), request.api_services.end()},
                               .expected_deployment = request.expected_deployment,
                               .dry_run = request.dry_run,
                               .allow_volatile = request.allow_volatile});
  } else if (request.kind == RequestKind::rollback) {
    log_.event(base::Event::change_asked, {{"CHANGE", command}, {"DRY_RUN", request.dry_run}, {"UID", uid}}, "{} asked for by uid {}: to {}",
               request.dry_run ? "dry run of a rollback" : "rollback", uid, request.deployment == 0 ? "the deployment before" : fmt::format("deployment {}", request.deployment));
    begin_change(connection, request,
                 RollbackRequest{.deployment = request.deployment,
                                 .expected_deployment = request.expected_deployment,
                                 .dry_run = request.dry_run,
                                 .allow_volatile = request.allow_volatile});
  } else if (request.kind == RequestKind::refresh) {
    begin_refresh(connection, request);
  } else {
    log_.event(base::Event::change_asked, {{"CHANGE", command}, {"UID", uid}, {"OAUTH_SERVER", request.oauth_server}}, "push of keys asked for by uid {}: OAuth server {}, {} bytes", uid,
               base::printable(request.oauth_server), request.jwks.size());
    begin_change(connection, request,
                 PushRequest{.oauth_server = std::string(request.oauth_server), .url = std::string(request.url), .jwks = std::string(request.jwks)});
  }
}

void ControlServer::begin_refresh(Connection& connection, const RequestView& request) {
  if (draining_) return connection.send(refuse(request.id, ErrorCode::shutting_down));
  const std::uint32_t uid = connection.peer().uid;
  log_.event(base::Event::change_asked, {{"CHANGE", command_of(request.kind)}, {"UID", uid}, {"OAUTH_SERVER", request.oauth_server}}, "fetch of keys asked for by uid {}: OAuth server {}", uid,
             base::printable(request.oauth_server));
  const auto source = find_source(deployer_.report().state.in_force(), request.oauth_server, request.url);
  if (!source) return connection.send(refuse(request.id, ErrorCode::bad_key_source, source.error().what));
  // First, for it may be answered within the call.
  connection.hold();
  const std::uint64_t ticket = ++ticket_;
  refreshing_[ticket] = {.kind = request.kind, .index = connection.index(), .serial = connection.serial(), .request_id = request.id};
  const ErrorCode refusal = refresher_.refresh(*source, ticket);
  if (refusal == ErrorCode::unset) return;
  refreshing_.erase(ticket);
  connection.unhold();
  connection.send(refuse(request.id, refusal));
}

void ControlServer::on_refreshed(std::uint64_t ticket, const Refreshed& refreshed) noexcept {
  const auto waiting = refreshing_.extract(ticket);
  if (!waiting.empty()) answer(waiting.mapped(), encoder_.refreshed(waiting.mapped().request_id, refreshed));
}

void ControlServer::begin_change(Connection& connection, const RequestView& request, ChangeRequest change) {
  if (draining_) return connection.send(refuse(request.id, ErrorCode::shutting_down));
  if (waiting_.size() >= limits::kChangesQueuedMax) return connection.send(refuse(request.id, ErrorCode::overloaded, "too many changes are waiting"));
  connection.hold();  // none of its frames is taken meanwhile
  const bool is_reload = request.kind != RequestKind::push_keys && !request.dry_run;
  if (is_reload) reload_begun_();
  waiting_[++ticket_] = {.kind = request.kind, .index = connection.index(), .serial = connection.serial(), .request_id = request.id, .is_reload = is_reload};
  deployer_.change(*this, ticket_, std::move(change));
}

// take_waiting(ticket): what waited for this change, which has come to its end.
ControlServer::Waiting ControlServer::take_waiting(std::uint64_t ticket) {
  const auto waiting = waiting_.extract(ticket);
  CHECK(!waiting.empty());
  if (waiting.mapped().is_reload) reload_ended_();
  return waiting.mapped();
}

void ControlServer::on_change_done(std::uint64_t ticket, const Outcome& outcome) noexcept {
  const Waiting waiting = take_waiting(ticket);
  if (outcome.error != ErrorCode::unset) {
    counters_.count(outcome.error);
    const std::string reason = describe(outcome);
    log_.event(base::Event::change_refused, {{"CHANGE", command_of(waiting.kind)}, {"REASON", reason}}, "refused: {}", reason);
  } else {
    if (outcome.changed) log_changes(outcome, log_);
    if (outcome.source) refresher_.pushed(*outcome.source);
  }
  answer(waiting, waiting.kind == RequestKind::push_keys ? encoder_.pushed(waiting.request_id, outcome) : encoder_.deployed(waiting.request_id, outcome));
}

// answer(waiting, frame): whoever waits, if he still does.
void ControlServer::answer(const Waiting& waiting, base::Bytes frame) {
  Connection* connection = connections_.find(waiting.index, waiting.serial);
  if (connection == nullptr || !connection->is_held()) return;
  connection->unhold();
  connection->send(frame);
  connection->release_frames();
  pump(*connection);
}

base::Bytes ControlServer::refuse(std::uint64_t id, ErrorCode code, std::string_view text) {
  counters_.count(code);
  return encoder_.error(id, code, text);
}

void ControlServer::on_sweep() noexcept {
  connections_.drop_overdue("control connections", counters_, log_);
  if (connections_.used() == 0) sweep_.stop();
}

void ControlServer::drain() noexcept {
  if (std::exchange(draining_, true)) return;
  drain_over_.start(limits::kDrainMs);
  // Only what nobody has begun can be said not to have happened.
  deployer_.drop_waiting();
  for (const auto& [ticket, waiting] : std::exchange(refreshing_, {})) answer(waiting, refuse(waiting.request_id, ErrorCode::shutting_down));
  connections_.each_open([this](Connection& connection) {
    connection.finish();
    pump(connection);
  });
}

void ControlServer::on_change_dropped(std::uint64_t ticket) noexcept {
  const Waiting waiting = take_waiting(ticket);
  answer(waiting, refuse(waiting.request_id, ErrorCode::shutting_down));
}

void ControlServer::on_drain_over() noexcept {
  connections_.each_open([](Connection& connection) { connection.close(); });
}

}  // namespace assay::server
