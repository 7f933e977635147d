// The daemon: one object owns everything, in the order in which it is built.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/result.h"
#include "crypto/engine.h"
#include "crypto/engine_set.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/builder.h"
#include "server/control.h"
#include "server/deployer.h"
#include "server/key_refresher.h"
#include "server/ledger.h"
#include "server/listener.h"
#include "server/metrics_socket.h"
#include "server/metrics_source.h"
#include "server/quota.h"
#include "server/refusal_log.h"
#include "server/service_manager.h"
#include "server/service_report.h"
#include "server/status.h"
#include "server/verdict_tally.h"
#include "server/watchdog.h"
#include "server/worker.h"
#include "snapshot/snapshot.h"

namespace assay::server {

struct DaemonSettings {
  std::string data_path;
  std::string control_path;
  std::optional<std::uint32_t> control_gid;  // its group, which may then open it; absent: nobody but the daemon's user
  std::string keys_path;
  std::optional<std::uint32_t> keys_gid;     // likewise
  std::string metrics_path;                  // empty: no metrics socket
  std::size_t workers = 1;
  std::string_view version;
};

// DaemonParts: what main() puts together; references outlive the daemon.
struct DaemonParts {
  const base::Clock& clock;
  base::Log& log;
  base::HashKey hash_key;
  std::function<std::unique_ptr<crypto::Engine>()> make_engine;  // called once per worker
  std::unique_ptr<crypto::TableBuilder> tables;                  // null: the engines take none
  const crypto::EngineSet* engines = nullptr;                    // for status; null: it shows none
  verdict::TokenCache* token_cache = nullptr;                    // of as many lanes as there are workers; null: none
  std::unique_ptr<Ledger> ledger;                                // started; never null
  std::uint64_t jitter_seed = 0;                                 // of the times at which keys are fetched
  ListeningSockets sockets;                                      // that were handed over: data, control and keys are bound at their paths if they are not among them
  ServiceManager* manager = nullptr;                             // null: there is none
};

// StopLimit: the last resort of a stop. A batch of slow signatures or the compilation of a large configuration may outlast the time that a stop may take, and neither
// is worth waiting for: once started, it ends the process with exit code 0 after that time, unless it is destroyed before.
class StopLimit {
 public:
  StopLimit() noexcept = default;
  ~StopLimit();
  StopLimit(const StopLimit&) = delete;
  StopLimit& operator=(const StopLimit&) = delete;
  void start(std::uint64_t ms) noexcept;
};

// Daemon: a resource.
class Daemon final : public MetricsSource, private StatusSource, private ConnectionSink {
 public:
  // start(settings, parts): starts the threads and takes or binds the sockets. Connections are accepted once run() runs. Failures: a socket.
  static base::Result<std::unique_ptr<Daemon>> start(DaemonSettings settings, DaemonParts parts);
  ~Daemon() override;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // run(): tells the service manager that it is ready, and serves until SIGTERM, SIGINT or stop(); returns when everything that was read is answered, or after kDrainMs.
  void run();
  // stop(): thread-safe.
  void stop();
  // metrics_text(): of now. On the thread of run(). It is cheap enough to be asked for every few seconds: it reads counters that are there anyway and stops nobody.
  std::string metrics_text() const override;

 private:
  Daemon(DaemonSettings settings, DaemonParts parts, std::shared_ptr<const snapshot::Snapshot> first);
  void listen(ListeningSocket data, ListeningSocket control, ListeningSocket keys, std::optional<ListeningSocket> metrics);
  void on_reload_begun() noexcept { service_report_.reload_begun(); }
  void on_reload_ended() noexcept { service_report_.reload_ended(); }
  StatusFigures figures() const override;
  StatusFigures figures(std::span<const VerdictCount> verdicts) const;
  void adopt(Incoming incoming) noexcept override;
  void on_wake() noexcept;
  void on_stop() noexcept;
  void on_refusals() noexcept;
  void send_wake() noexcept { wake_.send(); }

  StopLimit stop_limit_;  // first, so that it watches the destruction of all others
  const DaemonSettings settings_;
  const base::Clock& clock_;
  base::Log& log_;
  const crypto::EngineSet* const engines_;
  const verdict::TokenCache* const token_cache_;
  const std::int64_t started_at_s_;
  bool stopping_ = false;

  loop::Loop loop_;
  loop::Async wake_;
  loop::Async stop_;
  loop::Signal terminate_;
  loop::Signal interrupt_;
  ConnectionQuota data_quota_;
  ConnectionQuota control_quota_;
  ConnectionQuota keys_quota_;
  ConnectionQuota metrics_quota_;
  std::shared_ptr<const StateReport> first_report_;  // on its way to deployer_: only the builder's thread may ask the ledger for another
  VerdictTally tally_;
  RefusalLog refusal_log_;
  loop::Timer refusals_;
  Builder builder_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Deployer deployer_;
  KeyRefresher refresher_;
  ServiceReport service_report_;
  Watchdog watchdog_;
  ControlServer control_;
  MetricsSocket metrics_;
  std::optional<Listener> data_listener_;
  std::optional<Listener> control_listener_;
  std::optional<Listener> keys_listener_;
  std::optional<Listener> metrics_listener_;
  std::uint64_t refused_before_ = 0;  // by listeners that are gone
};

}  // namespace assay::server
