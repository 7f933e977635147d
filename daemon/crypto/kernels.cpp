// AVX2, FMA and BMI2 came in one generation of processors, so simd is all of them or none, and so is ifma with what it needs of AVX-512; the SHA extensions came later, and
// sha2/ asks for them on its own.
#include "crypto/kernels.h"

#include <algorithm>

#include "base/check.h"

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

bool has_ifma() noexcept { return has_simd() && ec::supports(ec::Arithmetic::ifma) && rsa_ifma_supported() && ed25519::ifma_code() != nullptr && sha2::sha512_avx512() != nullptr; }

}  // namespace

std::string_view name_of(EngineLevel level) noexcept {
  switch (level) {
    case EngineLevel::ifma: return "ifma";
    case EngineLevel::simd: return "simd";
    case EngineLevel::scalar: return "scalar";
    case EngineLevel::reference: return "reference";
    case EngineLevel::unset: break;
  }
  return "unset";
}

std::optional<Kernels> Kernels::of(EngineLevel level) noexcept {
  switch (level) {
    case EngineLevel::ifma:
      if (!has_ifma()) break;
      return Kernels{level, &sha2::sha256_fastest(), sha2::sha512_avx512(), &verify_rsa_ifma_vartime, ec::Arithmetic::ifma, ed25519::ifma_code()};
    case EngineLevel::simd:
      if (!has_simd()) break;
      return Kernels{level, &sha2::sha256_fastest(), sha2::sha512_avx2(), &verify_rsa_simd_vartime, ec::Arithmetic::avx2, ed25519::simd_code()};
    case EngineLevel::scalar:
      return Kernels{level, &sha2::sha256_portable(), &sha2::sha512_portable(), &verify_rsa_scalar_vartime, ec::Arithmetic::scalar, &ed25519::scalar_code()};
    case EngineLevel::reference:
    case EngineLevel::unset: break;
  }
  return std::nullopt;
}

EngineLevel best_level() noexcept {
  return *std::ranges::find_if(kKernelLevels, [](EngineLevel level) { return Kernels::of(level).has_value(); });
}

const sha2::Sha256Code& tried_sha256(EngineChoice choice) noexcept {
  const bool may_be_fastest = choice == EngineChoice::automatic || choice == EngineChoice::ifma || choice == EngineChoice::simd;
  if (may_be_fastest && sha2::sha256_agrees(sha2::sha256_fastest())) return sha2::sha256_fastest();
  CHECK(sha2::sha256_agrees(sha2::sha256_portable()));
  return sha2::sha256_portable();
}

}  // namespace assay::crypto
