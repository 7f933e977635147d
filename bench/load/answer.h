// What the daemon answers, read with as little work as safety allows: the FlatBuffers verifier, then accessors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace assay::load {

// kAnswerBytesMax: docs/PROTOCOL.md, "Frames", prefix included.
inline constexpr std::size_t kAnswerBytesMax = 1024 * 1024;

// frame_bytes(front): of the frame that begins there, prefix included; 0: its length has not arrived yet; SIZE_MAX: that is no frame of this protocol.
std::size_t frame_bytes(std::span<const std::byte> front) noexcept;

// Answer: one frame, read. Borrows nothing.
struct Answer {
  enum class Kind : std::uint8_t { malformed = 0, verdicts, error, pong, other };
  Kind kind = Kind::malformed;
  std::uint64_t id = 0;
  std::size_t verdict_count = 0;  // of all; codes has no more than its room
  bool overloaded = false;        // an error that asks to try again later
  std::string text;               // of an error: its code and text; of a pong: the daemon's version; printable
};

// read_answer(frame, codes): a whole frame, aligned to 8 bytes. The verdicts' codes go to `codes`, as many as it takes; an accepted one without a verified signature
// reads as 0, unset, which nobody expects.
Answer read_answer(std::span<const std::byte> frame, std::span<std::uint8_t> codes);

// read_unaligned(frame): the same of a whole frame anywhere; its codes are left alone. For single answers, outside of runs.
Answer read_unaligned(std::string_view frame);

// printable(text, bytes_max): of a peer's text, what is safe on a terminal; cut.
std::string printable(std::string_view text, std::size_t bytes_max = 200);

// ping_frame(id): a request that any daemon answers with its version.
std::string ping_frame(std::uint64_t id);

// id_offset(frame): where the id stands in a whole, verified frame.
std::size_t id_offset(std::span<const std::byte> frame) noexcept;

}  // namespace assay::load
