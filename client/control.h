// ControlClient: the control socket, for assayctl and tests. Not installed: operators use assayctl.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "client/messages.h"
#include "client/session.h"

namespace assay {

inline constexpr std::string_view kDefaultControlPath = "/run/assay/control.sock";

// ControlClient: like Client, but nothing is ever repeated: a deploy whose connection broke may have been done, and the caller must look.
class ControlClient {
 public:
  explicit ControlClient(std::string socket_path, const ClientOptions& options);

  // deploy(configuration, dry_run): the JSON document with every jwks_file put in by value. A Refusal has the faults.
  std::variant<Deployed, Refusal> deploy(std::string_view configuration, bool dry_run);
  Result<StatusReport> status();
  Result<DaemonInfo> ping();

 private:
  Session session_;
};

}  // namespace assay
