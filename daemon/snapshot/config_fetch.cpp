// What only whoever fetches can find out (a file that is missing, a proxy that refuses) is no fault here: status has it. A private key may be pasted where its path
// belongs, so that faults name sizes of paths and never show one.
#include "snapshot/config_fetch.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "snapshot/key_url.h"

namespace assay::snapshot {
namespace {

using jose::JsonKind;
namespace limits = base::limits;

constexpr std::string_view kMembers[] = {"ca_file",     "client_certificate", "client_key", "proxy",     "allow_http",
                                         "refresh_min", "refresh_max",        "stale_max",  "timeout_ms"};

constexpr std::string_view kProxyForm = "a URL of scheme http or https, a host and a port alone, such as http://proxy.example:3128";

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= limits::kPathBytesMax &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
}

std::string read_path(const NodeView& node) {
  const std::string allowed = fmt::format("an absolute path of 1 to {} bytes, without control characters", limits::kPathBytesMax);
  if (node.value().kind != JsonKind::string) {
    node.fault(describe_kind(node.value()), allowed);
    return {};
  }
  const std::string_view path = node.value().string;
  if (!is_path(path)) {
    node.fault(fmt::format("a string of {} bytes{}", path.size(), path.starts_with('/') || path.empty() ? "" : " that does not begin with \"/\""), allowed);
  }
  return std::string(path);
}

std::string read_proxy(const NodeView& node) {
  if (node.value().kind != JsonKind::string) {
    node.fault(describe_kind(node.value()), std::string(kProxyForm));
    return {};
  }
  if (!is_proxy_url(node.value().string)) node.fault(describe_url(node.value().string), std::string(kProxyForm));
  return std::string(node.value().string);
}

std::uint64_t read_time(const NodeView& node, const IntegerRule& rule) {
  return static_cast<std::uint64_t>(read_integer(node, rule).value_or(rule.min));
}

}  // namespace

// A faulty value counts as the one that asks least of others, so that nothing else is faulted because of it.
SourceAccess read_source_access(ObjectReader& server) {
  SourceAccess access;
  if (const auto path = server.find("ca_file")) access.ca_file = read_path(*path);
  const auto certificate = server.find("client_certificate");
  const auto key = server.find("client_key");
  if (certificate) access.client_certificate = read_path(*certificate);
  if (key) access.client_key = read_path(*key);
  if (certificate && !key) certificate->fault("no \"client_key\" beside it", "\"client_certificate\" and \"client_key\" together");
  if (key && !certificate) key->fault("no \"client_certificate\" beside it", "\"client_certificate\" and \"client_key\" together");
  if (const auto proxy = server.find("proxy")) access.proxy = read_proxy(*proxy);
  if (const auto allow = server.find("allow_http")) access.allow_http = read_boolean(*allow).value_or(true);
  return access;
}

FetchRules read_fetch_rules(ObjectReader& server) {
  FetchRules rules;
  if (const auto time = server.find("refresh_min")) {
    rules.refresh_min_s = read_time(*time, {limits::kRefreshMinSecondsMin, limits::kRefreshMinSecondsMax, " seconds"});
  }
  if (const auto time = server.find("refresh_max")) {
    const std::optional<std::int64_t> max = read_integer(*time, {limits::kRefreshMinSecondsMin, limits::kRefreshMaxSecondsMax, " seconds"});
    rules.refresh_max_s = max ? static_cast<std::uint64_t>(*max) : rules.refresh_min_s;
    if (rules.refresh_max_s < rules.refresh_min_s) {
      time->fault(fmt::format("{}, where \"refresh_min\" is {}", rules.refresh_max_s, rules.refresh_min_s), "no less than \"refresh_min\"");
    }
  }
  if (const auto time = server.find("stale_max")) {
    rules.stale_max_s = read_time(*time, {limits::kStaleMaxSecondsMin, limits::kStaleMaxSecondsMax, " seconds"});
  }
  if (const auto time = server.find("timeout_ms")) {
    rules.timeout_ms = read_time(*time, {limits::kFetchTimeoutMsMin, limits::kFetchTimeoutMsMax, " milliseconds"});
  }
  return rules;
}

void refuse_fetch_members(ObjectReader& server) {
  for (const std::string_view name : kMembers) {
    if (const auto member = server.find(name)) member->fault("keys that stand in the configuration beside it", "only beside \"jwks_url\" or \"discovery\"");
  }
}

}  // namespace assay::snapshot
