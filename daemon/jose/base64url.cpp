// Groups of four characters by the processor's widest way, or one at a time through a table; the rest of a text by the table. Whether any character was bad is asked
// once, at the end.
#include "jose/base64url.h"

#include <array>
#include <cstdint>

#include "jose/base64url_groups.h"

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

bool decode_groups_portable(const char* text, std::size_t groups, std::byte* out) noexcept {
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < groups; ++i, text += 4, out += 3) {
    const std::uint32_t a = value_of(text[0]);
    const std::uint32_t b = value_of(text[1]);
    const std::uint32_t c = value_of(text[2]);
    const std::uint32_t d = value_of(text[3]);
    bad |= a | b | c | d;
    const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
    out[0] = static_cast<std::byte>(group >> 16);
    out[1] = static_cast<std::byte>(group >> 8 & 0xFF);
    out[2] = static_cast<std::byte>(group & 0xFF);
  }
  return (bad & kBad) == 0;
}

GroupsDecoder groups_decoder() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return decode_groups_avx2;
#endif
  return decode_groups_portable;
}

bool base64url_decode(std::string_view text, std::span<std::byte> out) noexcept {
  const std::size_t tail = text.size() % 4;
  const std::size_t groups = text.size() / 4;
  if (tail == 1 || out.size() < base64url_decoded_bytes(text.size())) return false;
  const bool good = groups_decoder()(text.data(), groups, out.data());
  if (tail == 0) return good;

  // Two characters hold one octet and four spare bits, three hold two octets and two spare bits; spare bits are zero (RFC 4648 section 3.5).
  const std::string_view rest = text.substr(4 * groups);
  const std::uint32_t a = value_of(rest[0]);
  const std::uint32_t b = value_of(rest[1]);
  const std::uint32_t c = tail == 3 ? value_of(rest[2]) : 0;
  const std::uint32_t group = a << 12 | b << 6 | c;
  out[3 * groups] = static_cast<std::byte>(group >> 10 & 0xFF);
  if (tail == 3) out[3 * groups + 1] = static_cast<std::byte>(group >> 2 & 0xFF);
  const std::uint32_t spare = tail == 3 ? group & 0x3 : group & 0x3FF;
  return good && ((a | b | c) & kBad) == 0 && spare == 0;
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
