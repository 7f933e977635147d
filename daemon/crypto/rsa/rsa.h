// RSA signatures (RFC 8017) under keys that were prepared beforehand: many at a time, of any sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/rsa/padding.h"
#include "crypto/signature_result.h"

namespace assay::crypto {

// RsaKernels: what a key is prepared for. simd: for the vector kernels of AVX2 if its size suits them, and for the scalar ones in any case. ifma: for those of
// AVX-512 IFMA as well.
enum class RsaKernels : std::uint8_t { unset = 0, scalar, simd, ifma };

// RsaKey: the constants of one modulus and exponent. A resource, immutable, for any threads. Preparing takes some 40 us (scalar), 120 us (simd) or 170 us (ifma)
// for 2048 bits, three times as much for 4096.
class RsaKey {
 public:
  struct Parts;  // private to crypto

  // prepare(modulus, exponent, kernels): big-endian, as KeyMaterial has them: without leading zeros, modulus of 2048 to 8192 bits and odd, exponent odd, 3 <=
  // e < 2^32. Null if they are not.
  static std::unique_ptr<const RsaKey> prepare(base::Bytes modulus, base::Bytes exponent, RsaKernels kernels);
  ~RsaKey();
  RsaKey(const RsaKey&) = delete;
  RsaKey& operator=(const RsaKey&) = delete;

  // bytes(): what the key takes of memory.
  std::size_t bytes() const noexcept;
  const Parts& parts() const noexcept ASSAY_LIFETIMEBOUND { return *parts_; }

 private:
  explicit RsaKey(std::unique_ptr<const Parts> parts) noexcept;
  std::unique_ptr<const Parts> parts_;
};

// RsaCheckView: is `signature` a signature of the message with this digest? Everything is borrowed until the call returns.
struct RsaCheckView {
  const RsaKey* key = nullptr;
  RsaPadding padding = RsaPadding::unset;
  RsaHash hash = RsaHash::unset;
  base::Bytes digest;
  base::Bytes signature;
};

// RsaRouted: how many checks each kernel was given; those refused before any arithmetic are in none.
struct RsaRouted {
  std::size_t together = 0;  // four signatures at a time, or eight
  std::size_t one_by_one = 0;
  std::size_t scalar = 0;
};

// verify_rsa_scalar_vartime(checks, results), and simd and ifma: answers every check by valid or invalid; results has the size of checks (CHECKed). A check
// without a key, with a digest or signature of the wrong length, or with anything unset is invalid. No allocation. Each answer depends on its check alone.
// Thread-safe. simd needs rsa_simd_supported(), ifma rsa_ifma_supported() (CHECKed); keys that are not prepared for these vector kernels, or too long for them,
// are verified by those below: AVX2's one by one, else the scalar one.
RsaRouted verify_rsa_scalar_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept;
RsaRouted verify_rsa_simd_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept;
RsaRouted verify_rsa_ifma_vartime(std::span<const RsaCheckView> checks, std::span<SignatureResult> results) noexcept;

// rsa_simd_supported(), rsa_ifma_supported(): whether this processor and system have what the vector kernels need: x86-64 with AVX2, FMA and BMI2, and
// AVX-512 F, BW, DQ, VL and IFMA besides.
bool rsa_simd_supported() noexcept;
bool rsa_ifma_supported() noexcept;

}  // namespace assay::crypto
