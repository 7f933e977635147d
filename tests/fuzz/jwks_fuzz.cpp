// A JWK Set. The slow reader says whether it is one and which entries publish a secret; a key that is taken must come back the same from a JWK
// written anew.
#include "jose/jwk.h"

#include <algorithm>
#include <string>

#include "fuzz/fuzz.h"
#include "jose/algorithm_names.h"
#include "jose/base64url.h"
#include "jose/slow_json.h"

namespace {

using namespace assay;
using slow::Json;

bool has_duplicates(const Json& object) {
  for (std::size_t i = 0; i < object.members.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (object.members[i].name == object.members[k].name) return true;
    }
  }
  return false;
}

const Json* member(const Json& object, std::string_view name) {
  for (const auto& [known, value] : object.members) {
    if (known == name) return &value;
  }
  return nullptr;
}

bool publishes_secret(const Json& entry) {
  for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    if (member(entry, name) != nullptr) return true;
  }
  const Json* kty = member(entry, "kty");
  return kty != nullptr && kty->string == "oct";
}

std::string quoted(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || c == '"' || c == '\\') out.append("\\u00") += {kDigits[octet >> 4], kDigits[octet & 0xF]};
    else out += c;
  }
  return out + "\"";
}

// The key as a JWK of the members that its id is made of.
std::string written_anew(const jose::VerificationKey& key) {
  const std::string first = "\"" + jose::base64url_encode(key.material->first()) + "\"";
  const std::string second = "\"" + jose::base64url_encode(key.material->second()) + "\"";
  std::string jwk = "{";
  switch (key.material->type()) {
    case crypto::KeyType::rsa: jwk += R"("kty":"RSA","n":)" + first + ",\"e\":" + second; break;
    case crypto::KeyType::p256: jwk += R"("kty":"EC","crv":"P-256","x":)" + first + ",\"y\":" + second; break;
    case crypto::KeyType::p384: jwk += R"("kty":"EC","crv":"P-384","x":)" + first + ",\"y\":" + second; break;
    case crypto::KeyType::p521: jwk += R"("kty":"EC","crv":"P-521","x":)" + first + ",\"y\":" + second; break;
    case crypto::KeyType::ed25519: jwk += R"("kty":"OKP","crv":"Ed25519","x":)" + first; break;
    case crypto::KeyType::unset: CHECK(false);
  }
  if (key.kid) jwk += ",\"kid\":" + quoted(*key.kid);
  if (key.algorithms != crypto::algorithms_of(key.material->type())) {
    std::size_t named = 0;
    for (std::size_t i = 1; i <= crypto::kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<crypto::Algorithm>(i);
      if (!key.algorithms.contains(algorithm)) continue;
      jwk += ",\"alg\":" + quoted(jose::name_of(algorithm));
      ++named;
    }
    CHECK(named == 1);
  }
  return "{\"keys\":[" + jwk + "}]}";
}

void check_key(const jose::VerificationKey& key) {
  CHECK(key.material != nullptr && !key.algorithms.empty());
  CHECK((key.algorithms & crypto::algorithms_of(key.material->type())) == key.algorithms);
  const auto again = jose::parse_jwks(written_anew(key));
  CHECK(again.has_value() && again->keys.size() == 1);
  CHECK(again->keys[0].id == key.id && again->keys[0].thumbprint == key.thumbprint && again->keys[0].kid == key.kid);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto jwks = jose::parse_jwks(text);
  const slow::Reading reading = slow::read_json(text, {.limits = {jose::kJsonDepthMax, 1 << 20, 1 << 20}, .duplicates_refused = false});
  const bool is_object = reading.value && reading.value->kind == Json::Kind::object && !has_duplicates(*reading.value);
  const Json* keys = is_object ? member(*reading.value, "keys") : nullptr;
  CHECK(jwks.has_value() == (keys != nullptr && keys->kind == Json::Kind::array && keys->elements.size() <= base::limits::kJwksKeysMax));
  if (!jwks) {
    CHECK(!jwks.error().what.empty());
    return 0;
  }
  CHECK(jwks->keys.size() + jwks->skipped.size() == keys->elements.size());
  std::size_t secrets = 0;
  for (const Json& entry : keys->elements) secrets += publishes_secret(entry) ? 1U : 0U;
  std::size_t alarms = 0;
  for (const jose::SkippedKey& skipped : jwks->skipped) {
    CHECK(skipped.index < keys->elements.size() && !skipped.reason.empty() && skipped.reason.size() < 300);
    CHECK(std::all_of(skipped.reason.begin(), skipped.reason.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    alarms += skipped.alarm ? 1U : 0U;
  }
  CHECK(alarms == secrets);
  for (const jose::VerificationKey& key : jwks->keys) check_key(key);
  return 0;
}
