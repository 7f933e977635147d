// Facts as one run of octets, for whoever keeps them longer than their token.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/arena.h"
#include "base/bytes.h"
#include "jose/facts.h"

namespace assay::jose {

// flat_bytes(facts): how many octets they take; more than any token has if a text or a list of theirs is too long for the form.
std::size_t flat_bytes(const FactsView& facts) noexcept;

// flatten(facts, room): writes the facts to the front of room; how many octets they take, 0 if they do not fit. The form is this build's own and never leaves the process.
std::size_t flatten(const FactsView& facts, std::span<std::byte> room) noexcept;

// expand(octets, arena): the facts that flatten wrote, its octets and no others; they borrow from octets and the arena. Nothing if the lengths within do not add up to the whole, or the
// algorithm or type is none.
std::optional<FactsView> expand(base::Bytes octets, base::Arena& arena);

}  // namespace assay::jose
