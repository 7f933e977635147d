// The control socket's face of a Session.
#include "client/control.h"

#include <utility>

namespace assay {
namespace {

Refusal refusal_of(core::Answer&& answer) {
  if (Refusal* refusal = std::get_if<Refusal>(&answer)) return std::move(*refusal);
  Refusal refusal;
  refusal.error.status = CallStatus::bad_response;
  refusal.error.text = "the peer sent an answer that does not fit the request";
  return refusal;
}

}  // namespace

ControlClient::ControlClient(std::string socket_path, const ClientOptions& options)
    : session_(std::move(socket_path), options, core::kControlLimits) {}

std::variant<Deployed, Refusal> ControlClient::deploy(std::string_view configuration, bool dry_run) {
  core::Answer answer = session_.call([&](core::Core& core, std::uint32_t) { return core.deploy(configuration, dry_run); }, Session::Repeat::never);
  if (const Deployed* deployed = std::get_if<Deployed>(&answer)) return *deployed;
  return refusal_of(std::move(answer));
}

Result<StatusReport> ControlClient::status() {
  core::Answer answer = session_.call([](core::Core& core, std::uint32_t) { return core.status(); }, Session::Repeat::never);
  if (StatusReport* report = std::get_if<StatusReport>(&answer)) return std::move(*report);
  return refusal_of(std::move(answer)).error;
}

Result<DaemonInfo> ControlClient::ping() {
  core::Answer answer = session_.call([](core::Core& core, std::uint32_t) { return core.ping(); }, Session::Repeat::never);
  if (DaemonInfo* info = std::get_if<DaemonInfo>(&answer)) return std::move(*info);
  return refusal_of(std::move(answer)).error;
}

}  // namespace assay
