// AVX2, FMA and BMI2 came in one generation of processors, so simd is all of them or none; the SHA extensions came later and are asked for on their own.
#include "crypto/kernels.h"

namespace assay::crypto {
namespace {

bool has_simd() noexcept {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
         ec::supports(ec::Arithmetic::avx2) && rsa_simd_supported() && ed25519::simd_code() != nullptr && sha2::sha512_avx2() != nullptr;
#else
  return false;
#endif
}

// g++ 12 does not know "sha" as the name of a feature: it is bit 29 of EBX in leaf 7 of CPUID.
bool has_sha_ni() noexcept {
#if defined(__x86_64__)
  unsigned eax = 7, ebx = 0, ecx = 0, edx = 0;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1") != 0 && __builtin_cpu_supports("ssse3") != 0 && sha2::sha256_sha_ni() != nullptr;
#else
  return false;
#endif
}

}  // namespace

std::string_view name_of(EngineLevel level) noexcept {
  switch (level) {
    case EngineLevel::simd: return "simd";
    case EngineLevel::scalar: return "scalar";
    case EngineLevel::reference: return "reference";
    case EngineLevel::unset: break;
  }
  return "unset";
}

std::optional<Kernels> Kernels::of(EngineLevel level) noexcept {
  if (level == EngineLevel::scalar) {
    return Kernels{level, &sha2::sha256_portable(), &sha2::sha512_portable(), &verify_rsa_scalar_vartime, ec::Arithmetic::scalar, &ed25519::scalar_code()};
  }
  if (level != EngineLevel::simd || !has_simd()) return std::nullopt;
  return Kernels{level, has_sha_ni() ? sha2::sha256_sha_ni() : &sha2::sha256_portable(), sha2::sha512_avx2(), &verify_rsa_simd_vartime, ec::Arithmetic::avx2,
                 ed25519::simd_code()};
}

}  // namespace assay::crypto
