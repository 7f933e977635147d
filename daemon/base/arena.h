// Memory that is taken piece by piece and given back all at once: one batch of tokens, one arena.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/check.h"

namespace assay::base {

// Arena: a bump allocator over blocks that it keeps. After the first batches it allocates nothing more: reset() makes all blocks free again.
// Views into it end with the next reset(). Not for threads to share.
class Arena {
 public:
  explicit Arena(std::size_t block_bytes = std::size_t{64} << 10) noexcept : block_bytes_(block_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // allocate<T>(count): room for count objects of a trivial type, uninitialised, aligned for T. Never null; out of memory ends the process.
  template <class T>
  std::span<T> allocate(std::size_t count) ASSAY_LIFETIMEBOUND {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignof(std::max_align_t));
    std::byte* memory = take(count * sizeof(T));
    return {reinterpret_cast<T*>(memory), count};
  }

  // copy(text): the text, copied into the arena.
  std::string_view copy(std::string_view text) ASSAY_LIFETIMEBOUND {
    const std::span<char> memory = allocate<char>(text.size());
    std::copy(text.begin(), text.end(), memory.begin());
    return {memory.data(), memory.size()};
  }

  // reset(): ends every view handed out. Keeps the memory, as one block: a batch that fits the last ones' sum never allocates again, and no order of sizes
  // makes the sum grow beyond twice the largest batch.
  void reset() {
    if (blocks_.size() > 1) {
      std::size_t bytes = 0;
      for (const Block& block : blocks_) bytes += block.bytes;
      blocks_.clear();
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(bytes), bytes});
    }
    current_ = 0;
    used_ = 0;
  }
  // capacity_bytes(): what it holds on to.
  std::size_t capacity_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Block& block : blocks_) bytes += block.bytes;
    return bytes;
  }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes;
  };

  std::byte* take(std::size_t bytes) {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    std::size_t start = (used_ + kAlign - 1) / kAlign * kAlign;
    while (current_ == blocks_.size() || bytes > blocks_[current_].bytes || start > blocks_[current_].bytes - bytes) {
      if (current_ < blocks_.size()) ++current_;
      if (current_ == blocks_.size()) {
        const std::size_t size = std::max(block_bytes_, bytes);
        blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
      }
      start = 0;
    }
    used_ = start + bytes;
    return blocks_[current_].memory.get() + start;
  }

  // Block: of its own size. Several of them exist only within the batch that first needed them.
  std::size_t block_bytes_;
  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t used_ = 0;
};

}  // namespace assay::base
