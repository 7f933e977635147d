// Frames (docs/PROTOCOL.md): a 4-byte little-endian length, then a FlatBuffer of that length; both together a multiple of 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace assay::server {

// FrameScan: what stands at the front of a stream. A value; unset is never returned.
struct FrameScan {
  enum class State : std::uint8_t { unset = 0, incomplete, whole, refused };
  State state = State::unset;
  // whole: the frame's bytes, prefix included. incomplete: how many the front needs before it can be looked at again. refused: 0.
  std::size_t bytes = 0;
};

// scan_frame(front, frame_bytes_max): looks at the first frame of front, which may hold less or more than one. Refused: less than kFrameBytesMin, prefix and length together
// no multiple of 8 (the next frame would not be aligned), or more than frame_bytes_max.
FrameScan scan_frame(base::Bytes front, std::size_t frame_bytes_max) noexcept;

}  // namespace assay::server
