// The reference engine: mbedTLS for RSA and ECDSA, libsodium for EdDSA, one check after the other. It is the yardstick that faster engines are held
// against and what they fall back to, so it is written to be read beside the standards, not to be fast.
//
// Invariant: a check is valid only if the library's verification itself returned success. Any other return value, out of memory included, is invalid.
#include <mbedtls/ecdsa.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>
#include <sodium.h>

#include <array>
#include <cstdint>

#include "base/check.h"
#include "crypto/context_cache.h"
#include "crypto/engine.h"
#include "crypto/mbedtls_ec.h"

namespace assay::crypto {

namespace {

const unsigned char* octets(base::Bytes bytes) noexcept { return reinterpret_cast<const unsigned char*>(bytes.data()); }

// hash_of(algorithm): the hash of RFC 7518 section 3.1; none for EdDSA, which hashes inside (RFC 8032 section 5.1).
mbedtls_md_type_t hash_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::ps256:
    case Algorithm::es256: return MBEDTLS_MD_SHA256;
    case Algorithm::rs384:
    case Algorithm::ps384:
    case Algorithm::es384: return MBEDTLS_MD_SHA384;
    case Algorithm::rs512:
    case Algorithm::ps512:
    case Algorithm::es512: return MBEDTLS_MD_SHA512;
    case Algorithm::eddsa:
    case Algorithm::unset: break;
  }
  return MBEDTLS_MD_NONE;
}

// Digest: of a message under the hash of an algorithm; of size 0 if it could not be made.
class Digest {
 public:
  Digest(mbedtls_md_type_t hash, base::Bytes message) noexcept : hash_(hash) {
    const mbedtls_md_info_t* info = mbedtls_md_info_from_type(hash);
    if (info != nullptr && mbedtls_md(info, octets(message), message.size(), octets_.data()) == 0) size_ = mbedtls_md_get_size(info);
  }
  bool made() const noexcept { return size_ != 0; }
  mbedtls_md_type_t hash() const noexcept { return hash_; }
  const unsigned char* data() const noexcept ASSAY_LIFETIMEBOUND { return octets_.data(); }
  std::size_t size() const noexcept { return size_; }

 private:
  std::array<unsigned char, MBEDTLS_MD_MAX_SIZE> octets_;
  mbedtls_md_type_t hash_;
  std::size_t size_ = 0;
};

// Mpi: owns an mbedTLS integer.
class Mpi {
 public:
  Mpi() noexcept { mbedtls_mpi_init(&value_); }
  ~Mpi() { mbedtls_mpi_free(&value_); }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;

  bool load(base::Bytes number) noexcept { return mbedtls_mpi_read_binary(&value_, octets(number), number.size()) == 0; }
  const mbedtls_mpi* get() const noexcept { return &value_; }

 private:
  mbedtls_mpi value_;
};

