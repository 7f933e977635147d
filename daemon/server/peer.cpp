// Credentials are asked of the kernel once per connection and never of the peer. What cannot be read gives no rights.
#include "server/peer.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "server/limits.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

namespace assay::server {

base::Result<snapshot::PeerIdentity> read_peer(int descriptor) {
  ucred credentials{};
  socklen_t bytes = sizeof credentials;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) return base::fail(std::string("SO_PEERCRED: ") + std::strerror(errno));
  snapshot::PeerIdentity peer{.uid = credentials.uid, .gid = credentials.gid, .groups = {}};

  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  peer.groups.resize(32);
  bytes = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
  int outcome = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &bytes);
  if (outcome != 0 && errno == ERANGE && bytes <= limits::kPeerGroupsMax * sizeof(gid_t)) {
    peer.groups.resize(bytes / sizeof(gid_t));
    outcome = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &bytes);
  }
  peer.groups.resize(outcome == 0 ? bytes / sizeof(gid_t) : 0);
  peer.groups.shrink_to_fit();
  return peer;
}

}  // namespace assay::server
