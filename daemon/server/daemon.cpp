// Building and ending. Members stand in construction order, so that destruction is teardown: no new connections, then control, deploys, workers (joined), the builder
// (which frees the last snapshots), and at last the loop, which CHECKs that nothing was left on it.
#include "server/daemon.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <utility>

#include "base/check.h"
#include "jose/algorithm_names.h"
#include "loop/callback.h"
#include "server/metrics.h"

namespace assay::server {
namespace {

std::vector<std::unique_ptr<Worker>> make_workers(const DaemonSettings& settings, const DaemonParts& parts, const std::shared_ptr<const snapshot::Snapshot>& snapshot,
                                                  VerdictTally& tally, Builder& builder, loop::Async& wake) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < settings.workers; ++i) {
    workers.push_back(std::make_unique<Worker>(i, WorkerParts{.clock = parts.clock,
                                                              .log = parts.log,
                                                              .hash_key = parts.hash_key,
                                                              .version = settings.version,
                                                              .engine = parts.make_engine(),
                                                              .token_cache = parts.token_cache,
                                                              .tally = tally,
                                                              .snapshot = snapshot,
                                                              .bin = builder,
                                                              .wake = wake}));
  }
  return workers;
}

// add_engines(engines, figures): an algorithm below the chosen level has given a wrong answer there.
void add_engines(const crypto::EngineSet& engines, StatusFigures& figures) {
  for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<crypto::Algorithm>(i);
    figures.engines.push_back({algorithm, engines.level_of(algorithm)});
  }
  for (const EngineUse& use : figures.engines) {
    if (use.engine == engines.chosen_level()) continue;
    figures.problems.push_back({Problem::Severity::alarm, fmt::format("{} is verified by the engine {}: {} gave wrong answers on this processor", jose::name_of(use.algorithm),
                                                                      crypto::name_of(use.engine), crypto::name_of(engines.chosen_level()))});
  }
}

// mask(how, signals): SIG_BLOCK or SIG_UNBLOCK, for the calling thread and those that it starts. All of them are blocked before the threads are started, so that the
// main thread gets every one; what stops the daemon is open only while its loop runs, so that a second signal does not cut the teardown short; SIGALRM stays open,
// for it watches the teardown.
void mask(int how, std::initializer_list<int> signals) noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  CHECK(::pthread_sigmask(how, &set, nullptr) == 0);
}

constexpr mode_t kDataMode = 0660;
constexpr mode_t kMetricsMode = 0660;
// Of the other two:
constexpr mode_t kOwnerMode = 0600;
constexpr mode_t kGroupMode = 0660;

// take_or_bind(handed, ...): the socket that was handed over, or one bound at the path.
base::Result<ListeningSocket> take_or_bind(std::optional<ListeningSocket>& handed, const std::string& path, mode_t mode, std::optional<gid_t> gid) {
  if (handed) return std::move(*handed);
  return ListeningSocket::bind(path, mode, gid);
}

// place_of(listener): for the log.
std::string_view place_of(const std::optional<Listener>& listener) { return listener->path().empty() ? "handed over" : std::string_view(listener->path()); }

}  // namespace

void StopLimit::start(std::uint64_t ms) noexcept {
  ::signal(SIGALRM, [](int) {
    constexpr std::string_view kLine = "assayd: the stop took too long; not everything was finished\n";
    // A journal that does not read must not keep it; what is no socket is a terminal or a file.
    if (::send(STDERR_FILENO, kLine.data(), kLine.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK) {
      [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kLine.data(), kLine.size());
    }
    ::_exit(0);
  });
  const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = static_cast<time_t>(ms / 1000), .tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000)}};
  CHECK(::setitimer(ITIMER_REAL, &timer, nullptr) == 0);
}

StopLimit::~StopLimit() {
  const itimerval none{};
  CHECK(::setitimer(ITIMER_REAL, &none, nullptr) == 0);
}

