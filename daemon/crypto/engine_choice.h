// Which implementation of signature verification an operator asks for.
#pragma once

#include <cstdint>

namespace assay::crypto {

// EngineChoice: automatic is the fastest that the processor can run; the others are what they say, or, where the processor cannot run that, the next of
// simd, scalar, reference.
enum class EngineChoice : std::uint8_t { unset = 0, automatic, simd, scalar, reference };

}  // namespace assay::crypto
