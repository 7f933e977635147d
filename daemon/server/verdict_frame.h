// The frame that answers nearly every request: verdicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "verdict/validator.h"

namespace assay::server {

// write_verdicts(out, id, instance, generation, verdicts): writes the whole frame (docs/PROTOCOL.md) to the front of out, which starts at a multiple of 8; its size, a
// multiple of 8, or 0 if it does not fit into out. One verdict each, in their order. A verdict that is not accepted is written as its code and signature_verified alone,
// whatever the view holds; one that says accepted without a verified signature as unset, which is a refusal.
std::size_t write_verdicts(std::span<std::byte> out, std::uint64_t id, std::uint64_t instance, std::uint64_t generation,
                           std::span<const verdict::VerdictView> verdicts) noexcept;

}  // namespace assay::server
