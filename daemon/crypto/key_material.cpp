// A key that exists has passed every check: the makers are the only way to one. Their failures are read by operators in the status of a key source, so they name
// the rule and sizes, never a digit of the key.
#include "crypto/key_material.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/limits.h"
#include "crypto/ec/verifier.h"
#include "crypto/ed25519/ed25519.h"
#include "crypto/point_check.h"
#include "crypto/rsa/rsa.h"

namespace assay::crypto {

namespace {

using base::fail;
using base::limits::kRsaBitsMax;
using base::limits::kRsaBitsMin;

constexpr std::size_t kRsaExponentBytesMax = 4;
constexpr std::size_t kEd25519Bytes = 32;

// curve_bits(type): of the field; 0 for RSA.
std::size_t curve_bits(KeyType type) noexcept {
  switch (type) {
    case KeyType::p256: return 256;
    case KeyType::p384: return 384;
    case KeyType::p521: return 521;
    case KeyType::ed25519: return 255;
    case KeyType::unset:
    case KeyType::rsa: break;
  }
  return 0;
}

std::string_view curve_name(KeyType type) noexcept {
  switch (type) {
    case KeyType::p256: return "P-256";
    case KeyType::p384: return "P-384";
    case KeyType::p521: return "P-521";
    case KeyType::ed25519: return "Ed25519";
    case KeyType::unset:
    case KeyType::rsa: break;
  }
  return "unset";
}

base::Bytes without_leading_zeros(base::Bytes number) noexcept {
  const auto first = std::ranges::find_if(number, [](std::byte octet) { return octet != std::byte{0}; });
  return number.subspan(static_cast<std::size_t>(first - number.begin()));
}

// bits_of(number): its bit length; number has no leading zeros.
std::size_t bits_of(base::Bytes number) noexcept {
  return number.empty() ? 0 : 8 * (number.size() - 1) + static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(number.front())));
}

bool is_odd(base::Bytes number) noexcept { return !number.empty() && (number.back() & std::byte{1}) != std::byte{0}; }

std::vector<std::byte> copy_of(base::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// refusal(type, check): why a point is no key, for an operator; nothing if it is one.
base::Result<void> refusal(KeyType type, PointCheck check) {
  switch (check) {
    case PointCheck::good: return {};
    case PointCheck::not_reduced: return fail(fmt::format("{} point has a coordinate that is not below the prime of the field", curve_name(type)));
    case PointCheck::off_curve: return fail(fmt::format("{} point is not on the curve", curve_name(type)));
    case PointCheck::small_order: return fail(fmt::format("{} point is of small order", curve_name(type)));
    case PointCheck::unset:
    case PointCheck::failed: break;
  }
  return fail(fmt::format("{} point could not be checked", curve_name(type)));
}

}  // namespace

// The length of `first` is hashed too, so that no two keys share an input.
Sha256Digest fingerprint_of(KeyType type, base::Bytes first, base::Bytes second) {
  if (type == KeyType::rsa) {
    first = without_leading_zeros(first);
    second = without_leading_zeros(second);
  }
  std::vector<std::byte> input;
  input.reserve(5 + first.size() + second.size());
  input.push_back(static_cast<std::byte>(type));
  for (int shift = 24; shift >= 0; shift -= 8) input.push_back(static_cast<std::byte>(first.size() >> shift & 0xFF));
  input.insert(input.end(), first.begin(), first.end());
  input.insert(input.end(), second.begin(), second.end());
  return sha256(input);
}

AlgorithmSet algorithms_of(KeyType type) noexcept {
  using enum Algorithm;
  const auto set = [](auto... algorithms) {
    AlgorithmSet result;
    (result.insert(algorithms), ...);
    return result;
  };
  switch (type) {
    case KeyType::rsa: return set(rs256, rs384, rs512, ps256, ps384, ps512);
    case KeyType::p256: return set(es256);
    case KeyType::p384: return set(es384);
    case KeyType::p521: return set(es512);
    case KeyType::ed25519: return set(eddsa);
    case KeyType::unset: break;
  }
  return {};
}

