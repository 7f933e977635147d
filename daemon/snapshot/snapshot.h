// A snapshot: a deployment and the current key set of each source it names, compiled and immutable. All that the request path knows of policy. compiler.h makes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "snapshot/config.h"
#include "snapshot/key_set.h"
#include "snapshot/key_use.h"
#include "snapshot/name_ids.h"
#include "snapshot/source_signals.h"

namespace assay::snapshot {

// PeerIdentity: who asks; read once per connection. groups holds the supplementary ones; gid the primary.
struct PeerIdentity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
};

// OAuthServer: the compiled settings of a token issuer. Several versions of one may be in force at once, for API services that were deployed at different times.
struct OAuthServer {
  std::string name;
  crypto::AlgorithmSet algorithms;
  TokenTypeRule token_type = TokenTypeRule::unset;
  std::int64_t clock_skew_tolerance_s = 0;
  std::shared_ptr<const KeySet> keys;           // null: not at hand, tokens are unavailable
  std::vector<std::shared_ptr<KeyUse>> uses;    // of keys->keys(), by position
  std::shared_ptr<const OAuthServerSettings> settings;  // never null in a snapshot
  std::shared_ptr<SourceSignals> signals;       // of a URL source; null for others
  NameId name_id = kOtherName;                  // of the name, in the snapshot's count_names()

  // serving_keys(): those that tokens may be verified by now; null: none are at hand, or they are too old.
  const KeySet* serving_keys() const noexcept ASSAY_LIFETIMEBOUND { return signals != nullptr && signals->are_keys_stale() ? nullptr : keys.get(); }

  // use_of(key): of one of keys->keys(); null if nobody counts.
  KeyUse* use_of(const jose::VerificationKey& key) const noexcept ASSAY_LIFETIMEBOUND {
    const auto position = static_cast<std::size_t>(&key - keys->keys().data());
    return position < uses.size() ? uses[position].get() : nullptr;
  }
};

// Rights: users and groups that an entry of `clients` names. A value.
struct Rights {
  std::vector<std::uint32_t> uids;  // sorted
  std::vector<std::uint32_t> gids;  // sorted

  // include(peer): by its user id, its group id or one of its supplementary groups.
  bool include(const PeerIdentity& peer) const noexcept;
  friend bool operator==(const Rights&, const Rights&) = default;
};

// ApiService: the compiled policy for one protected API.
class ApiService {
 public:
  // Compiles. servers: those of settings->oauth_servers, in their order; CHECKs that no two share an issuer, which would make the choice of keys a matter of order.
  // rights: nothing means everyone. name_id: of its name, in the snapshot's count_names().
  ApiService(std::shared_ptr<const ApiServiceSettings> settings, std::vector<std::shared_ptr<const OAuthServer>> servers, std::optional<Rights> rights, NameId name_id);
  ApiService(const ApiService&) = delete;
  ApiService& operator=(const ApiService&) = delete;

  // server_of(issuer): the server whose tokens carry this issuer, among those of this API service; null for any other. Byte for byte.
  const OAuthServer* server_of(std::string_view issuer) const noexcept ASSAY_LIFETIMEBOUND;
  // takes_audience(audience): whether it is one of the API service's. Byte for byte.
  bool takes_audience(std::string_view audience) const noexcept;
  // permits(peer): whether this client may ask about this API service.
  bool permits(const PeerIdentity& peer) const noexcept { return !rights_ || rights_->include(peer); }

  const std::string& name() const noexcept ASSAY_LIFETIMEBOUND { return settings_->name; }
  NameId name_id() const noexcept { return name_id_; }
  std::span<const std::string> required_scopes() const noexcept ASSAY_LIFETIMEBOUND { return settings_->required_scopes; }
  std::span<const ClaimRule> claim_rules() const noexcept ASSAY_LIFETIMEBOUND { return settings_->claim_rules; }
  std::optional<std::int64_t> max_token_age_s() const noexcept { return settings_->max_token_age_s; }
  std::span<const std::shared_ptr<const OAuthServer>> oauth_servers() const noexcept ASSAY_LIFETIMEBOUND { return servers_; }
  // equals(...): whether it was compiled from exactly these.
  bool equals(const std::shared_ptr<const ApiServiceSettings>& settings, std::span<const std::shared_ptr<const OAuthServer>> servers,
              const std::optional<Rights>& rights) const noexcept;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  const std::shared_ptr<const ApiServiceSettings> settings_;
  const std::vector<std::shared_ptr<const OAuthServer>> servers_;
  const std::optional<Rights> rights_;  // absent: everyone
  const NameId name_id_;
  std::vector<std::string> audiences_;  // sorted
  std::unordered_map<std::string, const OAuthServer*, Hash, std::equal_to<>> by_issuer_;
};

// Identities: what the names in `clients` stand for on this host. Asked while a snapshot is compiled, never on the request path.
class Identities {
 public:
  virtual ~Identities() = default;
  virtual std::optional<std::uint32_t> uid_of(const std::string& user) const = 0;
  virtual std::optional<std::uint32_t> gid_of(const std::string& group) const = 0;
};

// Snapshot: a resource, immutable. Held by shared_ptr: workers judge by it, whoever publishes replaces it whole. Snapshots share the API services and OAuth servers that
// are the same in both. Thread-safe.
class Snapshot {
 public:
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // api_service(name): by name, byte for byte; null if there is none.
  const ApiService* api_service(std::string_view name) const noexcept ASSAY_LIFETIMEBOUND;
  // control_right(peer): what this client may do on the control socket, by `clients`; everything if there are none.
  ControlRight control_right(const PeerIdentity& peer) const noexcept;

  // instance(), generation(): together they name this snapshot, and no other of any time.
  std::uint64_t instance() const noexcept { return instance_; }
  std::uint64_t generation() const noexcept { return generation_; }
  std::uint64_t deployment() const noexcept { return deployment_; }
  const DaemonConfig& daemon() const noexcept ASSAY_LIFETIMEBOUND { return daemon_; }
  const DaemonLimits& limits() const noexcept ASSAY_LIFETIMEBOUND { return daemon_.limits; }
  // For status. API services in the order of their deployment; OAuth servers those in use, every version.
  std::span<const std::shared_ptr<const OAuthServer>> oauth_servers() const noexcept ASSAY_LIFETIMEBOUND { return oauth_servers_; }
  std::span<const std::shared_ptr<const ApiService>> api_services() const noexcept ASSAY_LIFETIMEBOUND { return api_services_; }
  // count_names(): what the numbers stand for that API services and OAuth servers of this snapshot have, and of all that one compiler has made.
  const CountNames& count_names() const noexcept ASSAY_LIFETIMEBOUND { return *count_names_; }

 private:
  friend class Compiler;
  Snapshot() = default;
  std::uint64_t instance_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t deployment_ = 0;
  DaemonConfig daemon_;
  std::optional<Rights> control_read_;   // absent: everyone
  std::optional<Rights> control_write_;  // absent: everyone
  std::vector<std::shared_ptr<const OAuthServer>> oauth_servers_;
  std::vector<std::shared_ptr<const ApiService>> api_services_;
  std::shared_ptr<const CountNames> count_names_;  // never null
  std::unordered_map<std::string_view, std::shared_ptr<const ApiService>> by_name_;  // names are views of the settings
};

}  // namespace assay::snapshot
