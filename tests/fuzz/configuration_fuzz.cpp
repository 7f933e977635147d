// A configuration. What is no JSON is refused; a refusal says where and why; what is taken keeps the promises of config.h.
#include "snapshot/config.h"

#include <algorithm>
#include <set>
#include <string>

#include "fuzz/fuzz.h"
#include "jose/pointer.h"
#include "jose/slow_json.h"

namespace {

using namespace assay;

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7F; });
}

template <class T>
std::set<std::string> names_of(const std::vector<T>& list) {
  std::set<std::string> names;
  for (const T& entry : list) CHECK(!entry.name.empty() && names.insert(entry.name).second);
  return names;
}

bool is_path_or_empty(std::string_view text) { return text.empty() || (text.starts_with('/') && text.size() <= base::limits::kPathBytesMax && printable(text)); }

void check_fetching(const snapshot::OAuthServerSettings& server) {
  using namespace base::limits;
  const snapshot::SourceAccess& access = server.key_source.access;
  const snapshot::FetchRules& rules = server.fetch_rules;
  CHECK(server.key_source.is_url() || (access == snapshot::SourceAccess() && rules == snapshot::FetchRules()));
  CHECK(is_path_or_empty(access.ca_file) && is_path_or_empty(access.client_certificate) && is_path_or_empty(access.client_key));
  CHECK(access.client_certificate.empty() == access.client_key.empty());
  CHECK(access.proxy.empty() || (access.proxy.starts_with("http") && access.proxy.find_first_of("@?# ") == std::string::npos));
  CHECK(access.allow_http || !server.key_source.url.starts_with("http:") || server.key_source.url.starts_with("http://127.") || server.key_source.url.starts_with("http://[::1]"));
  CHECK(rules.refresh_min_s >= std::uint64_t{kRefreshMinSecondsMin} && rules.refresh_min_s <= rules.refresh_max_s && rules.refresh_max_s <= std::uint64_t{kRefreshMaxSecondsMax});
  CHECK(rules.stale_max_s >= std::uint64_t{kStaleMaxSecondsMin} && rules.stale_max_s <= std::uint64_t{kStaleMaxSecondsMax});
  CHECK(rules.timeout_ms >= std::uint64_t{kFetchTimeoutMsMin} && rules.timeout_ms <= std::uint64_t{kFetchTimeoutMsMax});
}

void check_server(const snapshot::OAuthServerSettings& server) {
  using namespace base::limits;
  CHECK(!server.issuers.empty() && server.issuers.size() <= kIssuersMax);
  CHECK(server.clock_skew_tolerance_s >= 0 && server.clock_skew_tolerance_s <= kClockSkewSecondsMax);
  CHECK(!server.algorithms.empty() && server.token_type != snapshot::TokenTypeRule::unset);
  CHECK(server.key_source.kind != snapshot::KeySource::Kind::unset);
  CHECK((server.key_source.kind == snapshot::KeySource::Kind::jwks) == (server.key_source.inline_keys != nullptr));
  check_fetching(server);
}

void check_service(const snapshot::ApiServiceSettings& service, const std::set<std::string>& servers) {
  using namespace base::limits;
  CHECK(!service.audiences.empty() && service.audiences.size() <= kAudiencesMax);
  CHECK(std::none_of(service.audiences.begin(), service.audiences.end(), [](const std::string& audience) { return audience.empty(); }));
  CHECK(!service.oauth_servers.empty());
  for (const std::string& server : service.oauth_servers) CHECK(servers.contains(server));
  for (const snapshot::ClaimRule& rule : service.claim_rules) {
    CHECK(jose::PointerView::parse(rule.pointer).has_value() && !rule.any_of.empty());
    for (const snapshot::RuleValue& value : rule.any_of) CHECK(value.kind != snapshot::RuleValue::Kind::unset);
  }
  CHECK(!service.max_token_age_s || *service.max_token_age_s > 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto config = snapshot::parse_config(text);
  if (!config) {
    CHECK(!config.error().empty() && config.error().size() <= base::limits::kConfigFaultsMax + 1);
    for (const snapshot::Fault& fault : config.error()) CHECK(!fault.allowed.empty() && printable(fault.pointer) && printable(fault.found) &&
        printable(fault.allowed));
    return 0;
  }
  const slow::Reading reading = slow::read_json(text, {.limits = {jose::kJsonDepthMax, 1 << 20, 1 << 20}, .duplicates_refused = true});
  CHECK(reading.value && reading.value->kind == slow::Json::Kind::object);
  const std::set<std::string> servers = names_of(config->oauth_servers);
  names_of(config->api_services);
  for (const auto& server : config->oauth_servers) check_server(server);
  for (const auto& service : config->api_services) check_service(service, servers);
  return 0;
}
