// Requests, built before a run: while it runs, a frame is copied and gets its id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "load/workload.h"

namespace assay::load {

// FrameView: one request. Borrows from its Frames.
struct FrameView {
  std::span<const std::byte> bytes;
  std::size_t id_offset = 0;
  std::span<const std::uint8_t> expected;  // of each of its tokens

  // write(to, id): the frame with that id, to where bytes.size() bytes are free.
  void write(std::byte* to, std::uint64_t id) const noexcept {
    std::memcpy(to, bytes.data(), bytes.size());
    std::memcpy(to + id_offset, &id, sizeof id);  // little-endian, as every host of ours
  }
};

// Frames: all requests of a run and the order in which they are sent. Immutable, so threads share it.
class Frames {
 public:
  struct Shape {
    unsigned tokens_per_frame = 1;
    std::uint32_t deadline_ms = 0;
    double zipf = 0;
  };
  // Throws Usage if a frame would be larger than the protocol allows.
  Frames(const Workload& workload, const Shape& shape, std::uint64_t seed);

  std::size_t size() const noexcept { return entries_.size(); }
  FrameView operator[](std::size_t index) const noexcept;
  // order(): indices of frames; it is run through over and over.
  std::span<const std::uint32_t> order() const noexcept { return order_; }
  unsigned tokens_per_frame() const noexcept { return per_frame_; }
  // mean_bytes(): of a frame.
  double mean_bytes() const noexcept { return static_cast<double>(bytes_.size()) / static_cast<double>(entries_.size()); }

 private:
  struct Entry {
    std::size_t begin = 0;
    std::uint32_t bytes = 0;
    std::uint32_t id_offset = 0;
  };

  unsigned per_frame_;
  std::vector<std::byte> bytes_;
  std::vector<Entry> entries_;
  std::vector<std::uint8_t> expected_;  // per_frame_ of each frame
  std::vector<std::uint32_t> order_;
};

}  // namespace assay::load
