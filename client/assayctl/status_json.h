// A status report as JSON: the names are those of schema/protocol.fbs, for programs that outlive both.
#pragma once

#include <cstdint>
#include <string>

#include "client/messages.h"

namespace assayctl {

std::string report_json(const assay::StatusReport& report);
// key_json(key, oauth_server): oauth_server: the name of its OAuth server, where the object stands alone; else null.
std::string key_json(const assay::KeyStatus& key, const std::string* oauth_server);
// deployment_json(deployment, in_force): in_force: the number of the one in force.
std::string deployment_json(const assay::DeploymentStatus& deployment, std::uint64_t in_force);

}  // namespace assayctl
