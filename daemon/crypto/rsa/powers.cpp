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

constexpr DigitOrder digest_in_lane(std::size_t lane) noexcept { return {kDigestDigits, lane}; }

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

bool encodes_one_vartime(const Pkcs1Of& check) noexcept {
  const VectorKey& key = *check.key->vectors;
  const Shape& shape = kShapes[key.shape()];
  alignas(32) std::int64_t digits[kDigitsMax];
  alignas(32) std::int64_t digest[kLanes * kDigestDigits] = {};
  load_digits(check.signature, shape.digits(), over_lanes(shape), digits);
  load_digits(check.digest, kDigestDigits, digest_in_lane(0), digest);
  encodes_one_avx2_vartime(key.shape(), key.constants(), key.constants().head(check.hash, shape.digits()), digest, digits);
  return is_multiple_vartime(check.key->modulus, shape, over_lanes(shape), digits);
}

std::array<bool, kLanes> encodes_four_vartime(const std::array<Pkcs1Of, kLanes>& four) noexcept {
  const Shape& shape = kShapes[four[0].key->vectors->shape()];
  alignas(32) std::int64_t digits[kLanes * kDigitsMax];
  alignas(32) std::int64_t digest[kLanes * kDigestDigits];
  const VectorConstants* constants[kLanes];
  const double* heads[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    constants[lane] = &four[lane].key->vectors->constants();
    heads[lane] = constants[lane]->head(four[lane].hash, shape.digits());
    load_digits(four[lane].signature, shape.digits(), in_lane(shape, lane), digits);
    load_digits(four[lane].digest, kDigestDigits, digest_in_lane(lane), digest);
  }
  encodes_four_avx2_vartime(four[0].key->vectors->shape(), constants, heads, digest, digits);
  std::array<bool, kLanes> answers;
  for (std::size_t lane = 0; lane < kLanes; ++lane) answers[lane] = is_multiple_vartime(four[lane].key->modulus, shape, in_lane(shape, lane), digits);
  return answers;
}

}  // namespace rsa

#else

bool rsa_simd_supported() noexcept { return false; }

namespace rsa {

void power_one_vartime(const RsaKey::Parts&, base::Bytes, std::span<std::byte>) noexcept { CHECK(rsa_simd_supported()); }
void power_four_vartime(const std::array<PowerOf, kLanes>&) noexcept { CHECK(rsa_simd_supported()); }
bool encodes_one_vartime(const Pkcs1Of&) noexcept {
  CHECK(rsa_simd_supported());
  return false;
}
std::array<bool, kLanes> encodes_four_vartime(const std::array<Pkcs1Of, kLanes>&) noexcept {
  CHECK(rsa_simd_supported());
  return {};
}

}  // namespace rsa

#endif

}  // namespace assay::crypto
