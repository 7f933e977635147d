// Thin wrappers over EVP. Whatever fails here is a fault of the test, so it aborts at once with OpenSSL's reason.
#include "crypto/signer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ostream>

#include "crypto/number.h"

namespace assay::crypto::test {

namespace {

void require(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "signer: %s failed\n", what);
  ERR_print_errors_fp(stderr);
  std::abort();
}

unsigned char* octets(Octets& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* octets(base::Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

const char* curve_name(KeyType type) {
  switch (type) {
    case KeyType::p256: return "P-256";
    case KeyType::p384: return "P-384";
    case KeyType::p521: return "P-521";
    case KeyType::unset:
    case KeyType::rsa:
    case KeyType::ed25519: break;
  }
  return nullptr;
}

bool is_pss(Algorithm algorithm) { return algorithm == Algorithm::ps256 || algorithm == Algorithm::ps384 || algorithm == Algorithm::ps512; }

// hash_name(algorithm): null for EdDSA.
const char* hash_name(Algorithm algorithm) {
  const std::string_view text = name(algorithm);
  return text.ends_with("256") ? "SHA256" : text.ends_with("384") ? "SHA384" : text.ends_with("512") ? "SHA512" : nullptr;
}

// raw_ecdsa(der, half): ECDSA-Sig-Value into r and s of half octets each.
Octets raw_ecdsa(const Octets& der, std::size_t half) {
  const unsigned char* from = octets(base::Bytes(der));
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> value(d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size())), ECDSA_SIG_free);
  require(value != nullptr, "d2i_ECDSA_SIG");
  Octets raw(2 * half);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(value.get()), octets(raw), static_cast<int>(half)) > 0, "r");
  require(BN_bn2binpad(ECDSA_SIG_get0_s(value.get()), octets(raw) + half, static_cast<int>(half)) > 0, "s");
  return raw;
}

Octets number_of(const EVP_PKEY* key, const char* parameter, std::size_t size_or_0) {
  BIGNUM* value = nullptr;
  require(EVP_PKEY_get_bn_param(key, parameter, &value) == 1, parameter);
  Octets result(size_or_0 != 0 ? size_or_0 : static_cast<std::size_t>(BN_num_bytes(value)));
  require(BN_bn2binpad(value, octets(result), static_cast<int>(result.size())) >= 0, parameter);
  BN_free(value);
  return result;
}

using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Octets sign_now(EVP_MD_CTX* context, base::Bytes message) {
  std::size_t size = 0;
  require(EVP_DigestSign(context, nullptr, &size, octets(message), message.size()) == 1, "EVP_DigestSign");
  Octets signature(size);
  require(EVP_DigestSign(context, octets(signature), &size, octets(message), message.size()) == 1, "EVP_DigestSign");
  signature.resize(size);
  return signature;
}

}  // namespace

Octets from_hex(std::string_view digits) {
  Octets result(digits.size() / 2);
  require(digits.size() % 2 == 0, "hex");
  for (std::size_t i = 0; i < result.size(); ++i) {
    int value = 0;
    for (const char c : digits.substr(2 * i, 2)) {
      const int digit = OPENSSL_hexchar2int(static_cast<unsigned char>(c));
      require(digit >= 0, "hex");
      value = 16 * value + digit;
    }
    result[i] = static_cast<std::byte>(value);
  }
  return result;
}

Octets from_base64url(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  Octets result;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    require(value != std::string_view::npos, "base64url");
    buffer = (buffer << 6 | static_cast<unsigned>(value)) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    result.push_back(static_cast<std::byte>(buffer >> bits & 0xFF));
  }
  return result;
}

