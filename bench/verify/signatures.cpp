// The order is random: a key's table is not in the cache just because the last signature had the same key.
#include "verify/signatures.h"

#include <algorithm>
#include <random>

namespace assay::bench {

using crypto::KeyType;
using crypto::test::SigningKey;

std::vector<SigningKey> make_keys(Kind kind, std::size_t count) {
  std::vector<SigningKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    switch (kind.algorithm) {
      case crypto::Algorithm::es256: keys.push_back(SigningKey::ec(KeyType::p256)); break;
      case crypto::Algorithm::es384: keys.push_back(SigningKey::ec(KeyType::p384)); break;
      case crypto::Algorithm::es512: keys.push_back(SigningKey::ec(KeyType::p521)); break;
      case crypto::Algorithm::eddsa: keys.push_back(SigningKey::ed25519()); break;
      case crypto::Algorithm::rs256:
      case crypto::Algorithm::rs384:
      case crypto::Algorithm::rs512:
      case crypto::Algorithm::ps256:
      case crypto::Algorithm::ps384:
      case crypto::Algorithm::ps512: keys.push_back(SigningKey::rsa(kind.key_bits)); break;
      case crypto::Algorithm::unset: break;
    }
  }
  return keys;
}

Signatures sign(Kind kind, std::vector<SigningKey> keys, std::size_t count, std::size_t message_bytes) {
  std::mt19937_64 random(1);
  Signatures made{.kind = kind, .keys = std::move(keys), .all = {}};
  for (std::size_t i = 0; i < count; ++i) {
    Signature signature{.key = i % made.keys.size(), .message = crypto::test::Octets(message_bytes), .signature = {}};
    for (std::byte& octet : signature.message) octet = static_cast<std::byte>(random());
    signature.signature = made.keys[signature.key].sign(kind.algorithm, signature.message);
    made.all.push_back(std::move(signature));
  }
  std::ranges::shuffle(made.all, random);
  return made;
}

}  // namespace assay::bench
