// SHA-256 (FIPS 180-4 section 6.2) by the implementation that the caller names: one message, many at once, or several ends of one beginning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/sha2.h"

namespace assay::crypto::sha2 {

inline constexpr std::size_t kSha256BlockBytes = 64;

// Sha256State: the hash value between two blocks; a, b, ... h of the standard. A value; at first that of section 5.3.3.
struct Sha256State {
  std::array<std::uint32_t, 8> words = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

// Sha256Code: an implementation of the compression function.
struct Sha256Code {
  const char* name;
  // one(state, blocks, count): takes count blocks that lie one after the other into the state.
  void (*one)(Sha256State* state, const std::byte* blocks, std::size_t count) noexcept;
  // lanes(states, blocks, count): the same for lane_count messages at once, state l and blocks[l] being those of message l. Null if lane_count is 1.
  void (*lanes)(Sha256State* states, const std::byte* const* blocks, std::size_t count) noexcept;
  std::size_t lane_count;
};

// sha256_portable(): C++ alone.
const Sha256Code& sha256_portable() noexcept;
// sha256_sha_ni(): x86-64's SHA extensions; null where this build has no such code. Run it on processors with SHA, SSE4.1 and SSSE3 only.
const Sha256Code* sha256_sha_ni() noexcept;

// sha256_fastest(): the fastest that this processor can run.
const Sha256Code& sha256_fastest() noexcept;

// sha256_agrees(code): whether it gives the digests that mbedTLS gives, for messages around the edges of blocks, alone, side by side and in two parts. Takes some tens of microseconds.
bool sha256_agrees(const Sha256Code& code) noexcept;

// sha256(code, message): the digest of the whole message. This and all that follows: nothing is allocated, thread-safe.
Sha256Digest sha256(const Sha256Code& code, base::Bytes message) noexcept;

// sha256_batch(code, messages, digests): each message's digest, in their order; as many digests as messages (CHECKed), of any lengths.
void sha256_batch(const Sha256Code& code, std::span<const base::Bytes> messages, std::span<Sha256Digest> digests) noexcept;

// Sha256Prefix: a beginning that several messages share, hashed once. A value.
class Sha256Prefix {
 public:
  // absorb(code, octets): takes whole blocks into the prefix. octets.size() is a multiple of kSha256BlockBytes (CHECKed).
  void absorb(const Sha256Code& code, base::Bytes octets) noexcept;
  // finish(code, rest): the digest of the prefix followed by rest, which may have any length. The prefix stays as it is.
  Sha256Digest finish(const Sha256Code& code, base::Bytes rest) const noexcept;

  const Sha256State& state() const noexcept ASSAY_LIFETIMEBOUND { return state_; }
  std::uint64_t octets() const noexcept { return octets_; }

 private:
  friend void sha256_absorb_batch(const Sha256Code&, std::span<const base::Bytes>, std::span<Sha256Prefix>) noexcept;
  Sha256State state_;
  std::uint64_t octets_ = 0;
};

// kNoPrefix: of a message of which nothing has been hashed yet.
inline constinit const Sha256Prefix kNoPrefix;

// sha256_absorb_batch(code, octets, prefixes): each prefix absorbs its octets, whole blocks (CHECKed); as many as prefixes (CHECKed).
void sha256_absorb_batch(const Sha256Code& code, std::span<const base::Bytes> octets, std::span<Sha256Prefix> prefixes) noexcept;

// Sha256EndView: a message in two parts. Both are borrowed until sha256_finish_batch returns.
struct Sha256EndView {
  const Sha256Prefix* prefix = nullptr;
  base::Bytes rest;
};

// sha256_finish_batch(code, ends, digests): the digest of each prefix followed by its rest; as many digests as ends (CHECKed). No prefix is null.
void sha256_finish_batch(const Sha256Code& code, std::span<const Sha256EndView> ends, std::span<Sha256Digest> digests) noexcept;

}  // namespace assay::crypto::sha2
