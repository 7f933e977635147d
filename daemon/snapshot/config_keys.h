// The part of an OAuth server that says where its keys come from and for which algorithms they serve. Private to this module.
#pragma once

#include <vector>

#include "crypto/algorithm.h"
#include "snapshot/config.h"
#include "snapshot/config_reader.h"
#include "snapshot/key_set_pool.h"

namespace assay::snapshot {

// ListedAlgorithms: the member `algorithms`; entries are empty when it is left out, and the set then holds all.
struct ListedAlgorithms {
  struct Entry {
    crypto::Algorithm algorithm;
    NodeView node;
  };
  crypto::AlgorithmSet set = crypto::AlgorithmSet::all();
  std::vector<Entry> entries;
};

// read_algorithms(server): `algorithms`.
ListedAlgorithms read_algorithms(ObjectReader& server);

// read_key_source(server, algorithms, pool, settings): exactly one of `jwks`, `jwks_url` and `discovery`, and how and when it is fetched: fills key_source and
// fetch_rules; the issuers are there already. `jwks_file` is known, and a fault: see key_files.h.
void read_key_source(ObjectReader& server, const ListedAlgorithms& algorithms, KeySetPool& pool, OAuthServerSettings& settings);

}  // namespace assay::snapshot
