// Keys from the network: runs the schedule of key sources (sources/) by the clock, gives its orders to assay-fetch, hands what comes to the deployer, and tells the workers what
// tokens of unknown kids are to hear.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/handles.h"
#include "loop/loop.h"
#include "server/change_request.h"
#include "server/deployer.h"
#include "server/keys_socket.h"
#include "server/status.h"
#include "snapshot/snapshot.h"
#include "sources/schedule.h"

namespace assay::server {

// Refreshed: what came of a fetch that an operator has asked for.
struct Refreshed {
  std::string failure;  // empty: the issuer has answered, and the answer could be used
  Outcome outcome;      // of that
};

// RefreshListener: learns what came of each refresh that it has asked for.
class RefreshListener {
 public:
  virtual ~RefreshListener() = default;
  virtual void on_refreshed(std::uint64_t ticket, const Refreshed& refreshed) noexcept = 0;
};

// KeyRefresherParts: references outlive the refresher. snapshot, report: in force.
struct KeyRefresherParts {
  const base::Clock& clock;
  base::Log& log;
  Deployer& deployer;
  std::uint64_t jitter_seed = 0;
  const snapshot::Snapshot& snapshot;
  const StateReport& report;
};

// KeyRefresher: a resource of the main loop's thread.
class KeyRefresher final : private PublishListener, private ChangeListener, private FetcherListener {
 public:
  KeyRefresher(loop::Loop& main, KeyRefresherParts parts);
  ~KeyRefresher() override;
  KeyRefresher(const KeyRefresher&) = delete;
  KeyRefresher& operator=(const KeyRefresher&) = delete;

  // sink(): takes the connections of the keys socket.
  ConnectionSink& sink() noexcept { return socket_; }
  void set_refresh_listener(RefreshListener* listener) noexcept { refresh_listener_ = listener; }
  // look(): time has passed. Its timer does this by itself.
  void look() noexcept { proceed(); }
  // on_unknown_kids(): a worker has met a kid that no key has.
  void on_unknown_kids() noexcept;
  // refresh(source, ticket): fetch it now. The listener gets exactly one answer for each ticket, later, unless drain() comes before. unset: it is going to be; otherwise why not.
  ErrorCode refresh(const snapshot::SourceId& source, std::uint64_t ticket);
  // pushed(source): an operator has replaced its set, and the workers have that.
  void pushed(const snapshot::SourceId& source);
  // drain(): nothing is fetched any more.
  void drain() noexcept;

  // add_figures(figures): what status says of the sources.
  void add_figures(StatusFigures& figures) const;

 private:
  // Known: a source in force.
  struct Known {
    std::vector<std::string> oauth_servers;  // names, for the log
    snapshot::FetchRules rules;
    std::shared_ptr<snapshot::SourceSignals> signals;     // never null
    std::int64_t kept_at_s = 0;                           // when, as the disk knows, its set was given or confirmed
    std::uint64_t answer_until_ms = 0;  // by CLOCK_BOOTTIME: so long what the signals say to unknown kids is good; 0: they ask
  };
  // Arrived: a set that the deployer has.
  struct Arrived {
    snapshot::SourceId source;
    std::string etag;
    std::optional<std::uint64_t> max_age_s;
  };
  // Waiting: an operator, for the first order above a number to end.
  struct Waiting {
    std::uint64_t ticket = 0;
    std::uint64_t after_order = 0;
  };
  void on_publish(const snapshot::Snapshot& snapshot, const StateReport& report) noexcept override;
  void on_change_done(std::uint64_t number, const Outcome& outcome) noexcept override;
  void on_change_dropped(std::uint64_t number) noexcept override;
  void on_fetcher_connected() noexcept override;
  void on_fetcher_gone() noexcept override;
  void on_answer(const FetchAnswerView& answer) noexcept override;

  sources::Moment now() const noexcept { return {clock_.boottime_ms(), clock_.realtime_s()}; }
  void take_up(const snapshot::Snapshot& snapshot, const StateReport& report);
  void proceed();
  void answer_unknown_kids(const snapshot::SourceId& id, Known& known, const sources::Moment& now);
  void answer_unknown_kids_again(const snapshot::SourceId& id, const sources::Moment& now);
  bool has_serving_keys(const snapshot::SourceId& id) const;
  void take_notes();
  std::string describe(const snapshot::SourceId& id) const;
  std::vector<base::LogField> fields_of(const snapshot::SourceId& id) const;
  Refreshed without_set(const snapshot::SourceId& source) const;
  std::vector<std::uint64_t> take_waiting(const snapshot::SourceId& source, std::uint64_t number);
  void answer(const std::vector<std::uint64_t>& tickets, Refreshed refreshed) const;
  bool is_held(const snapshot::SourceId& source) const;
  bool must_keep(const snapshot::SourceId& source, std::int64_t at_s);

  const base::Clock& clock_;
  base::Log& log_;
  Deployer& deployer_;
  RefreshListener* refresh_listener_ = nullptr;
  bool draining_ = false;
  sources::Schedule schedule_;
  std::map<snapshot::SourceId, Known> known_;
  std::map<std::uint64_t, Arrived> arrived_;  // by number of the order
  std::map<snapshot::SourceId, std::vector<Waiting>> waiting_;
  std::uint64_t last_order_ = 0;
  KeysSocket socket_;
  loop::Timer timer_;
};

}  // namespace assay::server
