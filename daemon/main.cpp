// assayd: wiring only. Reads the command line, puts the parts together, runs the daemon. Exit codes: 0 stopped as asked, 2 options, files or sockets that are no good.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto/engine.h"
#include "server/builder.h"
#include "server/config_file.h"
#include "server/daemon.h"
#include "server/system.h"

namespace {

using namespace assay;

constexpr int kBadUse = 2;
constexpr std::size_t kWorkersMax = 1024;

struct Options {
  std::string config;
  std::string check;
  std::string socket = "/run/assay/data.sock";
  std::string control = "/run/assay/control.sock";
  std::string log_level = "info";
  std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax);
};

using Compiled = base::Result<std::shared_ptr<const snapshot::Snapshot>, std::vector<snapshot::Fault>>;

// load(path, deployment): the configuration in a file as the first snapshot.
Compiled load(const std::string& path, const snapshot::Identities& identities) {
  const auto document = server::read_configuration(path);
  if (!document) return std::unexpected(document.error());
  return server::compile(*document, 1, 1, identities);
}

int report(const std::string& path, const std::vector<snapshot::Fault>& faults) {
  for (const snapshot::Fault& fault : faults) fmt::print(stderr, "{}: {}\n", path, server::describe(fault));
  return kBadUse;
}

int check(const Options& options) {
  const server::SystemIdentities identities;
  const auto snapshot = load(options.check, identities);
  if (!snapshot) return report(options.check, snapshot.error());
  fmt::print("{}: ok\n", options.check);
  return 0;
}

int serve(const Options& options) {
  const auto log = server::make_stderr_log(*server::parse_log_level(options.log_level));
  const server::SystemClock clock;
  const server::SystemIdentities identities;
  server::harden_process(*log);
  server::raise_descriptor_limit(*log);
  const auto hash_key = server::draw_hash_key();
  if (!hash_key) {
    fmt::print(stderr, "assayd: {}\n", hash_key.error().what);
    return kBadUse;
  }
  // Without a file: deployment 0, no API services; a deploy brings the first.
  auto snapshot = options.config.empty() ? Compiled(snapshot::Snapshot::build({}, 0, 1, identities)) : load(options.config, identities);
  if (!snapshot) return report(options.config, snapshot.error());

  auto daemon = server::Daemon::start({.data_path = options.socket, .control_path = options.control, .workers = options.workers, .version = ASSAY_VERSION},
                                      {.clock = clock,
                                       .log = *log,
                                       .identities = identities,
                                       .hash_key = *hash_key,
                                       .make_engine = [] { return crypto::make_reference_engine(); },
                                       .snapshot = std::move(*snapshot)});
  if (!daemon) {
    fmt::print(stderr, "assayd: {}\n", daemon.error().what);
    return kBadUse;
  }
  (*daemon)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("assayd validates OAuth 2.0 JWT access tokens for every service on this host.", "assayd");
  Options options;
  app.add_option("--config", options.config, "configuration to start with; without one the daemon waits for a deploy")->type_name("FILE");
  app.add_option("--socket", options.socket, "data socket")->type_name("PATH")->capture_default_str();
  app.add_option("--control", options.control, "control socket")->type_name("PATH")->capture_default_str();
  app.add_option("--workers", options.workers, "worker threads")->type_name("N")->check(CLI::Range(std::size_t{1}, kWorkersMax))->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->type_name("L")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--check", options.check, "check a configuration, say what is wrong with it, and exit")->type_name("FILE");
  app.set_version_flag("--version", std::string("assayd ") + ASSAY_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    fmt::print(stderr, "assayd: {}\n", text);
    return kBadUse;
  }
  return options.check.empty() ? serve(options) : check(options);
}
