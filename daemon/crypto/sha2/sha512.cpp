// Whole messages out of blocks. SHA-384 differs in its first state and in how much of the last one is the digest.
#include "crypto/sha2/sha512.h"

#include "crypto/sha2/message_lanes.h"

namespace assay::crypto::sha2 {

namespace {

using Message = PaddedMessage<kSha512BlockBytes, 16>;

// FIPS 180-4 section 5.3.4.
constexpr Sha512State kSha384Start = {{0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                       0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}};

template <class Digest>
Digest digest_of(const Sha512State& state) noexcept {
  Digest digest;
  for (std::size_t i = 0; i < digest.size() / 8; ++i) store_big_endian(digest.data() + 8 * i, state.words[i]);
  return digest;
}

template <class Digest>
Digest hash(const Sha512Code& code, Sha512State state, base::Bytes octets) noexcept {
  Message message;
  message.start({}, octets, 0);
  hash_one(code, state, message);
  return digest_of<Digest>(state);
}

// hash_batch(code, first, count, head, body, digests): head(i) and body(i) are the parts of message i.
template <class Digest, class Head, class Body>
void hash_batch(const Sha512Code& code, const Sha512State& first, std::size_t count, Head head, Body body, std::span<Digest> digests) noexcept {
  CHECK(count == digests.size());
  hash_all<Message, Sha512State>(
      code, count,
      [&](std::size_t i, Message& message, Sha512State& state) {
        message.start(head(i), body(i), 0);
        state = first;
      },
      [&](std::size_t i, const Sha512State& state) { digests[i] = digest_of<Digest>(state); });
}

constexpr auto kNoHead = [](std::size_t) { return base::Bytes(); };

}  // namespace

Sha512Digest sha512(const Sha512Code& code, base::Bytes message) noexcept { return hash<Sha512Digest>(code, {}, message); }
Sha384Digest sha384(const Sha512Code& code, base::Bytes message) noexcept { return hash<Sha384Digest>(code, kSha384Start, message); }

void sha512_batch(const Sha512Code& code, std::span<const base::Bytes> messages, std::span<Sha512Digest> digests) noexcept {
  hash_batch(code, {}, messages.size(), kNoHead, [&](std::size_t i) { return messages[i]; }, digests);
}

void sha512_batch(const Sha512Code& code, std::span<const HeadedMessageView> messages, std::span<Sha512Digest> digests) noexcept {
  const auto head = [&](std::size_t i) {
    CHECK(messages[i].head.size() < kSha512BlockBytes);
    return messages[i].head;
  };
  hash_batch(code, {}, messages.size(), head, [&](std::size_t i) { return messages[i].body; }, digests);
}

void sha384_batch(const Sha512Code& code, std::span<const base::Bytes> messages, std::span<Sha384Digest> digests) noexcept {
  hash_batch(code, kSha384Start, messages.size(), kNoHead, [&](std::size_t i) { return messages[i]; }, digests);
}

}  // namespace assay::crypto::sha2