std::size_t coordinate_bytes(KeyType type) noexcept { return (curve_bits(type) + 7) / 8; }

KeyMaterial::KeyMaterial(KeyType type, std::size_t bits, std::vector<std::byte> first, std::vector<std::byte> second)
    : type_(type), bits_(bits), first_(std::move(first)), second_(std::move(second)), fingerprint_(fingerprint_of(type_, first_, second_)) {}

KeyMaterial::~KeyMaterial() = default;

void KeyMaterial::attach(std::unique_ptr<const ec::Table> table) const noexcept {
  CHECK(table != nullptr && table->curve() == type_);
  ec_table_.attach(std::move(table));
}

void KeyMaterial::attach(std::unique_ptr<const ed25519::Table> table) const noexcept {
  CHECK(type_ == KeyType::ed25519);
  ed25519_table_.attach(std::move(table));
}

std::string KeyMaterial::describe() const { return type_ == KeyType::rsa ? fmt::format("RSA {}", bits_) : std::string(curve_name(type_)); }

base::Result<std::shared_ptr<const KeyMaterial>> KeyMaterial::make_rsa(base::Bytes modulus, base::Bytes exponent) {
  const base::Bytes n = without_leading_zeros(modulus);
  const base::Bytes e = without_leading_zeros(exponent);
  const std::size_t bits = bits_of(n);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return fail(fmt::format("RSA modulus has {} bits; {} to {} are accepted", bits, kRsaBitsMin, kRsaBitsMax));
  }
  if (!is_odd(n)) return fail("RSA modulus is even");
  if (e.size() > kRsaExponentBytesMax) return fail(fmt::format("RSA exponent has {} bits; up to 32 are accepted", bits_of(e)));
  if (!is_odd(e)) return fail("RSA exponent is zero or even");
  // With 1 as the exponent the padded digest would be its own signature.
  if (bits_of(e) < 2) return fail("RSA exponent is 1; it must be at least 3");
  std::shared_ptr<KeyMaterial> key(new KeyMaterial(KeyType::rsa, bits, copy_of(n), copy_of(e)));
  key->rsa_ = RsaKey::prepare(n, e, rsa_ifma_supported() ? RsaKernels::ifma : rsa_simd_supported() ? RsaKernels::simd : RsaKernels::scalar);
  if (key->rsa_ == nullptr) return fail("RSA key could not be prepared");
  return key;
}

base::Result<std::shared_ptr<const KeyMaterial>> KeyMaterial::make_ec(KeyType type, base::Bytes x, base::Bytes y) {
  if (type != KeyType::p256 && type != KeyType::p384 && type != KeyType::p521) return fail("key type is not one of P-256, P-384 and P-521");
  const std::size_t bytes = coordinate_bytes(type);
  if (x.size() != bytes || y.size() != bytes) {
    return fail(fmt::format("{} coordinates have {} and {} octets; each must have {}", curve_name(type), x.size(), y.size(), bytes));
  }
  if (auto refused = refusal(type, check_ec_point(type, x, y)); !refused) return std::unexpected(std::move(refused).error());
  return std::shared_ptr<const KeyMaterial>(new KeyMaterial(type, curve_bits(type), copy_of(x), copy_of(y)));
}

base::Result<std::shared_ptr<const KeyMaterial>> KeyMaterial::make_ed25519(base::Bytes point) {
  constexpr KeyType kType = KeyType::ed25519;
  if (point.size() != kEd25519Bytes) return fail(fmt::format("Ed25519 key has {} octets; it must have {}", point.size(), kEd25519Bytes));
  if (auto refused = refusal(kType, check_ed25519_point(point)); !refused) return std::unexpected(std::move(refused).error());
  std::shared_ptr<KeyMaterial> key(new KeyMaterial(kType, curve_bits(kType), copy_of(point), {}));
  const auto decoded = ed25519::PublicKey::decode(point);
  if (!decoded) return fail("Ed25519 point could not be decoded");  // the two checks disagree: neither is to be trusted
  key->ed25519_ = std::make_unique<const ed25519::PublicKey>(*decoded);
  return key;
}

}  // namespace assay::crypto
