// What the log tells of tokens that were not accepted: the first of a kind has a line of its own, which its worker writes; here is how many
// there were in the last minute, the first included.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "base/log.h"
#include "server/verdict_tally.h"
#include "snapshot/name_ids.h"

namespace assay::server {

// RefusalLog: a value; remembers what it has told.
class RefusalLog {
 public:
  // tell(counts, names, log): what has come since the last call, the most frequent kinds first: an event for each of kRefusalKindsLoggedMax, and a line for all others.
  void tell(std::span<const VerdictCount> counts, const snapshot::CountNames& names, base::Log& log);

 private:
  std::map<VerdictKind, std::uint64_t> told_;
};

}  // namespace assay::server
