// What a deploy, a rollback or a push changes: the account that an operator gets before or after.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/deployment.h"
#include "snapshot/key_source.h"

namespace assay::snapshot {

// Change: one thing that differs.
struct Change {
  enum class Subject : std::uint8_t { unset = 0, api_service, oauth_server, key, clients, daemon };
  enum class Kind : std::uint8_t { unset = 0, added, removed, altered };
  Subject subject = Subject::unset;
  Kind kind = Kind::unset;
  std::string name;                  // of the API service or the OAuth server; for a key, of its OAuth server
  std::optional<std::string> kid;    // of a key that has one
  std::vector<std::string> details;  // altered settings: the members that differ; a key: what it is, and its thumbprint
};

// InForce: what is compared. Borrowed.
struct InForceView {
  const Deployment& deployment;
  const KeySources& sources;
};

// changes(before, after): API services, then OAuth servers, then keys, each by name, then clients and daemon. An OAuth server or a key counts once, however many versions of
// it are in force. A key is altered when one with its kid, and no other, is there before and after and is not the same.
std::vector<Change> changes(const InForceView& before, const InForceView& after);

// describe(change): "- key k1 of s (P-256, ...)", one line, safe for a log.
std::string describe(const Change& change);

}  // namespace assay::snapshot
