// What a signature check answers.
#pragma once

#include <cstdint>

namespace assay::crypto {

// SignatureResult: only `valid` is a verified signature; what nobody answered stays unset and counts as refused.
enum class SignatureResult : std::uint8_t { unset = 0, valid = 1, invalid = 2 };

}  // namespace assay::crypto
