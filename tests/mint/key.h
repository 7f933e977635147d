// Signing keys of test issuers. OpenSSL makes them and signs, so that the daemon, which uses other libraries, is never checked against itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace assay::mint {

// kAlgorithms: the signature algorithms that assay takes (RFC 7518 section 3.1, RFC 8037 section 3.1). `Ed25519` (RFC 9864) is another name of EdDSA.
inline constexpr std::string_view kAlgorithms[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

// JwkOptions: which of the optional members a public JWK carries.
struct JwkOptions {
  bool with_kid = true;
  bool with_alg = true;
  bool with_use = true;
};

// Key: a private key with the algorithm and kid under which its issuer uses it. A value; copies share the numbers. Every failure throws
// std::runtime_error. All octets (messages, signatures, DER) travel as std::string.
class Key {
 public:
  struct Options {
    std::string kid;                       // empty: the algorithm's name in lower case
    int rsa_bits = 2048;
    std::uint64_t rsa_exponent = 65537;
  };

  // generate(algorithm, options): a new key that fits it: RSA, the algorithm's own curve, or Ed25519.
  static Key generate(std::string_view algorithm, const Options& options);
  static Key generate(std::string_view algorithm) { return generate(algorithm, Options()); }
  // from_private_jwk(jwk): RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. RSA needs n, e and d alone. `alg` and `kid` are taken over if
  // present.
  static Key from_private_jwk(std::string_view jwk);
  // load(file), save(file): PEM (PKCS#8), with algorithm and kid as text before it, which other programs skip. The file is for its owner alone.
  static Key load(const std::filesystem::path& file);
  void save(const std::filesystem::path& file) const;
  // as(algorithm, kid): the same numbers under another algorithm and kid.
  Key as(std::string_view algorithm, std::string_view kid) const;

  const std::string& algorithm() const { return algorithm_; }
  const std::string& kid() const { return kid_; }
  evp_pkey_st* handle() const { return pkey_.get(); }

  // sign(message, algorithm): the signature in JOSE's form: for ECDSA r and s, big-endian, as long as the key's curve says. Without algorithm: the
  // key's.
  std::string sign(std::string_view message, std::string_view algorithm) const;
  std::string sign(std::string_view message) const { return sign(message, algorithm_); }
  // verify(message, signature, algorithm): OpenSSL's opinion of a signature in JOSE's form.
  bool verify(std::string_view message, std::string_view signature, std::string_view algorithm) const;
  bool verify(std::string_view message, std::string_view signature) const { return verify(message, signature, algorithm_); }

  std::string public_jwk(const JwkOptions& options = {}) const;
  std::string private_jwk() const;
  std::string public_pem() const;
  std::string private_pem() const;
  std::string public_der() const;  // SubjectPublicKeyInfo
  // public_octets(): the bare public key: an RSA modulus, an uncompressed point (0x04, x, y), the 32 octets of Ed25519.
  std::string public_octets() const;
  // coordinate_bytes(): of one half of an ECDSA signature; 0 for other keys.
  std::size_t coordinate_bytes() const;

 private:
  Key(std::shared_ptr<evp_pkey_st> pkey, std::string_view algorithm, std::string_view kid);

  std::shared_ptr<evp_pkey_st> pkey_;
  std::string algorithm_;
  std::string kid_;
};

// jwks(keys): a JWK Set (RFC 7517 section 5) of their public halves.
std::string jwks(const std::vector<Key>& keys, const JwkOptions& options = {});

// find_key(keys, algorithm): the first key of that algorithm; throws if there is none.
const Key& find_key(const std::vector<Key>& keys, std::string_view algorithm);

}  // namespace assay::mint
