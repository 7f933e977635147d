// URL sources by what an operator calls them.
#pragma once

#include <set>
#include <string_view>

#include "base/result.h"
#include "snapshot/deployment.h"
#include "snapshot/key_source.h"

namespace assay::server {

// sources_in_use(deployment): of all versions of all OAuth servers.
std::set<snapshot::SourceId> sources_in_use(const snapshot::Deployment& deployment);

// find_source(deployment, oauth_server, url): the one source that is meant; url: empty, or of the source. Failure: why there is none, or not one alone.
base::Result<snapshot::SourceId> find_source(const snapshot::Deployment& deployment, std::string_view oauth_server, std::string_view url);

}  // namespace assay::server