// ReferenceEngine: see make_reference_engine. Its curves hold tables for their base points, made at their first use.
class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(std::size_t contexts_max) : contexts_(contexts_max) {
    // libsodium picks its implementations here; it fails only where no random numbers can be had, which is no host to run on.
    CHECK(sodium_init() >= 0);
  }
  std::string_view name() const noexcept override { return "reference"; }
  // What a token took by assay-bench, one algorithm after the other in one run on a busy host (Zen 3): the ratios are what counts. RSA of other sizes was not measured: it goes by
  // the square.
  std::uint64_t cost_ns(Algorithm algorithm, const KeyMaterial& key) const noexcept override {
    constexpr std::uint64_t kRsa2048Ns = 110'000, kP256Ns = 2'480'000, kP384Ns = 3'350'000, kP521Ns = 5'410'000, kEd25519Ns = 102'000;
    switch (algorithm) {
      case Algorithm::rs256:
      case Algorithm::rs384:
      case Algorithm::rs512:
      case Algorithm::ps256:
      case Algorithm::ps384:
      case Algorithm::ps512: {
        const std::uint64_t octets = key.first().size();  // of the modulus; a multiplication takes their square
        return kRsa2048Ns * octets * octets / (256 * 256);
      }
      case Algorithm::es256: return kP256Ns;
      case Algorithm::es384: return kP384Ns;
      case Algorithm::es512: return kP521Ns;
      case Algorithm::eddsa: return kEd25519Ns;
      case Algorithm::unset: break;
    }
    return 0;
  }

 private:
  void answer(std::span<const SignatureCheckView> checks, std::span<SignatureResult> results) noexcept override {
    for (std::size_t i = 0; i < checks.size(); ++i) results[i] = verifies(checks[i]) ? SignatureResult::valid : SignatureResult::invalid;
  }

  bool verifies(const SignatureCheckView& check) noexcept {
    switch (check.algorithm) {
      case Algorithm::rs256:
      case Algorithm::rs384:
      case Algorithm::rs512: return verifies_pkcs1(check);
      case Algorithm::ps256:
      case Algorithm::ps384:
      case Algorithm::ps512: return verifies_pss(check);
      case Algorithm::es256: return verifies_ecdsa(p256_, check);
      case Algorithm::es384: return verifies_ecdsa(p384_, check);
      case Algorithm::es512: return verifies_ecdsa(p521_, check);
      case Algorithm::eddsa: return verifies_eddsa(check);
      case Algorithm::unset: break;
    }
    return false;
  }

  // RFC 8017 section 8.2.2. mbedTLS encodes the expected message and compares it with s^e mod n as a whole, so that there is no DER to parse and
  // nothing but the one encoding passes: a DigestInfo without NULL, which section 9.2 note 2 tolerates, does not. s >= n is refused (section 5.2.2).
  bool verifies_pkcs1(const SignatureCheckView& check) noexcept {
    const Digest digest(hash_of(check.algorithm), check.message);
    RsaContext* context = contexts_.rsa(*check.key);
    return digest.made() && context != nullptr && mbedtls_rsa_get_len(context->get()) == check.signature.size() &&
           mbedtls_rsa_rsassa_pkcs1_v15_verify(context->get(), nullptr, nullptr, MBEDTLS_RSA_PUBLIC, digest.hash(), static_cast<unsigned>(digest.size()),
                                               digest.data(), octets(check.signature)) == 0;
  }

  // RFC 8017 section 8.1.2 with the parameters of RFC 7518 section 3.5: MGF1 with the same hash, salt exactly as long as the hash.
  bool verifies_pss(const SignatureCheckView& check) noexcept {
    const Digest digest(hash_of(check.algorithm), check.message);
    RsaContext* context = contexts_.rsa(*check.key);
    return digest.made() && context != nullptr && mbedtls_rsa_get_len(context->get()) == check.signature.size() &&
           mbedtls_rsa_rsassa_pss_verify_ext(context->get(), nullptr, nullptr, MBEDTLS_RSA_PUBLIC, digest.hash(), static_cast<unsigned>(digest.size()),
                                             digest.data(), digest.hash(), static_cast<int>(digest.size()), octets(check.signature)) == 0;
  }

  // SEC 1 section 4.1.4: r and s in [1, n-1]; the x coordinate of the sum is compared with r after reduction mod n. A high s is as good as a low one.
  bool verifies_ecdsa(EcGroup& group, const SignatureCheckView& check) noexcept {
    const Digest digest(hash_of(check.algorithm), check.message);
    const EcPoint* point = contexts_.point(*check.key, group);
    const std::size_t half = check.signature.size() / 2;
    Mpi r;
    Mpi s;
    return digest.made() && point != nullptr && r.load(check.signature.first(half)) && s.load(check.signature.subspan(half)) &&
           mbedtls_ecdsa_verify(group.get(), digest.data(), digest.size(), point->get(), r.get(), s.get()) == 0;
  }

  // RFC 8032 section 5.1.7 without the cofactor: [S]B - [k]A is encoded and compared with R, so that R must be canonical. libsodium also refuses S >= L and
  // an R of small order; tests hold it to that.
  static bool verifies_eddsa(const SignatureCheckView& check) noexcept {
    return check.signature.size() == crypto_sign_BYTES && check.key->first().size() == crypto_sign_PUBLICKEYBYTES &&
           crypto_sign_verify_detached(octets(check.signature), octets(check.message), check.message.size(), octets(check.key->first())) == 0;
  }

  EcGroup p256_{KeyType::p256};
  EcGroup p384_{KeyType::p384};
  EcGroup p521_{KeyType::p521};
  ContextCache contexts_;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(std::size_t contexts_max) { return std::make_unique<ReferenceEngine>(contexts_max); }

}  // namespace assay::crypto
