// What vector_power.h promises of one_avx2.h, by AVX2.
#include "crypto/rsa/one_avx2.h"
#include "crypto/rsa/ops_avx2.h"
#include "crypto/rsa/vector_power.h"

namespace assay::crypto::rsa {

void power_one_avx2_vartime(std::size_t shape, const VectorConstants& constants, std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return One<Avx2Ops, 0>::power(constants, digits);
    case 1: return One<Avx2Ops, 1>::power(constants, digits);
    case 2: return One<Avx2Ops, 2>::power(constants, digits);
    default: return;
  }
}

void encodes_one_avx2_vartime(std::size_t shape, const VectorConstants& constants, const double* head, const std::int64_t* digest, std::int64_t* digits) noexcept {
  switch (shape) {
    case 0: return One<Avx2Ops, 0>::encodes(constants, head, digest, digits);
    case 1: return One<Avx2Ops, 1>::encodes(constants, head, digest, digits);
    case 2: return One<Avx2Ops, 2>::encodes(constants, head, digest, digits);
    default: return;
  }
}

}  // namespace assay::crypto::rsa
