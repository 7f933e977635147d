// Compiled for AVX-512 IFMA (CMakeLists.txt), like the kernels.
#include "crypto/ec/ifma_field.h"
#include "crypto/ec/probe_of.h"

namespace assay::crypto::ec::test {

namespace {

template <class Curve>
constexpr Probe make_probe(const Kernel& kernel) {
  return {8, IfmaField<Curve>::kRBits, 52, &ProbeOf<IfmaField<Curve>>::run, &ProbeOf<IfmaField<Curve>>::entry, &kernel};
}
const Probe kProbes[] = {make_probe<P256>(kIfmaP256), make_probe<P384>(kIfmaP384), make_probe<P521>(kIfmaP521)};

}  // namespace

const Probe& ifma_probe(int index) { return kProbes[index]; }

}  // namespace assay::crypto::ec::test
