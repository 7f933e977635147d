// The lanes' arithmetic behind plain numbers, for tests that are not compiled for AVX2.
#pragma once

namespace assay::crypto::ed25519 {

// LaneLimbs: limb[i][lane].
struct alignas(32) LaneLimbs {
  double limb[5][4];
};

// probe_multiply(r, a, b): r = a b modulo p in every lane; r may be a. False where this build has no lanes.
bool probe_multiply(LaneLimbs& r, const LaneLimbs& a, const LaneLimbs& b);

}  // namespace assay::crypto::ed25519
