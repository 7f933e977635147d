// P-384 by words, portable.
#include "crypto/ec/builder.h"
#include "crypto/ec/scalar_field.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kScalarP384 = make_kernel<ScalarField<P384>>();

}  // namespace assay::crypto::ec
