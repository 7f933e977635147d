// The state: what is in force, and what it came from. All that a restart needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snapshot/deployment.h"
#include "snapshot/key_source.h"
#include "snapshot/withdrawn.h"

namespace assay::server {

// State: a value; its parts are shared and immutable.
struct State {
  std::uint64_t instance = 0;    // never 0; the history that the generations belong to
  std::uint64_t generation = 0;  // of the snapshot that this state becomes
  std::uint64_t deployed_generation = 0;  // likewise, when the deployment in force was put there
  std::vector<snapshot::DeploymentPointer> history;  // numbers ascending, the last in force; never empty; at most kDeploymentsKept more
  snapshot::KeySources sources;      // of the deployment in force
  snapshot::WithdrawnKeys withdrawn; // what no rollback brings back
  std::string file_digest;       // SHA-256 in hex of the document last deployed from --config, key files put in; empty: none

  const snapshot::Deployment& in_force() const noexcept { return *history.back(); }
};

}  // namespace assay::server
