// What vector_power.h promises of four_avx2.h, by AVX2.
#include "crypto/rsa/four_avx2.h"
#include "crypto/rsa/ops_avx2.h"
#include "crypto/rsa/vector_power.h"

namespace assay::crypto::rsa {

void power_four_avx2_vartime(std::size_t shape, const VectorConstants* const (&constants)[kLanes], std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return Four<Avx2Ops, 0>::power(constants, digits);
    case 1: return Four<Avx2Ops, 1>::power(constants, digits);
    case 2: return Four<Avx2Ops, 2>::power(constants, digits);
    default: return;
  }
}

void encodes_four_avx2_vartime(std::size_t shape, const VectorConstants* const (&constants)[kLanes], const double* const (&heads)[kLanes],
                               const std::int64_t* digest, std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return Four<Avx2Ops, 0>::encodes(constants, heads, digest, digits);
    case 1: return Four<Avx2Ops, 1>::encodes(constants, heads, digest, digits);
    case 2: return Four<Avx2Ops, 2>::encodes(constants, heads, digest, digits);
    default: return;
  }
}

}  // namespace assay::crypto::rsa
