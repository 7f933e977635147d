// Private to sha2: how messages of any lengths are cut into blocks and dealt over the lanes of a compression function.
//
// A message is three runs of blocks: the first block, if something stands before the message; the whole blocks where they lie; the end with its padding. All lanes
// advance by the shortest run at hand. A lane whose message is done takes the next message at once, so lanes stand still only when there are no messages left; the
// last few are finished by the code for few, if there is one, and the last alone by the code for one.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "base/bytes.h"
#include "base/check.h"

namespace assay::crypto::sha2 {

// copy(to, from): memcpy, but from may be empty, and then null.
inline void copy(std::byte* to, base::Bytes from) noexcept {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

// store_big_endian(to, word): most significant octet first, as all numbers of FIPS 180-4 are written.
template <class Word>
inline void store_big_endian(std::byte* to, Word word) noexcept {
  if constexpr (std::endian::native == std::endian::little) word = std::byteswap(word);
  std::memcpy(to, &word, sizeof word);
}

template <class Word>
inline Word load_big_endian(const std::byte* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::little) word = std::byteswap(word);
  return word;
}

// PaddedMessage: the blocks of one message, run by run (FIPS 180-4 section 5.1). kLengthBytes: octets of the length at the end.
template <std::size_t kBlockBytes, std::size_t kLengthBytes>
class PaddedMessage {
 public:
  // start(head, body, octets_before): head, which is shorter than a block, then body; octets_before have been hashed already. body is borrowed.
  void start(base::Bytes head, base::Bytes body, std::uint64_t octets_before) noexcept {
    const std::uint64_t octets = octets_before + head.size() + body.size();
    runs_ = 0;
    run_ = 0;
    std::size_t in_end = head.size();
    if (!head.empty() && head.size() + body.size() >= kBlockBytes) {
      const std::size_t taken = kBlockBytes - head.size();
      copy(first_, head);
      copy(first_ + head.size(), body.first(taken));
      body = body.subspan(taken);
      append(first_, 1);
      in_end = 0;
    } else {
      copy(end_, head);
    }
    if (in_end == 0 && body.size() >= kBlockBytes) {
      const std::size_t whole = body.size() / kBlockBytes;
      append(body.data(), whole);
      body = body.subspan(whole * kBlockBytes);
    }
    copy(end_ + in_end, body);
    pad(in_end + body.size(), octets);
  }

  // blocks(), count(): the run at hand.
  const std::byte* blocks() const noexcept { return list_[run_].blocks; }
  std::size_t count() const noexcept { return list_[run_].count; }
  // advance(count): not more than count(). True if the message is done.
  bool advance(std::size_t count) noexcept {
    list_[run_].blocks += count * kBlockBytes;
    list_[run_].count -= count;
    if (list_[run_].count == 0) ++run_;
    return run_ == runs_;
  }

 private:
  struct Run {
    const std::byte* blocks;
    std::size_t count;
  };

  void append(const std::byte* blocks, std::size_t count) noexcept { list_[runs_++] = {blocks, count}; }

  // pad(used, octets): 0x80, zeros, and the length in bits at the end of a block.
  void pad(std::size_t used, std::uint64_t octets) noexcept {
    const std::size_t count = used + 1 + kLengthBytes <= kBlockBytes ? 1 : 2;
    const std::size_t size = count * kBlockBytes;
    end_[used] = std::byte{0x80};
    std::memset(end_ + used + 1, 0, size - used - 1);
    store_big_endian(end_ + size - sizeof octets, octets * 8);
    append(end_, count);
  }

  Run list_[3];
  std::size_t runs_;
  std::size_t run_;
  std::byte first_[kBlockBytes];
  std::byte end_[2 * kBlockBytes];
};

// hash_one(code, state, message): takes the whole message into the state. Code that takes blocks wherever they lie gets several runs at once.
template <class Code, class State, class Message>
void hash_one(const Code& code, State& state, Message& message) noexcept {
  std::size_t count;
  bool is_done;
  do {
    if constexpr (requires(const std::byte* const* anywhere) { code.one(&state, anywhere, count); }) {
      const std::byte* blocks[16];
      count = 0;
      do {
        blocks[count++] = message.blocks();
        is_done = message.advance(1);
      } while (!is_done && count < std::size(blocks));
      code.one(&state, blocks, count);
    } else {
      count = message.count();
      code.one(&state, message.blocks(), count);
      is_done = message.advance(count);
    }
  } while (!is_done);
}

inline constexpr std::size_t kLanesMax = 8;

// code_for(code, count): what takes the least time for so many messages side by side.
template <class Code>
const Code& code_for(const Code& code, std::size_t count) noexcept {
  if constexpr (requires { code.few; }) {
    if (code.few != nullptr && count <= code.few->lane_count) return *code.few;
  }
  return code;
}

// hash_all<Message, State>(code, count, start, deliver): start(index, message, state) prepares a message, deliver(index, state) takes what came out.
template <class Message, class State, class Code, class Start, class Deliver>
void hash_all(const Code& code, std::size_t count, Start start, Deliver deliver) noexcept {
  constexpr std::size_t kIdle = ~std::size_t{0};
  CHECK(code.lane_count <= kLanesMax);
  Message messages[kLanesMax];
  State states[kLanesMax];
  std::size_t index[kLanesMax];
  std::ranges::fill(index, kIdle);
  for (std::size_t next = 0;;) {
    std::size_t busy[kLanesMax];  // the lanes that have a message
    std::size_t busy_count = 0;
    for (std::size_t lane = 0; lane < code.lane_count; ++lane) {
      if (index[lane] == kIdle && next < count) {
        index[lane] = next;
        start(next++, messages[lane], states[lane]);
      }
      if (index[lane] != kIdle) busy[busy_count++] = lane;
    }
    if (busy_count == 0) return;
    if (busy_count == 1) {
      const std::size_t last = busy[0];
      hash_one(code, states[last], messages[last]);
      deliver(index[last], states[last]);
      index[last] = kIdle;
      continue;
    }
    // Idle lanes hash the blocks of another once more, for nothing.
    const Code& together = code_for(code, busy_count);
    const std::byte* blocks[kLanesMax];
    State gathered[kLanesMax];
    std::size_t run = messages[busy[0]].count();
    for (std::size_t k = 0; k < together.lane_count; ++k) {
      const std::size_t lane = busy[k < busy_count ? k : 0];
      blocks[k] = messages[lane].blocks();
      gathered[k] = states[lane];
      run = std::min(run, messages[lane].count());
    }
    together.lanes(gathered, blocks, run);
    for (std::size_t k = 0; k < busy_count; ++k) {
      const std::size_t lane = busy[k];
      states[lane] = gathered[k];
      if (!messages[lane].advance(run)) continue;
      deliver(index[lane], states[lane]);
      index[lane] = kIdle;
    }
  }
}

}  // namespace assay::crypto::sha2
