// The only parser that sees a stream before the FlatBuffers verifier does. It trusts nothing but the four octets of the prefix, and refuses a length as soon
// as it is known, so that no buffer is ever taken for a frame that will be refused.
#include "server/frame.h"

#include "base/cursor.h"
#include "base/limits.h"

namespace assay::server {

FrameScan scan_frame(base::Bytes front, std::size_t frame_bytes_max) noexcept {
  using enum FrameScan::State;
  base::ByteCursor cursor(front);
  const auto length = cursor.read_u32_le();
  if (!length) return {incomplete, base::limits::kFramePrefixBytes};
  const std::size_t bytes = base::limits::kFramePrefixBytes + std::size_t{*length};
  if (bytes < base::limits::kFrameBytesMin || bytes % base::limits::kFrameAlignBytes != 0 || bytes > frame_bytes_max) return {refused, 0};
  if (front.size() < bytes) return {incomplete, bytes};
  return {whole, bytes};
}

}  // namespace assay::server
