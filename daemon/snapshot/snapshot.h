// A snapshot: a deployment and the current key set of each source it names, compiled and immutable. All that the request path knows of policy.
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

namespace assay::snapshot {

// PeerIdentity: who asks; read once per connection. groups holds the supplementary ones; gid the primary.
struct PeerIdentity {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
};

// OAuthServer: the compiled settings of a token issuer.
struct OAuthServer {
  std::string name;
  std::vector<std::string> issuers;
  crypto::AlgorithmSet algorithms;
  TokenTypeRule token_type = TokenTypeRule::unset;
  std::int64_t clock_skew_tolerance_s = 0;
  KeySource::Kind key_source = KeySource::Kind::unset;
  std::shared_ptr<const KeySet> keys;  // null: not at hand, tokens are unavailable
};

// ApiService: the compiled policy for one protected API.
class ApiService {
 public:
  // server_of(issuer): the server whose tokens carry this issuer, among those of this API service; null for any other. Byte for byte.
  const OAuthServer* server_of(std::string_view issuer) const noexcept ASSAY_LIFETIMEBOUND;
  // takes_audience(audience): whether it is one of the API service's. Byte for byte.
  bool takes_audience(std::string_view audience) const noexcept;
  // permits(peer): whether this client may ask about this API service.
  bool permits(const PeerIdentity& peer) const noexcept;

  const std::string& name() const noexcept ASSAY_LIFETIMEBOUND { return settings_.name; }
  std::span<const std::string> required_scopes() const noexcept ASSAY_LIFETIMEBOUND { return settings_.required_scopes; }
  std::span<const ClaimRule> claim_rules() const noexcept ASSAY_LIFETIMEBOUND { return settings_.claim_rules; }
  std::optional<std::int64_t> max_token_age_s() const noexcept { return settings_.max_token_age_s; }
  std::span<const std::string> oauth_servers() const noexcept ASSAY_LIFETIMEBOUND { return settings_.oauth_servers; }
  // deployment(): the one this API service's settings come from.
  std::uint64_t deployment() const noexcept { return deployment_; }

 private:
  friend class Snapshot;
  struct Rights {
    std::vector<std::uint32_t> uids;  // sorted
    std::vector<std::uint32_t> gids;  // sorted
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  ApiServiceSettings settings_;
  std::vector<std::string> audiences_;  // sorted
  std::unordered_map<std::string, const OAuthServer*, Hash, std::equal_to<>> by_issuer_;
  std::optional<Rights> rights_;  // absent: everyone
  std::uint64_t deployment_ = 0;
};

// Identities: what the names in `clients` stand for on this host. Asked while a snapshot is built, never on the request path.
class Identities {
 public:
  virtual ~Identities() = default;
  virtual std::optional<std::uint32_t> uid_of(const std::string& user) const = 0;
  virtual std::optional<std::uint32_t> gid_of(const std::string& group) const = 0;
};

// Snapshot: a resource, immutable. Held by shared_ptr: workers judge by it, whoever publishes replaces it whole. Thread-safe.
class Snapshot {
 public:
  // build(config, deployment, generation, identities): compiles a checked configuration. Faults: a user or group of `clients` that this host does not know.
  static base::Result<std::shared_ptr<const Snapshot>, std::vector<Fault>> build(const Config& config, std::uint64_t deployment, std::uint64_t generation,
                                                                                const Identities& identities);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // api_service(name): by name, byte for byte; null if there is none.
  const ApiService* api_service(std::string_view name) const noexcept ASSAY_LIFETIMEBOUND;

  std::uint64_t generation() const noexcept { return generation_; }
  std::uint64_t deployment() const noexcept { return deployment_; }
  const DaemonLimits& limits() const noexcept ASSAY_LIFETIMEBOUND { return limits_; }
  // In the order of the configuration, for status.
  std::span<const std::unique_ptr<const OAuthServer>> oauth_servers() const noexcept ASSAY_LIFETIMEBOUND { return oauth_servers_; }
  std::span<const std::unique_ptr<const ApiService>> api_services() const noexcept ASSAY_LIFETIMEBOUND { return api_services_; }

 private:
  Snapshot() = default;
  std::uint64_t generation_ = 0;
  std::uint64_t deployment_ = 0;
  DaemonLimits limits_;
  std::vector<std::unique_ptr<const OAuthServer>> oauth_servers_;
  std::vector<std::unique_ptr<const ApiService>> api_services_;
  std::unordered_map<std::string_view, const ApiService*> by_name_;  // views into api_services_
};

}  // namespace assay::snapshot
