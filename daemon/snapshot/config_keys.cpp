// A JWKS may hold anything that somebody has put there by mistake, a private key included: faults name sizes, positions and reasons, never content.
#include "snapshot/config_keys.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "jose/algorithm_names.h"
#include "jose/jwk.h"
#include "snapshot/config_fetch.h"
#include "snapshot/key_url.h"

namespace assay::snapshot {
namespace {

using jose::JsonKind;
namespace limits = base::limits;

constexpr std::string_view kAlgorithmsAllowed = "one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519";

std::string describe_skipped(const jose::Jwks& jwks) {
  if (jwks.skipped.empty()) return "no key at all";
  std::string text = fmt::format("none of {} keys usable", jwks.skipped.size());
  for (const jose::SkippedKey& key : jwks.skipped) text += fmt::format("; keys/{}: {}", key.index, key.reason);
  return cut(text, 400);
}

void refuse_algorithms_without_key(const NodeView& node, const KeySet& keys, const ListedAlgorithms& algorithms) {
  std::vector<const ListedAlgorithms::Entry*> without;
  for (const ListedAlgorithms::Entry& entry : algorithms.entries) {
    if (keys.candidates(std::nullopt, entry.algorithm).count == 0) without.push_back(&entry);
  }
  if (!without.empty() && without.size() == algorithms.entries.size()) {
    node.fault(fmt::format("{} usable keys, none of which fits one of \"algorithms\"", keys.keys().size()), "a key that fits one of \"algorithms\"");
    return;
  }
  for (const ListedAlgorithms::Entry* entry : without) {
    entry->node.fault(describe(entry->node.value()) + ", which no key of \"jwks\" fits", "algorithms that a key of \"jwks\" fits");
  }
}

std::shared_ptr<const KeySet> read_inline_keys(const NodeView& node, const ListedAlgorithms& algorithms, KeySetPool& pool) {
  if (node.value().kind != JsonKind::object) {
    node.fault(describe_kind(node.value()), "a JWK Set (RFC 7517 section 5): an object with an array \"keys\"");
    return nullptr;
  }
  const std::string_view text = node.value().raw;
  if (text.size() > limits::kInlineJwksBytesMax) {
    node.fault(fmt::format("a JWK Set of {} bytes", text.size()), fmt::format("at most {} bytes as written", limits::kInlineJwksBytesMax));
    return nullptr;
  }
  base::Result<jose::Jwks> jwks = jose::parse_jwks(text, pool.materials());
  if (!jwks) {
    node.fault(cut(jwks.error().what, 200), "a JWK Set (RFC 7517 section 5): an object with an array \"keys\"");
    return nullptr;
  }
  if (jwks->keys.empty()) {
    node.fault(describe_skipped(*jwks), "at least one usable public key");
    return nullptr;
  }
  auto keys = pool.intern(std::move(*jwks));
  refuse_algorithms_without_key(node, *keys, algorithms);
  return keys;
}

std::string read_url(const NodeView& node, bool allow_http) {
  const std::string allowed = fmt::format("a string of at most {} characters{}", limits::kUrlBytesMax, kKeyUrlForm);
  if (node.value().kind != JsonKind::string) {
    node.fault(describe_kind(node.value()), allowed);
    return {};
  }
  if (!is_key_url(node.value().string, allow_http)) node.fault(describe_url(node.value().string), allowed);
  return std::string(node.value().string);
}

std::string read_discovery(const NodeView& node, const std::vector<std::string>& issuers, bool allow_http) {
  if (node.value().kind != JsonKind::boolean || !node.value().boolean) node.fault(describe(node.value()), "true; leave it out otherwise");
  if (issuers.size() > 1) node.fault(fmt::format("discovery with {} issuers", issuers.size()), "exactly one issuer beside \"discovery\"");
  if (issuers.size() != 1) return {};
  // A faulty issuer is reported where it stands; an empty one has been.
  if (!issuers[0].empty() && !is_discovery_issuer(issuers[0], allow_http)) {
    node.fault("discovery from the issuer " + describe_url(issuers[0]), fmt::format("an issuer that can be asked{}, and without query", kKeyUrlForm));
  }
  return issuers[0];
}

}  // namespace

ListedAlgorithms read_algorithms(ObjectReader& server) {
  ListedAlgorithms algorithms;
  const std::optional<NodeView> node = server.find("algorithms");
  if (!node) return algorithms;
  algorithms.set = {};
  for (const NodeView& element : read_elements(*node, {1, crypto::kAlgorithmCount}, "algorithms")) {
    const jose::JsonValue& value = element.value();
    const crypto::Algorithm algorithm = value.kind == JsonKind::string ? jose::algorithm_of(value.string) : crypto::Algorithm::unset;
    if (algorithm == crypto::Algorithm::unset) {
      element.refuse(std::string(kAlgorithmsAllowed));
    } else if (algorithms.set.contains(algorithm)) {
      element.fault(describe(value) + ", which stands there already", "each algorithm once (EdDSA and Ed25519 name the same one)");
    } else {
      algorithms.set.insert(algorithm);
      algorithms.entries.push_back({algorithm, element});
    }
  }
  return algorithms;
}

void read_key_source(ObjectReader& server, const ListedAlgorithms& algorithms, KeySetPool& pool, OAuthServerSettings& settings) {
  KeySource& source = settings.key_source;
  const auto found = server.find_one_of({"jwks", "jwks_url", "discovery", "jwks_file"});
  // With sources of both kinds, which is a fault of its own, nobody knows whether these belong.
  if (!found.empty() && std::ranges::all_of(found, [](const auto& one) { return one.first == "jwks" || one.first == "jwks_file"; })) {
    refuse_fetch_members(server);
  } else {
    source.access = read_source_access(server);
    settings.fetch_rules = read_fetch_rules(server);
  }
  for (const auto& [name, node] : found) {
    if (name == "jwks") {
      source.kind = KeySource::Kind::jwks;
      source.inline_keys = read_inline_keys(node, algorithms, pool);
    } else if (name == "jwks_url") {
      source.kind = KeySource::Kind::jwks_url;
      source.url = read_url(node, source.access.allow_http);
    } else if (name == "discovery") {
      source.kind = KeySource::Kind::discovery;
      source.url = read_discovery(node, settings.issuers, source.access.allow_http);
    } else {
      node.refuse(
          "\"jwks\": whoever reads the document from disk (assayctl deploy, assayd --config) puts the content of the file in; daemons take no paths");
    }
  }
}

}  // namespace assay::snapshot
