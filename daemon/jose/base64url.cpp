// A group of four characters at a time through one table; whether any character was bad is asked once, at the end.
#include "jose/base64url.h"

#include <array>
#include <cstdint>

namespace assay::jose {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The six bits of a character of the alphabet; kBad for any other. kBad has bits that no value has.
constexpr std::uint8_t kBad = 0xC0;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kBad);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr auto kValues = make_values();

std::uint32_t value_of(char c) noexcept { return kValues[static_cast<unsigned char>(c)]; }

}  // namespace

bool base64url_decode(std::string_view text, std::span<std::byte> out) noexcept {
  const std::size_t tail = text.size() % 4;
  if (tail == 1 || out.size() < base64url_decoded_bytes(text.size())) return false;
  std::uint32_t bad = 0;
  std::size_t o = 0;
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4, o += 3) {
    const std::uint32_t a = value_of(text[i]);
    const std::uint32_t b = value_of(text[i + 1]);
    const std::uint32_t c = value_of(text[i + 2]);
    const std::uint32_t d = value_of(text[i + 3]);
    bad |= a | b | c | d;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    out[o] = static_cast<std::byte>(group >> 16);
    out[o + 1] = static_cast<std::byte>(group >> 8 & 0xFF);
    out[o + 2] = static_cast<std::byte>(group & 0xFF);
  }
  // Two characters hold one octet and four spare bits, three hold two octets and two spare bits; spare bits are zero (RFC 4648 section 3.5).
  std::uint32_t spare = 0;
  if (tail >= 2) {
    const std::uint32_t a = value_of(text[i]);
    const std::uint32_t b = value_of(text[i + 1]);
    const std::uint32_t c = tail == 3 ? value_of(text[i + 2]) : 0;
    bad |= a | b | c;
    const std::uint32_t group = a << 12 | b << 6 | c;
    out[o] = static_cast<std::byte>(group >> 10 & 0xFF);
    if (tail == 3) out[o + 1] = static_cast<std::byte>(group >> 2 & 0xFF);
    spare = tail == 3 ? group & 0x3 : group & 0x3FF;
  }
  return (bad & kBad) == 0 && spare == 0;
}

std::optional<std::vector<std::byte>> base64url_decode(std::string_view text) {
  std::vector<std::byte> out(base64url_decoded_bytes(text.size()));
  if (!base64url_decode(text, out)) return std::nullopt;
  return out;
}

std::string base64url_encode(base::Bytes bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::byte octet : bytes) {
    bits = bits << 8 | std::to_integer<std::uint32_t>(octet);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 0x3F];
  }
  if (held != 0) text += kAlphabet[bits << (6 - held) & 0x3F];
  return text;
}

}  // namespace assay::jose
