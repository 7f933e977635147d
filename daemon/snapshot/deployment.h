// Deployments: what is in force, by value: for each API service its settings and those of its OAuth servers, whichever document they came from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jose/jwk.h"
#include "snapshot/config.h"
#include "snapshot/key_set_pool.h"

namespace assay::snapshot {

using OAuthServerPointer = std::shared_ptr<const OAuthServerSettings>;

// DeployedService: an API service as it was deployed. A value; the settings are shared with every deployment that has the same.
struct DeployedService {
  std::shared_ptr<const ApiServiceSettings> settings;  // never null
  std::vector<OAuthServerPointer> oauth_servers;       // none null; in the order of settings->oauth_servers
  std::uint64_t document = 0;                          // the deployment whose document the settings come from
};

// Withheld: inline keys of a document's OAuth server that were withdrawn after it and that a rollback did not bring back.
struct Withheld {
  std::uint64_t document = 0;
  std::string oauth_server;
  std::vector<jose::KeyId> keys;
};

enum class DeploymentKind : std::uint8_t { unset = 0, full, staged, rollback };

// Document: what a deployment's document says, whole. Numbered by the deployment that brought it.
struct Document {
  std::uint64_t number = 0;  // 0: none yet
  std::int64_t deployed_at_s = 0;
  std::uint64_t bytes = 0;
  std::vector<OAuthServerPointer> oauth_servers;
  std::vector<std::shared_ptr<const ApiServiceSettings>> api_services;
  std::optional<std::vector<ClientSettings>> clients;
  DaemonConfig daemon;
};
using DocumentPointer = std::shared_ptr<const Document>;

// Deployment: a value. Number 0 is what a daemon has to which nothing was ever deployed: no API service.
struct Deployment {
  std::uint64_t number = 0;
  std::int64_t deployed_at_s = 0;
  DeploymentKind kind = DeploymentKind::unset;
  std::uint64_t restores = 0;               // a rollback: the deployment that it restored
  std::vector<std::string> staged;          // a staged one: the API services that it deployed
  std::vector<DeployedService> api_services;
  DocumentPointer base;                     // `clients` and `daemon` are those of this document: the last that was deployed whole. Never null
  DocumentPointer newest;                   // what API services are behind of, if they run on anything else. Never null
  std::vector<Withheld> withheld;
  std::vector<DocumentPointer> documents;   // all that it uses, ascending; of number 0 none
};

using DeploymentPointer = std::shared_ptr<const Deployment>;

// nothing_deployed(): number 0.
Deployment nothing_deployed();

// make_document(config, number, deployed_at_s, bytes, known): settings that equal those of the same name in one of the known documents are shared with it, so that what is
// equal is the same object from here on.
DocumentPointer make_document(Config config, std::uint64_t number, std::int64_t deployed_at_s, std::uint64_t bytes, std::span<const DocumentPointer> known);

// deploy(document): all of it, in place of all there is.
Deployment deploy(const DocumentPointer& document);

// deploy(in_force, document, api_services): these API services alone, with the settings of their OAuth servers; all others, `clients` and `daemon` stay as they are.
// Faults: none of the document's API services has such a name; a name twice; nothing was deployed before, and the first deployment is a whole one; more API services than the limit
// in force.
base::Result<Deployment, std::vector<Fault>> deploy(const Deployment& in_force, const DocumentPointer& document, std::span<const std::string> api_services);

// IsWithdrawn: whether a key must not come back for an OAuth server.
using IsWithdrawn = std::function<bool(const OAuthServerSettings& server, const jose::VerificationKey& key)>;

// roll_back(target, number, deployed_at_s, is_withdrawn, pool): the settings of `target` under a new number. Never its keys: inline keys that are withdrawn stay out
// (Withheld).
Deployment roll_back(const Deployment& target, std::uint64_t number, std::int64_t deployed_at_s, const IsWithdrawn& is_withdrawn, KeySetPool& pool);

// Origin: where an API service's settings come from.
struct Origin {
  std::string api_service;
  std::uint64_t document = 0;
};

// reassemble(outline, origins, base, newest, documents, pool): a deployment from its documents, as the disk keeps them; outline has everything that is no pointer. Nothing:
// the documents do not have what it names.
std::optional<Deployment> reassemble(Deployment outline, std::span<const Origin> origins, std::uint64_t base, std::uint64_t newest,
                                     std::span<const DocumentPointer> documents, KeySetPool& pool);

// Behind: an API service that runs on other settings than the newest document has.
struct Behind {
  std::string api_service;
  bool own_settings = false;               // its own differ, or are gone
  std::vector<std::string> oauth_servers;  // those whose settings differ, or are gone
};

// kids_withheld(withheld, documents): "k1, k2 and 3 more", in the order of their document, safe for a terminal.
std::string kids_withheld(const Withheld& withheld, std::span<const DocumentPointer> documents);

// behind(deployment, service): nothing if it runs on what the newest document has.
std::optional<Behind> behind(const Deployment& deployment, const DeployedService& service);

}  // namespace assay::snapshot
