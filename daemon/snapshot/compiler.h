// The compiler: deployments and key sources become snapshots, off the request path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "snapshot/deployment.h"
#include "snapshot/key_source.h"
#include "snapshot/snapshot.h"

namespace assay::snapshot {

// check_accounts(clients, identities): a fault for each user or group that this host does not know, at its place in the document.
std::vector<Fault> check_accounts(const std::optional<std::vector<ClientSettings>>& clients, const Identities& identities);

// Compiled: how many parts of a snapshot were made for it; all others are shared with the one before.
struct Compiled {
  std::size_t oauth_servers = 0;
  std::size_t api_services = 0;
};

// Compiler: a resource of one thread. Remembers the snapshot it made last, and makes anew only what differs from it.
class Compiler {
 public:
  // identities outlives the compiler. lanes: how many workers count the use of keys.
  Compiler(const Identities& identities, std::size_t lanes) : identities_(identities), lanes_(lanes) {}
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  // compile(deployment, sources, instance, generation): the names in `clients` are looked up when `clients` is another than before, and not each time: a push of keys must
  // neither wait for a directory service nor close API services because it is down. A name that the host does not know opens nothing, and is listed by
  // unknown_accounts().
  std::shared_ptr<const Snapshot> compile(const Deployment& deployment, const KeySources& sources, std::uint64_t instance, std::uint64_t generation);

  // look_up_again(): the names of the last compile(), if any was unknown; whether fewer are now. It shows in the next compile().
  bool look_up_again();

  // Of the last compile():
  const Compiled& compiled() const noexcept ASSAY_LIFETIMEBOUND { return compiled_; }
  const std::vector<Fault>& unknown_accounts() const noexcept ASSAY_LIFETIMEBOUND { return granted_.unknown_accounts; }

 private:
  // Granted: what `clients` opens to whom. An API service that no entry names is open to nobody.
  struct Granted {
    std::unordered_map<std::string_view, Rights> api_services;
    Rights control_read;
    Rights control_write;
    std::size_t unknown = 0;             // accounts that the host does not know
    std::vector<Fault> unknown_accounts; // the first of them
  };
  static Granted grant(const std::vector<ClientSettings>& clients, const Identities& identities);
  friend std::vector<Fault> check_accounts(const std::optional<std::vector<ClientSettings>>& clients, const Identities& identities);
  std::shared_ptr<const OAuthServer> server_for(const OAuthServerPointer& settings, const KeySources& sources, std::int64_t since_s);
  std::shared_ptr<SourceSignals> signals_for(const SourceId& id);
  std::vector<std::shared_ptr<KeyUse>> uses_for(const OAuthServer& server, const HeldKeys* held, std::int64_t since_s);

  const Identities& identities_;
  const std::size_t lanes_;
  std::shared_ptr<const Snapshot> last_;
  std::map<const OAuthServerSettings*, std::shared_ptr<const OAuthServer>> servers_;       // of the snapshot that is being made
  std::map<const OAuthServerSettings*, std::shared_ptr<const OAuthServer>> last_servers_;  // of last_
  std::map<std::pair<std::string, jose::KeyId>, std::weak_ptr<KeyUse>> uses_;  // by name of the OAuth server
  std::map<SourceId, std::weak_ptr<SourceSignals>> signals_;
  const std::shared_ptr<CountNames> count_names_ = std::make_shared<CountNames>();
  Compiled compiled_;
  DocumentPointer granted_for_;  // whose `clients` granted_ is about, and whose names it views
  Granted granted_;
};

}  // namespace assay::snapshot
