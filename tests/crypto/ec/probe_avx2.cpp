// Compiled for AVX2 (CMakeLists.txt), like the kernels.
#include "crypto/ec/avx2_field.h"
#include "crypto/ec/probe_of.h"

namespace assay::crypto::ec::test {

namespace {

template <class Curve>
constexpr Probe make_probe(const Kernel& kernel) {
  return {4, Curve::kLimbs * Curve::kLimbBits, Curve::kLimbBits, &ProbeOf<Avx2Field<Curve>>::run, &ProbeOf<Avx2Field<Curve>>::entry, &kernel};
}
const Probe kProbes[] = {make_probe<P256>(kAvx2P256), make_probe<P384>(kAvx2P384), make_probe<P521>(kAvx2P521)};

}  // namespace

const Probe& avx2_probe(int index) { return kProbes[index]; }

}  // namespace assay::crypto::ec::test
