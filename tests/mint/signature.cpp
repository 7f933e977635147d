// Signatures as JOSE writes them (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1), by OpenSSL's EVP interface.
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "mint/forge.h"
#include "mint/key.h"
#include "mint/openssl.h"

namespace assay::mint {
namespace {

using EcdsaSig = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

// The hash of an algorithm; none for EdDSA, which hashes for itself.
const EVP_MD* digest_of(std::string_view algorithm) {
  if (algorithm == "EdDSA" || algorithm == "Ed25519") return nullptr;
  const EVP_MD* digest = digest_by_bits(algorithm.substr(2));
  if (digest == nullptr || algorithm.size() != 5) throw std::runtime_error("cannot sign by '" + std::string(algorithm) + "'");
  return digest;
}

// PSS with MGF1 over the same hash and a salt as long as the hash (RFC 7518 section 3.5).
void set_padding(EVP_PKEY_CTX* context, std::string_view algorithm) {
  if (!algorithm.starts_with("PS")) return;
  require(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1,
          "PSS padding");
}

std::string raw_of(std::string_view der, std::size_t bytes) {
  const unsigned char* from = octets(der);
  const EcdsaSig signature(d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(der.size())));
  require(signature != nullptr, "an ECDSA signature");
  return octets_of(ECDSA_SIG_get0_r(signature.get()), bytes) + octets_of(ECDSA_SIG_get0_s(signature.get()), bytes);
}

}  // namespace

const EVP_MD* digest_by_bits(std::string_view bits) {
  if (bits == "256") return EVP_sha256();
  if (bits == "384") return EVP_sha384();
  return bits == "512" ? EVP_sha512() : nullptr;
}

std::string ecdsa_der(std::string_view raw) {
  const EcdsaSig signature(ECDSA_SIG_new());
  Bignum r = number_of(raw.substr(0, raw.size() / 2));
  Bignum s = number_of(raw.substr(raw.size() / 2));
  require(signature && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1, "an ECDSA signature");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int bytes = i2d_ECDSA_SIG(signature.get(), &der);
  require(bytes > 0, "an ECDSA signature in DER");
  const std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

std::string Key::sign(std::string_view message, std::string_view algorithm) const {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by context
  require(EVP_DigestSignInit(context.get(), &options, digest_of(algorithm), nullptr, pkey_.get()) == 1, "a signature");
  set_padding(options, algorithm);
  std::size_t bytes = 0;
  require(EVP_DigestSign(context.get(), nullptr, &bytes, octets(message), message.size()) == 1, "a signature");
  std::string signature(bytes, '\0');
  require(EVP_DigestSign(context.get(), octets(signature), &bytes, octets(message), message.size()) == 1, "a signature");
  signature.resize(bytes);
  return coordinate_bytes() == 0 ? signature : raw_of(signature, coordinate_bytes());
}

bool Key::verify(std::string_view message, std::string_view signature, std::string_view algorithm) const {
  if (coordinate_bytes() != 0 && signature.size() != 2 * coordinate_bytes()) return false;
  const std::string given = coordinate_bytes() == 0 ? std::string(signature) : ecdsa_der(signature);
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  require(EVP_DigestVerifyInit(context.get(), &options, digest_of(algorithm), nullptr, pkey_.get()) == 1, "a verification");
  set_padding(options, algorithm);
  const bool good = EVP_DigestVerify(context.get(), octets(given), given.size(), octets(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace assay::mint
