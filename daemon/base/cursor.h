// A cursor over borrowed bytes: each read succeeds and advances, or fails and changes nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.h"

namespace assay::base {

// ByteCursor: reads fixed-size fields from the front of borrowed bytes. A value; the bytes outlive it.
class ByteCursor {
 public:
  explicit ByteCursor(Bytes bytes) noexcept : rest_(bytes) {}

  Bytes rest() const noexcept { return rest_; }
  bool empty() const noexcept { return rest_.empty(); }

  // read_u32_le(): the next four octets, least significant first; nothing if fewer are left.
  std::optional<std::uint32_t> read_u32_le() noexcept {
    if (rest_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(rest_[i]) << (8 * i);
    rest_ = rest_.subspan(4);
    return value;
  }

  // read_bytes(count): the next count octets, borrowed; nothing if fewer are left.
  std::optional<Bytes> read_bytes(std::size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  Bytes rest_;
};

}  // namespace assay::base
