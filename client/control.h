// ControlClient: the control socket, for assayctl and tests. Not installed: operators use assayctl.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "client/messages.h"
#include "client/session.h"

namespace assay {

inline constexpr std::string_view kDefaultControlPath = "/run/assay/control.sock";

// ControlClient: like Client, but nothing is ever repeated: a deploy, a rollback or a push whose connection broke may have been done, and the caller must look.
class ControlClient {
 public:
  explicit ControlClient(std::string socket_path, const ClientOptions& options);

  // deploy(request): bad_configuration has the faults; conflict the deployment in force.
  std::variant<Deployed, Refusal> deploy(const DeployRequest& request);
  std::variant<Deployed, Refusal> rollback(const RollbackRequest& request);
  // push_keys(oauth_server, jwks, url): gives a URL source its keys, in place of all that it holds. jwks: a JWK Set of up to 256 KiB. url: of the source; needed
  // only while API services run on settings of this OAuth server with different ones.
  std::variant<Pushed, Refusal> push_keys(std::string_view oauth_server, std::string_view jwks, std::string_view url = {});
  // refresh(oauth_server, url): has the keys of a URL source fetched now, and waits for what comes of it. url: as of push_keys(). A fetch may take a minute, and so may the
  // one before it: the options' timeout_ms is to allow for both.
  std::variant<Refreshed, Refusal> refresh(std::string_view oauth_server, std::string_view url = {});
  Result<StatusReport> status();
  Result<MetricsText> metrics();
  Result<DaemonInfo> ping();

 private:
  Session session_;
};

}  // namespace assay
