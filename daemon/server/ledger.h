// The ledger: takes deploys, rollbacks and pushes of keys, one after the other; keeps each on disk before it counts; makes the snapshots that come of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
struct ConfigurationFile {
  std::string path;
  base::Result<std::string, std::vector<snapshot::Fault>> content;
};

// Applied: what came of changes that were made together. snapshot: null if none of them needs one.
struct Applied {
  std::vector<Outcome> outcomes;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
};

// Published: how much was made for a snapshot; everything else is shared with the one before.
struct Published {
  std::size_t materials = 0;
  std::size_t key_sets = 0;
  std::size_t oauth_servers = 0;
  std::size_t api_services = 0;
};

// Ledger: a resource. start() and first_snapshot() first, on any thread; then everything on one thread.
class Ledger {
 public:
  explicit Ledger(LedgerParts parts);
  // Says so if something in force is lost with it.
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // start(file): takes up the stored state and compares the file with what was last deployed from it: equal, the stored state stays; different, it is deployed; no good,
  // the stored state stays and the report says so. Faults: the file's, when there is no stored state; or one, for a state directory that cannot be read.
  base::Result<void, std::vector<snapshot::Fault>> start(const std::optional<ConfigurationFile>& file);

  // first_snapshot(): of what start() has found; once.
  std::shared_ptr<const snapshot::Snapshot> first_snapshot();
  // current(): the snapshot made last; null before the first.
  const std::shared_ptr<const snapshot::Snapshot>& current() const noexcept ASSAY_LIFETIMEBOUND { return snapshot_; }
  // apply(requests): in their order; one snapshot for all. One outcome for each.
  Applied apply(std::span<const ChangeRequest> requests);
  // needs_another_try(): something may get well by itself: the disk does not have all that is in force, or the host does not know an account of `clients`.
  bool needs_another_try() const noexcept { return !is_kept() || !compiler_.unknown_accounts().empty(); }
  // try_again(): whether anything has changed; a snapshot if it takes one. No outcomes.
  std::pair<bool, std::shared_ptr<const snapshot::Snapshot>> try_again();

  const Published& published() const noexcept ASSAY_LIFETIMEBOUND { return published_; }

  // report(): of now.
  std::shared_ptr<const StateReport> report() const;

  // is_kept(): whether the disk has all that is in force.
  bool is_kept() const noexcept { return store_ == nullptr || trouble_.empty(); }

  const State& state() const noexcept ASSAY_LIFETIMEBOUND { return state_; }

 private:
  Outcome apply_one(const ChangeRequest& request);
  std::shared_ptr<const snapshot::Snapshot> publish();
  void keep();
  void start_with(const ConfigurationFile& file, bool has_state, std::vector<snapshot::Fault>& faults);
  Outcome deploy(const DeployRequest& request, std::string_view file_digest);
  Outcome roll_back(const RollbackRequest& request);
  Outcome push(const PushRequest& request);
  Outcome take_fetched(const FetchedRequest& request);
  Outcome take_confirmed(const ConfirmedRequest& request);
  // Given: a set for a source, usable or meant to be empty.
  struct Given {
    jose::Jwks jwks;
    std::string text;  // as it was given
    std::string etag;
    std::int64_t at_s = 0;
    bool keep = true;  // whether the disk is to know of a set that was there already
  };
  Outcome hold(const snapshot::SourceId& source, Given given);
  std::optional<Outcome> unexpected(const std::optional<std::uint64_t>& expected) const;
  // How: of a deploy or a rollback.
  struct How {
    bool dry_run = false;
    bool allow_volatile = false;
    std::string_view file_digest = {};  // not empty: the document came from --config
  };
  Outcome put_in_force(snapshot::Deployment deployment, const How& how);
  base::Result<void> save(const State& state);
  void saved();
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
  std::string refusal_;              // the last deploy that the disk refused, until it takes something
  std::string file_trouble_;         // why --config was not deployed
  std::vector<std::string> damage_;  // what was lost of the stored state
  std::vector<std::string> aside_;   // files that an earlier start has set aside
};

}  // namespace assay::server
