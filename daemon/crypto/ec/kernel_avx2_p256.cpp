// P-256 in four lanes of AVX2. Compiled for processors with AVX2 and BMI2 (CMakeLists.txt): nothing here may be of external linkage but the kernel itself.
#if defined(__x86_64__)

#include "crypto/ec/avx2_field.h"
#include "crypto/ec/builder.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kAvx2P256 = make_kernel<Avx2Field<P256>>();

}  // namespace assay::crypto::ec

#endif
