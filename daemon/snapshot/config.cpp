// The document from its root: which members there are, and what each may be. docs/CONFIGURATION.md and schema/config.schema.json say the same for
// people and for editors; tests/snapshot/schema_test.cpp holds the three together.
#include "snapshot/config.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "jose/json_document.h"
#include "jose/pointer.h"
#include "snapshot/config_keys.h"
#include "snapshot/config_references.h"
#include "snapshot/fault_list.h"

namespace assay::snapshot {
namespace {

using jose::JsonKind;
namespace limits = base::limits;

// The most that `daemon.limits` may ask for. Connections: descriptors of one process, with room to spare below systemd's hard limit of 524,288.
constexpr std::int64_t kConnectionsLimitMax = 65'536;
static_assert((limits::kOAuthServersLimitMax + limits::kApiServicesLimitMax) * 2048 <= limits::kControlFrameBytesMax);

constexpr TextRule kName{1, limits::kNameCodePointsMax};

// RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
bool is_scope_token(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}
constexpr TextRule kScope{1, limits::kScopeBytesMax, ", printable ASCII without blanks, quotation marks and backslashes (RFC 6749 section 3.3)",
                          is_scope_token};

bool is_pointer(std::string_view text) { return jose::PointerView::parse(text).has_value(); }
constexpr TextRule kPointer{1, limits::kPointerBytesMax, ", a JSON pointer (RFC 6901) such as /tenant", is_pointer};

// Names of the host's accounts: what a line of passwd(5) or group(5) could not hold would be looked up as something else.
bool is_account(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F || c == ':'; });
}
constexpr TextRule kAccount{1, limits::kNameCodePointsMax, ", without colons and control characters", is_account};