// The sockets come last: whoever can connect finds a daemon that is ready, and signals have been taken over before anybody could think it is.
base::Result<std::unique_ptr<Daemon>> Daemon::start(DaemonSettings settings, DaemonParts parts) {
  CHECK(settings.workers > 0 && parts.ledger != nullptr);
  mask(SIG_BLOCK, {SIGTERM, SIGINT, SIGALRM});
  std::shared_ptr<const snapshot::Snapshot> first = parts.ledger->first_snapshot();
  CHECK(first != nullptr);
  ListeningSockets handed = std::move(parts.sockets);
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(settings), std::move(parts), std::move(first)));
  const DaemonSettings& names = daemon->settings_;
  auto data = take_or_bind(handed.data, names.data_path, kDataMode, {});
  if (!data) return std::unexpected(data.error());
  auto control = take_or_bind(handed.control, names.control_path, names.control_gid ? kGroupMode : kOwnerMode, names.control_gid);
  if (!control) return std::unexpected(control.error());
  auto keys = take_or_bind(handed.keys, names.keys_path, names.keys_gid ? kGroupMode : kOwnerMode, names.keys_gid);
  if (!keys) return std::unexpected(keys.error());
  if (!handed.metrics && !names.metrics_path.empty()) {
    auto bound = ListeningSocket::bind(names.metrics_path, kMetricsMode);
    if (!bound) return std::unexpected(bound.error());
    handed.metrics.emplace(std::move(*bound));
  }
  daemon->listen(std::move(*data), std::move(*control), std::move(*keys), std::move(handed.metrics));
  return daemon;
}

Daemon::Daemon(DaemonSettings settings, DaemonParts parts, std::shared_ptr<const snapshot::Snapshot> first)
    : settings_(std::move(settings)),
      clock_(parts.clock),
      log_(parts.log),
      engines_(parts.engines),
      token_cache_(parts.token_cache),
      started_at_s_(clock_.realtime_s()),
      wake_(loop_, loop::bind<&Daemon::on_wake>(this)),
      stop_(loop_, loop::bind<&Daemon::on_stop>(this)),
      terminate_(loop_, SIGTERM, loop::bind<&Daemon::on_stop>(this)),
      interrupt_(loop_, SIGINT, loop::bind<&Daemon::on_stop>(this)),
      data_quota_(first->limits().connections, first->limits().connections_per_uid),
      control_quota_(base::limits::kControlConnectionsMax, base::limits::kControlConnectionsPerUidMax),
      keys_quota_(base::limits::kKeysConnectionsMax, base::limits::kKeysConnectionsMax),
      metrics_quota_(limits::kMetricsConnectionsMax, limits::kMetricsConnectionsPerUidMax),
      first_report_(parts.ledger->report()),
      tally_(settings_.workers),
      refusals_(loop_, loop::bind<&Daemon::on_refusals>(this)),
      builder_(loop_, std::move(parts.ledger), std::move(parts.tables)),
      workers_(make_workers(settings_, parts, first, tally_, builder_, wake_)),
      deployer_(loop_, {.builder = builder_, .workers = workers_, .quota = data_quota_, .log = log_, .snapshot = std::move(first), .report = std::move(first_report_)}),
      refresher_(loop_, {.clock = clock_,
                         .log = log_,
                         .deployer = deployer_,
                         .jitter_seed = parts.jitter_seed,
                         .snapshot = deployer_.current(),
                         .report = deployer_.report()}),
      service_report_(loop_, parts.manager, *this, deployer_),
      watchdog_(loop_, parts.manager, workers_, log_),
      control_(loop_, {.clock = clock_,
                       .log = log_,
                       .version = settings_.version,
                       .deployer = deployer_,
                       .refresher = refresher_,
                       .status = *this,
                       .metrics = *this,
                       .drained = loop::bind<&Daemon::send_wake>(this),
                       .reload_begun = loop::bind<&Daemon::on_reload_begun>(this),
                       .reload_ended = loop::bind<&Daemon::on_reload_ended>(this)}),
      metrics_(loop_, {.clock = clock_, .log = log_, .source = *this, .drained = loop::bind<&Daemon::send_wake>(this)}) {}

void Daemon::listen(ListeningSocket data, ListeningSocket control, ListeningSocket keys, std::optional<ListeningSocket> metrics) {
  data_listener_.emplace(loop_, std::move(data),
                         ListenerParts{.name = "data socket", .quota = data_quota_, .sink = *this, .clock = clock_, .log = log_});
  control_listener_.emplace(loop_, std::move(control),
                            ListenerParts{.name = "control socket", .quota = control_quota_, .sink = control_, .clock = clock_, .log = log_});
  keys_listener_.emplace(loop_, std::move(keys), ListenerParts{.name = "keys socket", .quota = keys_quota_, .sink = refresher_.sink(), .clock = clock_, .log = log_});
  if (!metrics) return;
  metrics_listener_.emplace(loop_, std::move(*metrics),
                            ListenerParts{.name = "metrics socket", .too_many = MetricsSocket::kTooMany, .quota = metrics_quota_, .sink = metrics_, .clock = clock_, .log = log_});
}

