#include "crypto/rsa/fixture.h"

#include <algorithm>
#include <map>

namespace assay::crypto::test {

const RsaPair& pair_of(unsigned bits) {
  static std::map<unsigned, RsaPair> pairs;
  const auto found = pairs.find(bits);
  return found != pairs.end() ? found->second : pairs.try_emplace(bits, bits).first->second;
}

namespace {

Octets mgf1(const char* hash, const Octets& seed, std::size_t size) {
  Octets out;
  for (unsigned counter = 0; out.size() < size; ++counter) {
    Octets input = seed;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) input.push_back(static_cast<std::byte>(counter >> shift & 0xFF));
    out = concat(out, digest(hash, input));
  }
  out.resize(size);
  return out;
}

}  // namespace

Octets encode_pss(std::size_t bits, RsaHash hash, const Octets& digest_octets, const PssForm& form) {
  const std::size_t size = (bits - 1 + 7) / 8;
  const Octets salt(form.salt_bytes, std::byte{0x5A});
  const Octets seed = digest(hash_name(hash), concat(concat(Octets(8), digest_octets), salt));
  Octets data(size - seed.size() - 1 - salt.size() - 1, form.filler);
  data.push_back(form.separator);
  data = concat(data, salt);
  const Octets masking = mgf1(form.mgf_hash, seed, data.size());
  for (std::size_t i = 0; i < data.size(); ++i) data[i] ^= masking[i];
  data[0] &= static_cast<std::byte>(0xFF >> (8 * size - (bits - 1)));
  data[0] |= form.top;
  Octets encoded = concat(data, seed);
  encoded.push_back(form.trailer);
  return encoded.size() < (bits + 7) / 8 ? concat(Octets(1), encoded) : encoded;
}

}  // namespace assay::crypto::test
