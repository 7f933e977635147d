// Certificates by OpenSSL's X.509 functions, in memory: no openssl(1), no files kept, nothing that expires in a repository.
#include "support/test_ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "mint/openssl.h"

namespace assay::tests {
namespace {

using mint::Free;
using mint::require;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

constexpr long kHour = 3600;

template <class Write>
std::string pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr && write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::string pem_of(X509* certificate) {
  return pem([certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem([key](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

Pkey make_key() {
  Pkey key(EVP_EC_gen("P-256"));
  require(key != nullptr, "an EC key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

// unsigned_certificate(name, key, expired): all but issuer, extensions and signature.
Certificate unsigned_certificate(const std::string& name, EVP_PKEY* key, bool expired) {
  Certificate certificate(X509_new());
  require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "a certificate");
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "a serial number");
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1 | 1) == 1, "a serial number");
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), expired ? -48 * kHour : -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -kHour : 24 * kHour);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, mint::octets(name), static_cast<int>(name.size()), -1, 0) == 1, "a name");
  require(X509_set_pubkey(certificate.get(), key) == 1, "a public key");
  return certificate;
}

}  // namespace

struct TestCa::Root {
  Pkey key;
  Certificate certificate;
};

TestCa::TestCa(const std::string& name) : root_(std::make_unique<Root>()) {
  root_->key = make_key();
  root_->certificate = unsigned_certificate(name, root_->key.get(), false);
  X509* certificate = root_->certificate.get();
  require(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "an issuer");
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  require(X509_sign(certificate, root_->key.get(), EVP_sha256()) > 0, "a signature");
  certificate_ = pem_of(certificate);
}

TestCa::~TestCa() = default;

Identity TestCa::issue(const CertificateOptions& options) const {
  const Pkey key = make_key();
  const Certificate certificate = unsigned_certificate(options.common_name, key.get(), options.expired);
  X509* root = root_->certificate.get();
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(root)) == 1, "an issuer");
  add_extension(certificate.get(), root, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), root, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), root, NID_ext_key_usage, options.for_client ? "clientAuth" : "serverAuth");
  add_extension(certificate.get(), root, NID_authority_key_identifier, "keyid");
  std::string names;
  for (const std::string& name : options.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) add_extension(certificate.get(), root, NID_subject_alt_name, names);
  require(X509_sign(certificate.get(), root_->key.get(), EVP_sha256()) > 0, "a signature");
  return {pem_of(certificate.get()), pem_of(key.get())};
}

std::string with_password(const std::string& key, const std::string& password) {
  const Bio bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const Pkey pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  require(pkey != nullptr, "a private key");
  return pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, pkey.get(), EVP_aes_256_cbc(), mint::octets(password), static_cast<int>(password.size()), nullptr, nullptr); });
}

}  // namespace assay::tests
