// What assayctl does: one function for each command, each in its own file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/assayctl/output.h"

namespace assayctl {

struct Options {
  std::string socket_path;
  std::string control_path;
  std::uint32_t timeout_ms = 0;  // 0: the command's own

  std::string api_service;
  std::vector<std::string> scopes;
  std::vector<std::string> claims;
  std::string file;  // validate: empty or "-" for standard input
  bool dry_run = false;
};

Exit run_validate(const Options& options, Output& out);
Exit run_deploy(const Options& options, Output& out);
Exit run_status(const Options& options, Output& out);
Exit run_ping(const Options& options, Output& out);

}  // namespace assayctl
