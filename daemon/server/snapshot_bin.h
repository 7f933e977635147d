// Where snapshots go when a thread is done with them.
#pragma once

#include <memory>

#include "snapshot/snapshot.h"

namespace assay::server {

// SnapshotBin: destroys snapshots on a thread where nobody waits. Thread-safe.
class SnapshotBin {
 public:
  virtual ~SnapshotBin() = default;
  // retire(snapshot): gives this reference up; null is ignored.
  virtual void retire(std::shared_ptr<const snapshot::Snapshot> snapshot) noexcept = 0;
};

}  // namespace assay::server
