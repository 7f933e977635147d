// Private to base64url: whole groups of four characters, by what the processor has. Each decoder is the other's twin.
#pragma once

#include <cstddef>

namespace assay::jose {

// GroupsDecoder: decodes 4 * groups characters to exactly 3 * groups octets. False, and the octets unspecified, if any character is outside the alphabet.
using GroupsDecoder = bool (*)(const char* text, std::size_t groups, std::byte* out) noexcept;

bool decode_groups_portable(const char* text, std::size_t groups, std::byte* out) noexcept;
#if defined(__x86_64__)
// decode_groups_avx2: for processors with AVX2 alone.
bool decode_groups_avx2(const char* text, std::size_t groups, std::byte* out) noexcept;
#endif

// groups_decoder(): the best of them for this processor.
GroupsDecoder groups_decoder() noexcept;

}  // namespace assay::jose
