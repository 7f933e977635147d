// SHA-512 and SHA-384 (FIPS 180-4 sections 6.4 and 6.5) by the implementation that the caller names: one message or many at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "crypto/sha2.h"

namespace assay::crypto::sha2 {

inline constexpr std::size_t kSha512BlockBytes = 128;

// Sha512State: the hash value between two blocks; a, b, ... h of the standard. A value; at first that of section 5.3.5.
struct Sha512State {
  std::array<std::uint64_t, 8> words = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
};

// Sha512Code: an implementation of the compression function.
struct Sha512Code {
  const char* name;
  // one(state, blocks, count): takes count blocks, wherever each lies, into the state.
  void (*one)(Sha512State* state, const std::byte* const* blocks, std::size_t count) noexcept;
  // lanes(states, blocks, count): takes count blocks of each of lane_count messages, which lie one after the other from blocks[l] on, into state l. Null if lane_count is 1.
  void (*lanes)(Sha512State* states, const std::byte* const* blocks, std::size_t count) noexcept;
  std::size_t lane_count;
  // few: takes less time as long as there are no more messages than it has lanes. May be null.
  const Sha512Code* few = nullptr;
};

// sha512_portable(): C++ alone.
const Sha512Code& sha512_portable() noexcept;
// sha512_avx2(): four messages in the lanes of AVX2; null where this build has no such code. Run it on processors with AVX2 and BMI2 only.
const Sha512Code* sha512_avx2() noexcept;
// sha512_avx512(): eight messages in the lanes of AVX-512, or four; null where this build has no such code. Run it on processors with AVX2, BMI2
// and AVX-512 F, BW and VL only.
const Sha512Code* sha512_avx512() noexcept;

// HeadedMessageView: head followed by body, both borrowed for the call; the head is shorter than a block (CHECKed). EdDSA hashes R and A before the message.
struct HeadedMessageView {
  base::Bytes head;
  base::Bytes body;
};

// sha512(code, message), sha384(code, message): the digest of the whole message. This and all that follows: nothing is allocated, thread-safe.
Sha512Digest sha512(const Sha512Code& code, base::Bytes message) noexcept;
Sha384Digest sha384(const Sha512Code& code, base::Bytes message) noexcept;

// sha512_batch(code, messages, digests), sha384_batch(...): each message's digest, in their order; as many digests as messages (CHECKed), of any lengths.
void sha512_batch(const Sha512Code& code, std::span<const base::Bytes> messages, std::span<Sha512Digest> digests) noexcept;
void sha512_batch(const Sha512Code& code, std::span<const HeadedMessageView> messages, std::span<Sha512Digest> digests) noexcept;
void sha384_batch(const Sha512Code& code, std::span<const base::Bytes> messages, std::span<Sha384Digest> digests) noexcept;

}  // namespace assay::crypto::sha2
