// The part of an OAuth server that says how its keys are fetched: how the place is reached, and when it is asked. Private to this module.
#pragma once

#include "snapshot/config.h"
#include "snapshot/config_reader.h"

namespace assay::snapshot {

// read_source_access(server): `ca_file`, `client_certificate`, `client_key`, `proxy`, `allow_http`. By their form alone: what they name is opened by assay-fetch.
SourceAccess read_source_access(ObjectReader& server);

// read_fetch_rules(server): `refresh_min`, `refresh_max`, `stale_max`, `timeout_ms`.
FetchRules read_fetch_rules(ObjectReader& server);

// refuse_fetch_members(server): all of these, of a server whose keys stand in the configuration: each that is there is a fault.
void refuse_fetch_members(ObjectReader& server);

}  // namespace assay::snapshot
