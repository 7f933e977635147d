// Preparing a key, and the power by the scalar kernel.
//
// A power starts from the plain number: each reduction divides by R, and after e - 1 of them s^e R^(1-e) has come out, whatever the chain of squares and
// products was. One product with R^e mod n, known beforehand, and its own reduction give s^e. So no number has to be brought into Montgomery's form first.
#include <bit>

#include "crypto/rsa/key_parts.h"

namespace assay::crypto {

namespace {

std::uint32_t number_of(base::Bytes octets) noexcept {
  std::uint32_t number = 0;
  for (const std::byte octet : octets) number = number << 8 | std::to_integer<std::uint32_t>(octet);
  return number;
}

bool odd(base::Bytes number) noexcept { return (number.back() & std::byte{1}) != std::byte{0}; }

bool acceptable(base::Bytes modulus, base::Bytes exponent) noexcept {
  if (modulus.empty() || exponent.empty() || exponent.size() > sizeof(std::uint32_t) || modulus[0] == std::byte{0} || exponent[0] == std::byte{0}) return false;
  const std::size_t bits = 8 * (modulus.size() - 1) + static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(modulus[0])));
  return bits >= base::limits::kRsaBitsMin && bits <= base::limits::kRsaBitsMax && odd(modulus) && odd(exponent) && number_of(exponent) >= 3;
}

// R^e mod n: the power of R, in Montgomery's form, and out of it again.
rsa::Residue returning_factor(const rsa::Modulus& modulus, std::uint32_t e) noexcept {
  rsa::Residue factor = modulus.power_vartime(modulus.r_squared(), e);
  rsa::Residue one{};
  one[0] = 1;
  modulus.multiply_vartime(factor, factor, one);
  modulus.canonicalize_vartime(factor);
  return factor;
}

}  // namespace

RsaKey::Parts::Parts(base::Bytes n, std::uint32_t e, RsaKernels kernels) : modulus(n), exponent(e), factor(returning_factor(modulus, e)) {
  if (kernels == RsaKernels::scalar) return;
  if (rsa::shape_index(modulus.bits()) < rsa::kShapeCount) vectors = std::make_unique<const rsa::VectorKey>(modulus, e);
  if (kernels == RsaKernels::ifma && rsa::ifma_shape_index(modulus.bits()) < rsa::kIfmaShapeCount) ifma = std::make_unique<const rsa::IfmaKey>(modulus, e);
}

RsaKey::RsaKey(std::unique_ptr<const Parts> parts) noexcept : parts_(std::move(parts)) {}
RsaKey::~RsaKey() = default;

std::unique_ptr<const RsaKey> RsaKey::prepare(base::Bytes modulus, base::Bytes exponent, RsaKernels kernels) {
  if (!acceptable(modulus, exponent) || kernels == RsaKernels::unset) return nullptr;
  return std::unique_ptr<const RsaKey>(new RsaKey(std::make_unique<const Parts>(modulus, number_of(exponent), kernels)));
}

std::size_t RsaKey::bytes() const noexcept {
  const auto bytes_of = [](const auto& constants) { return constants == nullptr ? 0 : sizeof *constants + constants->bytes(); };
  return sizeof *this + sizeof *parts_ + bytes_of(parts_->vectors) + bytes_of(parts_->ifma);
}

namespace rsa {

bool below(base::Bytes octets, const Modulus& n) noexcept {
  std::array<Word, kWordsMax> words;
  load_words(octets, std::span(words).first(n.words()));
  for (std::size_t i = n.words(); i-- > 0;) {
    if (words[i] != n.number()[i]) return words[i] < n.number()[i];
  }
  return false;
}

void power_scalar_vartime(const RsaKey::Parts& key, base::Bytes signature, std::span<std::byte> encoded) noexcept {
  Residue s;
  load_words(signature, std::span(s).first(key.modulus.words()));
  Residue power = key.modulus.power_vartime(s, key.exponent);
  key.modulus.multiply_vartime(power, power, key.factor);
  key.modulus.canonicalize_vartime(power);
  store_words(std::span(power).first(key.modulus.words()), encoded);
}

}  // namespace rsa
}  // namespace assay::crypto
