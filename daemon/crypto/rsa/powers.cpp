// The way into the vector kernels and out of them, compiled for every processor.
#include "crypto/rsa/powers.h"

#include "crypto/rsa/digits.h"
#include "crypto/rsa/ifma_power.h"
#include "crypto/rsa/vector_power.h"

namespace assay::crypto {

#if defined(__x86_64__)

namespace rsa {

namespace {

// --- AVX2: one signature over the four lanes, and four.
constexpr std::size_t kDigitsMax = kShapes.back().digits();

constexpr DigitOrder digest_in_lane(std::size_t lane) noexcept { return {kDigitBits, kLanes, kDigestDigits, lane}; }

void power_one_simd(const PowerOf& power) noexcept {
  const VectorKey& key = *power.key->vectors;
  const Shape& shape = kShapes[key.shape()];
  alignas(32) std::int64_t digits[kDigitsMax];
  load_digits(power.signature, shape.digits(), over_lanes(shape), digits);
  power_one_avx2_vartime(key.shape(), key.constants(), digits);
  store_power_vartime(power.key->modulus, shape, over_lanes(shape), digits, power.encoded);
}

void power_four(const PowerOf* four) noexcept {
  const std::size_t index = four[0].key->vectors->shape();
  const Shape& shape = kShapes[index];
  alignas(32) std::int64_t digits[kLanes * kDigitsMax];
  const VectorConstants* constants[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    constants[lane] = &four[lane].key->vectors->constants();
    load_digits(four[lane].signature, shape.digits(), in_lane(shape, lane), digits);
  }
  power_four_avx2_vartime(index, constants, digits);
  for (std::size_t lane = 0; lane < kLanes; ++lane) store_power_vartime(four[lane].key->modulus, shape, in_lane(shape, lane), digits, four[lane].encoded);
}

bool encodes_one_simd(const Pkcs1Of& check) noexcept {
  const VectorKey& key = *check.key->vectors;
  const Shape& shape = kShapes[key.shape()];
  alignas(32) std::int64_t digits[kDigitsMax];
  alignas(32) std::int64_t digest[kLanes * kDigestDigits] = {};
  load_digits(check.signature, shape.digits(), over_lanes(shape), digits);
  load_digits(check.digest, kDigestDigits, digest_in_lane(0), digest);
  encodes_one_avx2_vartime(key.shape(), key.constants(), key.constants().head(check.hash, shape.digits()), digest, digits);
  return is_multiple_vartime(check.key->modulus, shape, over_lanes(shape), digits);
}

std::uint32_t encodes_four(const Pkcs1Of* four) noexcept {
  const std::size_t index = four[0].key->vectors->shape();
  const Shape& shape = kShapes[index];
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
  encodes_four_avx2_vartime(index, constants, heads, digest, digits);
  std::uint32_t answers = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    answers |= std::uint32_t{is_multiple_vartime(four[lane].key->modulus, shape, in_lane(shape, lane), digits)} << lane;
  }
  return answers;
}

constexpr Vectors kSimd{
    .lanes = kLanes,
    .together_from = 3,
    .takes = [](const RsaKey::Parts& key) noexcept { return key.vectors != nullptr; },
    .shape = [](const RsaKey::Parts& key) noexcept { return key.vectors->shape(); },
    .power_one = power_one_simd,
    .power_lanes = power_four,
    .encodes_one = encodes_one_simd,
    .encodes_lanes = encodes_four,
};

// --- AVX-512 IFMA: one signature over the eight lanes, and eight.
constexpr std::size_t kPlacesMax = kIfmaShapes.back().places();

constexpr DigitOrder ifma_digest(std::size_t lanes, std::size_t lane) noexcept { return {kIfmaDigitBits, lanes, kIfmaDigestDigits, lane}; }

void power_one_ifma(const PowerOf& power) noexcept {
  const IfmaKey& key = *power.key->ifma;
  const IfmaShape& shape = kIfmaShapes[key.shape()];
  alignas(64) std::int64_t digits[kPlacesMax];
  load_digits(power.signature, shape.places(), over_lanes(shape), digits);
  power_one_ifma_vartime(key.shape(), key.constants(), digits);
  store_reduced_vartime(power.key->modulus, shape.places(), over_lanes(shape), digits, power.encoded);
}

void power_eight(const PowerOf* eight) noexcept {
  const std::size_t index = eight[0].key->ifma->shape();
  const IfmaShape& shape = kIfmaShapes[index];
  alignas(64) std::int64_t digits[kIfmaLanes * kPlacesMax];
  const IfmaConstants* constants[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) {
    constants[lane] = &eight[lane].key->ifma->constants();
    load_digits(eight[lane].signature, shape.digits(), in_lane(shape, lane), digits);
  }
  power_eight_ifma_vartime(index, constants, digits);
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) {
    store_reduced_vartime(eight[lane].key->modulus, shape.digits(), in_lane(shape, lane), digits, eight[lane].encoded);
  }
}

bool encodes_one_ifma(const Pkcs1Of& check) noexcept {
  const IfmaKey& key = *check.key->ifma;
  const IfmaShape& shape = kIfmaShapes[key.shape()];
  alignas(64) std::int64_t digits[kPlacesMax];
  std::int64_t digest[kIfmaDigestDigits];
  load_digits(check.signature, shape.places(), over_lanes(shape), digits);
  load_digits(check.digest, kIfmaDigestDigits, ifma_digest(1, 0), digest);
  return encodes_one_ifma_vartime(key.shape(), key.constants(), key.constants().head(check.hash, shape.places()), digest, digits);
}

std::uint32_t encodes_eight(const Pkcs1Of* eight) noexcept {
  const std::size_t index = eight[0].key->ifma->shape();
  const IfmaShape& shape = kIfmaShapes[index];
  alignas(64) std::int64_t digits[kIfmaLanes * kPlacesMax];
  alignas(64) std::int64_t digest[kIfmaLanes * kIfmaDigestDigits];
  const IfmaConstants* constants[kIfmaLanes];
  const std::int64_t* heads[kIfmaLanes];
  for (std::size_t lane = 0; lane < kIfmaLanes; ++lane) {
    constants[lane] = &eight[lane].key->ifma->constants();
    heads[lane] = constants[lane]->head(eight[lane].hash, shape.places());
    load_digits(eight[lane].signature, shape.digits(), in_lane(shape, lane), digits);
    load_digits(eight[lane].digest, kIfmaDigestDigits, ifma_digest(kIfmaLanes, lane), digest);
  }
  return encodes_eight_ifma_vartime(index, constants, heads, digest, digits);
}

constexpr Vectors kIfma{
    .lanes = kIfmaLanes,
    .together_from = 6,
    .takes = [](const RsaKey::Parts& key) noexcept { return key.ifma != nullptr; },
    .shape = [](const RsaKey::Parts& key) noexcept { return key.ifma->shape(); },
    .power_one = power_one_ifma,
    .power_lanes = power_eight,
    .encodes_one = encodes_one_ifma,
    .encodes_lanes = encodes_eight,
    .below = &kSimd,
};

}  // namespace

// The compiler's run-time support looks at CPUID and at what the system saves (XGETBV).
const Vectors* simd_vectors() noexcept {
  const bool supported = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("bmi2") != 0;
  return supported ? &kSimd : nullptr;
}
const Vectors* ifma_vectors() noexcept {
  const bool supported = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
                         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512ifma") != 0;
  return supported && simd_vectors() != nullptr ? &kIfma : nullptr;
}

}  // namespace rsa

#else

namespace rsa {

const Vectors* simd_vectors() noexcept { return nullptr; }
const Vectors* ifma_vectors() noexcept { return nullptr; }

}  // namespace rsa

#endif

bool rsa_simd_supported() noexcept { return rsa::simd_vectors() != nullptr; }
bool rsa_ifma_supported() noexcept { return rsa::ifma_vectors() != nullptr; }

}  // namespace assay::crypto
