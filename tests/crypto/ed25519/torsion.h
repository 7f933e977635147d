// Points and scalars by libsodium, to make what no honest signer makes.
#pragma once

#include <sodium.h>

#include <vector>

#include "crypto/ed25519/numbers.h"
#include "crypto/signer.h"

namespace assay::crypto::test {

inline unsigned char* raw(Octets& octets) { return reinterpret_cast<unsigned char*>(octets.data()); }
inline const unsigned char* raw(const Octets& octets) { return reinterpret_cast<const unsigned char*>(octets.data()); }

inline Octets point_sum(const Octets& a, const Octets& b) {
  Octets sum(32);
  if (crypto_core_ed25519_add(raw(sum), raw(a), raw(b)) != 0) std::abort();
  return sum;
}

// base_multiple(scalar): 0 < scalar < L.
inline Octets base_multiple(const Number& scalar) {
  Octets point(32);
  if (crypto_scalarmult_ed25519_base_noclamp(raw(point), raw(scalar.little_endian(32))) != 0) std::abort();
  return point;
}

// torsion(): multiples 0 to 7 of a point of order 8.
inline std::vector<Octets> torsion() {
  std::vector<Octets> points = {Number(1).little_endian(32), from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")};
  while (points.size() < 8) points.push_back(point_sum(points.back(), points[1]));
  if (point_sum(points.back(), points[1]) != points[0]) std::abort();
  return points;
}

// challenge(r, a, message): RFC 8032 section 5.1.7 step 2, modulo L.
inline Number challenge(const Octets& r, const Octets& a, const Octets& message) {
  return Number::little_endian(digest("SHA512", concat(concat(r, a), message))) % kOrder25519;
}

inline Number random_scalar(std::mt19937_64& random) { return Number::little_endian(octets_for_trial(random, 0, 40)) % (kOrder25519 - Number(1)) + Number(1); }

// libsodium_accepts(key, message, signature): the reference for every ruling.
inline bool libsodium_accepts(const Octets& key, const Octets& message, const Octets& signature) {
  return crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(key)) == 0;
}

}  // namespace assay::crypto::test
