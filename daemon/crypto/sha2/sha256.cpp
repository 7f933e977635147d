// Whole messages out of blocks. Every digest goes the same way; a message without a prefix is one whose prefix is empty.
#include "crypto/sha2/sha256.h"

#include "crypto/sha2/message_lanes.h"

namespace assay::crypto::sha2 {

namespace {

using Message = PaddedMessage<kSha256BlockBytes, 8>;

Sha256Digest digest_of(const Sha256State& state) noexcept {
  Sha256Digest digest;
  for (std::size_t i = 0; i < state.words.size(); ++i) store_big_endian(digest.data() + 4 * i, state.words[i]);
  return digest;
}

}  // namespace

Sha256Digest sha256(const Sha256Code& code, base::Bytes message) noexcept { return Sha256Prefix().finish(code, message); }

void Sha256Prefix::absorb(const Sha256Code& code, base::Bytes octets) noexcept {
  CHECK(octets.size() % kSha256BlockBytes == 0);
  if (octets.empty()) return;
  code.one(&state_, octets.data(), octets.size() / kSha256BlockBytes);
  octets_ += octets.size();
}

Sha256Digest Sha256Prefix::finish(const Sha256Code& code, base::Bytes rest) const noexcept {
  Message message;
  Sha256State state = state_;
  message.start({}, rest, octets_);
  hash_one(code, state, message);
  return digest_of(state);
}

void sha256_batch(const Sha256Code& code, std::span<const base::Bytes> messages, std::span<Sha256Digest> digests) noexcept {
  CHECK(messages.size() == digests.size());
  hash_all<Message, Sha256State>(
      code, messages.size(),
      [&](std::size_t i, Message& message, Sha256State& state) {
        message.start({}, messages[i], 0);
        state = {};
      },
      [&](std::size_t i, const Sha256State& state) { digests[i] = digest_of(state); });
}

void sha256_finish_batch(const Sha256Code& code, std::span<const Sha256EndView> ends, std::span<Sha256Digest> digests) noexcept {
  CHECK(ends.size() == digests.size());
  hash_all<Message, Sha256State>(
      code, ends.size(),
      [&](std::size_t i, Message& message, Sha256State& state) {
        message.start({}, ends[i].rest, ends[i].prefix->octets());
        state = ends[i].prefix->state();
      },
      [&](std::size_t i, const Sha256State& state) { digests[i] = digest_of(state); });
}

}  // namespace assay::crypto::sha2
