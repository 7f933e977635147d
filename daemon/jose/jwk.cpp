// Keys come from issuers that do as they please: what does not fit is skipped with a reason that an operator can act on, and the rest serves.
#include "jose/jwk.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/log.h"
#include "jose/algorithm_names.h"
#include "jose/base64url.h"
#include "jose/json_document.h"

namespace assay::jose {
namespace {

using crypto::KeyMaterial;
using crypto::KeyType;

// RFC 7518 sections 6.2.2 and 6.3.2: any of these makes a key private.
constexpr std::array<std::string_view, 7> kPrivateMembers{"d", "p", "q", "dp", "dq", "qi", "oth"};

struct Skip {
  std::string reason;
  bool alarm = false;
};

std::unexpected<Skip> skip(std::string reason) { return std::unexpected(Skip{std::move(reason)}); }

template <class T>
using Outcome = base::Result<T, Skip>;

// The octets of a member that is a strict base64url string (RFC 7518 section 2, Base64urlUInt).
Outcome<std::vector<std::byte>> octets_member(const JsonValue& key, std::string_view name) {
  const JsonValue* value = key.find(name);
  if (value == nullptr || value->kind != JsonKind::string) return skip(fmt::format("`{}` is missing or no string", name));
  auto octets = base64url_decode(value->string);
  if (!octets) return skip(fmt::format("`{}` is not strict base64url", name));
  return std::move(*octets);
}

Outcome<std::shared_ptr<const KeyMaterial>> material_of(base::Result<std::shared_ptr<const KeyMaterial>> made) {
  if (!made) return skip(std::move(made.error().what));
  return std::move(*made);
}

KeyType curve_of(std::string_view kty, std::string_view crv) {
  if (kty == "EC" && crv == "P-256") return KeyType::p256;
  if (kty == "EC" && crv == "P-384") return KeyType::p384;
  if (kty == "EC" && crv == "P-521") return KeyType::p521;
  if (kty == "OKP" && crv == "Ed25519") return KeyType::ed25519;
  return KeyType::unset;
}

Outcome<std::shared_ptr<const KeyMaterial>> read_material(const JsonValue& key, std::string_view kty, crypto::MaterialPool& pool) {
  if (kty == "RSA") {
    auto modulus = octets_member(key, "n");
    if (!modulus) return std::unexpected(modulus.error());
    auto exponent = octets_member(key, "e");
    if (!exponent) return std::unexpected(exponent.error());
    return material_of(pool.rsa(*modulus, *exponent));
  }
  const JsonValue* crv = key.find("crv");
  if (crv == nullptr || crv->kind != JsonKind::string) return skip("`crv` is missing or no string");
  const KeyType type = curve_of(kty, crv->string);
  if (type == KeyType::unset) return skip(fmt::format("`crv` {} is not one that is taken", base::printable(crv->string)));
  auto x = octets_member(key, "x");
  if (!x) return std::unexpected(x.error());
  if (type == KeyType::ed25519) return material_of(pool.ed25519(*x));
  auto y = octets_member(key, "y");
  if (!y) return std::unexpected(y.error());
  return material_of(pool.ec(type, *x, *y));
}

// RFC 7517 sections 4.2 and 4.3: a key that says what it is for is taken for nothing else.
Outcome<bool> check_purpose(const JsonValue& key) {
  if (const JsonValue* use = key.find("use"); use != nullptr) {
    if (use->kind != JsonKind::string || use->string != "sig") return skip("`use` is not sig");
  }
  if (const JsonValue* ops = key.find("key_ops"); ops != nullptr) {
    if (ops->kind != JsonKind::array) return skip("`key_ops` is no array");
    const auto is_verify = [](const JsonValue& op) { return op.kind == JsonKind::string && op.string == "verify"; };
    if (std::none_of(ops->elements.begin(), ops->elements.end(), is_verify)) return skip("`key_ops` does not hold verify");
  }
  return true;
}

Outcome<crypto::AlgorithmSet> permitted_algorithms(const JsonValue& key, KeyType type) {
  const crypto::AlgorithmSet possible = crypto::algorithms_of(type);
  const JsonValue* alg = key.find("alg");
  if (alg == nullptr) return possible;
  if (alg->kind != JsonKind::string) return skip("`alg` is no string");
  crypto::AlgorithmSet named;
  named.insert(algorithm_of(alg->string));
  if (named.empty()) return skip(fmt::format("`alg` {} is not one that is taken", base::printable(alg->string)));
  if ((named & possible).empty()) return skip(fmt::format("`alg` {} does not fit the key", alg->string));
  return named & possible;
}

// RFC 7638 section 3: SHA-256 over the required members in lexicographic order, from the numbers and not from how the document spelt them.
crypto::Sha256Digest thumbprint_of(const KeyMaterial& material) {
  const std::string first = base64url_encode(material.first());
  const std::string second = base64url_encode(material.second());
  const auto ec = [&](std::string_view curve) { return fmt::format(R"({{"crv":"{}","kty":"EC","x":"{}","y":"{}"}})", curve, first, second); };
  std::string json;
  switch (material.type()) {
    case KeyType::rsa: json = fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})", second, first); break;
    case KeyType::p256: json = ec("P-256"); break;
    case KeyType::p384: json = ec("P-384"); break;
    case KeyType::p521: json = ec("P-521"); break;
    case KeyType::ed25519: json = fmt::format(R"({{"crv":"Ed25519","kty":"OKP","x":"{}"}})", first); break;
    case KeyType::unset: CHECK(false);
  }
  return crypto::sha256(base::as_bytes(json));
}

