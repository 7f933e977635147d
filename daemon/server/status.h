// Status: the figures that a StatusReport shows beside the snapshot.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/algorithm.h"
#include "crypto/kernels.h"
#include "crypto/table_builder.h"
#include "server/counters.h"
#include "server/error_code.h"
#include "server/state_report.h"
#include "server/verdict_tally.h"
#include "snapshot/key_source.h"
#include "sources/report.h"
#include "verdict/token_cache.h"

namespace assay::server {

struct WorkerFigures {
  std::uint64_t generation = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t tokens = 0;
  std::uint64_t batches = 0;
};

// EngineUse: which engine verifies an algorithm's signatures.
struct EngineUse {
  crypto::Algorithm algorithm = crypto::Algorithm::unset;
  crypto::EngineLevel engine = crypto::EngineLevel::unset;
};

// StatusFigures: sums over all threads, taken one after the other: each is right, all together are of about one moment. A value; texts are borrowed from the daemon.
struct StatusFigures {
  std::string_view version;
  std::int64_t started_at_s = 0;
  std::string_view engine;
  std::vector<EngineUse> engines;
  std::optional<crypto::TableFigures> tables;  // nothing: the engine makes none, or has not begun
  std::optional<verdict::TokenCacheFigures> token_cache;  // nothing: there is none
  std::vector<WorkerFigures> workers;
  std::array<std::uint64_t, 256> verdicts{};  // by code
  std::array<std::uint64_t, kErrorCodeCount> errors{};
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_dropped = 0;
  bool fetcher_connected = false;  // assay-fetch
  std::map<snapshot::SourceId, sources::SourceReport> sources;
  std::vector<Problem> problems;  // besides those of the state

  // add(counters): adds errors and dropped connections.
  void add(const Counters& counters) noexcept;
  // add(counts): verdicts by code.
  void add(std::span<const VerdictCount> counts) noexcept;
  // add_worker(counters, generation): the same, and a line of its own.
  void add_worker(const WorkerCounters& counters, std::uint64_t generation);
};

// StatusSource: whoever can assemble the figures. On the main loop's thread.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  virtual StatusFigures figures() const = 0;
};

}  // namespace assay::server
