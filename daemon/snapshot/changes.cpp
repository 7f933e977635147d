// Two maps by name are compared for each kind of thing; what both have and is the same object needs no second look.
#include "snapshot/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "jose/base64url.h"

namespace assay::snapshot {
namespace {

using Kind = Change::Kind;
using Subject = Change::Subject;

void differs(bool does, std::string_view member, std::vector<std::string>& members) {
  if (does && std::ranges::find(members, member) == members.end()) members.emplace_back(member);
}

void compare(const SourceAccess& a, const SourceAccess& b, std::vector<std::string>& members) {
  differs(a.ca_file != b.ca_file, "ca_file", members);
  differs(a.client_certificate != b.client_certificate, "client_certificate", members);
  differs(a.client_key != b.client_key, "client_key", members);
  differs(a.proxy != b.proxy, "proxy", members);
  differs(a.allow_http != b.allow_http, "allow_http", members);
}

void compare(const FetchRules& a, const FetchRules& b, std::vector<std::string>& members) {
  differs(a.refresh_min_s != b.refresh_min_s, "refresh_min", members);
  differs(a.refresh_max_s != b.refresh_max_s, "refresh_max", members);
  differs(a.stale_max_s != b.stale_max_s, "stale_max", members);
  differs(a.timeout_ms != b.timeout_ms, "timeout_ms", members);
}

void compare(const OAuthServerSettings& a, const OAuthServerSettings& b, std::vector<std::string>& members) {
  differs(a.description != b.description, "description", members);
  differs(a.issuers != b.issuers, "issuers", members);
  const bool same_source = a.key_source.kind == b.key_source.kind && a.key_source.url == b.key_source.url;
  differs(!same_source, "key source", members);
  differs(same_source && a.key_source.kind == KeySource::Kind::jwks && !(a.key_source == b.key_source), "jwks", members);
  compare(a.key_source.access, b.key_source.access, members);
  compare(a.fetch_rules, b.fetch_rules, members);
  differs(a.clock_skew_tolerance_s != b.clock_skew_tolerance_s, "clock_skew_tolerance", members);
  differs(a.algorithms != b.algorithms, "algorithms", members);
  differs(a.token_type != b.token_type, "token_type", members);
}

std::vector<std::string> compare(const DeployedService& a, const DeployedService& b) {
  std::vector<std::string> members;
  differs(a.settings->audiences != b.settings->audiences, "audiences", members);
  differs(a.settings->oauth_servers != b.settings->oauth_servers, "oauth_servers", members);
  differs(a.settings->required_scopes != b.settings->required_scopes, "required_scopes", members);
  differs(a.settings->claim_rules != b.settings->claim_rules, "claim_rules", members);
  differs(a.settings->max_token_age_s != b.settings->max_token_age_s, "max_token_age", members);
  for (const OAuthServerPointer& server : a.oauth_servers) {
    const auto other = std::ranges::find_if(b.oauth_servers, [&](const OAuthServerPointer& one) { return one->name == server->name; });
    if (other != b.oauth_servers.end()) differs(*other != server && !(**other == *server), "settings of OAuth server " + base::printable(server->name), members);
  }
  return members;
}

using Services = std::map<std::string_view, const DeployedService*>;
// Versions: of each OAuth server, those in force. Keys: likewise, by id.
using Versions = std::map<std::string_view, std::vector<const OAuthServerSettings*>>;
using Keys = std::map<std::string_view, std::map<jose::KeyId, const jose::VerificationKey*>>;

Services services_of(const Deployment& deployment) {
  Services services;
  for (const DeployedService& service : deployment.api_services) services.emplace(service.settings->name, &service);
  return services;
}

Versions versions_of(const Deployment& deployment) {
  Versions versions;
  std::set<const OAuthServerSettings*> seen;
  for (const DeployedService& service : deployment.api_services) {
    for (const OAuthServerPointer& server : service.oauth_servers) {
      if (seen.insert(server.get()).second) versions[server->name].push_back(server.get());
    }
  }
  return versions;
}

Keys keys_of(const Versions& versions, const KeySources& sources) {
  Keys keys;
  for (const auto& [name, all] : versions) {
    for (const OAuthServerSettings* server : all) {
      const KeySet* set = server->key_source.inline_keys.get();
      if (server->key_source.is_url()) {
        const auto held = sources.find(source_id(server->key_source));
        set = held == sources.end() ? nullptr : held->second->keys.get();
      }
      if (set == nullptr) continue;
      for (const jose::VerificationKey& key : set->keys()) keys[name].emplace(key.id, &key);
    }
  }
  return keys;
}

bool same(const std::vector<const OAuthServerSettings*>& a, const std::vector<const OAuthServerSettings*>& b) {
  const auto all_in = [](const auto& some, const auto& others) {
    return std::ranges::all_of(some, [&](const auto* one) { return std::ranges::any_of(others, [&](const auto* other) { return one == other || *one == *other; }); });
  };
  return all_in(a, b) && all_in(b, a);
}

void compare_services(const Deployment& before, const Deployment& after, std::vector<Change>& out) {
  const Services old = services_of(before);
  const Services now = services_of(after);
  for (const auto& [name, service] : now) {
    const auto found = old.find(name);
    if (found == old.end()) {
      out.push_back({Subject::api_service, Kind::added, std::string(name), {}, {}});
    } else if (auto members = compare(*found->second, *service); !members.empty()) {
      out.push_back({Subject::api_service, Kind::altered, std::string(name), {}, std::move(members)});
    }
  }
  for (const auto& [name, service] : old) {
    if (!now.contains(name)) out.push_back({Subject::api_service, Kind::removed, std::string(name), {}, {}});
  }
}

void compare_servers(const Versions& old, const Versions& now, std::vector<Change>& out) {
  for (const auto& [name, versions] : now) {
    const auto found = old.find(name);
    if (found == old.end()) {
      out.push_back({Subject::oauth_server, Kind::added, std::string(name), {}, {}});
    } else if (!same(found->second, versions)) {
      std::vector<std::string> members;
      for (const auto* a : found->second) {
        for (const auto* b : versions) compare(*a, *b, members);
      }
      out.push_back({Subject::oauth_server, Kind::altered, std::string(name), {}, std::move(members)});
    }
  }
  for (const auto& [name, versions] : old) {
    if (!now.contains(name)) out.push_back({Subject::oauth_server, Kind::removed, std::string(name), {}, {}});
  }
}

Change of_key(Kind kind, std::string_view server, const jose::VerificationKey& key) {
  return {Subject::key, kind, std::string(server), key.kid, {key.material->describe(), jose::base64url_encode(key.thumbprint)}};
}

// Of one OAuth server. A kid that exactly one key lost and exactly one key got is one key altered.
void compare_keys(std::string_view server, const std::map<jose::KeyId, const jose::VerificationKey*>& old,
                  const std::map<jose::KeyId, const jose::VerificationKey*>& now, std::vector<Change>& out) {
  struct Moved {
    std::vector<const jose::VerificationKey*> lost;
    std::vector<const jose::VerificationKey*> got;
  };
  std::map<std::optional<std::string>, Moved> by_kid;
  for (const auto& [id, key] : old) {
    if (!now.contains(id)) by_kid[key->kid].lost.push_back(key);
  }
  for (const auto& [id, key] : now) {
    if (!old.contains(id)) by_kid[key->kid].got.push_back(key);
  }
  for (const auto& [kid, moved] : by_kid) {
    if (kid && moved.lost.size() == 1 && moved.got.size() == 1) {
      out.push_back(of_key(Kind::altered, server, *moved.got.front()));
      continue;
    }
    for (const auto* key : moved.got) out.push_back(of_key(Kind::added, server, *key));
    for (const auto* key : moved.lost) out.push_back(of_key(Kind::removed, server, *key));
  }
}

std::vector<std::string> altered_members(const DaemonConfig& before, const DaemonConfig& after) {
  std::vector<std::string> members;
  if (before.engine != after.engine) members.push_back("engine");
  if (before.cross_check != after.cross_check) members.push_back("cross_check");
  if (before.cross_check_percent != after.cross_check_percent) members.push_back("cross_check_percent");
  if (before.key_table_budget_bytes != after.key_table_budget_bytes) members.push_back("key_table_budget");
  if (before.token_cache_budget_bytes != after.token_cache_budget_bytes) members.push_back("token_cache_budget");
  if (!(before.limits == after.limits)) members.push_back("limits");
  return members;
}

}  // namespace

std::string describe(const Change& change) {
  static constexpr std::array<std::string_view, 4> kKinds{"?", "+", "-", "~"};
  static constexpr std::array<std::string_view, 6> kSubjects{"?", "API service", "OAuth server", "key", "clients", "daemon"};
  std::string text = fmt::format("{} {}", kKinds[static_cast<std::size_t>(change.kind)], kSubjects[static_cast<std::size_t>(change.subject)]);
  if (change.subject == Subject::key) text += change.kid ? " " + base::printable(*change.kid) + " of" : " without kid of";
  if (!change.name.empty()) text += " " + base::printable(change.name);
  std::string details;
  for (const std::string& detail : change.details) details += (details.empty() ? "" : ", ") + detail;
  if (!details.empty()) text += " (" + details + ")";
  return text;
}

std::vector<Change> changes(const InForceView& before, const InForceView& after) {
  std::vector<Change> out;
  compare_services(before.deployment, after.deployment, out);
  const Versions old_versions = versions_of(before.deployment);
  const Versions versions = versions_of(after.deployment);
  compare_servers(old_versions, versions, out);
  Keys old_keys = keys_of(old_versions, before.sources);
  const Keys keys = keys_of(versions, after.sources);
  for (const auto& [name, of_server] : keys) compare_keys(name, old_keys[name], of_server, out);
  for (const auto& [name, of_server] : old_keys) {
    if (!keys.contains(name)) compare_keys(name, of_server, {}, out);
  }
  if (before.deployment.base->clients != after.deployment.base->clients) out.push_back({Subject::clients, Kind::altered, {}, {}, {}});
  const std::vector<std::string> altered = altered_members(before.deployment.base->daemon, after.deployment.base->daemon);
  if (!altered.empty()) out.push_back({Subject::daemon, Kind::altered, {}, {}, altered});
  return out;
}

}  // namespace assay::snapshot