// Each part has a fixed size or its length before it, so that no two contents have one encoding.
KeyId id_of(const VerificationKey& key) {
  std::string content = key.kid ? fmt::format("kid {} {}", key.kid->size(), *key.kid) : "no kid";
  content += fmt::format(" algorithms {:04x} material ", key.algorithms.bits());
  content += base::as_text(key.material->fingerprint());
  const crypto::Sha256Digest digest = crypto::sha256(base::as_bytes(content));
  KeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

Outcome<VerificationKey> read_key(const JsonValue& entry, crypto::MaterialPool& pool) {
  if (entry.kind != JsonKind::object) return skip(fmt::format("{}, where a JWK is an object", name_of(entry.kind)));
  const JsonValue* kty = entry.find("kty");
  const bool symmetric = kty != nullptr && kty->kind == JsonKind::string && kty->string == "oct";
  if (symmetric) return std::unexpected(Skip{"a symmetric key (kty oct) was published", true});
  for (const std::string_view member : kPrivateMembers) {
    if (entry.find(member) != nullptr) return std::unexpected(Skip{fmt::format("a private key was published (it has `{}`)", member), true});
  }
  for (const JsonMember& member : entry.members) {
    if (member.duplicate) return skip(fmt::format("member {} stands twice", base::printable(member.name)));
  }
  if (kty == nullptr || kty->kind != JsonKind::string) return skip("`kty` is missing or no string");
  if (kty->string != "RSA" && kty->string != "EC" && kty->string != "OKP") return skip(fmt::format("`kty` {} is not one that is taken", base::printable(kty->string)));

  VerificationKey key;
  if (const JsonValue* kid = entry.find("kid"); kid != nullptr) {
    if (kid->kind != JsonKind::string) return skip("`kid` is no string");
    if (kid->string.size() > base::limits::kKidBytesMax) return skip(fmt::format("`kid` has {} bytes; {} are taken", kid->string.size(), base::limits::kKidBytesMax));
    key.kid = std::string(kid->string);
  }
  if (auto purpose = check_purpose(entry); !purpose) return std::unexpected(purpose.error());
  auto material = read_material(entry, kty->string, pool);
  if (!material) return std::unexpected(material.error());
  key.material = std::move(*material);
  auto algorithms = permitted_algorithms(entry, key.material->type());
  if (!algorithms) return std::unexpected(algorithms.error());
  key.algorithms = *algorithms;
  key.thumbprint = thumbprint_of(*key.material);
  key.id = id_of(key);
  return key;
}

}  // namespace

base::Result<Jwks> parse_jwks(std::string_view text) {
  crypto::MaterialPool pool;
  return parse_jwks(text, pool);
}

base::Result<Jwks> parse_jwks(std::string_view text, crypto::MaterialPool& pool) {
  const auto document = JsonDocument::parse(text);
  if (!document) return base::fail(fmt::format("not JSON: line {}, column {}: {}", document.error().line, document.error().column, document.error().reason));
  const JsonValue& root = document->root();
  if (root.kind != JsonKind::object) return base::fail(fmt::format("{}, where a JWK Set is an object", name_of(root.kind)));
  for (const JsonMember& member : root.members) {
    if (member.duplicate) return base::fail(fmt::format("member {} stands twice", base::printable(member.name)));
  }
  const JsonValue* keys = root.find("keys");
  if (keys == nullptr || keys->kind != JsonKind::array) return base::fail("an object without the array `keys` of a JWK Set");

  if (keys->elements.size() > base::limits::kJwksKeysMax) {
    return base::fail(fmt::format("{} keys, where a JWK Set has at most {}", keys->elements.size(), base::limits::kJwksKeysMax));
  }

  Jwks jwks;
  for (std::size_t i = 0; i < keys->elements.size(); ++i) {
    const JsonValue& entry = keys->elements[i];
    auto key = read_key(entry, pool);
    if (key) {
      jwks.keys.push_back(std::move(*key));
      continue;
    }
    SkippedKey skipped{.index = i, .kid = std::nullopt, .reason = std::move(key.error().reason), .alarm = key.error().alarm};
    if (const JsonValue* kid = entry.find("kid"); kid != nullptr && kid->kind == JsonKind::string) skipped.kid = std::string(kid->string.substr(0, base::limits::kKidBytesMax));
    jwks.skipped.push_back(std::move(skipped));
  }
  return jwks;
}

}  // namespace assay::jose
