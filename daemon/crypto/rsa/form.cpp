#include "crypto/rsa/form.h"

namespace assay::crypto::rsa {

namespace {

// returning_factor(modulus, e, r_bits, dropped_bits): R^e 2^dropped_bits mod n.
Residue returning_factor(const Modulus& modulus, std::uint32_t e, std::size_t r_bits, std::size_t dropped_bits) noexcept {
  Residue base = modulus.power_of_two_vartime(r_bits);
  modulus.multiply_vartime(base, base, modulus.r_squared());
  Residue power = modulus.power_vartime(base, e);
  // 2^dropped_bits is no number in Montgomery's form: so the product leaves the form.
  const Residue dropped = modulus.power_of_two_vartime(dropped_bits);
  modulus.multiply_vartime(power, power, dropped);
  modulus.canonicalize_vartime(power);
  return power;
}

// negative_power(modulus, e, r_bits): -R^(2 - e) mod n, in Montgomery's form.
Residue negative_power(const Modulus& modulus, std::uint32_t e, std::size_t r_bits) noexcept {
  const Residue half = modulus.power_of_two_vartime(kWordBits * modulus.words() - 1);  // 1/2 in that form
  Residue power = modulus.power_vartime(modulus.power_vartime(half, static_cast<std::uint32_t>(r_bits)), e - 2);
  modulus.negate_vartime(power);
  return power;
}

// head_of(modulus, hash): the encoding of a digest that is zero.
Residue head_of(const Modulus& modulus, RsaHash hash) noexcept {
  constexpr std::array<std::byte, 64> kZeros{};
  std::array<std::byte, base::limits::kRsaBitsMax / 8> octets;
  const auto encoded = std::span(octets).first(modulus.bytes());
  encode_pkcs1(hash, std::span(kZeros).first(digest_bytes(hash)), encoded);
  Residue head;
  load_words(encoded, std::span(head).first(modulus.words()));
  return head;
}

}  // namespace

FormNumbers form_numbers(const Modulus& modulus, std::uint32_t e, std::size_t r_bits, std::size_t dropped_bits) noexcept {
  FormNumbers numbers;
  numbers.factor = returning_factor(modulus, e, r_bits, dropped_bits);
  const Residue negative = negative_power(modulus, e, r_bits);
  // A product with a number that is not in Montgomery's form leaves the form.
  const auto times_negative = [&](const Residue& number) {
    Residue product;
    modulus.multiply_vartime(product, negative, number);
    modulus.canonicalize_vartime(product);
    return product;
  };
  numbers.negative = times_negative(Residue{1});
  for (std::size_t i = 0; i < kHashes.size(); ++i) numbers.heads[i] = times_negative(head_of(modulus, kHashes[i]));
  return numbers;
}

}  // namespace assay::crypto::rsa
