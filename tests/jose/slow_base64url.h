// base64url as RFC 4648 describes it, a bit at a time: the reference that the real decoder is compared with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::slow {

// base64url_decode(text): writes each character as six binary digits, cuts the digits into octets and demands that what is left over is short and zero.
inline std::optional<std::string> base64url_decode(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<bool> bits;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    for (int bit = 5; bit >= 0; --bit) bits.push_back((value >> bit & 1U) != 0);
  }
  std::string octets;
  std::size_t at = 0;
  for (; at + 8 <= bits.size(); at += 8) {
    unsigned octet = 0;
    for (std::size_t i = 0; i < 8; ++i) octet = octet * 2 + (bits[at + i] ? 1 : 0);
    octets += static_cast<char>(octet);
  }
  // Six or more bits left over: the last character stands for nothing.
  if (bits.size() - at >= 6) return std::nullopt;
  for (; at < bits.size(); ++at) {
    if (bits[at]) return std::nullopt;
  }
  return octets;
}

}  // namespace assay::slow
