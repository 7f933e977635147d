// assayd: wiring only. Reads the command line, puts the parts together, runs the daemon. Exit codes: 0 stopped as asked, 2 options, files or sockets that are no good.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crypto/engine_set.h"
#include "crypto/kernels.h"
#include "jose/algorithm_names.h"
#include "server/config_file.h"
#include "server/daemon.h"
#include "server/ledger.h"
#include "server/service_manager.h"
#include "server/system.h"
#include "snapshot/compiler.h"
#include "store/folder.h"
#include "store/store.h"
#include "verdict/token_cache.h"

namespace {

using namespace assay;

constexpr int kBadUse = 2;
constexpr std::chrono::seconds kPauseBeforeNextStart{5};
constexpr std::size_t kWorkersMax = 1024;
constexpr std::string_view kKeysName = "keys.sock";

struct Options {
  std::string config;
  std::string check;
  std::string socket = "/run/assay/data.sock";
  std::string control = "/run/assay/control.sock";
  std::string control_group;
  std::string keys;  // empty: kKeysName beside the control socket
  std::string keys_group;
  std::string metrics;  // empty: no metrics socket
  std::string state_dir;
  std::string log_level = "info";
  std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kWorkersMax);
};

int report(const std::string& path, const std::vector<snapshot::Fault>& faults) {
  for (const snapshot::Fault& fault : faults) fmt::print(stderr, "{}: {}\n", path, server::describe(fault));
  return kBadUse;
}

int check(const Options& options) {
  const auto document = server::read_configuration(options.check);
  if (!document) return report(options.check, document.error());
  const auto config = snapshot::parse_config(*document);
  if (!config) return report(options.check, config.error());
  if (const auto faults = snapshot::check_accounts(config->clients, server::SystemIdentities()); !faults.empty()) return report(options.check, faults);
  fmt::print("{}: ok\n", options.check);
  return 0;
}

// make_token_cache(config, choice, hash_key, workers, log): null if the configuration wants none; a host that refuses the memory is served without. (One that promises it and cannot keep that ends
// the process, as always when memory runs out.)
std::unique_ptr<verdict::TokenCache> make_token_cache(const snapshot::DaemonConfig& config, crypto::EngineChoice choice, base::HashKey hash_key, std::size_t workers, base::Log& log) {
  if (config.token_cache_budget_bytes == 0) return nullptr;
  auto cache = verdict::TokenCache::make(config.token_cache_budget_bytes, hash_key, workers, crypto::tried_sha256(choice));
  if (cache == nullptr) {
    log.event(base::Event::token_cache_missing, {}, "daemon.token_cache_budget: {} bytes are too few, or cannot be had; no tokens are remembered", config.token_cache_budget_bytes);
  }
  return cache;
}

// engine_choice(config, log): ASSAY_ENGINE, for tests and comparisons, stands above the configuration. It chooses among engines that all verify; nothing here turns a check off.
crypto::EngineChoice engine_choice(const snapshot::DaemonConfig& config, base::Log& log) {
  const char* name = std::getenv("ASSAY_ENGINE");
  if (name == nullptr) return config.engine;
  if (const auto named = crypto::engine_choice(name)) return *named;
  log.warning("ASSAY_ENGINE: no engine is called {}; it is one of auto, ifma, simd, scalar, reference", base::printable(name));
  return config.engine;
}

// make_engines(config, choice, token_cache, log): those of the choice. What gives wrong answers at start is logged; if something does so later, what it has
// verified of that algorithm is forgotten as well.
std::unique_ptr<crypto::EngineSet> make_engines(const snapshot::DaemonConfig& config, crypto::EngineChoice choice, verdict::TokenCache* token_cache, base::Log& log) {
  const auto disagreement = [&log, token_cache](crypto::Algorithm algorithm) {
    if (token_cache != nullptr) token_cache->end_era(algorithm);
    const std::string_view name = jose::name_of(algorithm);
    log.event(base::Event::engine_disagreement, {{"ALGORITHM", name}}, "the reference engine refuses a signature of {} that was accepted; from now on it verifies all of them", name);
  };
  auto engines = std::make_unique<crypto::EngineSet>(
      choice, crypto::CrossCheckOptions{.mode = config.cross_check, .percent = config.cross_check_percent, .on_disagreement = disagreement});
  for (const crypto::StepDown& step : engines->step_downs()) {
    const std::string_view engine = name_of(step.level);
    if (step.algorithm == crypto::Algorithm::unset) {
      log.event(base::Event::engine_unsupported, {{"ENGINE", engine}}, "engine {}: this processor cannot run it; taking the next", engine);
    } else {
      const std::string_view algorithm = jose::name_of(step.algorithm);
      log.event(base::Event::engine_wrong, {{"ENGINE", engine}, {"ALGORITHM", algorithm}}, "engine {} gives wrong answers for {} on this processor; taking the next for it", engine, algorithm);
    }
  }
  return engines;
}

int fail(std::string_view what) {
  fmt::print(stderr, "assayd: {}\n", what);
  return kBadUse;
}

