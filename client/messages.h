// What the control socket answers, as plain values. Private to this tree: the installed library speaks to the data socket only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/client.h"
#include "assay/result.h"
#include "assay/verdict.h"

namespace assay {

// Fault: one thing wrong with a configuration.
struct Fault {
  std::string pointer;  // RFC 6901, "" for the whole document
  std::string found;
  std::string allowed;
};

// Refusal: an Error and, for a configuration that was refused, why.
struct Refusal {
  Error error;
  std::vector<Fault> faults;
};

// Deployed: the deployment is in force, or, for a dry run (deployment 0), would be.
struct Deployed {
  std::uint64_t deployment = 0;
  std::uint64_t generation = 0;
};

struct KeyStatus {
  std::optional<std::string> kid;
  std::vector<std::string> algorithms;
  std::string type;
  std::string thumbprint;
};

struct SkippedKeyStatus {
  std::uint32_t index = 0;
  std::optional<std::string> kid;
  std::string reason;
  bool alarm = false;
};

struct OAuthServerStatus {
  std::string name;
  std::vector<std::string> issuers;
  std::string key_source;
  bool available = false;
  std::vector<KeyStatus> keys;
  std::vector<SkippedKeyStatus> skipped;
};

struct ApiServiceStatus {
  std::string name;
  std::vector<std::string> oauth_servers;
  std::uint64_t deployment = 0;
};

struct WorkerStatus {
  std::uint64_t generation = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t tokens = 0;
  std::uint64_t batches = 0;
};

// Count: how often something was answered. Names of codes that this client does not know are "code 123" and "error 123".
struct Count {
  std::string name;
  std::uint64_t count = 0;
};

struct StatusReport {
  std::string version;
  std::int64_t started_at = 0;  // seconds since 1970
  std::uint64_t generation = 0;
  std::uint64_t deployment = 0;
  std::string engine;
  std::vector<ApiServiceStatus> api_services;
  std::vector<OAuthServerStatus> oauth_servers;
  std::vector<WorkerStatus> workers;
  std::vector<Count> verdicts;
  std::vector<Count> errors;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_dropped = 0;
};

}  // namespace assay
