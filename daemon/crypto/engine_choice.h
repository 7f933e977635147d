// Which implementation of signature verification an operator asks for, and how far it is trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::crypto {

// EngineChoice: automatic is the fastest that the processor can run; the others are what they say, or, where the processor cannot run that, the next of
// ifma, simd, scalar, reference.
enum class EngineChoice : std::uint8_t { unset = 0, automatic, ifma, simd, scalar, reference };

// engine_choice(name): of "auto", "ifma", "simd", "scalar", "reference"; nothing for any other name.
constexpr std::optional<EngineChoice> engine_choice(std::string_view name) noexcept {
  if (name == "auto") return EngineChoice::automatic;
  if (name == "ifma") return EngineChoice::ifma;
  if (name == "simd") return EngineChoice::simd;
  if (name == "scalar") return EngineChoice::scalar;
  if (name == "reference") return EngineChoice::reference;
  return std::nullopt;
}

// CrossCheckMode: of what our own kernels accept. sample: the reference engine verifies copies of some, on a thread of its own. inline_: it verifies all, before they count.
enum class CrossCheckMode : std::uint8_t { unset = 0, off, sample, inline_ };

// cross_check_mode(name): of "off", "sample", "inline"; nothing for any other name.
constexpr std::optional<CrossCheckMode> cross_check_mode(std::string_view name) noexcept {
  if (name == "off") return CrossCheckMode::off;
  if (name == "sample") return CrossCheckMode::sample;
  if (name == "inline") return CrossCheckMode::inline_;
  return std::nullopt;
}

}  // namespace assay::crypto
