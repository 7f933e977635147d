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

template <class T>
std::variant<T, Refusal> value_or_refusal(core::Answer&& answer) {
  if (T* value = std::get_if<T>(&answer)) return std::move(*value);
  return refusal_of(std::move(answer));
}

}  // namespace

ControlClient::ControlClient(std::string socket_path, const ClientOptions& options)
    : session_(std::move(socket_path), options, core::kControlLimits) {}

std::variant<Deployed, Refusal> ControlClient::deploy(const DeployRequest& request) {
  return value_or_refusal<Deployed>(session_.call([&](core::Core& core, std::uint32_t) { return core.deploy(request); }, Session::Repeat::never));
}

std::variant<Deployed, Refusal> ControlClient::rollback(const RollbackRequest& request) {
  return value_or_refusal<Deployed>(session_.call([&](core::Core& core, std::uint32_t) { return core.rollback(request); }, Session::Repeat::never));
}

std::variant<Pushed, Refusal> ControlClient::push_keys(std::string_view oauth_server, std::string_view jwks, std::string_view url) {
  const auto ask = [&](core::Core& core, std::uint32_t) { return core.push_keys(oauth_server, jwks, url); };
  return value_or_refusal<Pushed>(session_.call(ask, Session::Repeat::never));
}

std::variant<Refreshed, Refusal> ControlClient::refresh(std::string_view oauth_server, std::string_view url) {
  const auto ask = [&](core::Core& core, std::uint32_t) { return core.refresh(oauth_server, url); };
  return value_or_refusal<Refreshed>(session_.call(ask, Session::Repeat::never));
}

Result<StatusReport> ControlClient::status() {
  core::Answer answer = session_.call([](core::Core& core, std::uint32_t) { return core.status(); }, Session::Repeat::never);
  if (StatusReport* report = std::get_if<StatusReport>(&answer)) return std::move(*report);
  return refusal_of(std::move(answer)).error;
}

Result<MetricsText> ControlClient::metrics() {
  core::Answer answer = session_.call([](core::Core& core, std::uint32_t) { return core.metrics(); }, Session::Repeat::never);
  if (MetricsText* metrics = std::get_if<MetricsText>(&answer)) return std::move(*metrics);
  return refusal_of(std::move(answer)).error;
}

Result<DaemonInfo> ControlClient::ping() {
  core::Answer answer = session_.call([](core::Core& core, std::uint32_t) { return core.ping(); }, Session::Repeat::never);
  if (DaemonInfo* info = std::get_if<DaemonInfo>(&answer)) return std::move(*info);
  return refusal_of(std::move(answer)).error;
}

}  // namespace assay
