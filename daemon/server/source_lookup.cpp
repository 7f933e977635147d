// An operator names an OAuth server. While API services run on several versions of it, it may have several sources.
#include "server/source_lookup.h"

#include <fmt/core.h>

#include <algorithm>
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

namespace {

// listed(texts, bytes_max): "a, b", each cut to so many bytes and made safe for a terminal.
std::string listed(const std::set<std::string_view>& texts, std::size_t bytes_max) {
  std::string all;
  for (const std::string_view text : texts) all += (all.empty() ? "" : ", ") + base::printable(text, bytes_max);
  return all;
}

// services_behind_in(deployment, oauth_server): the API services that run on older settings of this OAuth server.
std::string services_behind_in(const snapshot::Deployment& deployment, std::string_view oauth_server) {
  std::set<std::string_view> names;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    const auto behind = snapshot::behind(deployment, service);
    if (behind && std::ranges::find(behind->oauth_servers, oauth_server) != behind->oauth_servers.end()) names.insert(service.settings->name);
  }
  return listed(names, 256);
}

}  // namespace

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
  std::set<std::string_view> urls;
  for (const SourceId& id : ids) urls.insert(id.url);
  const std::string all_urls = listed(urls, 512);
  if (!url.empty()) {
    if (!urls.contains(url)) return base::fail("this OAuth server has no source with that URL; it has " + all_urls);
    std::erase_if(ids, [url](const SourceId& id) { return id.url != url; });
  } else if (urls.size() > 1) {
    return base::fail("API services run on settings of this OAuth server with different sources; name one of " + all_urls);
  }
  // One URL that is reached in several ways: no word of the request tells them apart, and either may be the one that was meant.
  if (ids.size() > 1) {
    return base::fail(fmt::format("API services run on settings of this OAuth server that reach {} in different ways; deploy those that run on older ones ({}) first",
                                  base::printable(ids.begin()->url, 512), services_behind_in(deployment, oauth_server)));
  }
  return *ids.begin();
}

}  // namespace assay::server
