// Nothing is parsed. PKCS#1 v1.5 has one encoding of a digest, so every octet is compared with the one it must be; PSS is undone step by step, and each octet
// that the standard fixes is compared. Variable time: encodings and digests are public.
#include "crypto/rsa/padding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/check.h"
#include "base/limits.h"

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

// Octets of an encoding that are not filler, at least (RFC 8017 section 9.2): 00 01, eight of FF, 00, DigestInfo.
constexpr std::size_t kPkcs1BytesMin = 2 + 8 + 1 + kInfoBytes;

bool encodes_pkcs1(RsaHash hash, Bytes digest, Bytes encoded) noexcept {
  if (encoded.size() < kPkcs1BytesMin + digest.size()) return false;
  std::array<std::byte, kEncodedBytesMax> octets;
  const auto good = std::span(octets).first(encoded.size());
  encode_pkcs1(hash, digest, good);
  return equal(good, encoded);
}

constexpr std::size_t kMaskBlocksMax = kEncodedBytesMax / digest_bytes(RsaHash::sha256);

// mask_by<Digest>(seed, data, batch): data ^= MGF1(seed), RFC 8017 appendix B.2.1: the hashes of the seed and a counter of four octets, one after the other.
// They do not wait for each other: batch(messages, digests) makes all of them at once.
template <class Digest, class Batch>
void mask_by(Bytes seed, std::span<std::byte> data, Batch batch) noexcept {
  std::array<std::array<std::byte, kDigestBytesMax + 4>, kMaskBlocksMax> inputs;
  std::array<Bytes, kMaskBlocksMax> messages;
  std::array<Digest, kMaskBlocksMax> digests;
  const std::size_t count = (data.size() + sizeof(Digest) - 1) / sizeof(Digest);
  for (std::size_t i = 0; i < count; ++i) {
    // The counter stays below kMaskBlocksMax: one of its octets suffices.
    const auto counter = std::ranges::copy(seed, inputs[i].begin()).out;
    std::ranges::fill_n(counter, 3, std::byte{0});
    counter[3] = static_cast<std::byte>(i);
    messages[i] = Bytes(inputs[i]).first(seed.size() + 4);
  }
  batch(std::span<const Bytes>(messages).first(count), std::span(digests).first(count));
  const Bytes octets = std::as_bytes(std::span(digests));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] ^= octets[i];
}

void mask(const Hashes& hashes, RsaHash hash, Bytes seed, std::span<std::byte> data) noexcept {
  switch (hash) {
    case RsaHash::sha256: return mask_by<Sha256Digest>(seed, data, [&](auto messages, auto digests) { sha2::sha256_batch(*hashes.sha256, messages, digests); });
    case RsaHash::sha384: return mask_by<Sha384Digest>(seed, data, [&](auto messages, auto digests) { sha2::sha384_batch(*hashes.sha512, messages, digests); });
    case RsaHash::sha512: return mask_by<Sha512Digest>(seed, data, [&](auto messages, auto digests) { sha2::sha512_batch(*hashes.sha512, messages, digests); });
    case RsaHash::unset: return;
  }
}

// is_hash(hashes, hash, message, digest): whether that is the digest of the message.
bool is_hash(const Hashes& hashes, RsaHash hash, Bytes message, Bytes digest) noexcept {
  switch (hash) {
    case RsaHash::sha256: return equal(sha2::sha256(*hashes.sha256, message), digest);
    case RsaHash::sha384: return equal(sha2::sha384(*hashes.sha512, message), digest);
    case RsaHash::sha512: return equal(sha2::sha512(*hashes.sha512, message), digest);
    case RsaHash::unset: break;
  }
  return false;
}

// RFC 8017 section 9.1.2, whose steps are named below. maskedDB H BC fill emLen octets, which is one less than n has when n has 8 k + 1 bits.
bool encodes_pss(const Hashes& hashes, RsaHash hash, Bytes digest, Bytes encoded, std::size_t bits) noexcept {
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
  mask(hashes, hash, seed, block);
  block[0] &= top;
  const Bytes zeros = block.first(masked_size - hash_size - 1);  // step 10
  if (!all_of(zeros, std::byte{0}) || block[zeros.size()] != std::byte{1}) return false;
  std::array<std::byte, 8 + 2 * kDigestBytesMax> message{};   // steps 11 to 13
  std::ranges::copy(digest, message.begin() + 8);
  std::ranges::copy(block.last(hash_size), message.begin() + 8 + static_cast<std::ptrdiff_t>(hash_size));
  return is_hash(hashes, hash, Bytes(message).first(8 + 2 * hash_size), seed);  // step 14
}

}  // namespace

void encode_pkcs1(RsaHash hash, Bytes digest, std::span<std::byte> encoded) noexcept {
  CHECK(!digest.empty() && digest.size() == digest_bytes(hash) && encoded.size() >= kPkcs1BytesMin + digest.size());
  const Info info = digest_info(hash);
  std::ranges::fill(encoded, std::byte{0xFF});
  const auto tail = encoded.last(1 + kInfoBytes + digest.size());
  encoded[0] = tail[0] = std::byte{0};
  encoded[1] = std::byte{1};
  std::ranges::copy(std::as_bytes(std::span(info)), tail.begin() + 1);
  std::ranges::copy(digest, tail.end() - static_cast<std::ptrdiff_t>(digest.size()));
}

bool encodes(const Hashes& hashes, RsaPadding padding, RsaHash hash, Bytes digest, Bytes encoded, std::size_t bits) noexcept {
  if (digest.empty() || digest.size() != digest_bytes(hash) || bits < 2 || bits > base::limits::kRsaBitsMax || encoded.size() != (bits + 7) / 8) return false;
  switch (padding) {
    case RsaPadding::pkcs1: return encodes_pkcs1(hash, digest, encoded);
    case RsaPadding::pss: return encodes_pss(hashes, hash, digest, encoded, bits);
    case RsaPadding::unset: break;
  }
  return false;
}

}  // namespace assay::crypto::rsa
