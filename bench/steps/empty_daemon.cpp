// assayd as it is, but for its engine, which calls every signature valid: so the daemon's processor time is what everything around the signature costs. The stub stands
// at the seam that the daemon has for its engines, and in this program alone: no option of assayd reaches it.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>

#include "server/config_file.h"
#include "server/daemon.h"
#include "server/ledger.h"
#include "server/system.h"
#include "steps/empty_engine.h"

namespace {

using namespace assay;

int fail(const std::string& what) {
  std::fprintf(stderr, "assayd-empty: %s\n", what.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("assayd for benchmarks: it VERIFIES NO SIGNATURE.", "assayd-empty");
  std::string config, socket, control, log_level = "info";
  std::size_t workers = 1;
  app.add_option("--config", config)->required();
  app.add_option("--socket", socket)->required();
  app.add_option("--control", control)->required();
  app.add_option("--workers", workers)->check(CLI::Range(1, 64));
  app.add_option("--log-level", log_level)->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  CLI11_PARSE(app, argc, argv);

  const auto log = server::make_stderr_log(*server::parse_log_level(log_level));
  const server::SystemClock clock;
  const server::SystemIdentities identities;
  const auto hash_key = server::draw_hash_key();
  if (!hash_key) return fail(hash_key.error().what);
  log->warning("this is the benchmarks' assayd: it verifies no signature");
  auto ledger = std::make_unique<server::Ledger>(server::LedgerParts{
      .identities = identities, .clock = clock, .log = *log, .workers = workers, .draw_instance = server::draw_instance, .store = {}, .state_dir = {}});
  if (!ledger->start(server::ConfigurationFile{config, server::read_configuration(config)})) return fail("the configuration is refused");
  auto daemon = server::Daemon::start({.data_path = socket, .control_path = control, .control_gid = {}, .keys_path = control + ".keys", .workers = workers, .version = "empty"},
                                      {.clock = clock,
                                       .log = *log,
                                       .hash_key = *hash_key,
                                       .make_engine = [] { return std::make_unique<bench::EmptyEngine>(); },
                                       .ledger = std::move(ledger)});
  if (!daemon) return fail(daemon.error().what);
  (*daemon)->run();
}
