#include "crypto/rsa/form.h"

namespace assay::crypto::rsa {

namespace {

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
  // times(a, b): of two numbers in Montgomery's form, or of one only, which leaves the form.
  const auto times = [&](const Residue& a, const Residue& b) {
    Residue product;
    modulus.multiply_vartime(product, a, b);
    return product;
  };
  const auto number = [&](const Residue& a) {
    Residue canonical = a;
    modulus.canonicalize_vartime(canonical);
    return canonical;
  };
  FormNumbers numbers;
  const Residue r = times(modulus.power_of_two_vartime(r_bits), modulus.r_squared());
  numbers.factor = number(times(modulus.power_vartime(r, e), modulus.power_of_two_vartime(dropped_bits)));
  // In that form 1 stands for 2^-(64 words()), and the product with 2^k for 2^(k - 128 words()).
  const Residue r_inverse = times(modulus.power_of_two_vartime(2 * kWordBits * modulus.words() - r_bits), Residue{1});
  Residue negative = times(times(modulus.power_vartime(r_inverse, e), r), r);
  modulus.negate_vartime(negative);
  numbers.negative = number(times(negative, Residue{1}));
  for (std::size_t i = 0; i < kHashes.size(); ++i) numbers.heads[i] = number(times(negative, head_of(modulus, kHashes[i])));
  return numbers;
}

}  // namespace assay::crypto::rsa
