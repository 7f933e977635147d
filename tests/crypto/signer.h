// Keys and signatures for the tests of crypto, made by OpenSSL's libcrypto.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/algorithm.h"
#include "crypto/engine.h"
#include "crypto/key_material.h"

namespace assay::crypto::test {

using Octets = std::vector<std::byte>;

// Conversions abort on malformed text: it stands in our own sources.
Octets from_hex(std::string_view digits);
Octets from_base64url(std::string_view text);
Octets from_text(std::string_view text);
Octets concat(const Octets& a, const Octets& b);
// flipped(octets, bit): with one bit inverted; bit 0 is the lowest of the first octet.
Octets flipped(Octets octets, std::size_t bit);
// digest(name, message): by OpenSSL's name of the hash, "SHA256".
Octets digest(const char* name, base::Bytes message);

// der_of(raw): r and s, each in half the octets, as ASN.1 (RFC 3279 section 2.2.3).
Octets der_of(base::Bytes raw);

// SigningKey: a private key. Movable.
class SigningKey {
 public:
  static SigningKey rsa(unsigned bits, unsigned long exponent = 65537);
  static SigningKey ec(KeyType curve);
  static SigningKey ed25519();
  static SigningKey ed25519(const Octets& seed);
  // of_type(type): RSA of 2048 bits, or a new key on the curve.
  static SigningKey of_type(KeyType type);

  KeyType type() const { return type_; }
  // openssl(): OpenSSL's own, for those who measure it.
  EVP_PKEY* openssl() const { return key_.get(); }
  // first(), second(): the numbers as KeyMaterial's makers take them.
  Octets first() const;
  Octets second() const;
  // material(): made from these numbers; a refusal ends the test program.
  std::shared_ptr<const KeyMaterial> material() const;

  // sign(algorithm, message): in JOSE's form.
  Octets sign(Algorithm algorithm, base::Bytes message) const;
  // sign_pss(hash, mgf_hash, salt_bytes, message): RSASSA-PSS with any parameters.
  Octets sign_pss(const char* hash, const char* mgf_hash, int salt_bytes, base::Bytes message) const;
  // apply(encoded): encoded^d mod n, as long as the modulus.
  Octets apply(base::Bytes encoded) const;
  // accepts(algorithm, message, signature): OpenSSL's answer to a signature in JOSE's form, RFC 7518's lengths and salts included.
  bool accepts(Algorithm algorithm, base::Bytes message, base::Bytes signature) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  SigningKey(KeyType type, EVP_PKEY* key) : type_(type), key_(key) {}
  KeyType type_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

// make_material(type, first, second): KeyMaterial by the maker of the type.
base::Result<std::shared_ptr<const KeyMaterial>> make_material(KeyType type, const Octets& first, const Octets& second);

// algorithms(type): those of the type, in the order of the enum.
std::vector<Algorithm> algorithms(KeyType type);
// name(algorithm): "RS256".
std::string_view name(Algorithm algorithm);

// verify(engine, algorithm, key, message, signature): one check by verify_batch.
SignatureResult verify(Engine& engine, Algorithm algorithm, const KeyMaterial& key, base::Bytes message, base::Bytes signature);

}  // namespace assay::crypto::test

namespace assay::crypto {

// How gtest shows a result.
void PrintTo(SignatureResult result, std::ostream* out);

}  // namespace assay::crypto
