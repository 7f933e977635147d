#include "crypto/ec/probe_of.h"
#include "crypto/ec/scalar_field.h"

namespace assay::crypto::ec::test {

namespace {

template <class Curve>
constexpr Probe make_probe(const Kernel& kernel) {
  return {1, 64 * Curve::kWords, 64, &ProbeOf<ScalarField<Curve>>::run, &ProbeOf<ScalarField<Curve>>::entry, &kernel};
}
const Probe kProbes[] = {make_probe<P256>(kScalarP256), make_probe<P384>(kScalarP384), make_probe<P521>(kScalarP521)};

}  // namespace

const Probe& scalar_probe(int index) { return kProbes[index]; }

}  // namespace assay::crypto::ec::test
