// P-521 by words, portable.
#include "crypto/ec/builder.h"
#include "crypto/ec/scalar_field.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kScalarP521 = make_kernel<ScalarField<P521>>();

}  // namespace assay::crypto::ec
