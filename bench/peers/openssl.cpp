// The strongest thing to write by hand with OpenSSL 3: whatever can be made once per key is, so that a token costs one digest and one public-key operation.
//
// - RSA and ECDSA: EVP_PKEY_verify on a digest of our own may be called again and again after one EVP_PKEY_verify_init; EVP_DigestVerify would set up a
//   context, and look up a digest, for each token.
// - Ed25519 has no interface for digests; EVP_DigestVerify may be called again on one initialised context.
// - The claims are checked before the signature: a refused token costs no arithmetic. assayd does the same.
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "peers/by_hand.h"
#include "peers/peer.h"

namespace assay::peers {
namespace {

using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Digest = std::unique_ptr<EVP_MD, Free<EVP_MD_free>>;

void require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot take a key");
}

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// The digest's implementation is fetched once and its context used again.
class Sha256 {
 public:
  Sha256() { require(digest_ && context_ && EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1); }
  const EVP_MD* digest() const { return digest_.get(); }
  bool hash(std::string_view message, unsigned char* out) {
    return EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1 && EVP_DigestUpdate(context_.get(), message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1;
  }

 private:
  Digest digest_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  DigestContext context_{EVP_MD_CTX_new()};
};

// EcdsaDer: r and s of 32 octets each as ASN.1 DER (RFC 3279 section 2.2.3), in place: every length fits one octet.
struct EcdsaDer {
  std::array<unsigned char, 72> octets;
  std::size_t size = 2;

  explicit EcdsaDer(const unsigned char* raw) {
    append(raw);
    append(raw + 32);
    octets[0] = 0x30;
    octets[1] = static_cast<unsigned char>(size - 2);
  }

 private:
  void append(const unsigned char* number) {
    const unsigned char* const end = number + 32;
    while (number + 1 < end && *number == 0) ++number;
    const bool sign = (*number & 0x80U) != 0;
    octets[size++] = 0x02;
    octets[size++] = static_cast<unsigned char>(end - number + (sign ? 1 : 0));
    if (sign) octets[size++] = 0;
    size = static_cast<std::size_t>(std::copy(number, end, octets.begin() + static_cast<std::ptrdiff_t>(size)) - octets.begin());
  }
};

struct Key {
  std::string kid;
  std::string algorithm;
  Pkey pkey;
  PkeyContext verify;            // RSA and ECDSA
  DigestContext digest_verify;   // Ed25519

  Key(const KeyText& text, const EVP_MD* sha256) : kid(text.kid), algorithm(text.algorithm) {
    const std::unique_ptr<BIO, Free<BIO_free_all>> pem(BIO_new_mem_buf(text.pem.data(), static_cast<int>(text.pem.size())));
    pkey.reset(PEM_read_bio_PUBKEY(pem.get(), nullptr, nullptr, nullptr));
    require(pkey != nullptr);
    if (algorithm == "EdDSA") {
      digest_verify.reset(EVP_MD_CTX_new());
      require(EVP_DigestVerifyInit(digest_verify.get(), nullptr, nullptr, nullptr, pkey.get()) == 1);
      return;
    }
    verify.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
    require(verify && EVP_PKEY_verify_init(verify.get()) == 1);
    require(algorithm != "RS256" || EVP_PKEY_CTX_set_rsa_padding(verify.get(), RSA_PKCS1_PADDING) == 1);
    require(EVP_PKEY_CTX_set_signature_md(verify.get(), sha256) == 1);
  }
};

class OpensslPeer final : public Peer {
 public:
  explicit OpensslPeer(const Workload& workload) : claims_(workload.policy) {
    for (const KeyText& text : workload.keys) keys_.emplace_back(text, sha256_.digest());
  }

  std::string_view judge(const std::string& token, std::int64_t now_s) override {
    const auto parts = TokenView::of(token);
    if (!parts || !header_.read(parts->header)) return {};
    const auto key = std::ranges::find_if(keys_, [&](const Key& k) { return k.kid == header_.kid() && k.algorithm == header_.algorithm(); });
    if (key == keys_.end()) return {};
    const std::string_view subject = claims_.check_part(parts->payload, now_s);
    if (subject.empty() || !signature_.decode(parts->signature)) return {};
    return verify(*key, parts->signed_part) ? subject : std::string_view();
  }

 private:
  bool verify(const Key& key, std::string_view message) {
    if (key.digest_verify) return EVP_DigestVerify(key.digest_verify.get(), signature_.data(), signature_.size(), octets(message), message.size()) == 1;
    std::array<unsigned char, 32> digest;
    if (!sha256_.hash(message, digest.data())) return false;
    if (key.algorithm == "RS256") return EVP_PKEY_verify(key.verify.get(), signature_.data(), signature_.size(), digest.data(), digest.size()) == 1;
    if (signature_.size() != 64) return false;
    const EcdsaDer der(signature_.data());
    return EVP_PKEY_verify(key.verify.get(), der.octets.data(), der.size, digest.data(), digest.size()) == 1;
  }

  HeaderReader header_;
  ClaimsChecker claims_;
  Octets signature_;
  Sha256 sha256_;
  std::vector<Key> keys_;
};

}  // namespace
}  // namespace assay::peers

int main(int count, char** arguments) {
  using namespace assay::peers;
  const About about{"openssl", std::string(OpenSSL_version(OPENSSL_VERSION_STRING)) + ", simdjson " + ASSAY_SIMDJSON_VERSION, {"RS256", "ES256", "EdDSA"}};
  return run_peer(count, arguments, about, [](const Workload& workload) -> std::unique_ptr<Peer> { return std::make_unique<OpensslPeer>(workload); });
}
