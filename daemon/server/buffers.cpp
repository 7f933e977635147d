// An idle connection holds no buffer: it takes one when bytes arrive and gives it back when they are answered. So memory follows what is in flight, not how
// many are connected.
#include "server/buffers.h"

namespace assay::server {

Buffer::~Buffer() {
  if (memory_ != nullptr) pool_->give_back(std::move(memory_), bytes_);
}

BufferPool::BufferPool(std::size_t big_bytes, std::size_t small_kept, std::size_t big_kept) : big_bytes_(big_bytes), small_kept_(small_kept), big_kept_(big_kept) {
  CHECK(big_bytes > limits::kSmallBufferBytes);
  small_.reserve(small_kept);
  big_.reserve(big_kept);
}

BufferPool::~BufferPool() { CHECK(taken_ == 0); }

Buffer BufferPool::take(std::size_t bytes) {
  std::vector<Memory>& free = bytes <= limits::kSmallBufferBytes ? small_ : big_;
  const std::size_t size = bytes <= limits::kSmallBufferBytes ? limits::kSmallBufferBytes : bytes <= big_bytes_ ? big_bytes_ : bytes;
  ++taken_;
  if (size > limits::kSmallBufferBytes) ++big_taken_;
  if (free.empty() || size > big_bytes_) return Buffer(this, std::make_unique_for_overwrite<std::byte[]>(size), size);
  Memory memory = std::move(free.back());
  free.pop_back();
  return Buffer(this, std::move(memory), size);
}

void BufferPool::give_back(Memory memory, std::size_t bytes) noexcept {
  CHECK(taken_ > 0);
  --taken_;
  if (bytes > limits::kSmallBufferBytes) --big_taken_;
  // Within the reserved capacity: nothing is allocated here.
  if (bytes == limits::kSmallBufferBytes && small_.size() < small_kept_) small_.push_back(std::move(memory));
  if (bytes == big_bytes_ && big_.size() < big_kept_) big_.push_back(std::move(memory));
}

}  // namespace assay::server
