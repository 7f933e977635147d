// Whole messages out of blocks. Every digest goes the same way; a message without a prefix is one whose prefix is empty.
#include "crypto/sha2/sha256.h"

#include <iterator>

#include "crypto/sha2/message_lanes.h"

namespace assay::crypto::sha2 {

namespace {

using Message = PaddedMessage<kSha256BlockBytes, 8>;

// WholeBlocks: as much of a message as is whole blocks, for hash_all. Possibly none.
class WholeBlocks {
 public:
  void start(base::Bytes octets) noexcept {
    blocks_ = octets.data();
    count_ = octets.size() / kSha256BlockBytes;
  }
  const std::byte* blocks() const noexcept { return blocks_; }
  std::size_t count() const noexcept { return count_; }
  bool advance(std::size_t count) noexcept {
    if (count != 0) blocks_ += count * kSha256BlockBytes;
    count_ -= count;
    return count_ == 0;
  }

 private:
  const std::byte* blocks_;
  std::size_t count_;
};

Sha256Digest digest_of(const Sha256State& state) noexcept {
  Sha256Digest digest;
  for (std::size_t i = 0; i < state.words.size(); ++i) store_big_endian(digest.data() + 4 * i, state.words[i]);
  return digest;
}

// g++ 12 does not know "sha" as the name of a feature: it is bit 29 of EBX in leaf 7 of CPUID.
bool has_sha_ni() noexcept {
#if defined(__x86_64__)
  unsigned eax = 7, ebx = 0, ecx = 0, edx = 0;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1") != 0 && __builtin_cpu_supports("ssse3") != 0 && sha256_sha_ni() != nullptr;
#else
  return false;
#endif
}

}  // namespace

const Sha256Code& sha256_fastest() noexcept {
  static const Sha256Code& code = has_sha_ni() ? *sha256_sha_ni() : sha256_portable();  // CPUID traps in a virtual machine: asked once
  return code;
}

bool sha256_agrees(const Sha256Code& code) noexcept {
  constexpr std::size_t kSizes[] = {0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 191, 192, 193, 640, 700};
  constexpr std::size_t kCount = std::size(kSizes);
  std::array<std::byte, kSizes[kCount - 1]> octets;
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::byte>(i * 151 + 7);
  std::array<base::Bytes, kCount> messages, beginnings;
  std::array<Sha256Prefix, kCount> prefixes;
  std::array<Sha256EndView, kCount> ends;
  std::array<Sha256Digest, kCount> wanted, whole, in_two;
  bool agrees = true;
  for (std::size_t i = 0; i < kCount; ++i) {
    messages[i] = base::Bytes(octets).first(kSizes[i]);
    beginnings[i] = messages[i].first(kSizes[i] / 2 / kSha256BlockBytes * kSha256BlockBytes);
    ends[i] = {&prefixes[i], messages[i].subspan(beginnings[i].size())};
    wanted[i] = crypto::sha256(messages[i]);
    agrees = agrees && sha256(code, messages[i]) == wanted[i];
  }
  sha256_batch(code, messages, whole);
  sha256_absorb_batch(code, beginnings, prefixes);
  sha256_finish_batch(code, ends, in_two);
  return agrees && whole == wanted && in_two == wanted;
}

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

void sha256_absorb_batch(const Sha256Code& code, std::span<const base::Bytes> octets, std::span<Sha256Prefix> prefixes) noexcept {
  CHECK(octets.size() == prefixes.size());
  hash_all<WholeBlocks, Sha256State>(
      code, octets.size(),
      [&](std::size_t i, WholeBlocks& blocks, Sha256State& state) {
        CHECK(octets[i].size() % kSha256BlockBytes == 0);
        blocks.start(octets[i]);
        state = prefixes[i].state_;
      },
      [&](std::size_t i, const Sha256State& state) {
        prefixes[i].state_ = state;
        prefixes[i].octets_ += octets[i].size();
      });
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
