// Private to crypto: the engine over our own kernels.
#pragma once

#include <cstddef>
#include <memory>

#include "crypto/curve_tables.h"
#include "crypto/engine.h"
#include "crypto/kernels.h"

namespace assay::crypto {

// make_fast_engine(kernels, curves): verifies by the kernels of one level. A key on a curve whose own table is not made yet is verified by the reference engine; so is one whose
// curve's table is for other kernels. curves outlives it.
// fallback: that reference engine; tests put another there to see when it is asked.
std::unique_ptr<Engine> make_fast_engine(const Kernels& kernels, const CurveTables& curves, std::unique_ptr<Engine> fallback = make_reference_engine());

}  // namespace assay::crypto
