// Checked last, when every name is known, so that a reference is not called wrong because it stands before what it refers to.
#include "snapshot/config_references.h"

#include <fmt/core.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace assay::snapshot {
namespace {

// Positions by name or issuer; the first of those that stand twice.
using Positions = std::unordered_map<std::string_view, std::size_t>;

// The member of an element that has just been read successfully as a string.
NodeView member_of(const NodeView& node, std::string_view name) {
  for (const jose::JsonMember& member : node.value().members) {
    if (member.name == name) return node.member(member);
  }
  return node;
}

template <class Settings>
Positions index_names(const std::vector<Settings>& settings, const std::vector<NodeView>& nodes, std::string_view noun) {
  Positions positions;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].name.empty()) continue;
    const auto [first, inserted] = positions.emplace(settings[i].name, i);
    if (inserted) continue;
    const std::string& owner = nodes[first->second].place().pointer();
    member_of(nodes[i], "name")
        .fault(quote(settings[i].name) + ", which is taken", fmt::format("a name that no other {} has; this one is that of {}", noun, owner));
  }
  return positions;
}

// Calls each(position of what is named, node of the reference) and reports references to what is not there.
template <class Each>
void for_each_reference(const std::vector<std::string>& names, const NodeView& owner, std::string_view member, const Positions& positions,
                        std::string_view noun, Each each) {
  if (names.empty()) return;
  const NodeView array = member_of(owner, member);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const NodeView node = array.element(i);
    if (const auto found = positions.find(names[i]); found != positions.end()) each(found->second, node);
    else node.fault(quote(names[i]) + ", which is not there", fmt::format("the name of an {} of this document", noun));
  }
}

void check_api_service(const Config& config, std::size_t position, const NodeView& node, const Positions& servers) {
  Positions server_by_issuer;
  std::unordered_set<std::size_t> seen;
  const auto check_issuers = [&](std::size_t server, const NodeView& reference) {
    // The same server again is a name listed twice, and has been reported as one.
    if (!seen.insert(server).second) return;
    for (const std::string& issuer : config.oauth_servers[server].issuers) {
      if (issuer.empty()) continue;
      const auto [first, inserted] = server_by_issuer.emplace(issuer, server);
      // Nor is an issuer that one server lists twice shared.
      if (inserted || first->second == server) continue;
      reference.fault(fmt::format("{} with the issuer {}, which {} has too", quote(config.oauth_servers[server].name), quote(issuer),
                                  quote(config.oauth_servers[first->second].name)),
                      "OAuth servers of which no two share an issuer");
    }
  };
  for_each_reference(config.api_services[position].oauth_servers, node, "oauth_servers", servers, "OAuth server", check_issuers);
}

}  // namespace

void check_references(const Config& config, const ConfigNodes& nodes) {
  const Positions servers = index_names(config.oauth_servers, nodes.oauth_servers, "OAuth server");
  const Positions services = index_names(config.api_services, nodes.api_services, "API service");
  for (std::size_t i = 0; i < config.api_services.size(); ++i) check_api_service(config, i, nodes.api_services[i], servers);
  if (!config.clients) return;
  const auto is_enough = [](std::size_t, const NodeView&) {};
  for (std::size_t i = 0; i < config.clients->size(); ++i) {
    for_each_reference((*config.clients)[i].api_services, nodes.clients[i], "api_services", services, "API service", is_enough);
  }
}

}  // namespace assay::snapshot
