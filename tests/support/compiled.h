// A snapshot of a document, as the daemon makes it of its first deployment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "snapshot/compiler.h"
#include "snapshot/config.h"
#include "snapshot/deployment.h"
#include "snapshot/snapshot.h"

namespace assay::tests {

// NoIdentities: a host without users or groups.
class NoIdentities : public snapshot::Identities {
 public:
  std::optional<std::uint32_t> uid_of(const std::string&) const override { return std::nullopt; }
  std::optional<std::uint32_t> gid_of(const std::string&) const override { return std::nullopt; }
};

// compiled(config, deployment, generation, identities): key sources with a URL hold nothing.
inline std::shared_ptr<const snapshot::Snapshot> compiled(snapshot::Config config, std::uint64_t deployment = 1, std::uint64_t generation = 1,
                                                          const snapshot::Identities& identities = NoIdentities()) {
  snapshot::Compiler compiler(identities, 1);
  return compiler.compile(snapshot::deploy(snapshot::make_document(std::move(config), deployment, 1000, 0, {})), {}, 1, generation);
}

}  // namespace assay::tests
