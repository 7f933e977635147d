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

void check_server(const snapshot::OAuthServerSettings& server) {
  using namespace base::limits;
  CHECK(!server.issuers.empty() && server.issuers.size() <= kIssuersMax);
  CHECK(server.clock_skew_tolerance_s >= 0 && server.clock_skew_tolerance_s <= kClockSkewSecondsMax);
  CHECK(!server.algorithms.empty() && server.token_type != snapshot::TokenTypeRule::unset);
  CHECK(server.key_source.kind != snapshot::KeySource::Kind::unset);
  CHECK((server.key_source.kind == snapshot::KeySource::Kind::jwks) == (server.key_source.inline_keys != nullptr));
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
