// P-521 in four lanes of AVX2. Compiled for processors with AVX2 and BMI2 (CMakeLists.txt): nothing here may be of external linkage but the kernel itself.
#if defined(__x86_64__)

#include "crypto/ec/avx2_field.h"
#include "crypto/ec/builder.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kAvx2P521 = make_kernel<Avx2Field<P521>>();

}  // namespace assay::crypto::ec

#endif