int serve(const Options& options) {
  auto sockets = server::take_listening_sockets();
  if (!sockets) return fail(sockets.error().what);
  const auto log = server::make_log(*server::parse_log_level(options.log_level), "assayd");
  const auto manager = server::make_service_manager(*log);
  const server::SystemClock clock;
  const server::SystemIdentities identities;
  server::harden_process(*log);
  server::raise_descriptor_limit(*log);
  const auto hash_key = server::draw_hash_key();
  if (!hash_key) return fail(hash_key.error().what);
  server::DaemonSettings settings{.data_path = options.socket, .control_path = options.control, .control_gid = {}, .keys_path = {}, .keys_gid = {}, .metrics_path = options.metrics, .workers = options.workers, .version = ASSAY_VERSION};
  settings.keys_path = options.keys.empty() ? options.control.substr(0, options.control.rfind('/') + 1) + std::string(kKeysName) : options.keys;
  if (!options.control_group.empty()) {
    settings.control_gid = identities.gid_of(options.control_group);
    if (!settings.control_gid) return fail(fmt::format("--control-group: this host knows no group {}", base::printable(options.control_group)));
  }
  if (!options.keys_group.empty()) {
    settings.keys_gid = identities.gid_of(options.keys_group);
    if (!settings.keys_gid) return fail(fmt::format("--keys-group: this host knows no group {}", base::printable(options.keys_group)));
  }
  std::unique_ptr<store::Store> store;
  if (!options.state_dir.empty()) {
    auto folder = store::Folder::open(options.state_dir);
    if (!folder) return fail(folder.error().what);
    store = std::make_unique<store::Store>(std::move(*folder));
  }
  auto ledger = std::make_unique<server::Ledger>(server::LedgerParts{.identities = identities,
                                                                     .clock = clock,
                                                                     .log = *log,
                                                                     .workers = options.workers,
                                                                     .draw_instance = server::draw_instance,
                                                                     .store = std::move(store),
                                                                     .state_dir = options.state_dir});
  // Without a file and without a stored state: deployment 0, no API services; a deploy brings the first.
  std::optional<server::ConfigurationFile> file;
  if (!options.config.empty()) file = server::ConfigurationFile{options.config, server::read_configuration(options.config)};
  if (const auto started = ledger->start(file); !started) return report(options.config.empty() ? "assayd" : options.config, started.error());

  const snapshot::DaemonConfig& config = ledger->state().in_force().base->daemon;
  const crypto::EngineChoice choice = engine_choice(config, *log);
  const auto token_cache = make_token_cache(config, choice, *hash_key, options.workers, *log);
  const auto engines = make_engines(config, choice, token_cache.get(), *log);
  auto daemon = server::Daemon::start(std::move(settings), {.clock = clock,
                                                            .log = *log,
                                                            .hash_key = *hash_key,
                                                            .make_engine = [&engines] { return engines->make_engine(); },
                                                            .tables = engines->make_table_builder(),
                                                            .engines = engines.get(),
                                                            .token_cache = token_cache.get(),
                                                            .ledger = std::move(ledger),
                                                            .jitter_seed = server::draw_instance(),
                                                            .sockets = std::move(*sockets),
                                                            .manager = manager.get()});
  if (!daemon) return fail(daemon.error().what);
  (*daemon)->run();
  return 0;
}

// default_state_dir(): where systemd says that the state goes (StateDirectory=; systemd.exec(5)); it may name several, parted by colons, of which the first is ours.
std::string default_state_dir() {
  const char* named = std::getenv("STATE_DIRECTORY");
  const std::string_view all = named == nullptr ? "" : named;
  return std::string(all.substr(0, all.find(':')));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("assayd validates OAuth 2.0 JWT access tokens for every service on this host.", "assayd");
  Options options;
  app.add_option("--config", options.config, "configuration to start with, deployed if it is not the one last deployed from there; without one the daemon waits for a deploy")->type_name("FILE");
  app.add_option("--socket", options.socket, "data socket")->type_name("PATH")->capture_default_str();
  app.add_option("--control", options.control, "control socket")->type_name("PATH")->capture_default_str();
  app.add_option("--control-group", options.control_group, "a group whose members may open the control socket, too; `clients` says what they may do")->type_name("GROUP");
  app.add_option("--keys", options.keys, "keys socket, for assay-fetch; default: keys.sock beside the control socket")->type_name("PATH");
  app.add_option("--keys-group", options.keys_group, "a group whose members may open the keys socket, too: they bring keys and do nothing else")->type_name("GROUP");
  app.add_option("--metrics", options.metrics, "metrics socket, HTTP for Prometheus and the like; default: none")->type_name("PATH");
  options.state_dir = default_state_dir();
  app.add_option("--state-dir", options.state_dir, "where the state is kept over a restart; default: $STATE_DIRECTORY; without either nothing is kept")->type_name("DIR")
      ->check([](const std::string& dir) { return dir.empty() ? "names no folder" : ""; });
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
  if (!options.check.empty()) return check(options);
  const int code = serve(options);
  // A service manager starts it again at once, whoever waits in the queue of a socket that it holds: what is no good does not become good in a moment.
  if (code == kBadUse && std::getenv("NOTIFY_SOCKET") != nullptr) std::this_thread::sleep_for(kPauseBeforeNextStart);
  return code;
}
