// An operator names an OAuth server. While API services run on several versions of it, it may have several sources.
#include "server/source_lookup.h"

#include <string>

#include "base/log.h"

namespace assay::server {

using snapshot::SourceId;

std::set<SourceId> sources_in_use(const snapshot::Deployment& deployment) {
  std::set<SourceId> ids;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    for (const auto& server : service.oauth_servers) {
      if (server->key_source.is_url()) ids.insert(snapshot::source_id(server->key_source));
    }
  }
  return ids;
}

base::Result<SourceId> find_source(const snapshot::Deployment& deployment, std::string_view oauth_server, std::string_view url) {
  std::set<SourceId> ids;
  bool is_known = false;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    for (const auto& server : service.oauth_servers) {
      if (server->name != oauth_server) continue;
      is_known = true;
      if (server->key_source.is_url()) ids.insert(snapshot::source_id(server->key_source));
    }
  }
  if (!is_known) return base::fail("no OAuth server of this name is in force");
  if (ids.empty()) return base::fail("the keys of this OAuth server stand in its configuration: a deploy changes them, or withdraws one");
  std::set<std::string> urls;
  for (const SourceId& id : ids) urls.insert(base::printable(id.url, 512));
  std::string listed;
  for (const std::string& one : urls) listed += (listed.empty() ? "" : ", ") + one;
  if (!url.empty()) {
    std::erase_if(ids, [url](const SourceId& id) { return id.url != url; });
    if (ids.empty()) return base::fail("this OAuth server has no source with that URL; it has " + listed);
  }
  if (ids.size() == 1) return *ids.begin();
  if (url.empty() && urls.size() > 1) return base::fail("API services run on settings of this OAuth server with different sources; name one of " + listed);
  return base::fail("API services run on settings of this OAuth server that reach " + listed + " in different ways; deploy them all with the same settings first");
}

}  // namespace assay::server
