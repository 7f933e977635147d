// Which code each operation runs, by level.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/ec/verifier.h"
#include "crypto/ed25519/ed25519.h"
#include "crypto/engine_choice.h"
#include "crypto/rsa/rsa.h"
#include "crypto/sha2/sha256.h"
#include "crypto/sha2/sha512.h"

namespace assay::crypto {

// EngineLevel: ifma: AVX-512 with its 52-bit multipliers, and all of simd. simd: AVX2, FMA and BMI2. Both with SHA-NI where it is there. scalar: portable C++ by the same
// methods. reference: mbedTLS and libsodium. Each steps down to the next one.
enum class EngineLevel : std::uint8_t { unset = 0, ifma, simd, scalar, reference };
inline constexpr std::size_t kEngineLevelCount = 4;

// kKernelLevels: those whose code is ours, the fastest first.
inline constexpr std::array kKernelLevels{EngineLevel::ifma, EngineLevel::simd, EngineLevel::scalar};

// name_of(level): "ifma", "simd", "scalar", "reference"; "unset".
std::string_view name_of(EngineLevel level) noexcept;

// best_level(): the first of kKernelLevels that this processor, and this build, can run.
EngineLevel best_level() noexcept;

// Kernels: a value; the code of one of kKernelLevels.
struct Kernels {
  EngineLevel level = EngineLevel::unset;
  const sha2::Sha256Code* sha256 = nullptr;
  const sha2::Sha512Code* sha512 = nullptr;
  decltype(&verify_rsa_scalar_vartime) rsa = nullptr;
  ec::Arithmetic ec = ec::Arithmetic::unset;
  const ed25519::Code* ed25519 = nullptr;

  // of(level): nothing if this processor or this build cannot run it, or for reference, which is libraries.
  static std::optional<Kernels> of(EngineLevel level) noexcept;
};

// tried_sha256(choice): the SHA-256 that goes with the chosen engine, if it agrees with mbedTLS's on this processor; otherwise the portable one. For whoever hashes outside an engine.
const sha2::Sha256Code& tried_sha256(EngineChoice choice) noexcept;

}  // namespace assay::crypto
