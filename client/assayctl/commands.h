// What assayctl does: one function for each command, each in its own file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/assayctl/output.h"

namespace assayctl {

struct Options {
  std::string socket_path;
  std::string control_path;
  std::uint32_t timeout_ms = 0;  // 0: the command's own

  // validate
  std::string api_service;
  std::vector<std::string> scopes;
  std::vector<std::string> claims;

  std::string file;  // "-" for standard input; validate: tokens, empty likewise; deploy: the configuration; push-keys: the JWK Set

  // deploy and rollback
  std::vector<std::string> api_services;  // of a staged deploy
  std::uint64_t deployment = 0;           // to roll back to; 0: not named, the one before
  std::optional<std::uint64_t> expected_deployment;
  bool dry_run = false;
  bool allow_volatile = false;

  // push-keys and refresh
  std::string oauth_server;
  std::string url;

  // status
  bool all = false;
  bool check = false;
};

Exit run_validate(const Options& options, Output& out);
Exit run_deploy(const Options& options, Output& out);
Exit run_rollback(const Options& options, Output& out);
Exit run_push_keys(const Options& options, Output& out);
Exit run_refresh(const Options& options, Output& out);
Exit run_status(const Options& options, Output& out);
Exit run_metrics(const Options& options, Output& out);
Exit run_deployments(const Options& options, Output& out);
Exit run_keys(const Options& options, Output& out);
Exit run_ping(const Options& options, Output& out);

}  // namespace assayctl
