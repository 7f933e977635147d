// Withdrawn keys: what a rollback must not bring back.
#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>

#include "crypto/sha2.h"
#include "snapshot/changes.h"
#include "snapshot/deployment.h"

namespace assay::snapshot {

// WithdrawnKeys: an issuer and the fingerprint of a key that it has lost. By the issuer and not by the name of an OAuth server, which may change; by the key's numbers and
// not by its kid or algorithms, which are settings.
using WithdrawnKeys = std::set<std::pair<std::string, crypto::Sha256Digest>>;

// update(withdrawn, now, history): to be called with every change. Of an issuer whose keys are in force (inline, or at hand from its source) every inline key of a document
// of the history is withdrawn unless it is among them. Of an issuer that nothing uses, the document deployed last may withdraw and not restore: nobody accepts its keys.
// Otherwise what was withdrawn stays so; and a rollback withdraws nothing by what it lacks. What stands in no document of the history is forgotten: nothing could
// bring it back.
void update(WithdrawnKeys& withdrawn, const InForceView& now, std::span<const DeploymentPointer> history);

}  // namespace assay::snapshot
