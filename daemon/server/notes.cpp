// One line for each kind of thing, with all the names: whoever asked for the change reads it once, and may have asked for too much or too little.
#include "server/notes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/log.h"

namespace assay::server {
namespace {

// names(...): "a, b", made safe for a terminal.
std::string names(const std::set<std::string_view>& all) {
  std::string text;
  for (const std::string_view name : all) text += (text.empty() ? "" : ", ") + base::printable(name);
  return text;
}

// from_next_start(changes): the members of `daemon` among them that a running daemon does not take up.
std::string from_next_start(std::span<const snapshot::Change> changes) {
  static constexpr std::array<std::string_view, 4> kAtStart{"engine", "cross_check", "cross_check_percent", "token_cache_budget"};
  std::set<std::string_view> members;
  for (const snapshot::Change& change : changes) {
    if (change.subject != snapshot::Change::Subject::daemon) continue;
    for (const std::string& member : change.details) {
      if (std::ranges::find(kAtStart, member) != kAtStart.end()) members.insert(member);
    }
  }
  return names(members);
}

}  // namespace

std::vector<std::string> notes_on(const State& state, std::span<const snapshot::Change> changes) {
  const snapshot::Deployment& deployment = state.in_force();
  std::set<std::string_view> used, without_keys, idle, closed;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    for (const auto& server : service.oauth_servers) {
      used.insert(server->name);
      const auto& source = server->key_source;
      if (source.is_url() && !state.sources.contains(snapshot::source_id(source))) without_keys.insert(server->name);
    }
  }
  for (const auto& server : deployment.newest->oauth_servers) {
    if (!used.contains(server->name)) idle.insert(server->name);
  }
  if (const auto& clients = deployment.base->clients) {
    std::set<std::string_view> open;
    for (const auto& client : *clients) open.insert(client.api_services.begin(), client.api_services.end());
    for (const snapshot::DeployedService& service : deployment.api_services) {
      if (!open.contains(service.settings->name)) closed.insert(service.settings->name);
    }
  }
  std::vector<std::string> notes;
  if (!without_keys.empty()) notes.push_back("no keys are at hand, and tokens are unavailable until assay-fetch or `assayctl push-keys` brings some, of OAuth servers: " + names(without_keys));
  if (!idle.empty()) notes.push_back("no API service uses, so that they are not in force, OAuth servers: " + names(idle));
  if (!closed.empty()) notes.push_back("no entry of clients opens API services: " + names(closed));
  if (deployment.kind == snapshot::DeploymentKind::staged) {
    constexpr std::string_view kNotInForce = "in force: a deploy of some API services leaves them as they are";
    if (deployment.base->clients != deployment.newest->clients) notes.push_back(fmt::format("the document's clients are not {}", kNotInForce));
    if (!(deployment.base->daemon == deployment.newest->daemon)) notes.push_back(fmt::format("the document's settings of the daemon are not {}", kNotInForce));
  }
  if (const std::string members = from_next_start(changes); !members.empty()) notes.push_back("count from the next start of assayd on, of daemon: " + members);
  return notes;
}

std::vector<snapshot::Fault> check_withheld(const snapshot::Deployment& deployment, std::vector<std::string>& notes) {
  for (const snapshot::Withheld& withheld : deployment.withheld) {
    notes.push_back(fmt::format("withdrawn since, and not brought back, of OAuth server {}: {}", base::printable(withheld.oauth_server),
                                    snapshot::kids_withheld(withheld, deployment.documents)));
  }
  std::set<std::string_view> empty;
  for (const snapshot::DeployedService& service : deployment.api_services) {
    for (const auto& server : service.oauth_servers) {
      const auto& keys = server->key_source.inline_keys;
      if (keys != nullptr && keys->keys().empty()) empty.insert(server->name);
    }
  }
  if (empty.empty()) return {};
  return {{"", "no key left of OAuth servers " + names(empty) + ": all that the deployment has were withdrawn since, and a rollback brings none back",
           "a deploy of the document that is meant, which says its keys"}};
}

}  // namespace assay::server
