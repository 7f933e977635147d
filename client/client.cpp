// The data socket's face of a Session. Everything is noexcept: what throws here is a lack of memory, and that ends the process.
#include "assay/client.h"

#include <utility>

#include "client/session.h"

namespace assay {

struct Client::State {
  Session session;
};

Client::Client(std::string socket_path, const ClientOptions& options) noexcept
    : state_(new State{Session(std::move(socket_path), options, core::kDataLimits)}) {}

Client::~Client() = default;

Result<Done> Client::connect() noexcept {
  if (std::optional<Error> error = state_->session.connect()) return std::move(*error);
  return Done{};
}

Result<std::vector<Verdict>> Client::validate(const ValidationRequest& request, std::span<const std::string_view> tokens) noexcept {
  const auto ask = [&](core::Core& core, std::uint32_t left_ms) { return core.validate(request, tokens, left_ms); };
  return core::value_of<std::vector<Verdict>>(state_->session.call(ask, Session::Repeat::once_if_broken));
}

Result<Verdict> Client::validate(const ValidationRequest& request, std::string_view token) noexcept {
  Result<std::vector<Verdict>> verdicts = validate(request, std::span(&token, 1));
  if (!verdicts) return verdicts.error();
  return std::move(verdicts->front());  // the core has counted them
}

Result<DaemonInfo> Client::ping() noexcept {
  const auto ask = [](core::Core& core, std::uint32_t) { return core.ping(); };
  return core::value_of<DaemonInfo>(state_->session.call(ask, Session::Repeat::never));
}

void Client::close() noexcept { state_->session.close(); }

}  // namespace assay
