// P-256 by words, portable.
#include "crypto/ec/builder.h"
#include "crypto/ec/scalar_field.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kScalarP256 = make_kernel<ScalarField<P256>>();

}  // namespace assay::crypto::ec