Octets from_text(std::string_view text) {
  const base::Bytes bytes = base::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

Octets concat(const Octets& a, const Octets& b) {
  Octets result = a;
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

Octets flipped(Octets octets, std::size_t bit) {
  octets.at(bit / 8) ^= static_cast<std::byte>(1U << bit % 8);
  return octets;
}

Octets digest(const char* name, base::Bytes message) {
  Octets result(EVP_MAX_MD_SIZE);
  std::size_t size = 0;
  require(EVP_Q_digest(nullptr, name, nullptr, octets(message), message.size(), octets(result), &size) == 1, "EVP_Q_digest");
  result.resize(size);
  return result;
}

Octets der_of(base::Bytes raw) {
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> value(ECDSA_SIG_new(), ECDSA_SIG_free);
  const int half = static_cast<int>(raw.size() / 2);
  require(ECDSA_SIG_set0(value.get(), BN_bin2bn(octets(raw), half, nullptr), BN_bin2bn(octets(raw) + half, half, nullptr)) == 1, "ECDSA_SIG_set0");
  Octets der(static_cast<std::size_t>(i2d_ECDSA_SIG(value.get(), nullptr)));
  unsigned char* out = octets(der);
  require(i2d_ECDSA_SIG(value.get(), &out) > 0, "i2d_ECDSA_SIG");
  return der;
}

SigningKey SigningKey::rsa(unsigned bits, unsigned long exponent) {
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  require(EVP_PKEY_keygen_init(context.get()) == 1, "keygen_init");
  const Number e(exponent);
  // Keys of more primes verify like any other and are found much sooner; they also lead OpenSSL to generate sizes that are no multiple of 16.
  const int primes = bits >= 8192 ? 5 : bits >= 4096 ? 4 : bits > 2048 ? 3 : 2;
  require(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) == 1, "bits");
  require(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), const_cast<BIGNUM*>(e.get())) == 1, "pubexp");
  require(EVP_PKEY_CTX_set_rsa_keygen_primes(context.get(), primes) == 1, "primes");
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_generate(context.get(), &key) == 1, "RSA key generation");
  return {KeyType::rsa, key};
}

SigningKey SigningKey::ec(KeyType curve) {
  EVP_PKEY* key = EVP_EC_gen(curve_name(curve));
  require(key != nullptr, "EVP_EC_gen");
  return {curve, key};
}

SigningKey SigningKey::ed25519() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  require(key != nullptr, "Ed25519 key generation");
  return {KeyType::ed25519, key};
}

SigningKey SigningKey::ed25519(const Octets& seed) {
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(base::Bytes(seed)), seed.size());
  require(key != nullptr, "Ed25519 seed");
  return {KeyType::ed25519, key};
}

SigningKey SigningKey::of_type(KeyType type) { return type == KeyType::rsa ? rsa(2048) : type == KeyType::ed25519 ? ed25519() : ec(type); }

Octets SigningKey::first() const {
  if (type_ == KeyType::rsa) return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0);
  if (type_ != KeyType::ed25519) return number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, coordinate_bytes(type_));
  Octets point(32);
  std::size_t size = point.size();
  require(EVP_PKEY_get_raw_public_key(key_.get(), octets(point), &size) == 1 && size == point.size(), "raw public key");
  return point;
}

Octets SigningKey::second() const {
  if (type_ == KeyType::rsa) return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0);
  return type_ == KeyType::ed25519 ? Octets{} : number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, coordinate_bytes(type_));
}

std::shared_ptr<const KeyMaterial> SigningKey::material() const {
  auto made = make_material(type_, first(), second());
  if (!made) std::fprintf(stderr, "signer: %s\n", made.error().what.c_str());
  require(made.has_value(), "make_material");
  return *made;
}

Octets SigningKey::sign(Algorithm algorithm, base::Bytes message) const {
  if (is_pss(algorithm)) return sign_pss(hash_name(algorithm), hash_name(algorithm), RSA_PSS_SALTLEN_DIGEST, message);
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(EVP_DigestSignInit_ex(context.get(), nullptr, hash_name(algorithm), nullptr, nullptr, key_.get(), nullptr) == 1, "EVP_DigestSignInit_ex");
  const Octets signature = sign_now(context.get(), message);
  return curve_name(type_) == nullptr ? signature : raw_ecdsa(signature, coordinate_bytes(type_));
}