// Threads post to wake_ until they are joined; nothing of theirs reaches an object that is gone, since the loop no longer runs.
Daemon::~Daemon() = default;

void Daemon::run() {
  if (metrics_listener_) log_.info("metrics socket {}", place_of(metrics_listener_));
  const std::uint64_t deployment = deployer_.current().deployment();
  const std::uint64_t generation = deployer_.current().generation();
  const std::string_view engine = workers_.front()->engine_name();
  log_.event(base::Event::ready, {{"VERSION", settings_.version}, {"DEPLOYMENT", deployment}, {"GENERATION", generation}, {"WORKERS", workers_.size()}, {"ENGINE", engine}},
             "ready: version {}, data socket {}, control socket {}, keys socket {}, {} workers, engine {}, deployment {}, generation {}", settings_.version,
             place_of(data_listener_), place_of(control_listener_), place_of(keys_listener_), workers_.size(), engine, deployment, generation);
  refusals_.start(limits::kRefusalLogMs, limits::kRefusalLogMs);
  service_report_.ready();
  mask(SIG_UNBLOCK, {SIGTERM, SIGINT, SIGALRM});
  loop_.run();
  on_refusals();  // those of the last minute
  mask(SIG_BLOCK, {SIGTERM, SIGINT});
  log_.event(base::Event::stopped, {}, "stopped");
}

void Daemon::stop() { stop_.send(); }

void Daemon::adopt(Incoming incoming) noexcept {
  const auto least = std::ranges::min_element(workers_, {}, [](const auto& worker) { return worker->load(); });
  (*least)->adopt(std::move(incoming));
}

void Daemon::on_stop() noexcept {
  if (std::exchange(stopping_, true)) return;
  log_.event(base::Event::stopping, {}, "stopping");
  service_report_.stopping();
  stop_limit_.start(base::limits::kStopMs);
  refused_before_ += data_listener_->refused() + control_listener_->refused() + keys_listener_->refused();
  data_listener_.reset();
  control_listener_.reset();
  keys_listener_.reset();
  if (metrics_listener_) refused_before_ += metrics_listener_->refused();
  metrics_listener_.reset();
  control_.drain();
  metrics_.drain();
  refresher_.drain();
  for (const auto& worker : workers_) worker->drain();
  on_wake();
}

void Daemon::on_wake() noexcept {
  deployer_.on_worker_progress();
  refresher_.on_unknown_kids();
  if (stopping_ && control_.drained() && metrics_.drained() && std::ranges::all_of(workers_, [](const auto& worker) { return worker->drained(); })) loop_.stop();
}

void Daemon::on_refusals() noexcept {
  refusal_log_.tell(tally_.counts(), deployer_.current().count_names(), log_);
}

std::string Daemon::metrics_text() const {
  MetricsFigures metrics;
  metrics.verdicts = tally_.counts();
  metrics.status = figures(metrics.verdicts);
  metrics.now_s = clock_.realtime_s();
  for (const auto& worker : workers_) metrics.add_worker(worker->counters(), worker->traffic(), worker->cpu_ns());
  metrics.changes = deployer_.change_counts();
  metrics.builds = deployer_.build_figures();
  return server::metrics_text(metrics, deployer_.report(), deployer_.current());
}

StatusFigures Daemon::figures() const { return figures(tally_.counts()); }

StatusFigures Daemon::figures(std::span<const VerdictCount> verdicts) const {
  StatusFigures figures{.version = settings_.version, .started_at_s = started_at_s_, .engine = workers_.front()->engine_name(), .engines = {}, .tables = {}, .token_cache = {}, .workers = {}, .sources = {}};
  figures.tables = builder_.table_figures();
  if (token_cache_ != nullptr) figures.token_cache = token_cache_->figures();
  if (engines_ != nullptr) add_engines(*engines_, figures);
  for (const auto& worker : workers_) figures.add_worker(worker->counters(), worker->generation());
  figures.add(control_.counters());
  figures.add(verdicts);
  refresher_.add_figures(figures);
  figures.connections_refused = refused_before_;
  if (data_listener_) figures.connections_refused += data_listener_->refused();
  if (control_listener_) figures.connections_refused += control_listener_->refused();
  if (keys_listener_) figures.connections_refused += keys_listener_->refused();
  if (metrics_listener_) figures.connections_refused += metrics_listener_->refused();
  for (const std::size_t worker : deployer_.late_workers()) {
    figures.problems.push_back({Problem::Severity::warning, "worker " + std::to_string(worker) + " still judges by an older generation"});
  }
  return figures;
}

}  // namespace assay::server
