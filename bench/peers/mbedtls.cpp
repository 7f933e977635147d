// By hand with mbedTLS, whose low-level calls are already the cheapest: keys are parsed once, the curve keeps its table of the base point and the RSA key its
// Montgomery constant from one call to the next, and mbedtls_ecdsa_verify takes r and s as numbers, so no DER is made. It knows no Ed25519: no such row.
#include <mbedtls/ecdsa.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/version.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "peers/by_hand.h"
#include "peers/peer.h"

namespace assay::peers {
namespace {

// A resource: mbedTLS objects do not move.
class Key {
 public:
  explicit Key(const KeyText& text) : kid_(text.kid), algorithm_(text.algorithm) {
    mbedtls_pk_init(&pk_);
    mbedtls_mpi_init(&r_);
    mbedtls_mpi_init(&s_);
    // PEM is taken with its terminating zero.
    if (mbedtls_pk_parse_public_key(&pk_, reinterpret_cast<const unsigned char*>(text.pem.c_str()), text.pem.size() + 1) != 0) {
      throw std::runtime_error("mbedTLS cannot take a key");
    }
  }
  ~Key() {
    mbedtls_pk_free(&pk_);
    mbedtls_mpi_free(&r_);
    mbedtls_mpi_free(&s_);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  bool is(std::string_view kid, std::string_view algorithm) const { return kid == kid_ && algorithm == algorithm_; }

  bool verify(const std::array<unsigned char, 32>& digest, const Octets& signature) {
    if (algorithm_ == "RS256") {
      mbedtls_rsa_context* rsa = mbedtls_pk_rsa(pk_);
      return signature.size() == mbedtls_rsa_get_len(rsa) &&
             mbedtls_rsa_pkcs1_verify(rsa, nullptr, nullptr, MBEDTLS_RSA_PUBLIC, MBEDTLS_MD_SHA256, 32, digest.data(), signature.data()) == 0;
    }
    mbedtls_ecp_keypair* ec = mbedtls_pk_ec(pk_);
    return signature.size() == 64 && mbedtls_mpi_read_binary(&r_, signature.data(), 32) == 0 && mbedtls_mpi_read_binary(&s_, signature.data() + 32, 32) == 0 &&
           mbedtls_ecdsa_verify(&ec->grp, digest.data(), digest.size(), &ec->Q, &r_, &s_) == 0;
  }

 private:
  std::string kid_;
  std::string algorithm_;
  mbedtls_pk_context pk_;
  mbedtls_mpi r_;
  mbedtls_mpi s_;
};

class MbedtlsPeer final : public Peer {
 public:
  explicit MbedtlsPeer(const Workload& workload) : claims_(workload.policy) {
    for (const KeyText& text : workload.keys) {
      if (text.algorithm != "EdDSA") keys_.push_back(std::make_unique<Key>(text));
    }
  }

  // The claims before the signature, as in openssl.cpp.
  std::string_view judge(const std::string& token, std::int64_t now_s) override {
    const auto parts = TokenView::of(token);
    if (!parts || !header_.read(parts->header)) return {};
    const auto key = std::ranges::find_if(keys_, [&](const auto& k) { return k->is(header_.kid(), header_.algorithm()); });
    if (key == keys_.end()) return {};
    const std::string_view subject = claims_.check_part(parts->payload, now_s);
    if (subject.empty() || !signature_.decode(parts->signature)) return {};
    std::array<unsigned char, 32> digest;
    const auto* message = reinterpret_cast<const unsigned char*>(parts->signed_part.data());
    if (mbedtls_sha256_ret(message, parts->signed_part.size(), digest.data(), 0) != 0) return {};
    return (*key)->verify(digest, signature_) ? subject : std::string_view();
  }

 private:
  HeaderReader header_;
  ClaimsChecker claims_;
  Octets signature_;
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace
}  // namespace assay::peers

int main(int count, char** arguments) {
  using namespace assay::peers;
  const About about{"mbedtls", std::string(MBEDTLS_VERSION_STRING) + ", simdjson " + ASSAY_SIMDJSON_VERSION, {"RS256", "ES256"}};
  return run_peer(count, arguments, about, [](const Workload& workload) -> std::unique_ptr<Peer> { return std::make_unique<MbedtlsPeer>(workload); });
}
