// What the store keeps, as plain values. It knows neither what a configuration means nor what a key is; it knows which record refers to which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::store {

// DocumentRecord: a configuration document, by the number of the deployment that brought it. Equal by content, as are all records.
struct DocumentRecord {
  std::uint64_t number = 0;  // from 1
  std::int64_t deployed_at_s = 0;
  std::shared_ptr<const std::string> text;  // never null in a record that is saved

  bool operator==(const DocumentRecord& other) const noexcept;
};

// Withheld: keys of a document's OAuth server that stay out, because they were withdrawn before a rollback to it.
struct Withheld {
  std::uint64_t document = 0;
  std::string oauth_server;
  std::vector<std::string> keys;  // key ids: 32 hex digits each

  bool operator==(const Withheld&) const = default;
};

// Withdrawn: a key given inline that its issuer has lost and that no rollback brings back.
struct Withdrawn {
  std::string issuer;  // as in a configuration: 1 to 1024 bytes of UTF-8
  std::string key;     // SHA-256 of the key's numbers: 64 hex digits

  bool operator==(const Withdrawn&) const = default;
};

enum class DeploymentKind : std::uint8_t { unset = 0, full, staged, rollback };

struct DeploymentRecord {
  struct Service {
    std::string name;
    std::uint64_t document = 0;  // the one its settings come from

    bool operator==(const Service&) const = default;
  };

  std::uint64_t number = 0;  // from 1
  std::int64_t deployed_at_s = 0;
  DeploymentKind kind = DeploymentKind::unset;
  std::uint64_t restores = 0;  // a rollback: the deployment it restored; otherwise 0
  std::uint64_t document = 0;  // the newest document it knows
  std::uint64_t base = 0;      // the document of `clients` and `daemon`
  std::vector<Service> api_services;
  std::vector<std::string> staged;  // a staged one: the API services it deployed; otherwise empty
  std::vector<Withheld> withheld;

  bool operator==(const DeploymentRecord&) const = default;
};

struct StateRecord {
  std::uint64_t instance = 0;
  std::uint64_t generation = 0;
  std::vector<DeploymentRecord> deployments;  // numbers ascending, the last in force; may be empty
  std::string file_digest;                    // SHA-256, 64 hex digits, of the document last deployed from --config; or empty
  std::vector<Withdrawn> withdrawn;           // no pair twice

  bool operator==(const StateRecord&) const = default;
};

// SourceRecord: what a URL source holds. One for each kind, URL and way to reach it: the first seven members.
struct SourceRecord {
  struct Since {
    std::string key;  // its id: 32 hex digits
    std::int64_t since_s = 0;

    bool operator==(const Since&) const = default;
  };

  std::string kind;  // "jwks_url" or "discovery"
  std::string url;
  std::string ca_file;             // a path or empty, as are the next two
  std::string client_certificate;
  std::string client_key;
  std::string proxy;               // a URL or empty
  bool allow_http = false;
  std::string etag;                // as the issuer gave it, if it is visible ASCII; or empty
  std::uint64_t generation = 0;
  std::int64_t changed_at_s = 0;
  std::int64_t checked_at_s = 0;
  std::string jwks;  // as given: a JSON object, kept byte for byte
  std::vector<Since> since;

  bool operator==(const SourceRecord&) const = default;
};

// Records: all that is kept. Every document that a deployment refers to (by document, base or api_services) is among the documents. Equal by content.
struct Records {
  StateRecord state;
  std::vector<std::shared_ptr<const DocumentRecord>> documents;
  std::vector<std::shared_ptr<const SourceRecord>> sources;

  bool operator==(const Records& other) const noexcept;
};

}  // namespace assay::store
