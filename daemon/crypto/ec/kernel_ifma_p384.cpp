// P-384 in eight lanes of AVX-512. Compiled for processors with IFMA (CMakeLists.txt): nothing here may be of external linkage but the kernel itself.
#if defined(__x86_64__)

#include "crypto/ec/builder.h"
#include "crypto/ec/ifma_field.h"
#include "crypto/ec/verify.h"

namespace assay::crypto::ec {

extern constexpr Kernel kIfmaP384 = make_kernel<IfmaField<P384>>();

}  // namespace assay::crypto::ec

#endif
