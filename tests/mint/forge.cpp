// Every function here makes something that a good verifier refuses, or a step towards it. Numbers are big-endian octets at the interface.
#include "mint/forge.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "mint/openssl.h"

namespace assay::mint {
namespace {

using Group = std::unique_ptr<EC_GROUP, Free<EC_GROUP_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

// L of RFC 8032 section 5.1: 2^252 + 27742317777372353535851937790883648493.
Bignum ed25519_order() { return number_of(from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")); }

std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

}  // namespace

std::string digest(std::string_view bits, std::string_view message) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int bytes = 0;
  require(EVP_Digest(message.data(), message.size(), octets(out), &bytes, digest_by_bits(bits), nullptr) == 1, "a digest");
  out.resize(bytes);
  return out;
}

std::string hmac(std::string_view bits, std::string_view key, std::string_view message) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int bytes = 0;
  require(HMAC(digest_by_bits(bits), key.data(), static_cast<int>(key.size()), octets(message), message.size(), octets(out), &bytes) != nullptr,
          "an HMAC");
  out.resize(bytes);
  return out;
}

std::string add(std::string_view a, std::string_view b, std::size_t bytes) {
  const Bignum left = number_of(a);
  const Bignum right = number_of(b);
  require(BN_add(left.get(), left.get(), right.get()) == 1, "a sum");
  return octets_of(left.get(), bytes);
}

std::string subtract(std::string_view a, std::string_view b, std::size_t bytes) {
  const Bignum left = number_of(a);
  const Bignum right = number_of(b);
  require(BN_sub(left.get(), left.get(), right.get()) == 1 && BN_is_negative(left.get()) == 0, "a difference");
  return octets_of(left.get(), bytes);
}

std::string ecdsa_order(const Key& key) {
  std::array<char, 64> name{};
  require(EVP_PKEY_get_utf8_string_param(key.handle(), OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), nullptr) == 1, "a curve");
  const Group group(EC_GROUP_new_by_curve_name(OBJ_txt2nid(name.data())));
  require(group != nullptr, "a curve");
  return octets_of(EC_GROUP_get0_order(group.get()), key.coordinate_bytes());
}

std::string ed25519_plus_order(std::string_view signature) {
  const Bignum order = ed25519_order();
  const std::string s = add(reversed(signature.substr(32)), octets_of(order.get()), 32);
  return std::string(signature.substr(0, 32)) + reversed(s);
}

std::string ed25519_with_r(const Key& key, std::string_view message, std::string_view r) {
  std::string seed(32, '\0');
  std::size_t bytes = seed.size();
  require(EVP_PKEY_get_raw_private_key(key.handle(), octets(seed), &bytes) == 1, "an Ed25519 seed");
  std::string scalar = digest("512", seed).substr(0, 32);  // RFC 8032 section 5.1.5
  scalar[0] = static_cast<char>(scalar[0] & '\xf8');
  scalar[31] = static_cast<char>((scalar[31] & '\x7f') | '\x40');
  const Bignum a = number_of(reversed(scalar));
  const Bignum k = number_of(reversed(digest("512", std::string(r) + key.public_octets() + std::string(message))));
  const Bignum order = ed25519_order();
  const BignumContext context(BN_CTX_new());
  require(BN_mod_mul(a.get(), a.get(), k.get(), order.get(), context.get()) == 1, "a product");
  return std::string(r) + reversed(octets_of(a.get(), 32));
}

const std::vector<SmallOrderPoint>& small_order_points() {
  // y = 1, -1, 0 and the two of order 8, each with both signs of x; then the same where y is written as y + p, which fits into 255 bits only for 0
  // and 1.
  static const std::vector<SmallOrderPoint> points = {
      {"neutral", "0100000000000000000000000000000000000000000000000000000000000000"},
      {"order-2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
      {"order-4", "0000000000000000000000000000000000000000000000000000000000000000"},
      {"order-4-negative", "0000000000000000000000000000000000000000000000000000000000000080"},
      {"order-8-a", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
      {"order-8-a-negative", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
      {"order-8-b", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
      {"order-8-b-negative", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
      {"noncanonical-neutral-sign", "0100000000000000000000000000000000000000000000000000000000000080"},
      {"noncanonical-order-2-sign", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
      {"noncanonical-neutral", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
      {"noncanonical-neutral-both", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
      {"noncanonical-order-4", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
      {"noncanonical-order-4-negative", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
  };
  return points;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string rsa_raw(const Key& key, std::string_view block) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.handle(), nullptr));
  std::string out(block.size(), '\0');
  std::size_t bytes = out.size();
  require(context && EVP_PKEY_sign_init(context.get()) == 1 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1 &&
              EVP_PKEY_sign(context.get(), octets(out), &bytes, octets(block), block.size()) == 1,
          "a raw RSA signature");
  return out;
}

std::string rsa_pss(const Key& key, std::string_view message, std::string_view bits, std::string_view mgf_bits, int salt_bytes) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  require(EVP_DigestSignInit(context.get(), &options, digest_by_bits(bits), nullptr, key.handle()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(options, digest_by_bits(mgf_bits)) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt_bytes) == 1,
          "a PSS signature");
  std::size_t bytes = static_cast<std::size_t>(EVP_PKEY_get_size(key.handle()));
  std::string out(bytes, '\0');
  require(EVP_DigestSign(context.get(), octets(out), &bytes, octets(message), message.size()) == 1, "a PSS signature");
  out.resize(bytes);
  return out;
}

std::string certificate(const Key& key) {
  const Certificate made(X509_new());
  X509* const x = made.get();
  X509_NAME* const name = X509_get_subject_name(x);
  constexpr std::string_view kName = "attacker.example.com";
  require(X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(x), 0) != nullptr && X509_gmtime_adj(X509_getm_notAfter(x), 86400) != nullptr &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, octets(kName), static_cast<int>(kName.size()), -1, 0) == 1 &&
              X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key.handle()) == 1 &&
              X509_sign(x, key.handle(), EVP_PKEY_is_a(key.handle(), "ED25519") == 1 ? nullptr : EVP_sha256()) > 0,
          "a certificate");
  unsigned char* der = nullptr;
  const int bytes = i2d_X509(x, &der);
  require(bytes > 0, "a certificate in DER");
  const std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes));
  OPENSSL_free(der);
  return out;
}

}  // namespace assay::mint
