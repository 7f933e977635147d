// Nothing is parsed. PKCS#1 v1.5 has one encoding of a digest, so every octet is compared with the one it must be; PSS is undone step by step, and each octet
// that the standard fixes is compared. Variable time: encodings and digests are public.
#include "crypto/rsa/padding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/limits.h"
#include "crypto/sha2.h"

namespace assay::crypto::rsa {

namespace {

using base::Bytes;

constexpr std::size_t kEncodedBytesMax = base::limits::kRsaBitsMax / 8;
constexpr std::size_t kDigestBytesMax = 64;

// DigestInfo up to the digest (RFC 8017 section 9.2 note 1): SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING }. The three differ in the
// two lengths that count the digest and in the last arc.
constexpr std::size_t kInfoBytes = 19;
using Info = std::array<std::uint8_t, kInfoBytes>;

constexpr Info digest_info(std::uint8_t arc, std::uint8_t digest_size) noexcept {
  return {0x30, static_cast<std::uint8_t>(kInfoBytes - 2 + digest_size), 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
          arc, 0x05, 0x00, 0x04, digest_size};
}

Info digest_info(RsaHash hash) noexcept {
  switch (hash) {
    case RsaHash::sha256: return digest_info(1, 32);
    case RsaHash::sha384: return digest_info(2, 48);
    case RsaHash::sha512: return digest_info(3, 64);
    case RsaHash::unset: break;
  }
  return {};
}

bool equal(Bytes a, Bytes b) noexcept { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0; }

// all_of(octets, value): an octet equals the one before it, and the first one is the value.
bool all_of(Bytes octets, std::byte value) noexcept {
  return octets.empty() || (octets[0] == value && equal(octets.subspan(1), octets.first(octets.size() - 1)));
}

// RFC 8017 section 9.2: EM = 00 01 FF..FF 00 DigestInfo, with eight octets FF or more.
bool encodes_pkcs1(RsaHash hash, Bytes digest, Bytes encoded) noexcept {
  const Info info = digest_info(hash);
  const std::size_t tail = kInfoBytes + digest.size();
  if (encoded.size() < 2 + 8 + 1 + tail) return false;
  const Bytes filler = encoded.subspan(2, encoded.size() - 3 - tail);
  return encoded[0] == std::byte{0} && encoded[1] == std::byte{1} && all_of(filler, std::byte{0xFF}) &&
         encoded[encoded.size() - tail - 1] == std::byte{0} && equal(encoded.last(tail).first(kInfoBytes), std::as_bytes(std::span(info))) &&
         equal(encoded.last(digest.size()), digest);
}

// Hashed: a digest of any of the three hashes.
class Hashed {
 public:
  Hashed(RsaHash hash, Bytes message) noexcept : size_(digest_bytes(hash)) {
    switch (hash) {
      case RsaHash::sha256: keep(sha256(message)); return;
      case RsaHash::sha384: keep(sha384(message)); return;
      case RsaHash::sha512: keep(sha512(message)); return;
      case RsaHash::unset: return;
    }
  }
  Bytes bytes() const noexcept { return Bytes(octets_).first(size_); }

 private:
  template <std::size_t N>
  void keep(const std::array<std::byte, N>& digest) noexcept {
    std::ranges::copy(digest, octets_.begin());
  }
  std::array<std::byte, kDigestBytesMax> octets_;
  std::size_t size_;
};

// mask(hash, seed, data): data ^= MGF1(seed), RFC 8017 appendix B.2.1: the hashes of the seed and a counter of four octets, one after the other.
void mask(RsaHash hash, Bytes seed, std::span<std::byte> data) noexcept {
  std::array<std::byte, kDigestBytesMax + 4> input{};
  std::ranges::copy(seed, input.begin());
  // The counter stays below 2^16 / 32: two of its octets suffice.
  for (unsigned counter = 0; !data.empty(); ++counter) {
    input[seed.size() + 2] = static_cast<std::byte>(counter >> 8);
    input[seed.size() + 3] = static_cast<std::byte>(counter & 0xFF);
    const Hashed block(hash, Bytes(input).first(seed.size() + 4));
    const std::size_t count = std::min(data.size(), block.bytes().size());
    for (std::size_t i = 0; i < count; ++i) data[i] ^= block.bytes()[i];
    data = data.subspan(count);
  }
}

// RFC 8017 section 9.1.2, whose steps are named below. maskedDB H BC fill emLen octets, which is one less than n has when n has 8 k + 1 bits.
bool encodes_pss(RsaHash hash, Bytes digest, Bytes encoded, std::size_t bits) noexcept {
  const std::size_t encoded_bits = bits - 1;
  const std::size_t size = (encoded_bits + 7) / 8;
  // Section 8.1.2 step 2c: the number must fit into emLen octets.
  if (encoded.size() != size) {
    if (encoded.size() != size + 1 || encoded[0] != std::byte{0}) return false;
    encoded = encoded.subspan(1);
  }
  const std::size_t hash_size = digest.size();
  if (size < 2 * hash_size + 2) return false;                 // step 3
  if (encoded.back() != std::byte{0xBC}) return false;        // step 4
  const std::size_t masked_size = size - hash_size - 1;       // step 5
  const Bytes seed = encoded.subspan(masked_size, hash_size);
  const auto top = static_cast<std::byte>(0xFF >> (8 * size - encoded_bits));
  if ((encoded[0] & ~top) != std::byte{0}) return false;      // step 6
  std::array<std::byte, kEncodedBytesMax> data;               // steps 7 to 9
  std::ranges::copy(encoded.first(masked_size), data.begin());
  const auto block = std::span(data).first(masked_size);
  mask(hash, seed, block);
  block[0] &= top;
  const Bytes zeros = block.first(masked_size - hash_size - 1);  // step 10
  if (!all_of(zeros, std::byte{0}) || block[zeros.size()] != std::byte{1}) return false;
  std::array<std::byte, 8 + 2 * kDigestBytesMax> message{};   // steps 11 to 13
  std::ranges::copy(digest, message.begin() + 8);
  std::ranges::copy(block.last(hash_size), message.begin() + 8 + static_cast<std::ptrdiff_t>(hash_size));
  return equal(Hashed(hash, Bytes(message).first(8 + 2 * hash_size)).bytes(), seed);  // step 14
}

}  // namespace

bool encodes(RsaPadding padding, RsaHash hash, Bytes digest, Bytes encoded, std::size_t bits) noexcept {
  if (digest.empty() || digest.size() != digest_bytes(hash) || bits < 2 || bits > base::limits::kRsaBitsMax || encoded.size() != (bits + 7) / 8) return false;
  switch (padding) {
    case RsaPadding::pkcs1: return encodes_pkcs1(hash, digest, encoded);
    case RsaPadding::pss: return encodes_pss(hash, digest, encoded, bits);
    case RsaPadding::unset: break;
  }
  return false;
}

}  // namespace assay::crypto::rsa
