// The way into the vector kernels and out of them, compiled for every processor.
#include "crypto/rsa/powers.h"

#include "crypto/rsa/digits.h"
#include "crypto/rsa/vector_power.h"

namespace assay::crypto {

#if defined(__x86_64__)

// The compiler's run-time support looks at CPUID and at what the system saves (XGETBV).
bool rsa_simd_supported() noexcept { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("bmi2") != 0; }

namespace rsa {

namespace {

constexpr std::size_t kDigitsMax = kShapes.back().digits();

}  // namespace

void power_one_vartime(const RsaKey::Parts& key, base::Bytes signature, std::span<std::byte> encoded) noexcept {
  const std::size_t shape = key.vectors->shape();
  alignas(32) std::int64_t digits[kDigitsMax];
  load_digits(signature, kShapes[shape].digits(), over_lanes(kShapes[shape]), digits);
  power_one_avx2_vartime(shape, key.vectors->constants(), digits);
  store_power_vartime(key.modulus, kShapes[shape], over_lanes(kShapes[shape]), digits, encoded);
}

void power_four_vartime(const std::array<PowerOf, kLanes>& four) noexcept {
  const std::size_t shape = four[0].key->vectors->shape();
  alignas(32) std::int64_t digits[kLanes * kDigitsMax];
  const VectorConstants* constants[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    constants[lane] = &four[lane].key->vectors->constants();
    load_digits(four[lane].signature, kShapes[shape].digits(), in_lane(kShapes[shape], lane), digits);
  }
  power_four_avx2_vartime(shape, constants, digits);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    store_power_vartime(four[lane].key->modulus, kShapes[shape], in_lane(kShapes[shape], lane), digits, four[lane].encoded);
  }
}

}  // namespace rsa

#else

bool rsa_simd_supported() noexcept { return false; }

namespace rsa {

void power_one_vartime(const RsaKey::Parts&, base::Bytes, std::span<std::byte>) noexcept { CHECK(rsa_simd_supported()); }
void power_four_vartime(const std::array<PowerOf, kLanes>&) noexcept { CHECK(rsa_simd_supported()); }

}  // namespace rsa

#endif

}  // namespace assay::crypto