// 2^32 - 1 means no id at all (chown(2)).
constexpr IntegerRule kAccountId{0, 4'294'967'294};

TokenTypeRule read_token_type(ObjectReader& server) {
  const std::optional<NodeView> node = server.find("token_type");
  if (!node) return TokenTypeRule::jwt;
  if (node->value().kind == JsonKind::string) {
    if (node->value().string == "any") return TokenTypeRule::any;
    if (node->value().string == "jwt") return TokenTypeRule::jwt;
    if (node->value().string == "at+jwt") return TokenTypeRule::at_jwt;
  }
  node->refuse("one of any, jwt, at+jwt");
  return TokenTypeRule::unset;
}

OAuthServerSettings read_oauth_server(const NodeView& node, KeySetPool& pool) {
  OAuthServerSettings settings;
  ObjectReader server(node);
  if (const auto name = server.require("name")) settings.name = read_text(*name, kName);
  if (const auto text = server.find("description")) settings.description = read_text(*text, {0, limits::kDescriptionCodePointsMax});
  if (const auto issuers = server.require("issuers")) {
    settings.issuers = read_texts(*issuers, {1, limits::kIssuersMax}, {1, limits::kIssuerBytesMax}, "issuers");
  }
  if (const auto skew = server.find("clock_skew_tolerance")) {
    settings.clock_skew_tolerance_s = read_integer(*skew, {0, limits::kClockSkewSecondsMax, " seconds"}).value_or(0);
  }
  settings.token_type = read_token_type(server);
  const ListedAlgorithms algorithms = read_algorithms(server);
  settings.algorithms = algorithms.set;
  read_key_source(server, algorithms, pool, settings);
  return settings;
}

std::optional<RuleValue> read_rule_value(const NodeView& node) {
  const jose::JsonValue& value = node.value();
  if (value.kind == JsonKind::string) return RuleValue{RuleValue::Kind::string, read_text(node, {0, limits::kClaimRuleStringBytesMax})};
  if (value.kind == JsonKind::boolean) return RuleValue{RuleValue::Kind::boolean, value.boolean ? "true" : "false"};
  const bool is_integer = value.kind == JsonKind::number && value.raw.find_first_of(".eE") == std::string_view::npos;
  if (is_integer && value.raw.size() <= limits::kClaimRuleStringBytesMax) return RuleValue{RuleValue::Kind::integer, std::string(value.raw)};
  node.refuse("a string, an integer without fraction or exponent, true or false");
  return std::nullopt;
}

ClaimRule read_claim_rule(const NodeView& node) {
  ClaimRule settings;
  ObjectReader rule(node);
  if (const auto claim = rule.require("claim")) settings.pointer = read_text(*claim, kPointer);
  if (const auto any_of = rule.require("any_of")) {
    std::unordered_set<std::string> seen;
    for (const NodeView& element : read_elements(*any_of, {1, limits::kClaimRuleValuesMax}, "values")) {
      std::optional<RuleValue> value = read_rule_value(element);
      if (!value) continue;
      // A string is not the number or boolean that it spells.
      const std::string key = (value->kind == RuleValue::Kind::string ? "\"" : "") + value->text;
      if (!seen.insert(key).second) element.fault(describe(element.value()) + ", which stands there already", "values, each once");
      settings.any_of.push_back(*std::move(value));
    }
  }
  return settings;
}

ApiServiceSettings read_api_service(const NodeView& node) {
  ApiServiceSettings settings;
  ObjectReader service(node);
  if (const auto name = service.require("name")) settings.name = read_text(*name, kName);
  if (const auto audiences = service.require("audiences")) {
    settings.audiences = read_texts(*audiences, {1, limits::kAudiencesMax}, {1, limits::kAudienceBytesMax}, "audiences");
  }
  if (const auto servers = service.require("oauth_servers")) {
    settings.oauth_servers = read_texts(*servers, {1, limits::kServersPerApiServiceMax}, kName, "names of OAuth servers");
  }
  if (const auto scopes = service.find("required_scopes")) settings.required_scopes = read_texts(*scopes, {0, limits::kScopesMax}, kScope, "scopes");
  if (const auto rules = service.find("claim_rules")) {
    for (const NodeView& rule : read_elements(*rules, {0, limits::kClaimRulesMax}, "claim rules")) {
      settings.claim_rules.push_back(read_claim_rule(rule));
    }
  }
  if (const auto age = service.find("max_token_age")) settings.max_token_age_s = read_integer(*age, {1, limits::kTokenAgeSecondsMax, " seconds"});
  return settings;
}

ControlRight read_control_right(const NodeView& node) {
  if (node.value().kind == JsonKind::string) {
    if (node.value().string == "read") return ControlRight::read;
    if (node.value().string == "write") return ControlRight::write;
  }
  node.refuse("one of read, write");
  return ControlRight::none;
}

ClientSettings read_client(const NodeView& node, std::size_t api_services_max) {
  ClientSettings settings;
  ObjectReader client(node);
  const auto read_id = [](const NodeView& id) -> std::optional<std::uint32_t> {
    const std::optional<std::int64_t> value = read_integer(id, kAccountId);
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
  };
  for (const auto& [name, who] : client.find_one_of({"user", "uid", "group", "gid"})) {
    if (name == "user") settings.user = read_text(who, kAccount);
    else if (name == "uid") settings.uid = read_id(who);
    else if (name == "group") settings.group = read_text(who, kAccount);
    else settings.gid = read_id(who);
  }
  const auto services = client.find("api_services");
  if (services) settings.api_services = read_texts(*services, {1, api_services_max}, kName, "names of API services");
  const auto control = client.find("control");
  if (control) settings.control = read_control_right(*control);
  if (!services && !control && node.value().kind == JsonKind::object) node.fault("neither \"api_services\" nor \"control\"", "one of the two, or both");
  return settings;
}

DaemonLimits read_limits(const NodeView& node) {
  DaemonLimits read;
  ObjectReader members(node);
  const auto read_limit = [&](std::string_view name, std::int64_t max, std::size_t& limit) {
    // A faulty limit limits nothing, so that the rest of the document is not faulted because of it.
    if (const auto member = members.find(name)) limit = static_cast<std::size_t>(read_integer(*member, {1, max}).value_or(max));
  };
  read_limit("connections", kConnectionsLimitMax, read.connections);
  read_limit("connections_per_uid", kConnectionsLimitMax, read.connections_per_uid);
  read_limit("tokens_per_request", limits::kTokensPerRequestMax, read.tokens_per_request);
  read_limit("request_age_ms", limits::kRequestAgeMsMax, read.request_age_ms);
  read_limit("oauth_servers", limits::kOAuthServersLimitMax, read.oauth_servers);
  read_limit("api_services", limits::kApiServicesLimitMax, read.api_services);
  return read;
}

crypto::EngineChoice read_engine(const NodeView& node) {
  const auto choice = node.value().kind == JsonKind::string ? crypto::engine_choice(node.value().string) : std::nullopt;
  if (!choice) node.refuse("one of auto, ifma, simd, scalar, reference");
  return choice.value_or(crypto::EngineChoice::automatic);
}

crypto::CrossCheckMode read_cross_check(const NodeView& node) {
  const auto mode = node.value().kind == JsonKind::string ? crypto::cross_check_mode(node.value().string) : std::nullopt;
  if (!mode) node.refuse("one of off, sample, inline");
  return mode.value_or(crypto::CrossCheckMode::sample);
}

DaemonConfig read_daemon(ObjectReader& root) {
  DaemonConfig read;
  const std::optional<NodeView> node = root.find("daemon");
  if (!node) return read;
  ObjectReader daemon(*node);
  if (const auto engine = daemon.find("engine")) read.engine = read_engine(*engine);
  if (const auto mode = daemon.find("cross_check")) read.cross_check = read_cross_check(*mode);
  if (const auto percent = daemon.find("cross_check_percent")) {
    read.cross_check_percent = static_cast<unsigned>(read_integer(*percent, {1, 100, " percent"}).value_or(1));
  }
  if (const auto budget = daemon.find("key_table_budget")) {
    read.key_table_budget_bytes = static_cast<std::uint64_t>(read_integer(*budget, {0, limits::kKeyTableBudgetBytesMax, " bytes"}).value_or(0));
  }
  if (const auto budget = daemon.find("token_cache_budget")) {
    read.token_cache_budget_bytes = static_cast<std::uint64_t>(read_integer(*budget, {0, limits::kTokenCacheBudgetBytesMax, " bytes"}).value_or(0));
  }
  if (const auto limits = daemon.find("limits")) read.limits = read_limits(*limits);
  return read;
}

void read_root(const NodeView& node, KeySetPool& pool, Config& config, ConfigNodes& nodes) {
  ObjectReader root(node);
  config.daemon = read_daemon(root);
  if (const auto servers = root.require("oauth_servers")) {
    nodes.oauth_servers = read_elements(*servers, {0, config.daemon.limits.oauth_servers}, "OAuth servers (daemon.limits.oauth_servers)");
    for (const NodeView& server : nodes.oauth_servers) config.oauth_servers.push_back(read_oauth_server(server, pool));
  }
  if (const auto services = root.require("api_services")) {
    nodes.api_services = read_elements(*services, {0, config.daemon.limits.api_services}, "API services (daemon.limits.api_services)");
    for (const NodeView& service : nodes.api_services) config.api_services.push_back(read_api_service(service));
  }
  if (const auto clients = root.find("clients")) {
    config.clients.emplace();
    nodes.clients = read_elements(*clients, {0, limits::kClientsMax}, "clients");
    for (const NodeView& client : nodes.clients) config.clients->push_back(read_client(client, config.daemon.limits.api_services));
  }
}

Fault describe_error(const jose::JsonError& error) {
  const std::string where = fmt::format("line {}, column {}", error.line, error.column);
  if (error.fault == jose::JsonFault::too_complex) {
    return {"", fmt::format("{}: {}", where, error.reason),
            fmt::format("at most {} levels and {} members", jose::kJsonDepthMax, limits::kDocumentMembersMax)};
  }
  return {"", fmt::format("{}: not JSON: {}", where, error.reason), "a JSON text (RFC 8259) in UTF-8 without byte order mark and comments"};
}

}  // namespace

base::Result<Config, std::vector<Fault>> parse_config(std::string_view document) {
  KeySetPool pool;
  return parse_config(document, pool);
}

base::Result<Config, std::vector<Fault>> parse_config(std::string_view document, KeySetPool& pool) {
  if (document.size() > limits::kConfigBytesMax) {
    return std::unexpected(
        std::vector{Fault{"", fmt::format("{} bytes", document.size()), fmt::format("at most {} bytes", limits::kConfigBytesMax)}});
  }
  const auto json = jose::JsonDocument::parse(document);
  if (!json) return std::unexpected(std::vector{describe_error(json.error())});

  FaultList faults;
  const NodeView root(json->root(), {}, faults);
  Config config;
  ConfigNodes nodes;
  refuse_duplicates(root);
  read_root(root, pool, config, nodes);
  check_references(config, nodes);
  if (!faults.empty()) return std::unexpected(std::move(faults).take());
  return config;
}

}  // namespace assay::snapshot
