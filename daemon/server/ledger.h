// The ledger: takes deploys, rollbacks and pushes of keys, one after the other; keeps each on disk before it counts; makes the snapshots that come of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "server/change_request.h"
#include "server/recorder.h"
#include "server/state.h"
#include "server/state_report.h"
#include "snapshot/compiler.h"
#include "snapshot/key_set_pool.h"
#include "store/store.h"

namespace assay::server {

// LedgerParts: references outlive the ledger.
struct LedgerParts {
  const snapshot::Identities& identities;
  const base::Clock& clock;
  base::Log& log;
  std::size_t workers = 1;
  std::function<std::uint64_t()> draw_instance;  // random, never 0
  std::unique_ptr<store::Store> store;           // null: nothing is kept
  std::string state_dir;                         // for status; empty without a store
};

// ConfigurationFile: what --config names, as it was found at start.
using ConfigurationFile = base::Result<std::string, std::vector<snapshot::Fault>>;

// Published: how much was made for a snapshot; everything else is shared with the one before.
struct Published {
  std::size_t materials = 0;
  std::size_t key_sets = 0;
  std::size_t oauth_servers = 0;
  std::size_t api_services = 0;
};

// Ledger: a resource. start() first, on any thread; then everything on one thread.
class Ledger {
 public:
  explicit Ledger(LedgerParts parts);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // start(file): takes up the stored state and compares the file with what was last deployed from it: equal, the stored state stays; different, it is deployed; no good,
  // the stored state stays and the report says so. Faults: the file's, when there is no stored state; or one, for a state directory that cannot be read.
  base::Result<void, std::vector<snapshot::Fault>> start(const std::optional<ConfigurationFile>& file);

  // apply(request): instance and generation of the outcome are those of the next publish().
  Outcome apply(const ChangeRequest& request);

  // publish(): the snapshot of all that was applied since the last one; null if that is nothing.
  std::shared_ptr<const snapshot::Snapshot> publish();
  const Published& published() const noexcept ASSAY_LIFETIMEBOUND { return published_; }

  // report(): of now.
  std::shared_ptr<const StateReport> report() const;

  // is_kept(): whether the disk has all that is in force. keep(): tries again; whether that changed anything.
  bool is_kept() const noexcept { return store_ == nullptr || trouble_.empty(); }
  bool keep();

  const State& state() const noexcept ASSAY_LIFETIMEBOUND { return state_; }

 private:
  Outcome deploy(const DeployRequest& request, std::string_view file_digest);
  Outcome roll_back(const RollbackRequest& request);
  Outcome push(const PushRequest& request);
  std::optional<Outcome> unexpected(const std::optional<std::uint64_t>& expected) const;
  // How: of a deploy or a rollback.
  struct How {
    bool dry_run = false;
    bool allow_volatile = false;
    std::string_view file_digest = {};  // not empty: the document came from --config
  };
  Outcome put_in_force(snapshot::Deployment deployment, const How& how);
  base::Result<void> save(const State& state);
  void in_trouble(std::string why);
  void take_up(store::Loaded loaded);
  void log_skipped_keys(const snapshot::Snapshot* before) const;
  std::uint64_t next_generation() const noexcept { return published_generation_ + 1; }

  const snapshot::Identities& identities_;
  const base::Clock& clock_;
  base::Log& log_;
  const std::function<std::uint64_t()> draw_instance_;
  const std::unique_ptr<store::Store> store_;
  const std::string state_dir_;

  snapshot::KeySetPool pool_;
  snapshot::Compiler compiler_;
  State state_;
  Recorder recorder_;
  bool has_changed_ = true;  // since the last snapshot
  std::uint64_t published_generation_ = 0;
  std::shared_ptr<const snapshot::Snapshot> snapshot_;
  Published published_;
  Published coming_;  // what was made so far for the next one
  std::string trouble_;           // why the disk does not have what is in force; empty: it has
  std::int64_t trouble_since_s_ = 0;
  std::string file_trouble_;      // why --config was not deployed
  std::vector<std::string> damage_;  // what was lost of the stored state
};

}  // namespace assay::server