Octets SigningKey::sign_pss(const char* hash, const char* mgf_hash, int salt_bytes, base::Bytes message) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  require(EVP_DigestSignInit_ex(context.get(), &parameters, hash, nullptr, nullptr, key_.get(), nullptr) == 1, "EVP_DigestSignInit_ex");
  require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1, "padding");
  require(EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, mgf_hash, nullptr) == 1, "mgf1");
  require(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt_bytes) == 1, "salt length");
  return sign_now(context.get(), message);
}

Octets SigningKey::apply(base::Bytes encoded) const {
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr), EVP_PKEY_CTX_free);
  require(EVP_PKEY_sign_init(context.get()) == 1, "sign_init");
  require(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1, "padding");
  Octets result(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = result.size();
  require(EVP_PKEY_sign(context.get(), octets(result), &size, octets(encoded), encoded.size()) == 1 && size == result.size(), "EVP_PKEY_sign");
  return result;
}

bool SigningKey::accepts(Algorithm algorithm, base::Bytes message, base::Bytes signature) const {
  const DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  require(EVP_DigestVerifyInit_ex(context.get(), &parameters, hash_name(algorithm), nullptr, nullptr, key_.get(), nullptr) == 1, "EVP_DigestVerifyInit_ex");
  if (is_pss(algorithm)) {
    require(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1, "padding");
    require(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1, "salt length");
  }
  Octets encoded(signature.begin(), signature.end());
  if (curve_name(type_) != nullptr) {
    if (signature.size() != 2 * coordinate_bytes(type_)) return false;
    encoded = der_of(signature);
  }
  const bool accepted = EVP_DigestVerify(context.get(), octets(encoded), encoded.size(), octets(message), message.size()) == 1;
  ERR_clear_error();
  return accepted;
}

base::Result<std::shared_ptr<const KeyMaterial>> make_material(KeyType type, const Octets& first, const Octets& second) {
  if (type == KeyType::rsa) return KeyMaterial::make_rsa(first, second);
  return type == KeyType::ed25519 ? KeyMaterial::make_ed25519(first) : KeyMaterial::make_ec(type, first, second);
}

std::vector<Algorithm> algorithms(KeyType type) {
  std::vector<Algorithm> result;
  for (std::size_t i = 1; i <= kAlgorithmCount; ++i) {
    if (algorithms_of(type).contains(static_cast<Algorithm>(i))) result.push_back(static_cast<Algorithm>(i));
  }
  return result;
}

std::string_view name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::unset: return "unset";
    case Algorithm::rs256: return "RS256";
    case Algorithm::rs384: return "RS384";
    case Algorithm::rs512: return "RS512";
    case Algorithm::ps256: return "PS256";
    case Algorithm::ps384: return "PS384";
    case Algorithm::ps512: return "PS512";
    case Algorithm::es256: return "ES256";
    case Algorithm::es384: return "ES384";
    case Algorithm::es512: return "ES512";
    case Algorithm::eddsa: return "EdDSA";
  }
  return "?";
}

SignatureResult verify(Engine& engine, Algorithm algorithm, const KeyMaterial& key, base::Bytes message, base::Bytes signature) {
  const SignatureCheckView check{algorithm, &key, message, signature};
  // `valid` beforehand, so that a result which nobody wrote shows.
  SignatureResult result = SignatureResult::valid;
  verify_batch(engine, {&check, 1}, {&result, 1});
  return result;
}

}  // namespace assay::crypto::test

namespace assay::crypto {

void PrintTo(SignatureResult result, std::ostream* out) {
  switch (result) {
    case SignatureResult::unset: *out << "unset"; return;
    case SignatureResult::valid: *out << "valid"; return;
    case SignatureResult::invalid: *out << "invalid"; return;
  }
  *out << "no result at all";
}

}  // namespace assay::crypto
