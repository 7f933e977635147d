// What the parts of a configuration say about each other. Private to this module.
#pragma once

#include "snapshot/config.h"
#include "snapshot/config_reader.h"

namespace assay::snapshot {

// ConfigNodes: where the elements of a Config stand; positions are the same in both.
struct ConfigNodes {
  std::vector<NodeView> oauth_servers;
  std::vector<NodeView> api_services;
  std::vector<NodeView> clients;
};

// check_references(config, nodes): names taken twice, OAuth servers and API services that are named but not there, issuers that two servers of one API
// service share. What is empty has been reported where it was read.
void check_references(const Config& config, const ConfigNodes& nodes);

}  // namespace assay::snapshot
