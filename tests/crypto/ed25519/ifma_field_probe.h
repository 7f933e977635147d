// The arithmetic of the IFMA lanes behind plain numbers, for tests that are not compiled for AVX-512.
#pragma once

#include <cstdint>

#include "crypto/ed25519/table.h"

namespace assay::crypto::ed25519 {

// IfmaLimbs: limb[i][lane].
struct alignas(64) IfmaLimbs {
  std::uint64_t limb[5][8];
};

enum class IfmaOperation : std::uint8_t { product, sum, difference };

// probe_ifma(operation, r, a, b): r = a b, a + b or a - b modulo p in every lane, carried; r may be a. False where this build has no such lanes.
bool probe_ifma(IfmaOperation operation, IfmaLimbs& r, const IfmaLimbs& a, const IfmaLimbs& b);

// probe_ifma_load(minus, plus, t, entries, negative): entry l in lane l, negated if bit l is set; above 52 bits limbs may be anything.
bool probe_ifma_load(IfmaLimbs& minus, IfmaLimbs& plus, IfmaLimbs& t, const TableEntry* const* entries, unsigned negative);

}  // namespace assay::crypto::ed25519
