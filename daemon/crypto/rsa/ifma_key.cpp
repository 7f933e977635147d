// All of this is done once a key, in words and without any vector instruction.
#include "crypto/rsa/ifma_key.h"

#include <utility>

#include "base/check.h"
#include "crypto/rsa/digits.h"
#include "crypto/rsa/form.h"

namespace assay::crypto::rsa {

namespace {

// The modulus, the factor, the negative power, and a head for each hash.
constexpr std::size_t kTables = 3 + kHashes.size();

}  // namespace

IfmaKey::IfmaKey(const Modulus& modulus, std::uint32_t exponent) : shape_(ifma_shape_index(modulus.bits())) {
  CHECK(shape_ < kIfmaShapeCount && exponent >= 3 && exponent % 2 == 1);
  const IfmaShape& shape = kIfmaShapes[shape_];
  tables_ = make_aligned<std::int64_t>(kTables * shape.places());
  const FormNumbers numbers = form_numbers(modulus, exponent, kIfmaDigitBits * shape.digits(), 0);
  std::int64_t* table = tables_.get();
  const auto put = [&](std::span<const Word> words) {
    split_unsigned(words.first(modulus.words()), shape.places(), over_lanes(shape), table);
    return std::exchange(table, table + shape.places());
  };
  constants_.exponent = exponent;
  constants_.inverse = static_cast<std::int64_t>((Word{0} - inverse_of(modulus.number()[0])) & ((Word{1} << kIfmaDigitBits) - 1));
  constants_.modulus = put(modulus.number());
  constants_.factor = put(numbers.factor);
  constants_.negative = put(numbers.negative);
  constants_.heads = table;
  for (const Residue& head : numbers.heads) put(head);
}

std::size_t IfmaKey::bytes() const noexcept { return sizeof(std::int64_t) * kTables * kIfmaShapes[shape_].places(); }

}  // namespace assay::crypto::rsa
