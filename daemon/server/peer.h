// Who is at the other end of a Unix socket.
#pragma once

#include "base/result.h"
#include "snapshot/snapshot.h"

namespace assay::server {

// read_peer(descriptor): user and groups of the process that connected, as the kernel recorded them then (SO_PEERCRED, SO_PEERGROUPS, unix(7)). A kernel that
// does not tell supplementary groups gives none, which can only take rights away.
base::Result<snapshot::PeerIdentity> read_peer(int descriptor);

}  // namespace assay::server
