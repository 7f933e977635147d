// Buffers for frames, kept between turns.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "server/limits.h"

namespace assay::server {

class BufferPool;

// Buffer: bytes taken from a pool, given back by the destructor. Movable; null by default. Aligned for any scalar. The pool outlives it.
class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(Buffer&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), memory_(std::move(other.memory_)), bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer();

  explicit operator bool() const noexcept { return memory_ != nullptr; }
  std::span<std::byte> bytes() const noexcept ASSAY_LIFETIMEBOUND { return {memory_.get(), bytes_}; }

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, std::unique_ptr<std::byte[]> memory, std::size_t bytes) noexcept : pool_(pool), memory_(std::move(memory)), bytes_(bytes) {}
  BufferPool* pool_ = nullptr;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t bytes_ = 0;
};

// BufferPool: a resource. Two classes of size; larger ones than both are made on demand and not kept. Not for threads to share.
class BufferPool {
 public:
  // big_bytes: the larger class. small_kept, big_kept: how many free ones of each stay for later.
  explicit BufferPool(std::size_t big_bytes, std::size_t small_kept = limits::kSmallBuffersKept, std::size_t big_kept = limits::kBigBuffersKept);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // take(bytes): a buffer of at least so many, uninitialised.
  Buffer take(std::size_t bytes);
  // taken(): how many are out.
  std::size_t taken() const noexcept { return taken_; }
  // big_taken(): how many of them are of the larger class or beyond.
  std::size_t big_taken() const noexcept { return big_taken_; }

 private:
  friend class Buffer;
  using Memory = std::unique_ptr<std::byte[]>;
  void give_back(Memory memory, std::size_t bytes) noexcept;

  std::size_t big_bytes_;
  std::size_t small_kept_;
  std::size_t big_kept_;
  std::size_t taken_ = 0;
  std::size_t big_taken_ = 0;
  std::vector<Memory> small_;  // the last used first: it is warm
  std::vector<Memory> big_;
};

}  // namespace assay::server
