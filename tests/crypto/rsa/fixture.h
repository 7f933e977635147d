// Keys prepared for every kernel, encodings built octet by octet, and checks of them.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "crypto/number.h"
#include "crypto/rsa/rsa.h"
#include "crypto/signer.h"

namespace assay::crypto::test {

// Kernel: by which entry a check is answered.
enum class Kernel : std::uint8_t { scalar, simd, ifma };

inline std::vector<Kernel> kernels() {
  std::vector<Kernel> all{Kernel::scalar};
  if (rsa_simd_supported()) all.push_back(Kernel::simd);
  if (rsa_ifma_supported()) all.push_back(Kernel::ifma);
  return all;
}
inline std::string kernel_name(Kernel kernel) { return kernel == Kernel::scalar ? "scalar" : kernel == Kernel::simd ? "simd" : "ifma"; }

inline const char* hash_name(RsaHash hash) { return hash == RsaHash::sha256 ? "SHA256" : hash == RsaHash::sha384 ? "SHA384" : "SHA512"; }
inline Algorithm algorithm_of(RsaPadding padding, RsaHash hash) {
  const auto offset = static_cast<unsigned>(hash) - static_cast<unsigned>(RsaHash::sha256);
  return static_cast<Algorithm>(static_cast<unsigned>(padding == RsaPadding::pkcs1 ? Algorithm::rs256 : Algorithm::ps256) + offset);
}
inline constexpr std::array kHashes{RsaHash::sha256, RsaHash::sha384, RsaHash::sha512};
inline constexpr std::array kPaddings{RsaPadding::pkcs1, RsaPadding::pss};

// RsaPair: a private key and what is prepared of its public half.
struct RsaPair {
  explicit RsaPair(unsigned bits, unsigned long exponent = 65537)
      : signer(SigningKey::rsa(bits, exponent)), modulus(signer.first()), n(Number::big_endian(modulus)), key(prepare(RsaKernels::ifma)) {}
  std::unique_ptr<const RsaKey> prepare(RsaKernels kernels_wanted) const {
    auto made = RsaKey::prepare(modulus, signer.second(), kernels_wanted);
    if (made == nullptr) std::abort();
    return made;
  }

  SigningKey signer;
  Octets modulus;
  Number n;
  std::unique_ptr<const RsaKey> key;
};

// pair_of(bits): one for each size, made once: generating is slow.
const RsaPair& pair_of(unsigned bits);

// Signed: a check that owns what it shows.
struct Signed {
  const RsaKey* key;
  RsaPadding padding;
  RsaHash hash;
  Octets digest;
  Octets signature;
  bool good = true;

  RsaCheckView view() const { return {key, padding, hash, digest, signature}; }
};

// signed_by(pair, padding, hash, message): by OpenSSL.
inline Signed signed_by(const RsaPair& pair, RsaPadding padding, RsaHash hash, base::Bytes message) {
  return {pair.key.get(), padding, hash, digest(hash_name(hash), message), pair.signer.sign(algorithm_of(padding, hash), message)};
}

// answers(kernel, checks): results begin as `valid`, so that one that nobody wrote shows.
inline std::vector<SignatureResult> answers(Kernel kernel, const std::vector<Signed>& checks, RsaRouted* routed = nullptr) {
  std::vector<RsaCheckView> views;
  for (const Signed& check : checks) views.push_back(check.view());
  std::vector<SignatureResult> results(checks.size(), SignatureResult::valid);
  const auto verify = kernel == Kernel::scalar ? verify_rsa_scalar_vartime : kernel == Kernel::simd ? verify_rsa_simd_vartime : verify_rsa_ifma_vartime;
  const RsaRouted used = verify(views, results);
  if (routed != nullptr) *routed = used;
  return results;
}

// answer(kernel, check): alone and, which must not make a difference, in every lane of a batch.
inline SignatureResult answer(Kernel kernel, const Signed& check) {
  const SignatureResult alone = answers(kernel, {check})[0];
  for (const SignatureResult result : answers(kernel, std::vector<Signed>(8, check))) EXPECT_EQ(result, alone) << kernel_name(kernel);
  return alone;
}

// PssForm: an EMSA-PSS encoding (RFC 8017 section 9.1.1) and what may be wrong with it.
struct PssForm {
  std::size_t salt_bytes;
  const char* mgf_hash;
  std::byte trailer{0xBC};
  std::byte separator{1};
  std::byte top{0};      // bits set in the first octet of maskedDB
  std::byte filler{0};   // instead of zeros before the separator
};
// encode_pss(bits, hash, digest, form): as many octets as a modulus of that many bits.
Octets encode_pss(std::size_t bits, RsaHash hash, const Octets& digest, const PssForm& form);

}  // namespace assay::crypto::test
