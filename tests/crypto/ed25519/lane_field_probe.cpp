#include "crypto/ed25519/lane_field_probe.h"

#if defined(__AVX2__) && defined(__FMA__)

#include "crypto/ed25519/lane_points.h"

namespace assay::crypto::ed25519 {

namespace {

ASSAY_CALLED void multiply(LaneElement& r, const LaneElement& a, const LaneElement& b) { Lanes::multiply(r, a, b); }

void load(LaneElement& to, const LaneLimbs& from) {
  for (int i = 0; i < 5; ++i) to.limb[i] = _mm256_load_pd(from.limb[i]);
}

}  // namespace

bool probe_multiply(LaneLimbs& r, const LaneLimbs& a, const LaneLimbs& b) {
  LaneElement x, y, product;
  load(x, a);
  load(y, b);
  {
    const TowardZero toward_zero;
    multiply(product, x, y);
  }
  for (int i = 0; i < 5; ++i) _mm256_store_pd(r.limb[i], product.limb[i]);
  return true;
}

}  // namespace assay::crypto::ed25519

#else

namespace assay::crypto::ed25519 {

bool probe_multiply(LaneLimbs&, const LaneLimbs&, const LaneLimbs&) { return false; }

}  // namespace assay::crypto::ed25519

#endif
