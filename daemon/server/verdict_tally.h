// How many verdicts there were of each kind.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/counter.h"
#include "schema/codes.h"
#include "snapshot/name_ids.h"

namespace assay::server {

// VerdictKind: what verdicts are counted by. A value.
struct VerdictKind {
  snapshot::NameId api_service = snapshot::kOtherName;
  snapshot::NameId oauth_server = snapshot::kNoName;  // kNoName: the token's issuer is none that the API service takes, or is not known
  schema::Code code = schema::Code::unset;
  bool signature_verified = false;
  friend auto operator<=>(const VerdictKind&, const VerdictKind&) = default;
};

// VerdictCount: of one kind.
struct VerdictCount {
  VerdictKind kind;
  std::uint64_t count = 0;
};

// VerdictTally: a resource, shared by all workers. Its memory is taken when it is made. A table of kinds, which only grows, and for each worker a lane of counters beside it: a kind is entered
// once, by whoever meets it first; after that each worker finds it in memory that nobody writes, and counts where nobody else does.
class VerdictTally {
 public:
  // lanes: one for each worker, at least one.
  explicit VerdictTally(std::size_t lanes);
  VerdictTally(const VerdictTally&) = delete;
  VerdictTally& operator=(const VerdictTally&) = delete;

  // add(lane, kind, count): one thread a lane. True: nobody has met this kind before. When the table is full, a kind that is not in it counts as that of an API service and an OAuth server "other",
  // by its code alone: no verdict is lost, and such a kind is not new.
  bool add(std::size_t lane, const VerdictKind& kind, std::uint64_t count = 1) noexcept;
  // counts(): of every kind met so far, over all lanes, in no order. Thread-safe.
  std::vector<VerdictCount> counts() const;

  // Kinds at the most, those "other" not included: 6 for each of 1,024 API services. A lane of counters takes 64 KiB. Tokens that are no issuer's word leave a third of it free: whoever may ask
  // can make kinds of them at will, and what is accepted must still find its place.
  static constexpr std::size_t kKindsMax = 6 * 1024;
  static constexpr std::size_t kUnverifiedKindsMax = 4 * 1024;

 private:
  static constexpr std::size_t kSlots = 8 * 1024;

  const std::size_t lanes_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> kinds_;  // packed; 0: free
  std::unique_ptr<base::Counter[]> counts_;              // lane after lane
  std::atomic<std::size_t> used_{0};
};

}  // namespace assay::server
