// What the targets share. A target is one function, which libFuzzer calls with what it makes up, and replay_main.cpp with files. An oracle that does
// not hold ends the process by CHECK.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "jose/json_walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace assay::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

// take_part(text, separator): what stands before the first separator, which is taken off with it; all of text if there is none.
inline std::string_view take_part(std::string_view& text, char separator) noexcept {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

// PaddedText: a copy on the heap with exactly the padding that JsonIndex asks for, so that the address sanitizer sees a read beyond it. The padding
// is noise.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : octets_(text.size() + jose::kJsonPaddingBytes, '"'), size_(text.size()) {
    if (!text.empty()) std::memcpy(octets_.data(), text.data(), text.size());
  }
  base::Bytes bytes() const noexcept ASSAY_LIFETIMEBOUND { return std::as_bytes(std::span(octets_)).first(size_); }

 private:
  std::vector<char> octets_;
  std::size_t size_;
};

inline constexpr jose::JsonLimits kTokenLimits{base::limits::kTokenDepthMax, base::limits::kTokenMembersPerObjectMax, base::limits::kTokenMembersMax};

// Workspace: what the request path keeps from token to token; so do the targets.
struct Workspace {
  jose::JsonWorkspace json{{0x452821E638D01377, 0xBE5466CF34E90C6C}, base::limits::kTokenBytesMax, base::limits::kTokenMembersMax};
  base::Arena arena;
};

}  // namespace assay::fuzz
