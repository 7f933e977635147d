// Private to crypto: what mbedTLS derives from a key, kept from one verification to the next.
#pragma once

#include <mbedtls/rsa.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <variant>

#include "base/check.h"
#include "crypto/key_material.h"
#include "crypto/mbedtls_ec.h"

namespace assay::crypto {

// RsaContext: an RSA public key inside mbedTLS, which adds the Montgomery constant of the modulus at its first use. Never moves: it may hold a mutex.
class RsaContext {
 public:
  RsaContext() noexcept { mbedtls_rsa_init(&context_, MBEDTLS_RSA_PKCS_V15, 0); }
  ~RsaContext() { mbedtls_rsa_free(&context_); }
  RsaContext(const RsaContext&) = delete;
  RsaContext& operator=(const RsaContext&) = delete;

  // load(key): false if mbedTLS does not take the key or memory ran out.
  bool load(const KeyMaterial& key) noexcept;
  mbedtls_rsa_context* get() noexcept { return &context_; }

 private:
  mbedtls_rsa_context context_;
};

// ContextCache: contexts of up to capacity keys, filed by fingerprint; the same key material made twice shares one. When it is full, the hand goes round the
// slots and the first one that was not used since the hand last passed it is given to the new key (the clock algorithm). Not for threads to share.
class ContextCache {
 public:
  explicit ContextCache(std::size_t capacity);

  // rsa(key), point(key, group): the context of a key of that type, loaded now if need be; null if it could not be loaded. Valid until the next call.
  RsaContext* rsa(const KeyMaterial& key) ASSAY_LIFETIMEBOUND;
  const EcPoint* point(const KeyMaterial& key, EcGroup& group) ASSAY_LIFETIMEBOUND;

 private:
  struct Slot {
    Sha256Digest fingerprint{};
    bool used = false;
    std::variant<std::monostate, RsaContext, EcPoint> context;
  };
  // A fingerprint is a digest: any eight octets of it are a good hash.
  struct FingerprintHash {
    std::size_t operator()(const Sha256Digest& fingerprint) const noexcept {
      std::size_t hash;
      std::memcpy(&hash, fingerprint.data(), sizeof hash);
      return hash;
    }
  };

  // find(fingerprint): its slot, marked as used, or null.
  Slot* find(const Sha256Digest& fingerprint) noexcept;
  // take(): a slot without a context and outside the index.
  Slot& take() noexcept;
  void file(Slot& slot, const Sha256Digest& fingerprint);

  std::size_t capacity_;
  std::unique_ptr<Slot[]> slots_;
  std::size_t hand_ = 0;
  std::unordered_map<Sha256Digest, Slot*, FingerprintHash> index_;
};

}  // namespace assay::crypto
